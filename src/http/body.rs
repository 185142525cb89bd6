//! An answer whose head has been read and whose body is still to come.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::connection::Connection;
use super::head::Framing;
use super::{Chunked, Head, RECEIVE_SIZE};
use crate::{Error, Result};

/// An answer: its head, and the connection on which its body arrives.
#[derive(Debug)]
pub struct Response {
    connection: Connection,
    head: Head,
    /// What came together with the head.
    rest: Vec<u8>,
}

impl Response {
    pub(super) fn new(connection: Connection, head: Head, rest: Vec<u8>) -> Self {
        Self { connection, head, rest }
    }

    /// The head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Reads the body to its end, handing each piece to `sink` as it arrives, and gives its length in bytes.
    ///
    /// # Errors
    /// [`Error::Closed`] when the body ends before its announced end; [`Error::TimedOut`] after a silence or at the
    /// deadline; [`Error::Protocol`] for broken chunks and for a body of more than `limit` bytes; those of `sink`.
    pub fn read_body(self, limit: u64, mut sink: impl FnMut(&[u8]) -> Result<()>) -> Result<u64> {
        let mut total = 0u64;
        let mut deliver = |piece: &[u8]| {
            total = total.saturating_add(piece.len() as u64);
            if total > limit {
                return Err(Error::protocol(format!("the body is longer than {limit} bytes")));
            }
            if piece.is_empty() { Ok(()) } else { sink(piece) }
        };
        let mut buffer = vec![0; RECEIVE_SIZE];
        let mut decoder = Decoder::new(self.head.framing);
        let mut ended = decoder.take(&self.rest, &mut deliver)?;
        while !ended {
            ended = match self.connection.receive_body(&mut buffer) {
                Ok(n) => decoder.take(buffer.get(..n).unwrap_or_default(), &mut deliver)?,
                Err(Error::Closed) if matches!(decoder, Decoder::UntilClose) => true,
                Err(error) => return Err(error),
            };
        }
        Ok(total)
    }
}

/// What is expected of the body.
enum Decoder {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

impl Decoder {
    fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::new()),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    /// Takes what has arrived; tells whether the body is complete. What comes behind the body is dropped.
    fn take(&mut self, mut input: &[u8], deliver: &mut impl FnMut(&[u8]) -> Result<()>) -> Result<bool> {
        match self {
            Self::UntilClose => deliver(input).map(|()| false),
            Self::Length(left) => {
                let n = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left = left.saturating_sub(n as u64);
                deliver(input.get(..n).unwrap_or_default())?;
                Ok(*left == 0)
            }
            Self::Chunked(chunked) => {
                while let Some(piece) = chunked.next(&mut input)? {
                    deliver(piece)?;
                }
                Ok(chunked.is_done())
            }
        }
    }
}
