//! TLS 1.2 and 1.3 over a socket, by OpenSSL working in memory: this file moves the bytes between [`Wire`] and the
//! socket, so that nothing waits while the lock is held, and one thread can read while another writes.
#![forbid(unsafe_code)]

mod context;
mod verify;
mod wire;

pub use context::{TlsServerContext, TlsSettings};

use super::{Deadline, Ready, Socket};
use crate::{Error, Result};
use openssl::ssl::{ErrorCode, Ssl, SslStream};
use std::fmt;
use std::io::IoSlice;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wire::Wire;

/// The most that one TLS record carries (RFC 8446 section 5.1).
const RECORD: usize = 16 * 1024;
/// How many encrypted bytes are gathered before they are sent.
const GATHER: usize = 64 * 1024;
/// How long the closing message may wait for room.
const CLOSING_PATIENCE: Duration = Duration::from_secs(1);

/// An established TLS connection. Dropping it leaves the descriptor open.
pub struct TlsStream {
    socket: Socket,
    /// Never held while waiting.
    state: Mutex<SslStream<Wire>>,
    /// Held for the whole of a send, so that messages stay whole; no receiver takes it.
    sending: Mutex<()>,
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsStream({:?})", self.socket)
    }
}

/// A session that works in memory.
fn session_state(ssl: Ssl) -> Result<SslStream<Wire>> {
    SslStream::new(ssl, Wire::default())
        .map_err(|error| Error::protocol(format!("TLS cannot be set up: {error}")))
}

impl TlsStream {
    /// The client's handshake, by the deadline. `host` is the name or address the user gave: it is sent as SNI when it is
    /// a name, and the server's certificate must be for it. Without verification it may be empty. On failure the
    /// descriptor stays open.
    pub fn connect(socket: Socket, host: &[u8], settings: &TlsSettings, deadline: Deadline) -> Result<Self> {
        Self::try_connect(socket, host, settings, deadline).map_err(|(error, _)| error)
    }

    /// [`TlsStream::connect`] for a caller who owns the socket: it comes back when the handshake fails, to be closed.
    pub fn try_connect(
        socket: Socket,
        host: &[u8],
        settings: &TlsSettings,
        deadline: Deadline,
    ) -> std::result::Result<Self, (Error, Socket)> {
        let prepared = context::client(host, settings)
            .and_then(|(ssl, findings)| session_state(ssl).map(|state| (state, findings)));
        let (state, findings) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Err((error, socket)),
        };
        let stream = Self::new(socket, state);
        match stream.handshake(deadline, SslStream::connect) {
            Ok(()) => Ok(stream),
            Err(Error::Protocol(text)) => {
                Err((Error::Protocol(findings.take().unwrap_or(text)), stream.into_socket()))
            }
            Err(error) => Err((error, stream.into_socket())),
        }
    }

    /// The server's handshake, by the deadline. On failure the descriptor stays open.
    pub fn accept(socket: Socket, context: &TlsServerContext, deadline: Deadline) -> Result<Self> {
        Self::try_accept(socket, context, deadline).map_err(|(error, _)| error)
    }

    /// [`TlsStream::accept`] for a caller who owns the socket: it comes back when the handshake fails, to be closed.
    pub fn try_accept(
        socket: Socket,
        context: &TlsServerContext,
        deadline: Deadline,
    ) -> std::result::Result<Self, (Error, Socket)> {
        let state = match context.session().and_then(session_state) {
            Ok(state) => state,
            Err(error) => return Err((error, socket)),
        };
        let stream = Self::new(socket, state);
        match stream.handshake(deadline, SslStream::accept) {
            Ok(()) => Ok(stream),
            Err(error) => Err((error, stream.into_socket())),
        }
    }

    fn new(socket: Socket, state: SslStream<Wire>) -> Self {
        Self { socket, state: Mutex::new(state), sending: Mutex::new(()) }
    }

    /// The socket at the bottom.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Gives up the connection for its socket.
    pub fn into_socket(self) -> Socket {
        self.socket
    }

    /// What was agreed on, for the log: `TLSv1.3 TLS_AES_256_GCM_SHA384`.
    pub fn summary(&self) -> String {
        let state = self.lock();
        let cipher = state.ssl().current_cipher().map_or("", |cipher| cipher.name());
        format!("{} {cipher}", state.ssl().version_str())
    }

    fn lock(&self) -> MutexGuard<'_, SslStream<Wire>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a handshake step until it is done, exchanging bytes with the peer in between.
    fn handshake(
        &self,
        deadline: Deadline,
        step: impl Fn(&mut SslStream<Wire>) -> std::result::Result<(), openssl::ssl::Error>,
    ) -> Result<()> {
        loop {
            let end = step(&mut self.lock());
            self.flush_by(deadline)?;
            match end {
                Ok(()) => return Ok(()),
                Err(error) if error.code() == ErrorCode::WANT_READ => {}
                Err(error) => return Err(explain(&error, &self.lock())),
            }
            let received = self.lock().get_mut().receive(&self.socket, 0);
            match received {
                Err(Error::TimedOut) => self.socket.wait(Ready::Readable, deadline)?,
                other => other?,
            }
        }
    }

    /// Receives what is there, without waiting. Nothing there is [`Error::TimedOut`]; [`Error::Closed`] follows the
    /// peer's closing message; a connection cut without one is an [`Error::Protocol`].
    pub fn receive_now(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive_parts_now(buffer, &mut [])
    }

    /// [`TlsStream::receive_now`] into one buffer and, when that is full, into another.
    pub fn receive_parts_now(&self, first: &mut [u8], second: &mut [u8]) -> Result<usize> {
        let mut state = self.lock();
        let received = self.fill(&mut state, first, second.len())?;
        if received < first.len() {
            return Ok(received);
        }
        let more = match received {
            0 => self.fill(&mut state, second, 0)?,
            _ if has_nothing(&state) => 0,
            _ => decrypt(&mut state, second).unwrap_or(0),
        };
        Ok(received + more)
    }

    /// Decrypts into the buffer; when there is nothing to decrypt, receives first. There is room for `more` bytes elsewhere.
    fn fill(&self, state: &mut SslStream<Wire>, buffer: &mut [u8], more: usize) -> Result<usize> {
        while !buffer.is_empty() {
            match decrypt(state, buffer) {
                Err(error) if error.code() == ErrorCode::WANT_READ => {
                    self.flush_now(state)?;
                    state.get_mut().receive(&self.socket, buffer.len() + more)?;
                }
                Err(error) => return Err(explain(&error, state)),
                Ok(n) => return Ok(n),
            }
        }
        Ok(0)
    }

    /// See [`Stream::rest`](super::Stream::rest).
    pub fn rest(&self) {
        if has_nothing(&self.lock()) {
            self.socket.take_back();
        }
    }

    /// Waits until [`TlsStream::receive_now`] is worth calling.
    pub fn wait_readable(&self, deadline: Deadline) -> Result<()> {
        if self.lock().ssl().pending() > 0 {
            return Ok(());
        }
        self.socket.wait(Ready::Readable, deadline)
    }

    /// Sends all of the slices, gathered into full records. The errors are those of [`Socket::send_all`].
    pub fn send_all(&self, slices: &mut [IoSlice<'_>]) -> Result<()> {
        let _turn = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = slices;
        IoSlice::advance_slices(&mut rest, 0);
        while !self.send_some(&mut rest)? {
            self.socket.wait_for_room()?;
        }
        Ok(())
    }

    /// Sends what fits now, without waiting, and advances the slices; true when all has left. What was taken and does not
    /// fit leaves with the next call.
    pub(super) fn send_some(&self, rest: &mut &mut [IoSlice<'_>]) -> Result<bool> {
        let mut scratch = Vec::new();
        loop {
            let mut state = self.lock();
            while !rest.is_empty() && state.get_ref().to_send() < GATHER {
                let taken = encrypt_record(&mut state, rest, &mut scratch)?;
                IoSlice::advance_slices(rest, taken);
            }
            self.flush_now(&mut state)?;
            if state.get_ref().to_send() > 0 {
                return Ok(false);
            }
            if rest.is_empty() {
                return Ok(true);
            }
        }
    }

    /// Sends the closing message, and tells the peer that nothing more will come.
    pub fn shutdown_send(&self) {
        let _ = self.lock().shutdown();
        let _ = self.flush_by(Deadline::after(CLOSING_PATIENCE));
        self.socket.shutdown_send();
    }

    /// Sends as much of the encrypted bytes as fits now.
    fn flush_now(&self, state: &mut SslStream<Wire>) -> Result<()> {
        match state.get_mut().send(&self.socket) {
            Err(Error::TimedOut) => Ok(()),
            other => other,
        }
    }

    /// Sends all encrypted bytes by the deadline.
    fn flush_by(&self, deadline: Deadline) -> Result<()> {
        loop {
            let sent = self.lock().get_mut().send(&self.socket);
            match sent {
                Err(Error::TimedOut) => self.socket.wait(Ready::Writable, deadline)?,
                other => return other,
            }
        }
    }
}

/// Whether all that was received has been decrypted, and given to the program.
fn has_nothing(state: &SslStream<Wire>) -> bool {
    state.get_ref().is_drained() && state.ssl().pending() == 0
}

/// Decrypts as much of what has been received as there is room for. An error means that there was nothing.
fn decrypt(
    state: &mut SslStream<Wire>,
    buffer: &mut [u8],
) -> std::result::Result<usize, openssl::ssl::Error> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match state.ssl_read(room) {
            Ok(n) => {
                filled += n;
                state.get_mut().opened(n);
                // To ask OpenSSL for what it cannot have is slow.
                if has_nothing(state) {
                    break;
                }
            }
            Err(_) if filled > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Encrypts the next record's worth of the slices and tells how many bytes that was: straight from the first slice when
/// it fills a record or is the last, else gathered in `scratch`.
fn encrypt_record(
    state: &mut SslStream<Wire>,
    slices: &[IoSlice<'_>],
    scratch: &mut Vec<u8>,
) -> Result<usize> {
    let plain = match slices {
        [first, rest @ ..] if rest.is_empty() || first.len() >= RECORD => {
            first.get(..RECORD).unwrap_or(first)
        }
        _ => {
            scratch.clear();
            for slice in slices {
                let room = RECORD - scratch.len();
                scratch.extend_from_slice(slice.get(..room).unwrap_or(slice));
                if scratch.len() == RECORD {
                    break;
                }
            }
            scratch.as_slice()
        }
    };
    state.ssl_write(plain).map_err(|error| explain(&error, state))
}

/// What a failure of OpenSSL means.
fn explain(error: &openssl::ssl::Error, state: &SslStream<Wire>) -> Error {
    if error.code() == ErrorCode::ZERO_RETURN {
        return Error::Closed;
    }
    if state.get_ref().ended() {
        return Error::protocol(match state.ssl().is_init_finished() {
            true => "TLS: the connection was cut without a closing message, so the stream may be incomplete",
            false => {
                "TLS: the peer closed the connection during the handshake; does it speak TLS on this port?"
            }
        });
    }
    let reason = error.ssl_error().and_then(|stack| stack.errors().first().and_then(|first| first.reason()));
    match reason {
        Some("wrong version number" | "http request" | "packet length too long") => {
            Error::protocol("TLS: the peer does not speak TLS on this port")
        }
        Some("tlsv1 alert protocol version" | "unsupported protocol") => Error::protocol(
            "TLS: the peer speaks only versions older than TLS 1.2, which are refused because they are not safe",
        ),
        Some(reason) => Error::protocol(format!("TLS: {reason}")),
        None => Error::protocol(format!("TLS: {error}")),
    }
}
