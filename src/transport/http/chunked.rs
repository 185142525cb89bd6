//! Chunked bodies (RFC 9112 section 7.1), taken apart as they arrive.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::{Error, Result};

/// The longest line with a chunk's size and extensions, in bytes.
const MAX_SIZE_LINE: usize = 4 * 1024;
/// The most bytes of trailers behind the last chunk.
const MAX_TRAILERS: usize = super::HEAD_LIMIT;

/// Takes a chunked body apart, however it is split on the way.
#[derive(Debug)]
pub struct Chunked {
    state: State,
    /// Bytes of the size line, or of the trailers, so far.
    overhead: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the hexadecimal size; `None` before its first digit.
    Size(Option<u64>),
    /// Behind the size, which is kept, up to the end of the line.
    Extension(u64),
    /// So many bytes of the chunk are missing.
    Data(u64),
    /// In the line end behind a chunk.
    DataEnd,
    /// In the trailers; whether the line has anything in it.
    Trailer(bool),
    Done,
}

impl Default for Chunked {
    fn default() -> Self {
        Self::new()
    }
}

impl Chunked {
    /// Before the first byte of a body.
    pub fn new() -> Self {
        Self { state: State::Size(None), overhead: 0 }
    }

    /// Whether the body has ended; what follows does not belong to it.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes bytes from the front of `input` and gives the next piece of the body; `None` when `input` is used up or
    /// the body has ended.
    ///
    /// # Errors
    /// [`Error::Protocol`] for a size that is no number or does not fit, a missing line end, and endless lines.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
        loop {
            if let State::Data(left) = self.state {
                let n = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                let (piece, rest) = input.split_at_checked(n).unwrap_or((*input, &[]));
                *input = rest;
                let left = left.saturating_sub(n as u64);
                self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                return Ok((n > 0).then_some(piece));
            }
            if self.is_done() {
                return Ok(None);
            }
            let Some((&byte, rest)) = input.split_first() else { return Ok(None) };
            *input = rest;
            self.state = self.step(byte)?;
        }
    }

    /// One byte outside the chunks' data.
    fn step(&mut self, byte: u8) -> Result<State> {
        self.overhead = self.overhead.saturating_add(1);
        let bound = if matches!(self.state, State::Trailer(_)) { MAX_TRAILERS } else { MAX_SIZE_LINE };
        if self.overhead > bound {
            return Err(Error::protocol("a line of the chunked body is too long"));
        }
        match (self.state, byte) {
            (State::Size(size), _) if byte.is_ascii_hexdigit() => {
                let digit = u64::from(char::from(byte).to_digit(16).unwrap_or_default());
                let size = size.unwrap_or_default().checked_mul(16).and_then(|size| size.checked_add(digit));
                size.map(|size| State::Size(Some(size)))
                    .ok_or_else(|| Error::protocol("a chunk's size has too many digits"))
            }
            (State::Size(Some(size)) | State::Extension(size), b'\n') => {
                self.overhead = 0;
                Ok(if size == 0 { State::Trailer(false) } else { State::Data(size) })
            }
            (State::Size(Some(size)), b'\r' | b';' | b' ' | b'\t') | (State::Extension(size), _) => {
                Ok(State::Extension(size))
            }
            (State::Size(_), _) => Err(Error::protocol("a chunk's size is not a number")),
            (State::DataEnd, b'\r') => Ok(State::DataEnd),
            (State::DataEnd, b'\n') => {
                self.overhead = 0;
                Ok(State::Size(None))
            }
            (State::DataEnd, _) => Err(Error::protocol("a chunk is longer than its size")),
            (State::Trailer(false), b'\n') => Ok(State::Done),
            (State::Trailer(_), b'\n') => Ok(State::Trailer(false)),
            (State::Trailer(filled), b'\r') => Ok(State::Trailer(filled)),
            (State::Trailer(_), _) => Ok(State::Trailer(true)),
            (state @ (State::Data(_) | State::Done), _) => Ok(state),
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The body, whether it ended, and what was left behind it.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool, Vec<u8>)> {
        let mut chunked = Chunked::new();
        let (mut body, mut rest) = (Vec::new(), Vec::new());
        for piece in pieces {
            let mut input = *piece;
            while let Some(data) = chunked.next(&mut input)? {
                body.extend_from_slice(data);
            }
            rest.extend_from_slice(input);
        }
        Ok((body, chunked.is_done(), rest))
    }

    #[test]
    fn takes_a_body_apart() {
        let text = b"5\r\nhello\r\n00A;ext=\"1\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nnext";
        let (body, done, rest) = decode(&[text]).expect("a good body");
        assert_eq!((body.as_slice(), done, rest.as_slice()), (&b"hello0123456789"[..], true, &b"next"[..]));
        let (body, done, _) = decode(&[b"5\nhello\n0\n\n"]).expect("bare line feeds are understood");
        assert_eq!((body.as_slice(), done), (&b"hello"[..], true));
        let (body, done, _) = decode(&[b"5\r\nhel"]).expect("incomplete is no error yet");
        assert_eq!((body.as_slice(), done), (&b"hel"[..], false));
    }

    #[test]
    fn refuses_bad_bodies() {
        for text in ["\r\n", "x\r\n", "-5\r\nhello", "5\r\nhello!\r\n", "10000000000000000\r\n", "5x\r\n"] {
            assert!(decode(&[text.as_bytes()]).is_err(), "{text:?}");
        }
        assert!(decode(&[b"5;", &[b'x'; MAX_SIZE_LINE]]).is_err());
        assert!(decode(&[b"0\r\n", &[b'x'; MAX_TRAILERS + 1]]).is_err());
        assert!(decode(&[b"0\r\n", &b"a: b\r\n".repeat(MAX_TRAILERS)]).is_err());
        assert!(decode(&[&[b'0'; MAX_SIZE_LINE + 1]]).is_err());
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6),
            cuts in proptest::collection::vec(1usize..20, 1..40),
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\n\r\n");
            let mut rest = text.as_slice();
            let mut pieces = Vec::new();
            for cut in cuts.iter().cycle() {
                let (piece, more) = rest.split_at_checked(*cut).unwrap_or((rest, &[]));
                pieces.push(piece);
                rest = more;
                if rest.is_empty() {
                    break;
                }
            }
            let (body, done, _) = decode(&pieces).expect("a good body");
            prop_assert_eq!(body, chunks.concat());
            prop_assert!(done);
        }
    }
}
