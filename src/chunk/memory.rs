//! A message body in ordinary memory, for servers and tests; the C layer has its own, which programs may free.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Body;
use crate::{Error, Result};

/// Memory that grows as the bytes of a message arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Longer than what is filled while a message comes in.
    bytes: Vec<u8>,
    filled: usize,
}

impl Memory {
    /// The bytes received.
    pub fn into_vec(mut self) -> Vec<u8> {
        self.bytes.truncate(self.filled);
        self.bytes
    }
}

impl Body for Memory {
    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    fn spare(&mut self, min: usize, max: usize) -> Result<&mut [u8]> {
        let end = self.filled.saturating_add(max);
        if self.bytes.len() < self.filled.saturating_add(min) {
            let more = end.saturating_sub(self.bytes.len());
            self.bytes
                .try_reserve(more)
                .map_err(|_| Error::Io("receive a message", std::io::ErrorKind::OutOfMemory.into()))?;
            self.bytes.resize(end, 0);
        }
        let end = end.min(self.bytes.len());
        Ok(self.bytes.get_mut(self.filled..end).unwrap_or_default())
    }

    fn filled(&mut self, n: usize) {
        self.filled = self.filled.saturating_add(n).min(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_in_pieces() {
        let mut memory = Memory::default();
        for piece in [&b"abc"[..], b"", b"defgh", b"i"] {
            let spare = memory.spare(piece.len(), 7).unwrap();
            assert!((piece.len()..=7).contains(&spare.len()));
            spare[..piece.len()].copy_from_slice(piece);
            memory.filled(piece.len());
        }
        assert_eq!(memory.as_slice(), b"abcdefghi");
        assert_eq!(memory.into_vec(), b"abcdefghi");
    }

    #[test]
    fn no_more_than_asked_for() {
        let mut memory = Memory::default();
        assert_eq!(memory.spare(1, 100).unwrap().len(), 100);
        memory.filled(10);
        assert_eq!(memory.spare(1, 20).unwrap().len(), 20);
        assert_eq!(memory.spare(1, 1000).unwrap().len(), 90);
        assert_eq!(memory.spare(91, 1000).unwrap().len(), 1000);
        assert!(memory.spare(usize::MAX, usize::MAX).is_err());
    }
}
