//! Chunked bodies (RFC 9112 section 7.1), decoded as they come. No I/O.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::transport::http::{HEAD_LIMIT, HeadEnd};
use crate::{Error, Result};

/// Where in a chunked body the next byte stands.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// In the hexadecimal size; the flag says that there was a digit.
    Size { size: u64, digits: bool },
    /// Behind the size, before the end of its line.
    Extension { size: u64, skipped: usize },
    /// In the data.
    Data { left: u64 },
    /// In the end of line behind the data.
    AfterData,
    /// In the trailer behind the last chunk.
    Trailer { end: HeadEnd, skipped: usize },
}

/// What became of some bytes of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// How many bytes were taken.
    pub(super) taken: usize,
    /// How many of them, the last ones, are data.
    pub(super) data: usize,
    /// Whether the body has ended.
    pub(super) ended: bool,
}

impl Chunked {
    /// Before the first byte.
    pub(super) fn new() -> Self {
        Self { state: State::Size { size: 0, digits: false } }
    }

    /// Takes some of the bytes: one of framing, or as much data as there is. At least one, unless there is none.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step> {
        if let State::Data { left } = &mut self.state {
            let n = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
            *left = left.saturating_sub(n as u64);
            if *left == 0 {
                self.state = State::AfterData;
            }
            return Ok(Step { taken: n, data: n, ended: false });
        }
        let Some(&byte) = bytes.first() else {
            return Ok(Step { taken: 0, data: 0, ended: false });
        };
        let ended = self.framing(byte)?;
        Ok(Step { taken: 1, data: 0, ended })
    }

    /// Takes one byte of framing; true at the end of the body.
    fn framing(&mut self, byte: u8) -> Result<bool> {
        match &mut self.state {
            State::Size { size, digits } => match (char::from(byte).to_digit(16), byte) {
                (Some(digit), _) => {
                    let next = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
                    *size = next.ok_or_else(|| malformed("a chunk size out of all bounds"))?;
                    *digits = true;
                }
                (None, b'\n') if *digits => self.data_or_end(),
                (None, b'\r' | b';' | b' ' | b'\t') if *digits => {
                    self.state = State::Extension { size: *size, skipped: 0 };
                }
                _ => return Err(malformed("a chunk size that is not a number")),
            },
            State::Extension { .. } if byte == b'\n' => self.data_or_end(),
            State::Extension { skipped, .. } => bound(skipped)?,
            State::AfterData => match byte {
                b'\r' => {}
                b'\n' => self.state = State::Size { size: 0, digits: false },
                _ => return Err(malformed("a chunk that is longer than its size")),
            },
            State::Trailer { end, skipped } => {
                bound(skipped)?;
                return Ok(end.find(&[byte]).is_some());
            }
            State::Data { .. } => {}
        }
        Ok(false)
    }

    /// At the end of the line with the size.
    fn data_or_end(&mut self) {
        if let State::Size { size, .. } | State::Extension { size, .. } = self.state {
            self.state = match size {
                0 => State::Trailer { end: HeadEnd::after_line(), skipped: 0 },
                left => State::Data { left },
            };
        }
    }
}

/// Counts bytes that carry nothing.
fn bound(skipped: &mut usize) -> Result<()> {
    *skipped = skipped.saturating_add(1);
    if *skipped > HEAD_LIMIT { Err(malformed("more than 16 KiB between its chunks")) } else { Ok(()) }
}

fn malformed(what: &str) -> Error {
    Error::protocol(format!("an HTTP answer with {what}"))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The data, and what stands behind the body once it has ended.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
        let (mut chunked, mut data, mut behind) = (Chunked::new(), Vec::new(), None::<Vec<u8>>);
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                if let Some(behind) = &mut behind {
                    behind.extend(rest);
                    break;
                }
                let step = chunked.step(rest)?;
                data.extend(&rest[step.taken - step.data..step.taken]);
                rest = &rest[step.taken..];
                if step.ended {
                    behind = Some(Vec::new());
                }
            }
        }
        Ok((data, behind))
    }

    const BODY: &[u8] = b"3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n000\r\nT: v\r\n\r\nnext";

    #[test]
    fn good_and_bad() {
        assert_eq!(decode(&[BODY]).unwrap(), (b"abc0123456789".to_vec(), Some(b"next".to_vec())));
        assert_eq!(decode(&[b"0\r\n\r\n"]).unwrap(), (vec![], Some(vec![])));
        assert_eq!(decode(&[b"1\na\n0\n\n"]).unwrap(), (b"a".to_vec(), Some(vec![])));
        for bad in [&b"\r\n"[..], b"x\r\n", b"1\r\nabc", b"fffffffffffffffff\r\n", b"-1\r\n"] {
            assert!(decode(&[bad]).is_err(), "{bad:?}");
        }
        let endless = [b"1;".as_slice(), &[b'a'; HEAD_LIMIT + 1]].concat();
        assert!(decode(&[&endless]).is_err());
        let endless = [b"0\r\n".as_slice(), &b"a: b\r\n".repeat(HEAD_LIMIT)].concat();
        assert!(decode(&[&endless]).is_err());
    }

    proptest! {
        #[test]
        fn any_pieces(cuts in proptest::collection::vec(0..BODY.len(), 0..6)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&BODY[start..cut]);
                start = cut;
            }
            pieces.push(&BODY[start..]);
            prop_assert_eq!(decode(&pieces).unwrap(), decode(&[BODY]).unwrap());
        }

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&[&bytes]);
        }
    }
}
