//! An answer whose head has been read and whose body is still to come.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::connection::Connection;
use super::{RECEIVE_SIZE, ResponseHead};
use crate::transport::BodyDecoder;
use crate::{Error, Result};

/// An answer: its head, and the connection on which its body arrives.
#[derive(Debug)]
pub struct Response {
    connection: Connection,
    head: ResponseHead,
    /// What came together with the head.
    rest: Vec<u8>,
}

impl Response {
    pub(super) fn new(connection: Connection, head: ResponseHead, rest: Vec<u8>) -> Self {
        Self { connection, head, rest }
    }

    /// The head.
    pub fn head(&self) -> &ResponseHead {
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
            sink(piece)
        };
        let mut buffer = vec![0; RECEIVE_SIZE];
        let mut decoder = BodyDecoder::new(self.head.body);
        let mut arrived = self.rest.as_slice();
        let mut received = 0_u64;
        loop {
            while let Some(piece) = decoder.next(&mut arrived)? {
                deliver(piece)?;
            }
            if decoder.is_done() {
                return Ok(total);
            }
            match self.connection.receive_body(&mut buffer, received) {
                Ok(n) => {
                    arrived = buffer.get(..n).unwrap_or_default();
                    received = received.saturating_add(n as u64);
                }
                Err(Error::Closed) if decoder.ends_with_connection() => return Ok(total),
                Err(error) => return Err(error),
            }
        }
    }
}
