//! The connection of one request: TCP or TLS, each wait under a deadline.
#![forbid(unsafe_code)]

use super::{Limits, SLOWEST, Url};
use crate::transport::{Deadline, Stream, Target, TlsSettings, TlsStream, dial};
use crate::{Error, Result};
use std::io::IoSlice;
use std::time::Duration;

/// A connection; dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    /// There until it is dropped.
    stream: Option<Stream>,
    limits: Limits,
    /// By when the head must be there.
    soon: Deadline,
    /// By when everything must be there.
    total: Deadline,
}

impl Connection {
    /// Connects to the URL's host, and shakes hands where the URL is https.
    pub(super) fn open(url: &Url, tls: &TlsSettings, limits: Limits, total: Deadline) -> Result<Self> {
        let reached = total.capped(limits.reach);
        let target = Target::new(url.host(), url.port(), reached.left()?.unwrap_or(limits.reach));
        let socket = dial(&target, limits.interrupt, &|| true)?;
        let mut connection = Self { stream: Some(Stream::Tcp(socket)), limits, soon: reached, total };
        if url.is_secure() {
            connection.secure(url.host(), tls, reached)?;
        }
        connection.soon = total.capped(limits.wait);
        Ok(connection)
    }

    /// Puts TLS on top of the socket.
    fn secure(&mut self, host: &str, settings: &TlsSettings, reached: Deadline) -> Result<()> {
        let Some(stream) = self.stream.take() else { return Err(Error::Closed) };
        match TlsStream::try_connect(stream.into_socket(), host.as_bytes(), settings, reached) {
            Ok(tls) => self.stream = Some(Stream::Tls(tls)),
            Err((error, socket)) => {
                socket.close();
                return Err(tls_error(error));
            }
        }
        Ok(())
    }

    /// Sends all of the bytes.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<()> {
        self.stream.as_ref().ok_or(Error::Closed)?.send_all(&mut [IoSlice::new(bytes)])
    }

    /// Waits for bytes of the head, and receives what is there; never 0 bytes.
    pub(super) fn receive_head(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive(buffer, self.soon)
    }

    /// Waits for bytes of the body, and receives what is there; never 0 bytes. The server may take long, but not be
    /// silent for long, and not send a little now and then for ever: `received` bytes have come so far.
    pub(super) fn receive_body(&self, buffer: &mut [u8], received: u64) -> Result<usize> {
        let total = self.total.later(Duration::from_secs(received / SLOWEST));
        total.left()?;
        self.receive(buffer, total.capped(self.limits.wait))
    }

    fn receive(&self, buffer: &mut [u8], deadline: Deadline) -> Result<usize> {
        let stream = self.stream.as_ref().ok_or(Error::Closed)?;
        loop {
            deadline.left()?;
            match stream.receive_now(buffer) {
                Err(Error::TimedOut) => stream.wait_readable(deadline)?,
                other => return other.map_err(tls_error),
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.into_socket().close();
        }
    }
}

/// Tells what TLS says about the peer from what the peer says in HTTP.
fn tls_error(error: Error) -> Error {
    match error {
        Error::Protocol(text) => Error::Refused(text),
        other => other,
    }
}
