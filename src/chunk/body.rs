//! Where the bytes of a message body are kept as they arrive: the trait, and a body in ordinary memory.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::{Error, Result};

/// Memory a message body grows in. The C layer's is malloc'ed, so that a program may free it.
pub trait Body: Default + Send {
    /// The bytes received so far.
    fn as_slice(&self) -> &[u8];
    /// Makes room for one more byte at least, and for `wish` when that is modest, so that a usual body is allocated once.
    /// Returns for how many there is room, `wish` at most; fails when memory is out.
    fn reserve(&mut self, wish: usize) -> Result<usize>;
    /// Appends what there is room for of `bytes`.
    fn append(&mut self, bytes: &[u8]);
    /// Up to `n` writable bytes behind what is filled: as many as there is room for.
    fn spare(&mut self, n: usize) -> &mut [u8];
    /// Says that the first `n` bytes of the last `spare` are now filled.
    fn filled(&mut self, n: usize);
}

/// A body in ordinary memory, for servers and tests.
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

    fn reserve(&mut self, wish: usize) -> Result<usize> {
        let more = self.filled.saturating_add(wish).saturating_sub(self.bytes.len());
        self.bytes.try_reserve(more).map_err(|_| Error::out_of_memory("receive a message"))?;
        Ok(wish)
    }

    fn append(&mut self, bytes: &[u8]) {
        self.bytes.truncate(self.filled);
        self.bytes.extend_from_slice(bytes);
        self.filled = self.bytes.len();
    }

    fn spare(&mut self, n: usize) -> &mut [u8] {
        self.bytes.resize(self.filled.saturating_add(n), 0);
        self.bytes.get_mut(self.filled..).unwrap_or_default()
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
        for (number, piece) in [&b"abc"[..], b"", b"defgh", b"i", b"jkl"].into_iter().enumerate() {
            assert!(memory.reserve(piece.len()).unwrap() >= piece.len());
            if number % 2 == 0 {
                memory.append(piece);
            } else {
                let spare = memory.spare(piece.len());
                assert_eq!(spare.len(), piece.len());
                spare.copy_from_slice(piece);
                memory.filled(piece.len());
            }
        }
        assert_eq!(memory.as_slice(), b"abcdefghijkl");
        assert_eq!(memory.into_vec(), b"abcdefghijkl");
    }

    #[test]
    fn what_is_not_filled_is_not_there() {
        let mut memory = Memory::default();
        memory.spare(100).fill(1);
        memory.filled(10);
        memory.append(b"x");
        memory.spare(3).fill(2);
        assert_eq!(memory.as_slice(), [&[1; 10][..], b"x"].concat());
        assert!(memory.reserve(usize::MAX).is_err());
    }
}
