//! One established byte stream, whatever it is made of.
#![forbid(unsafe_code)]

use super::{Deadline, Ready, Socket, TlsStream, Tunnel};
use crate::{Error, Result};
use std::io::IoSlice;

/// An established byte stream, used by one reading and one writing thread at once (share it in an `Arc`). There may be
/// one receiver and one sender at a time; a third thread may call [`Stream::interrupt_all`]. Dropping it leaves the
/// descriptor open: see [`Stream::into_socket`].
#[derive(Debug)]
pub enum Stream {
    /// Plain TCP.
    Tcp(Socket),
    /// TLS over TCP.
    Tls(TlsStream),
    /// RTMPT over one of them.
    Tunnel(Box<Tunnel>),
}

impl Stream {
    /// The socket at the bottom.
    pub fn socket(&self) -> &Socket {
        match self {
            Stream::Tcp(socket) => socket,
            Stream::Tls(tls) => tls.socket(),
            Stream::Tunnel(tunnel) => tunnel.socket(),
        }
    }

    /// Whether the descriptor's bytes are the stream's bytes, so that they may be received straight from it.
    pub fn is_plain(&self) -> bool {
        matches!(self, Stream::Tcp(_))
    }

    /// Receives what is there, without waiting. Nothing there is [`Error::TimedOut`], a clean end [`Error::Closed`].
    pub fn receive_now(&self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Stream::Tcp(socket) => socket.receive_now(buffer),
            Stream::Tls(tls) => tls.receive_now(buffer),
            Stream::Tunnel(tunnel) => tunnel.receive_now(buffer),
        }
    }

    /// [`Stream::receive_now`] into one buffer and, where the stream has more at hand, into the room behind it.
    pub fn receive_parts_now(&self, first: &mut [u8], second: &mut [u8]) -> Result<usize> {
        match self {
            Stream::Tls(tls) => tls.receive_parts_now(first, second),
            _ if first.is_empty() => self.receive_now(second),
            _ => self.receive_now(first),
        }
    }

    /// Ends a call of a program that polls the descriptor and has been given all that came: from now on the descriptor is
    /// readable when more has come, and not before.
    pub fn rest(&self) {
        match self {
            Stream::Tcp(socket) => socket.take_back(),
            Stream::Tls(tls) => tls.rest(),
            Stream::Tunnel(tunnel) => tunnel.rest(),
        }
    }

    /// Waits until [`Stream::receive_now`] is worth calling.
    pub fn wait_readable(&self, deadline: Deadline) -> Result<()> {
        match self {
            Stream::Tcp(socket) => socket.wait(Ready::Readable, deadline),
            Stream::Tls(tls) => tls.wait_readable(deadline),
            Stream::Tunnel(tunnel) => tunnel.wait_readable(deadline),
        }
    }

    /// Receives what has arrived, waiting for the first byte as the socket's own settings say: at most its receive
    /// time-out, and not at all when the descriptor is non-blocking ([`Error::TimedOut`]).
    pub fn receive(&self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Stream::Tcp(socket) => socket.receive_once(buffer),
            Stream::Tls(_) | Stream::Tunnel(_) => {
                self.receive_waiting(Deadline::NEVER, || self.receive_now(buffer))
            }
        }
    }

    /// Repeats `receive_now`, which receives from this stream without waiting, until it finds something. Waits in between,
    /// as long as [`Stream::receive`] does, at most until `latest`.
    pub fn receive_waiting(
        &self,
        latest: Deadline,
        mut receive_now: impl FnMut() -> Result<usize>,
    ) -> Result<usize> {
        let mut deadline = None;
        loop {
            match receive_now() {
                Err(Error::TimedOut) => {}
                other => return other,
            }
            let deadline = match deadline {
                Some(deadline) => deadline,
                None => *deadline.insert(self.socket().receive_deadline()?.earlier(latest)),
            };
            self.wait_readable(deadline)?;
        }
    }

    /// Fills the buffer by the deadline, whatever the socket's own time-out is.
    pub fn read_exact(&self, buffer: &mut [u8], deadline: Deadline) -> Result<()> {
        let mut rest = buffer;
        while !rest.is_empty() {
            match self.receive_now(rest) {
                Ok(n) => rest = rest.get_mut(n..).unwrap_or_default(),
                Err(Error::TimedOut) => self.wait_readable(deadline)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends all of the slices. A peer that stops reading ends it when the socket's send time-out
    /// ([`Socket::send_deadline`]) passes without progress; as part of the bytes may have left, every error ends the
    /// stream.
    pub fn send_all(&self, slices: &mut [IoSlice<'_>]) -> Result<()> {
        match self {
            Stream::Tcp(socket) => socket.send_all(slices),
            Stream::Tls(tls) => tls.send_all(slices),
            Stream::Tunnel(tunnel) => tunnel.send_all(slices),
        }
    }

    /// Tells the peer that nothing more will be sent; receiving goes on.
    pub fn shutdown_send(&self) {
        match self {
            Stream::Tcp(socket) => socket.shutdown_send(),
            Stream::Tls(tls) => tls.shutdown_send(),
            Stream::Tunnel(tunnel) => tunnel.shutdown_send(),
        }
    }

    /// Ends both directions, which wakes every thread that waits on the stream.
    pub fn interrupt_all(&self) {
        match self {
            Stream::Tcp(_) | Stream::Tls(_) => self.socket().interrupt_all(),
            Stream::Tunnel(tunnel) => tunnel.interrupt_all(),
        }
    }

    /// Gives up the stream for its socket, for instance to close it.
    pub fn into_socket(self) -> Socket {
        match self {
            Stream::Tcp(socket) => socket,
            Stream::Tls(tls) => tls.into_socket(),
            Stream::Tunnel(tunnel) => tunnel.into_socket(),
        }
    }
}
