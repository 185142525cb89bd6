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

/// An [`Input`] of which only so much is taken: then nothing more seems to have arrived.
#[derive(Debug)]
pub struct Portion<'a, I> {
    input: &'a mut I,
    left: usize,
}

impl<'a, I> Portion<'a, I> {
    /// Receives from `input` until at least `size` bytes have come.
    pub fn of(input: &'a mut I, size: usize) -> Self {
        Self { input, left: size }
    }
}

impl<I: Input> Input for Portion<'_, I> {
    fn buffered(&self) -> &[u8] {
        self.input.buffered()
    }

    fn consume(&mut self, n: usize) {
        self.input.consume(n);
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        if self.left == 0 {
            return Err(crate::Error::TimedOut);
        }
        let received = self.input.receive(direct)?;
        self.left = self.left.saturating_sub(received.direct.saturating_add(received.buffered));
        Ok(received)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn of_an_endless_input_a_portion_is_taken() {
        let mut endless = BufferedInput::new(std::io::repeat(7));
        let mut portion = Portion::of(&mut endless, CAPACITY + 1);
        for _ in 0..2 {
            assert_eq!(portion.receive(&mut []).unwrap(), Received { direct: 0, buffered: CAPACITY });
            portion.consume(CAPACITY);
        }
        assert!(matches!(portion.receive(&mut []), Err(Error::TimedOut)));
        assert_eq!(endless.receive(&mut [0; 9]).unwrap(), Received { direct: 9, buffered: 0 });
    }
}
