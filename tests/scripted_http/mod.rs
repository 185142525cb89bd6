//! An HTTP server on loopback whose every answer is written by the test.

use rtmp::http::Limits;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The server; it lives as long as the test process.
pub(crate) struct Server {
    /// `http://127.0.0.1:port`
    pub(crate) origin: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one that reads a request's head and then lets `answer` write what it wants, given the path.
    pub(crate) fn start(
        answer: impl Fn(&str, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let origin = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { origin, requests }
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics while it holds this").clone()
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str, &mut TcpStream) -> std::io::Result<()>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().expect("no test panics while it holds this").push(head);
    // The client may be gone already: that is what some tests are about.
    let _ = answer(&path, &mut stream);
}

/// Writes an answer with this status line and these header lines, and a Content-Length.
pub(crate) fn answer(stream: &mut TcpStream, status: &str, lines: &str, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

/// Keeps the connection open, and silent, for longer than any test waits.
pub(crate) fn silence() {
    std::thread::sleep(Duration::from_secs(20));
}

/// Waits that are short, so that tests of silence end soon, and long enough for a busy machine.
pub(crate) fn short() -> Limits {
    let wait = Duration::from_secs(2);
    Limits { reach: wait, wait, total: Duration::from_secs(5), ..Limits::default() }
}
