//! The scripted server: it says its lines whatever it hears, hears until the client leaves, and ends as it is told.
//!
//! It need not wait for what the client asks: the client meets each answer only after it has sent the question.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A peer gives up on a client after this long.
const PATIENCE: Duration = Duration::from_secs(80);
/// A deaf peer says nothing for this long.
const SILENT: Duration = Duration::from_secs(5);
/// As much of what is heard is kept.
const KEPT: usize = 4 << 20;

/// What a peer does next.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends bytes.
    Say(Vec<u8>),
    /// Sends bytes one by one, each in a segment of its own.
    Dribble(Vec<u8>),
    /// Sends bytes again and again, so many milliseconds apart, until the client leaves.
    Flood(Vec<u8>, u64),
    /// Does nothing for some milliseconds.
    Wait(u64),
    /// Reads nothing any more, until the client leaves.
    Deaf,
    /// Goes on once as many bytes have been heard in all, or the client has left.
    Heard(usize),
    /// From here on all is heard beside the rest of the script.
    Listen,
    /// Closes its side in good order.
    Fin,
    /// Resets the connection.
    Reset,
}

/// What a peer heard.
#[derive(Default)]
pub(crate) struct Heard {
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// How many came.
    pub total: usize,
}

impl Heard {
    fn add(&mut self, more: Self) {
        self.total += more.total;
        self.bytes.extend(more.bytes);
    }
}

/// A server for some connections, one after the other, each with the same script.
pub(crate) struct Peer {
    pub port: u16,
    thread: JoinHandle<Vec<Heard>>,
}

impl Peer {
    /// Serves `connections` clients.
    pub(crate) fn start(script: Vec<Step>, connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        Self::on(listener, script, connections)
    }

    fn on(listener: TcpListener, script: Vec<Step>, connections: usize) -> Self {
        let port = listener.local_addr().expect("its address").port();
        listener.set_nonblocking(true).expect("a listener that does not wait");
        let thread = thread::spawn(move || {
            let mut heard = Vec::new();
            while heard.len() < connections
                && let Some(stream) = accept(&listener)
            {
                heard.push(serve(stream, &script));
            }
            heard
        });
        Self { port, thread }
    }

    /// What each client said.
    pub(crate) fn heard(self) -> Vec<Heard> {
        self.thread.join().expect("the peer's thread")
    }
}

/// A listener that nobody comes to any more ends with its test.
fn accept(listener: &TcpListener) -> Option<TcpStream> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).expect("a stream that waits");
            return Some(stream);
        }
        thread::sleep(Duration::from_millis(2));
    }
    None
}

/// Plays a script to one client.
pub(crate) fn serve(stream: TcpStream, script: &[Step]) -> Heard {
    stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    stream.set_write_timeout(Some(PATIENCE)).expect("a deadline");
    stream.set_nodelay(true).expect("small segments");
    let has = |wanted: fn(&Step) -> bool| script.iter().any(wanted);
    if has(|step| matches!(step, Step::Deaf | Step::Heard(_))) {
        if !has(|step| matches!(step, Step::Listen)) {
            SockRef::from(&stream).set_recv_buffer_size(4096).expect("a small buffer");
        }
        return serve_alone(stream, script);
    }
    let ear = stream.try_clone().expect("a second handle");
    let ear = thread::spawn(move || listen(ear, usize::MAX));
    for step in script {
        match step {
            Step::Reset => reset(&stream),
            step => act(&stream, step),
        }
    }
    ear.join().expect("the peer's ear")
}

/// A script in which hearing has its place among the other steps.
fn serve_alone(stream: TcpStream, script: &[Step]) -> Heard {
    let mut heard = Heard::default();
    let mut ear = None;
    for step in script {
        match step {
            Step::Reset => {
                SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("no linger");
                return heard;
            }
            Step::Deaf => wait_until_left(&stream),
            Step::Heard(count) => {
                let more = listen(stream.try_clone().expect("a second handle"), *count - heard.total);
                heard.add(more);
            }
            Step::Listen => {
                let stream = stream.try_clone().expect("a second handle");
                ear = Some(thread::spawn(move || listen(stream, usize::MAX)));
            }
            step => act(&stream, step),
        }
    }
    if let Some(ear) = ear {
        heard.add(ear.join().expect("the peer's ear"));
    }
    heard
}

/// Takes a step that does not end the script, and in which nothing is heard; passes over the others.
fn act(mut stream: &TcpStream, step: &Step) {
    match step {
        Step::Say(bytes) => drop(stream.write_all(bytes)),
        Step::Dribble(bytes) => bytes.iter().for_each(|byte| drop(stream.write_all(&[*byte]))),
        Step::Flood(bytes, pause) => flood(stream, bytes, *pause),
        Step::Wait(time) => thread::sleep(Duration::from_millis(*time)),
        Step::Fin => drop(stream.shutdown(Shutdown::Write)),
        Step::Deaf | Step::Heard(_) | Step::Listen | Step::Reset => {}
    }
}

fn flood(mut stream: &TcpStream, bytes: &[u8], pause: u64) {
    while stream.write_all(bytes).is_ok() {
        thread::sleep(Duration::from_millis(pause));
    }
}

/// Waits for the client's end without reading what it sends. An end that stands behind bytes nobody reads does not arrive:
/// after a while, longer than the clients' time-outs, bytes of zero ask whether it has come.
fn wait_until_left(stream: &TcpStream) {
    let began = Instant::now();
    let left = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    let step = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    while began.elapsed() < PATIENCE {
        let mut sockets = [PollFd::new(stream, left)];
        let ended = poll(&mut sockets, Some(&step)).is_ok() && sockets[0].revents().intersects(left);
        if ended || (began.elapsed() > SILENT && SockRef::from(stream).send(&[0]).is_err()) {
            return;
        }
    }
}

/// Resets without closing the second handle that the ear has.
fn reset(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    socket.set_linger(Some(Duration::ZERO)).expect("no linger");
    // A connect to no address dissolves the connection at once, with a reset.
    let nowhere = socket2::SockAddr::from(std::net::SocketAddr::from(([0, 0, 0, 0], 0)));
    drop(socket.connect(&nowhere));
    drop(stream.shutdown(Shutdown::Both));
}

fn listen(mut stream: TcpStream, count: usize) -> Heard {
    let mut heard = Heard::default();
    let mut buffer = [0; 65536];
    while heard.total < count {
        let room = buffer.len().min(count - heard.total);
        match stream.read(&mut buffer[..room]) {
            Ok(n) if n > 0 => {
                heard.total += n;
                let kept = n.min(KEPT.saturating_sub(heard.bytes.len()));
                heard.bytes.extend(&buffer[..kept]);
            }
            _ => break,
        }
    }
    heard
}
