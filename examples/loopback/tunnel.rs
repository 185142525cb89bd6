//! RTMPT: HTTP posts that carry a connection. Each session is a connection to the server's own RTMP port; what is posted goes
//! there, and what has come from there goes into the answers.

use crate::connection::Source;
use rtmp::transport::Stream;
use rtmp::{Error, Result};
use std::collections::HashMap;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of a request's head at most.
const MAX_HEAD: usize = 16 * 1024;
/// Header fields of a request at most.
const MAX_FIELDS: usize = 64;
/// Sessions at a time at most.
const MAX_SESSIONS: usize = 500;
/// Bytes of an answer at most.
const MAX_ANSWER: usize = 256 * 1024;
/// How much of a request is received at once.
const PIECE: usize = 16 * 1024;
/// How long the answer to an idle request waits for something to say.
const IDLE_WAIT: Duration = Duration::from_millis(20);
/// How long the end of a session waits for the server to read everything.
const CLOSING_WAIT: Duration = Duration::from_secs(2);
/// The first byte of an answer: how eagerly the client may ask again (1 is the most).
const INTERVAL: u8 = 1;

/// All sessions of all connections.
#[derive(Debug, Default)]
pub(crate) struct Tunnels {
    sessions: Mutex<HashMap<u64, Arc<Mutex<TcpStream>>>>,
    last: AtomicU64,
}

/// A request's head.
struct Head {
    path: String,
    length: usize,
    /// The client waits for leave to send the body.
    waits: bool,
    /// The client sends no further request on this connection.
    last: bool,
}

/// An answer: the status line's end, and the body.
type Answer = (&'static str, Vec<u8>);

const NOT_FOUND: Answer = ("404 Not Found", Vec::new());

/// Answers the requests of an HTTP connection; the sessions opened on it end with it.
pub(crate) fn serve(tunnels: &Tunnels, stream: &Stream, rtmp: SocketAddr) -> Result<()> {
    let mut connection = Connection {
        tunnels,
        rtmp,
        stream,
        source: Source::new(stream, None),
        received: Vec::new(),
        opened: Vec::new(),
    };
    while let Some(head) = connection.head()? {
        if head.waits {
            stream.send_all(&mut [IoSlice::new(b"HTTP/1.1 100 Continue\r\n\r\n")])?;
        }
        let answer = connection.answer(&head)?;
        connection.send(&answer, head.last)?;
        if head.last {
            break;
        }
    }
    Ok(())
}

struct Connection<'a> {
    tunnels: &'a Tunnels,
    rtmp: SocketAddr,
    stream: &'a Stream,
    source: Source<'a>,
    /// Received and not yet used.
    received: Vec<u8>,
    opened: Vec<u64>,
}

impl Connection<'_> {
    /// Receives the next head; `None` when the client has no further request.
    fn head(&mut self) -> Result<Option<Head>> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let mut request = httparse::Request::new(&mut fields);
            let parsed = request.parse(&self.received);
            match parsed.map_err(|error| Error::protocol(format!("not an HTTP request: {error}")))? {
                httparse::Status::Complete(length) => {
                    let head = understood(&request)?;
                    self.received.drain(..length);
                    return Ok(Some(head));
                }
                httparse::Status::Partial if self.received.len() >= MAX_HEAD => {
                    return Err(Error::protocol("an HTTP request's head is too long"));
                }
                httparse::Status::Partial => {
                    if !self.receive()? {
                        return if self.received.is_empty() { Ok(None) } else { Err(Error::Closed) };
                    }
                }
            }
        }
    }

    /// Receives more; `false` at the end.
    fn receive(&mut self) -> Result<bool> {
        let mut piece = [0; PIECE];
        let n = self.source.read(&mut piece).map_err(|error| Error::Io("receive", error))?;
        self.received.extend_from_slice(piece.get(..n).unwrap_or_default());
        Ok(n > 0)
    }

    /// Receives a body and gives it to `take` in pieces.
    fn body(&mut self, length: usize, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut left = length;
        while left > 0 {
            if self.received.is_empty() && !self.receive()? {
                return Err(Error::Closed);
            }
            let n = left.min(self.received.len());
            take(self.received.get(..n).unwrap_or_default());
            self.received.drain(..n);
            left -= n;
        }
        Ok(())
    }

    /// Does what a request asks for.
    fn answer(&mut self, head: &Head) -> Result<Answer> {
        let mut parts = head.path.split('/').skip(1);
        let (command, id) = (parts.next().unwrap_or_default(), parts.next().and_then(|id| id.parse().ok()));
        let session = id.and_then(|id| Some((id, self.tunnels.find(id)?)));
        if let ("send", Some((_, session))) = (command, &session) {
            return self.forward(head.length, session);
        }
        self.body(head.length, |_| ())?;
        Ok(match (command, session) {
            ("open", _) => self.open(),
            ("idle", Some((_, session))) => {
                collect(&mut locked(&session), Some(IDLE_WAIT)).map_or(NOT_FOUND, said)
            }
            ("close", Some((id, _))) => {
                self.tunnels.close(id);
                said(vec![0])
            }
            _ => NOT_FOUND,
        })
    }

    /// Opens a session: its id is the answer.
    fn open(&mut self) -> Answer {
        match self.tunnels.open(self.rtmp) {
            Ok(id) => {
                self.opened.push(id);
                said(format!("{id}\n").into_bytes())
            }
            Err(error) => {
                eprintln!("loopback: no session for an RTMPT client: {error}");
                ("503 Service Unavailable", Vec::new())
            }
        }
    }

    /// Passes a body on to a session; what has come from there is the answer.
    fn forward(&mut self, length: usize, session: &Mutex<TcpStream>) -> Result<Answer> {
        let mut session = locked(session);
        let mut sent = Ok(());
        self.body(length, |piece| {
            if sent.is_ok() {
                sent = session.write_all(piece);
            }
        })?;
        Ok(sent.and_then(|()| collect(&mut session, None)).map_or(NOT_FOUND, said))
    }

    fn send(&self, (status, body): &Answer, last: bool) -> Result<()> {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/x-fcs\r\nCache-Control: no-cache\r\n\
             Connection: {}\r\nContent-Length: {}\r\n\r\n",
            if last { "close" } else { "Keep-Alive" },
            body.len()
        );
        self.stream.send_all(&mut [IoSlice::new(head.as_bytes()), IoSlice::new(body)])
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        for id in &self.opened {
            self.tunnels.close(*id);
        }
    }
}

/// What a lock guards, also when a thread has panicked with it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn said(body: Vec<u8>) -> Answer {
    ("200 OK", body)
}

/// What counts of a request's head.
fn understood(request: &httparse::Request<'_, '_>) -> Result<Head> {
    let field = |name: &str| {
        let found = request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        found.map(|field| String::from_utf8_lossy(field.value).trim().to_ascii_lowercase())
    };
    if request.method != Some("POST") || field("Transfer-Encoding").is_some() {
        return Err(Error::protocol("an HTTP request that is not a post with a length"));
    }
    let length = field("Content-Length").map_or(Ok(0), |length| length.parse());
    Ok(Head {
        path: request.path.unwrap_or_default().to_owned(),
        length: length.map_err(|_| Error::protocol("an HTTP request with a bad length"))?,
        waits: field("Expect").is_some(),
        last: field("Connection").is_some_and(|value| value == "close"),
    })
}

/// Takes what has come from the server, behind the byte that every answer begins with; an error once the server has closed
/// and everything is taken.
fn collect(session: &mut TcpStream, wait: Option<Duration>) -> io::Result<Vec<u8>> {
    let mut answer = vec![INTERVAL];
    let mut piece = [0; PIECE];
    session.set_read_timeout(wait)?;
    session.set_nonblocking(wait.is_none())?;
    while answer.len() < MAX_ANSWER {
        match session.read(&mut piece) {
            Ok(0) if answer.len() == 1 => {
                session.set_nonblocking(false)?;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(piece.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                break;
            }
            Err(error) => return Err(error),
        }
        session.set_nonblocking(true)?;
    }
    session.set_nonblocking(false)?;
    Ok(answer)
}

impl Tunnels {
    fn open(&self, rtmp: SocketAddr) -> io::Result<u64> {
        let mut sessions = locked(&self.sessions);
        if sessions.len() >= MAX_SESSIONS {
            return Err(io::Error::other("there are too many"));
        }
        let session = TcpStream::connect(rtmp)?;
        session.set_nodelay(true)?;
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        sessions.insert(id, Arc::new(Mutex::new(session)));
        Ok(id)
    }

    fn find(&self, id: u64) -> Option<Arc<Mutex<TcpStream>>> {
        locked(&self.sessions).get(&id).cloned()
    }

    /// Ends a session once the server has read all of it: closing earlier, with its last words unread, would reset the
    /// connection and lose what was published.
    fn close(&self, id: u64) {
        let session = locked(&self.sessions).remove(&id);
        let Some(session) = session else { return };
        let mut session = locked(&session);
        let _ = session.shutdown(Shutdown::Write);
        let _ = session.set_read_timeout(Some(CLOSING_WAIT));
        let mut piece = [0; PIECE];
        while session.read(&mut piece).is_ok_and(|n| n > 0) {}
    }
}
