//! RTMPT: the stream carried in the bodies of HTTP/1.1 posts on one persistent connection, over TCP or TLS.
//!
//! Every send is a post; several may be on their way. What the server sends comes in the answers, so when bytes are
//! needed and no answer is due, an empty "idle" is posted, at growing intervals while nothing comes.
#![forbid(unsafe_code)]

mod answers;
mod link;
mod posts;
mod state;

use super::tcp::stalled;
use super::{Deadline, Ready, Socket, TlsStream};
use crate::{Error, Result};
use link::Link;
use posts::{Command, NOTHING, Posts};
use state::{OPEN_LIMIT, State};
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many posts a sender adds before it looks for answers: one look then takes in many. How many may be on their way is
/// left to the socket's buffers, as without a tunnel: to wait for single answers costs twice as much as to send.
const UNREAD_ANSWERS: usize = 32;
/// The most that is kept of what a sender had to take in and nobody has received yet, in bytes.
const UNRECEIVED_LIMIT: usize = 4 * 1024 * 1024;
/// The most received at once, in bytes.
const RECEIVE_LIMIT: usize = 16 * 1024;
/// How often a sender receives at a time, at most: what a socket holds.
const RECEIVES_AT_ONCE: usize = 512;
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
        let tunnel = Self {
            link,
            state: Mutex::new(State::new(posts)),
            sending: Mutex::new(()),
            is_left: AtomicBool::new(false),
        };
        tunnel.post(Command::Open, &[IoSlice::new(NOTHING)])?;
        tunnel.await_session(deadline)?;
        Ok(tunnel)
    }

    /// Waits for the answer to "open", by the deadline.
    fn await_session(&self, deadline: Deadline) -> Result<()> {
        loop {
            let is_open = {
                let mut state = self.lock();
                match self.take_in(&mut state, OPEN_LIMIT) {
                    Ok(_) | Err(Error::TimedOut) => {}
                    Err(error) => return Err(error),
                }
                state.open()?
            };
            if is_open {
                return Ok(());
            }
            self.link.wait_readable(deadline)?;
        }
    }

    /// The session's id with a slash before it, as in the paths of the posts.
    pub fn id(&self) -> Vec<u8> {
        self.lock().id().to_vec()
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
                let slice = deadline.capped(SLICE);
                if state.awaits_answers() { slice } else { slice.capped(state.until_idle()) }
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
            while self.lock().awaits_answers() && deadline.left().is_ok() {
                let waited = self.link.wait_readable(deadline.capped(SLICE));
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

    /// One post, when its turn has come.
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
            state.begin_post(command, length)
        };
        slices.push(IoSlice::new(&head));
        slices.extend(body.iter().map(|slice| IoSlice::new(slice)));
        self.send_waiting(&mut slices)
    }

    /// Sends all of a post. While there is no room for it, answers are taken in from time to time.
    fn send_waiting(&self, post: &mut [IoSlice<'_>]) -> Result<()> {
        let mut rest = post;
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
        match self.socket().wait(Ready::Either, until.capped(SLICE)) {
            Ok(()) | Err(Error::TimedOut) if until.left().is_ok() => Ok(()),
            Ok(()) | Err(Error::TimedOut) => Err(stalled()),
            Err(error) => Err(error),
        }
    }

    /// Posts an idle when one is due, as much of it as fits; the rest is kept.
    fn idle_if_due(&self, state: &mut State) -> Result<()> {
        let Some(bytes) = state.due_idle(|| self.only_answers_wake()) else { return Ok(()) };
        let mut slices = [IoSlice::new(&bytes)];
        let mut rest = slices.as_mut_slice();
        self.link.send_some(&mut rest).map_err(|error| self.explain(state, error))?;
        state.unsent = rest.iter().flat_map(|slice| slice.iter().copied()).collect();
        Ok(())
    }

    /// Whether the program waits by itself, so that it comes back only when an answer has come.
    fn only_answers_wake(&self) -> bool {
        self.socket().is_polled() && self.socket().is_nonblocking()
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
            error => state.explain(error),
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
