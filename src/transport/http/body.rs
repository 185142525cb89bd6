//! The body of an answer, taken out of what arrives.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Chunked;
use crate::Result;

/// How long the body of an answer is (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// So many bytes.
    Known(u64),
    /// In chunks.
    Chunked,
    /// All that comes until the server closes.
    UntilEnd,
}

/// What is still expected of a body.
#[derive(Debug)]
pub(crate) enum BodyDecoder {
    Left(u64),
    Chunked(Chunked),
    UntilEnd,
}

impl BodyDecoder {
    /// Before the first byte.
    pub(crate) fn new(length: BodyLength) -> Self {
        match length {
            BodyLength::Known(length) => Self::Left(length),
            BodyLength::Chunked => Self::Chunked(Chunked::new()),
            BodyLength::UntilEnd => Self::UntilEnd,
        }
    }

    /// Whether the body has ended; what follows does not belong to it.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Left(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_done(),
            Self::UntilEnd => false,
        }
    }

    /// Whether the end of the connection is the body's.
    pub(crate) fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilEnd)
    }

    /// Takes bytes from the front of `input` and gives the next piece of the body, which is not empty; `None` when `input`
    /// is used up or the body has ended.
    ///
    /// # Errors
    /// Those of [`Chunked::next`].
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
        let n = match self {
            Self::Chunked(chunked) => return chunked.next(input),
            Self::UntilEnd => input.len(),
            Self::Left(left) => {
                let n = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left = left.saturating_sub(n as u64);
                n
            }
        };
        let (piece, rest) = input.split_at_checked(n).unwrap_or((*input, &[]));
        *input = rest;
        Ok((n > 0).then_some(piece))
    }
}
