//! The two queues of encrypted bytes between OpenSSL and the socket.
#![forbid(unsafe_code)]

use crate::transport::Socket;
use crate::{Error, Result};
use std::io::{self, ErrorKind, Read, Write};

/// The length of a record's header; when OpenSSL asks for exactly this, it holds no part of a record.
const RECORD_HEADER: usize = 5;
/// The most received ahead of what OpenSSL has asked for.
const READ_AHEAD: usize = 32 * 1024;
/// Queues that have become larger are freed once they are empty.
const KEEP: usize = 4 * 1024;

/// What OpenSSL reads from and writes to. It never waits, and writing never fails: the owner moves the bytes.
#[derive(Debug, Default)]
pub(super) struct Wire {
    /// Received and not yet read by OpenSSL, from `taken` on.
    input: Vec<u8>,
    taken: usize,
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
        self.input.resize(size, 0);
        self.taken = 0;
        let received = socket.receive_now(&mut self.input);
        self.input.truncate(*received.as_ref().unwrap_or(&0));
        match received {
            Ok(n) => {
                self.unopened += n;
                Ok(())
            }
            Err(Error::Closed) => {
                self.ended = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Sends what is to be sent, without waiting: what does not fit stays, with [`Error::TimedOut`].
    pub(super) fn send(&mut self, socket: &Socket) -> Result<()> {
        while self.to_send() > 0 {
            self.sent += socket.send_now(self.output.get(self.sent..).unwrap_or_default())?;
        }
        self.sent = 0;
        empty(&mut self.output);
        Ok(())
    }
}

/// Forgets the contents, and the memory too when it is large.
fn empty(queue: &mut Vec<u8>) {
    queue.clear();
    if queue.capacity() > KEEP {
        *queue = Vec::new();
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.input.get(self.taken..).unwrap_or_default();
        if rest.is_empty() {
            self.wanted = buffer.len();
            self.taken = 0;
            empty(&mut self.input);
            return if self.ended { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let n = rest.len().min(buffer.len());
        buffer.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
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
