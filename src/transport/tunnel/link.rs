//! What a tunnel runs over.
#![forbid(unsafe_code)]

use crate::Result;
use crate::transport::{Deadline, Ready, Socket, TlsStream};
use std::io::IoSlice;

/// TCP, or TLS over it.
#[derive(Debug)]
pub(super) enum Link {
    Tcp(Socket),
    Tls(TlsStream),
}

impl Link {
    pub(super) fn socket(&self) -> &Socket {
        match self {
            Link::Tcp(socket) => socket,
            Link::Tls(tls) => tls.socket(),
        }
    }

    pub(super) fn into_socket(self) -> Socket {
        match self {
            Link::Tcp(socket) => socket,
            Link::Tls(tls) => tls.into_socket(),
        }
    }

    pub(super) fn receive_now(&self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Link::Tcp(socket) => socket.receive_now(buffer),
            Link::Tls(tls) => tls.receive_now(buffer),
        }
    }

    pub(super) fn rest(&self) {
        match self {
            Link::Tcp(socket) => socket.take_back(),
            Link::Tls(tls) => tls.rest(),
        }
    }

    pub(super) fn wait_readable(&self, deadline: Deadline) -> Result<()> {
        match self {
            Link::Tcp(socket) => socket.wait(Ready::Readable, deadline),
            Link::Tls(tls) => tls.wait_readable(deadline),
        }
    }

    /// Sends what fits now, without waiting, and advances the slices; true when all has left.
    pub(super) fn send_some(&self, rest: &mut &mut [IoSlice<'_>]) -> Result<bool> {
        match self {
            Link::Tcp(socket) => socket.send_some(rest),
            Link::Tls(tls) => tls.send_some(rest),
        }
    }

    pub(super) fn shutdown_send(&self) {
        match self {
            Link::Tcp(socket) => socket.shutdown_send(),
            Link::Tls(tls) => tls.shutdown_send(),
        }
    }
}
