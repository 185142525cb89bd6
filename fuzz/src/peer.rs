//! A peer that says what the fuzzer wants and reads everything, without a thread.

use rtmp::transport::{Input, Interrupt, Received, Socket, Stream};
use rtmp::{Error, Result};
use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// How much is given to the library at once, at most: its answers to so much fit into the socket.
const MAX_PIECE: usize = 1024;
/// A send that waits so long waits for ever, as nobody reads meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a peer says, piece by piece.
pub(crate) struct Script<'a> {
    /// What it still has to say.
    rest: &'a [u8],
    piece: usize,
    /// Whether the last receive timed out.
    silent: bool,
    /// Received and not yet taken, from `start` on.
    buffer: Vec<u8>,
    start: usize,
}

impl<'a> Script<'a> {
    /// Says `rest` in pieces: 0 the largest, an even number without and an odd one with silences in between.
    pub(crate) fn new(rest: &'a [u8], piece: u8) -> Self {
        let size = if piece == 0 { MAX_PIECE } else { usize::from(piece) };
        Self { rest, piece: size, silent: false, buffer: Vec::new(), start: 0 }
    }

    /// Whether everything has been said and taken.
    pub(crate) fn is_over(&self) -> bool {
        self.rest.is_empty() && self.buffered().is_empty()
    }
}

impl Input for Script<'_> {
    fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.buffer.len());
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        assert!(direct.is_empty() || self.buffered().is_empty(), "memory is lent while bytes are buffered");
        if self.rest.is_empty() {
            return Err(Error::Closed);
        }
        if self.piece % 2 == 1 {
            self.silent = !self.silent;
            if self.silent {
                return Err(Error::TimedOut);
            }
        }
        let (now, later) = self.rest.split_at(self.piece.min(self.rest.len()));
        self.rest = later;
        let n = direct.len().min(now.len());
        direct[..n].copy_from_slice(&now[..n]);
        self.buffer.extend_from_slice(&now[n..]);
        Ok(Received { direct: n, buffered: now.len() - n })
    }
}

/// A peer at the other end of a stream, which also hears.
pub(crate) struct Peer<'a> {
    /// What it says.
    pub(crate) script: Script<'a>,
    /// Bytes that the library has sent.
    pub(crate) heard: usize,
    memory: Vec<u8>,
    end: UnixStream,
    stream: Arc<Stream>,
}

impl<'a> Peer<'a> {
    /// A peer that says this.
    pub(crate) fn new(script: Script<'a>) -> Self {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        theirs.set_nonblocking(true).expect("a socket that does not wait");
        let socket = Socket::new(ours.into(), Interrupt::default());
        socket.set_timeout(Some(PATIENCE)).expect("a time-out");
        let stream = Arc::new(Stream::Tcp(socket));
        Self { script, heard: 0, memory: vec![0; 16 * 1024], end: theirs, stream }
    }

    /// The library's end.
    pub(crate) fn stream(&self) -> Arc<Stream> {
        Arc::clone(&self.stream)
    }

    /// Takes in what the library has sent.
    pub(crate) fn hear(&mut self) {
        loop {
            match self.end.read(&mut self.memory) {
                Ok(n) => {
                    self.heard += n;
                    if n < self.memory.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("the peer cannot read: {error}"),
            }
        }
    }

    /// Closes both ends; the library must have let go of its own.
    pub(crate) fn close(self) {
        let _ = self.end.shutdown(Shutdown::Both);
        let stream = Arc::into_inner(self.stream).expect("nobody else holds the stream");
        stream.into_socket().close();
    }
}

impl Input for Peer<'_> {
    fn buffered(&self) -> &[u8] {
        self.script.buffered()
    }

    fn consume(&mut self, n: usize) {
        self.script.consume(n);
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        self.hear();
        self.script.receive(direct)
    }
}
