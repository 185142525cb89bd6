//! RTMPT: the stream carried in the bodies of HTTP/1.1 posts on one persistent connection, over TCP or TLS.
//!
//! Every send is a post; several may be on their way. What the server sends comes in the answers, so when bytes are
//! needed and no answer is due, an empty "idle" is posted, at growing intervals while nothing comes.
#![forbid(unsafe_code)]

mod answers;
mod link;
mod posts;

use super::tcp::stalled;
use super::{Deadline, Ready, Socket, TlsStream};
use crate::{Error, Result, memory};
use answers::{Answers, Decoded};
use link::Link;
use posts::{Command, NOTHING, Posts};
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many posts a sender adds before it looks for answers: one look then takes in many. How many may be on their way is
/// left to the socket's buffers, as without a tunnel: to wait for single answers costs twice as much as to send.
const UNREAD_ANSWERS: usize = 32;
/// The most that is kept of what a sender had to take in and nobody has received yet.
const UNRECEIVED_LIMIT: usize = 4 * 1024 * 1024;
/// The longest answer to "open".
const OPEN_LIMIT: usize = 4 * 1024;
/// The most received at once.
const RECEIVE_LIMIT: usize = 16 * 1024;
/// How often a sender receives at a time, at most: what a socket holds.
const RECEIVES_AT_ONCE: usize = 512;
/// The pause after a first answer without bytes, doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause between two idle posts.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How often a wait looks at what the other thread may have taken in meanwhile.
const SLICE: Duration = Duration::from_millis(100);
/// How long a sender waits for room alone. Only then do answers wake it, as each of them would: a server that waits for
/// room itself reads nothing before they are taken in.
const ROOM_PATIENCE: Duration = Duration::from_millis(10);
/// How long the end of the session may wait for its answer.
const CLOSING_PATIENCE: Duration = Duration::from_secs(1);

/// An open RTMPT session. Dropping it leaves the descriptor open.
#[derive(Debug)]
pub struct Tunnel {
    link: Link,
    /// Never held while waiting.
    state: Mutex<State>,
    /// Held for the whole of a post; no receiver takes it.
    sending: Mutex<()>,
    /// Whether this side ends the session: then the end of the connection is no news.
    is_left: AtomicBool,
}

#[derive(Debug)]
struct State {
    posts: Posts,
    answers: Answers,
    /// Posts whose answers have not come to their end.
    outstanding: usize,
    /// Posts since a sender last looked for answers.
    unlooked: usize,
    /// Received and not yet given to the program, from `taken` on.
    payload: Vec<u8>,
    taken: usize,
    /// What is left of an idle post that did not fit.
    unsent: Vec<u8>,
    /// The pause before the next idle post, and when it may go.
    pause: Duration,
    next_idle: Instant,
    /// After an error nothing more is understood.
    broken: bool,
}

impl Tunnel {
    /// Opens a session over TCP by the deadline; `host` and `port` are what the URL says, or the peer's own address where
    /// the host is empty. On failure the descriptor stays open.
    pub fn over_tcp(socket: Socket, host: &[u8], port: u16, deadline: Deadline) -> Result<Self> {
        Self::open(Link::Tcp(socket), host, port, deadline)
    }

    /// The same over TLS.
    pub fn over_tls(tls: TlsStream, host: &[u8], port: u16, deadline: Deadline) -> Result<Self> {
        Self::open(Link::Tls(tls), host, port, deadline)
    }

    fn open(link: Link, host: &[u8], port: u16, deadline: Deadline) -> Result<Self> {
        let posts = match host {
            [] => peer_posts(link.socket())?,
            _ => Posts::new(host, port)?,
        };
        let state = State {
            posts,
            answers: Answers::new(),
            outstanding: 0,
            unlooked: 0,
            payload: Vec::new(),
            taken: 0,
            unsent: Vec::new(),
            pause: Duration::ZERO,
            next_idle: Instant::now(),
            broken: false,
        };
        let tunnel =
            Self { link, state: Mutex::new(state), sending: Mutex::new(()), is_left: AtomicBool::new(false) };
        tunnel.post(Command::Open, &[IoSlice::new(NOTHING)])?;
        loop {
            let mut state = tunnel.lock();
            match tunnel.take_in(&mut state, OPEN_LIMIT) {
                Ok(_) | Err(Error::TimedOut) => {}
                Err(error) => return Err(error),
            }
            if state.outstanding == 0 {
                let body = std::mem::take(&mut state.payload);
                state.posts.opened(&body)?;
                state.answers.opened();
                state.pause = Duration::ZERO;
                state.next_idle = Instant::now();
                drop(state);
                return Ok(tunnel);
            }
            if state.payload.len() > OPEN_LIMIT {
                return Err(Error::protocol("RTMPT: the server's answer to \"open\" is too long"));
            }
            drop(state);
            tunnel.link.wait_readable(deadline)?;
        }
    }

    /// The session's id with a slash before it, as in the paths of the posts.
    pub fn id(&self) -> Vec<u8> {
        self.lock().posts.id().to_vec()
    }

    /// The socket at the bottom.
    pub fn socket(&self) -> &Socket {
        self.link.socket()
    }

    /// Gives up the session for its socket.
    pub fn into_socket(self) -> Socket {
        self.link.into_socket()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receives what is there, without waiting, and posts an idle when one is due. Nothing there is
    /// [`Error::TimedOut`].
    pub fn receive_now(&self, buffer: &mut [u8]) -> Result<usize> {
        let mut state = self.lock();
        if state.unreceived().is_empty() {
            match self.take_in(&mut state, buffer.len()) {
                Ok(_) | Err(Error::TimedOut) => {}
                Err(error) => return Err(error),
            }
        }
        let n = state.give(buffer);
        if n > 0 || buffer.is_empty() {
            return Ok(n);
        }
        self.idle_if_due(&mut state)?;
        Err(Error::TimedOut)
    }

    /// See [`Stream::rest`](super::Stream::rest). An idle is posted when one is due, so that there is an answer that wakes
    /// the program.
    pub fn rest(&self) {
        let mut state = self.lock();
        if state.unreceived().is_empty() {
            self.link.rest();
            // What is wrong with the connection, the next receive finds as well.
            let _ = self.idle_if_due(&mut state);
        }
    }

    /// Waits until [`Tunnel::receive_now`] is worth calling, posting idles.
    pub fn wait_readable(&self, deadline: Deadline) -> Result<()> {
        loop {
            let until = {
                let mut state = self.lock();
                if state.broken || !state.unreceived().is_empty() {
                    return Ok(());
                }
                self.idle_if_due(&mut state)?;
                // Also while bytes come that carry nothing.
                deadline.left()?;
                let slice = deadline.or_after(SLICE);
                match state.outstanding {
                    0 => slice.or_after(state.next_idle.saturating_duration_since(Instant::now())),
                    _ => slice,
                }
            };
            match self.link.wait_readable(until) {
                Err(Error::TimedOut) if deadline.left().is_ok() => {}
                other => return other,
            }
        }
    }

    /// Sends all of the slices as one post. The errors are those of [`Socket::send_all`].
    pub fn send_all(&self, slices: &[IoSlice<'_>]) -> Result<()> {
        if slices.iter().all(|slice| slice.is_empty()) {
            return Ok(());
        }
        self.post(Command::Send, slices)
    }

    /// Ends the session, and tells the server that nothing more will come.
    pub fn shutdown_send(&self) {
        self.is_left.store(true, Ordering::Relaxed);
        let deadline = Deadline::after(CLOSING_PATIENCE);
        if self.post(Command::Close, &[IoSlice::new(NOTHING)]).is_ok() {
            while self.lock().outstanding > 0 && deadline.left().is_ok() {
                let waited = self.link.wait_readable(deadline.or_after(SLICE));
                if waited.is_ok() && self.take_in_all(&mut self.lock()).is_err() {
                    break;
                }
            }
        }
        self.link.shutdown_send();
    }

    /// Ends both directions, which wakes every thread that waits on the tunnel.
    pub fn interrupt_all(&self) {
        self.is_left.store(true, Ordering::Relaxed);
        self.socket().interrupt_all();
    }

    /// One post: waits for its turn and for room, and takes in answers from time to time.
    fn post(&self, command: Command, body: &[IoSlice<'_>]) -> Result<()> {
        let _turn = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let length = body.iter().map(|slice| slice.len()).sum();
        let mut slices = Vec::new();
        slices.try_reserve_exact(body.len() + 1).map_err(|_| Error::out_of_memory("post a message"))?;
        let head = {
            let mut state = self.lock();
            if state.unlooked >= UNREAD_ANSWERS {
                self.take_in_all(&mut state)?;
            }
            state.outstanding += 1;
            state.unlooked += 1;
            state.pause = Duration::ZERO;
            let mut head = std::mem::take(&mut state.unsent);
            head.extend(state.posts.head(command, length));
            head
        };
        slices.push(IoSlice::new(&head));
        slices.extend(body.iter().map(|slice| IoSlice::new(slice)));
        let mut rest = slices.as_mut_slice();
        let mut left = usize::MAX;
        let mut deadline = None;
        while !self.send_some(&mut rest)? {
            let still_left = rest.iter().map(|slice| slice.len()).sum();
            if still_left < left {
                left = still_left;
                deadline = None;
            }
            match self.socket().wait(Ready::Writable, Deadline::after(ROOM_PATIENCE)) {
                Ok(()) => {}
                Err(Error::TimedOut) => {
                    self.wait_slice(&mut deadline)?;
                    self.take_in_all(&mut self.lock())?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits a little. The deadline begins with the first wait, and anew when something has left: that answers come does
    /// not count, as a server may talk and not listen.
    fn wait_slice(&self, deadline: &mut Option<Deadline>) -> Result<()> {
        let until = match *deadline {
            Some(until) => until,
            None => *deadline.insert(self.socket().send_deadline()?),
        };
        match self.socket().wait(Ready::Either, until.or_after(SLICE)) {
            Ok(()) | Err(Error::TimedOut) if until.left().is_ok() => Ok(()),
            Ok(()) | Err(Error::TimedOut) => Err(stalled()),
            Err(error) => Err(error),
        }
    }

    /// Posts an idle when no answer is due and the pause is over.
    fn idle_if_due(&self, state: &mut State) -> Result<()> {
        if !state.unsent.is_empty() {
            let bytes = std::mem::take(&mut state.unsent);
            return self.send_idle(state, &bytes);
        }
        let is_due = Instant::now() >= state.next_idle || self.only_answers_wake();
        if state.outstanding > 0 || !is_due {
            return Ok(());
        }
        state.outstanding += 1;
        let mut bytes = state.posts.head(Command::Idle, NOTHING.len());
        bytes.extend(NOTHING);
        self.send_idle(state, &bytes)
    }

    /// Whether the program waits by itself, so that it comes back only when an answer has come.
    fn only_answers_wake(&self) -> bool {
        self.socket().is_polled() && self.socket().is_nonblocking()
    }

    /// Sends of an idle post what fits, and keeps the rest.
    fn send_idle(&self, state: &mut State, bytes: &[u8]) -> Result<()> {
        let mut slices = [IoSlice::new(bytes)];
        let mut rest = slices.as_mut_slice();
        self.link.send_some(&mut rest).map_err(|error| self.explain(state, error))?;
        state.unsent = rest.iter().flat_map(|slice| slice.iter().copied()).collect();
        Ok(())
    }

    /// Takes in all that is there; of a server that never stops, a part.
    fn take_in_all(&self, state: &mut State) -> Result<()> {
        state.unlooked = 0;
        for _ in 0..RECEIVES_AT_ONCE {
            let received = match self.take_in(state, RECEIVE_LIMIT) {
                Ok(received) => received,
                Err(Error::TimedOut) => return Ok(()),
                Err(error) => return Err(error),
            };
            if state.unreceived().len() > UNRECEIVED_LIMIT {
                let text = "RTMPT: the server sent more than 4 MiB that the program has not received";
                return Err(Error::protocol(text));
            }
            if received < RECEIVE_LIMIT {
                break;
            }
        }
        Ok(())
    }

    /// Receives once, at most `room` bytes so that nothing stays behind out of the program's sight, and decodes them; tells
    /// how many they were.
    fn take_in(&self, state: &mut State, room: usize) -> Result<usize> {
        if state.broken {
            return Err(Error::Closed);
        }
        let mut raw = vec![0; room.min(RECEIVE_LIMIT)];
        let received = self.link.receive_now(&mut raw).map_err(|error| self.explain(state, error));
        let result = received.and_then(|n| {
            state.decode(raw.get(..n).unwrap_or_default())?;
            Ok(n)
        });
        state.broken = !matches!(result, Ok(_) | Err(Error::TimedOut));
        result
    }

    /// Sends of a post what fits now, and advances the slices; true when all has left.
    fn send_some(&self, rest: &mut &mut [IoSlice<'_>]) -> Result<bool> {
        self.link.send_some(rest).map_err(|error| self.explain(&self.lock(), error))
    }

    /// What an error of the connection means for the session.
    fn explain(&self, state: &State, error: Error) -> Error {
        match error {
            Error::Io(..) | Error::Closed if self.is_left.load(Ordering::Relaxed) => Error::Closed,
            error => state.answers.explain(error),
        }
    }
}

/// The requests to a peer that only its address names, as of a program's own socket.
fn peer_posts(socket: &Socket) -> Result<Posts> {
    let peer = socket.options().peer_addr().ok().and_then(|address| address.as_socket());
    let peer = peer
        .ok_or_else(|| Error::Usage("RTMPT: Link.hostname is empty, and the peer has no address".into()))?;
    Posts::new(peer.ip().to_canonical().to_string().as_bytes(), peer.port())
}

impl State {
    /// What the program has not received yet.
    fn unreceived(&self) -> &[u8] {
        self.payload.get(self.taken..).unwrap_or_default()
    }

    /// Gives the program as much as it has room for.
    fn give(&mut self, buffer: &mut [u8]) -> usize {
        let unreceived = self.unreceived();
        let n = unreceived.len().min(buffer.len());
        buffer.iter_mut().zip(unreceived).for_each(|(to, from)| *to = *from);
        self.taken += n;
        if self.taken == self.payload.len() {
            self.taken = 0;
            self.payload = Vec::new();
        }
        n
    }

    /// Takes in received bytes, and sets the pace of the idle posts.
    fn decode(&mut self, bytes: &[u8]) -> Result<()> {
        let mut decoded = Decoded::default();
        self.answers.feed(bytes, &mut decoded)?;
        self.outstanding = self.outstanding.saturating_sub(decoded.finished);
        if !decoded.payload.is_empty() {
            self.pause = Duration::ZERO;
            self.next_idle = Instant::now();
        } else if decoded.finished > 0 {
            self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            self.next_idle = Instant::now() + self.pause;
        }
        memory::append(&mut self.payload, &decoded.payload, "keep what the server sent")
    }
}
