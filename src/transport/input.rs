//! Where received bytes wait until they are parsed.
#![forbid(unsafe_code)]

use super::{Interrupt, retry};
use crate::{Error, Result};

/// How many bytes a receive brought, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes put into the caller's memory.
    pub direct: usize,
    /// Bytes put behind the buffered ones.
    pub buffered: usize,
}

/// Received bytes: a small buffer (in C programs `m_sb.sb_buf`), filled by receiving.
pub trait Input {
    /// What is buffered and not yet consumed.
    fn buffered(&self) -> &[u8];
    /// Forgets the first `n` buffered bytes; `n` beyond what is buffered forgets all.
    fn consume(&mut self, n: usize);
    /// One receive: waits until something has arrived (at most as long as the socket's time-out), puts it into `direct`
    /// first - which must only be given when nothing is buffered - and the rest into the buffer.
    /// Never `Ok` with both counts 0: the end of the stream is [`Error::Closed`], a time-out
    /// [`Error::TimedOut`].
    fn receive(&mut self, direct: &mut [u8]) -> Result<Received>;
}

/// An [`Input`] over any reader, for servers and tests; the C layer has its own over `m_sb`.
#[derive(Debug)]
pub struct BufferedInput<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
}

/// How much is received at once, as `RTMP_BUFFER_CACHE_SIZE`.
const CAPACITY: usize = 16 * 1024;

impl<R> BufferedInput<R> {
    /// An empty buffer over `reader`.
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::with_capacity(CAPACITY), start: 0 }
    }

    /// The reader.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }
}

impl<R: std::io::Read> Input for BufferedInput<R> {
    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.buffer.len());
        if self.start == self.buffer.len() {
            self.start = 0;
            self.buffer.clear();
        }
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        let reader = &mut self.reader;
        if !direct.is_empty() {
            let n = retry(Interrupt::default(), "receive", || reader.read(direct))?;
            return if n == 0 { Err(Error::Closed) } else { Ok(Received { direct: n, buffered: 0 }) };
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(CAPACITY.max(filled.saturating_add(1)), 0);
        let spare = self.buffer.get_mut(filled..).unwrap_or_default();
        let result = retry(Interrupt::default(), "receive", || reader.read(spare));
        self.buffer.truncate(filled.saturating_add(*result.as_ref().unwrap_or(&0)));
        match result? {
            0 => Err(Error::Closed),
            n => Ok(Received { direct: 0, buffered: n }),
        }
    }
}
