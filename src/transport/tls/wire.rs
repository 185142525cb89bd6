//! The two queues of encrypted bytes between OpenSSL and the socket.
#![forbid(unsafe_code)]

use crate::transport::Socket;
use crate::{Error, Result};
use std::io::{self, ErrorKind, Read, Write};

/// The length of a record's header; when OpenSSL asks for exactly this, it holds no part of a record.
const RECORD_HEADER: usize = 5;
/// The most received ahead of what OpenSSL has asked for.
const READ_AHEAD: usize = 32 * 1024;
/// A queue of output that has become larger is freed once it is empty.
const KEEP: usize = 4 * 1024;

/// What OpenSSL reads from and writes to. It never waits, and writing never fails: the owner moves the bytes.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// Received and not yet read by OpenSSL: the part from `taken` to `received`. What is behind it has no meaning.
    input: Vec<u8>,
    taken: usize,
    received: usize,
    /// How many bytes OpenSSL lacked when it last found nothing.
    wanted: usize,
    /// At most as many bytes as have been received and not yet given to the program as plain text.
    unopened: usize,
    /// Whether the peer has ended the connection.
    ended: bool,
    /// Written by OpenSSL and not yet sent, from `sent` on.
    output: Vec<u8>,
    sent: usize,
}

impl Wire {
    /// Whether the peer has ended the connection.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Whether OpenSSL has read all that was received.
    pub(super) fn is_drained(&self) -> bool {
        self.taken == self.received
    }

    /// How many bytes are to be sent.
    pub(super) fn to_send(&self) -> usize {
        self.output.len() - self.sent
    }

    /// Notes that the program was given `n` bytes of plain text.
    pub(super) fn opened(&mut self, n: usize) {
        self.unopened = self.unopened.saturating_sub(n);
    }

    /// Receives what OpenSSL lacks, and more when the program has room for `room` bytes of plain text, so that nothing
    /// decrypted stays behind out of sight of a program that polls the descriptor. Without waiting: nothing there is
    /// [`Error::TimedOut`]. The end of the connection is noted, and OpenSSL judges it.
    pub(super) fn receive(&mut self, socket: &Socket, room: usize) -> Result<()> {
        if self.wanted == RECORD_HEADER {
            self.unopened = 0;
        }
        let size = room.saturating_sub(self.unopened).min(READ_AHEAD).max(self.wanted);
        if self.input.len() < size {
            self.input.resize(size, 0);
        }
        match socket.receive_now(self.input.get_mut(..size).unwrap_or_default()) {
            Ok(n) => {
                (self.taken, self.received) = (0, n);
                self.unopened += n;
                Ok(())
            }
            Err(Error::Closed) => {
                self.ended = true;
                Ok(())
            }
            Err(error) => {
                // A connection that waits keeps no large buffer.
                self.input = Vec::new();
                Err(error)
            }
        }
    }

    /// Sends what is to be sent, without waiting: what does not fit stays, with [`Error::TimedOut`].
    pub(super) fn send(&mut self, socket: &Socket) -> Result<()> {
        while self.to_send() > 0 {
            self.sent += socket.send_now(self.output.get(self.sent..).unwrap_or_default())?;
        }
        self.sent = 0;
        self.output.clear();
        if self.output.capacity() > KEEP {
            self.output = Vec::new();
        }
        Ok(())
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.input.get(self.taken..self.received).unwrap_or_default();
        if rest.is_empty() {
            self.wanted = buffer.len();
            return if self.ended { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let n = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.taken += n;
        Ok(n)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
