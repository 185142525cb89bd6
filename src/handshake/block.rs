//! One 1536-byte block and the places in it.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::crypto::{self, DIGEST_SIZE, PUBLIC_KEY_SIZE};
use crate::{Error, Result};

/// Size of C1, S1, C2 and S2, bytes.
pub const BLOCK_SIZE: usize = 1536;

/// The version of the simple form.
pub(super) const NO_VERSION: [u8; 4] = [0; 4];

/// The sender's clock in C1 and S1 (RTMP 1.0, section 5.2.3).
const TIME: Range<usize> = 0..4;
/// Zeroes by the specification; a version in the forms that Adobe's players and servers speak.
const VERSION: Range<usize> = 4..8;
/// What is random in C1 and S1, but for digest and key.
const RANDOM: Range<usize> = 8..BLOCK_SIZE;
/// What the signature of C2 and S2 covers.
const SIGNED: Range<usize> = 0..BLOCK_SIZE - DIGEST_SIZE;
/// The signature of C2 and S2.
const SIGNATURE: Range<usize> = BLOCK_SIZE - DIGEST_SIZE..BLOCK_SIZE;

/// Where the digest and the key stand in a block: two arrangements are in use, and nothing but the digest tells them
/// apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Digest in the first half, key in the second.
    DigestFirst,
    /// Key in the first half, digest in the second.
    KeyFirst,
}

impl Layout {
    pub(super) fn other(self) -> Self {
        match self {
            Layout::DigestFirst => Layout::KeyFirst,
            Layout::KeyFirst => Layout::DigestFirst,
        }
    }
}

/// A position found by adding four bytes of the block: their sum modulo `modulus`, counted from `base`.
struct Pointer {
    bytes: Range<usize>,
    modulus: usize,
    base: usize,
}

impl Pointer {
    fn digest(layout: Layout) -> Self {
        match layout {
            Layout::DigestFirst => Pointer { bytes: 8..12, modulus: 728, base: 12 },
            Layout::KeyFirst => Pointer { bytes: 772..776, modulus: 728, base: 776 },
        }
    }

    fn key(layout: Layout) -> Self {
        match layout {
            Layout::DigestFirst => Pointer { bytes: 1532..1536, modulus: 632, base: 772 },
            Layout::KeyFirst => Pointer { bytes: 768..772, modulus: 632, base: 8 },
        }
    }

    fn follow(self, block: &Block) -> usize {
        let sum: usize = block.part(self.bytes).iter().map(|byte| usize::from(*byte)).sum();
        sum.checked_rem(self.modulus).unwrap_or(0).saturating_add(self.base)
    }
}

/// One block. Every range used here lies inside it, whatever the block holds.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Block(Box<[u8; BLOCK_SIZE]>);

impl Block {
    /// A block of random bytes.
    pub(super) fn random() -> Result<Self> {
        let mut block = Block(Box::new([0; BLOCK_SIZE]));
        crypto::random(block.0.as_mut_slice())?;
        Ok(block)
    }

    /// A first block (C1 or S1): the sender's clock in milliseconds, its version, then random bytes.
    pub(super) fn first(uptime_ms: u32, version: [u8; 4]) -> Result<Self> {
        let mut block = Block(Box::new([0; BLOCK_SIZE]));
        crypto::random(block.part_mut(RANDOM))?;
        block.set(TIME.start, &uptime_ms.to_be_bytes());
        block.set(VERSION.start, &version);
        Ok(block)
    }

    /// The block that arrived as these bytes.
    pub(super) fn received(bytes: &[u8]) -> Result<Self> {
        let wrong =
            |_| Error::protocol(format!("a handshake block has {} bytes, not {BLOCK_SIZE}", bytes.len()));
        Ok(Block(Box::new(bytes.try_into().map_err(wrong)?)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The sender's version; 0 where it wants the simple form.
    pub(super) fn version(&self) -> [u8; 4] {
        self.array(VERSION.start)
    }

    /// The three parts that a digest's position cuts a block into: what stands before it, the digest, what follows.
    pub(super) fn digest(&self, layout: Layout) -> (&[u8], [u8; DIGEST_SIZE], &[u8]) {
        let at = Pointer::digest(layout).follow(self);
        let after = at.saturating_add(DIGEST_SIZE);
        (self.part(0..at), self.array(at), self.part(after..BLOCK_SIZE))
    }

    pub(super) fn set_digest(&mut self, layout: Layout, digest: &[u8; DIGEST_SIZE]) {
        self.set(Pointer::digest(layout).follow(self), digest);
    }

    pub(super) fn key(&self, layout: Layout) -> [u8; PUBLIC_KEY_SIZE] {
        self.array(Pointer::key(layout).follow(self))
    }

    pub(super) fn set_key(&mut self, layout: Layout, key: &[u8; PUBLIC_KEY_SIZE]) {
        self.set(Pointer::key(layout).follow(self), key);
    }

    /// What the signature of a second block (C2 or S2) signs.
    pub(super) fn signed(&self) -> &[u8] {
        self.part(SIGNED)
    }

    /// The last 32 bytes: a second block's signature, or the SWF key in S1.
    pub(super) fn tail(&self) -> [u8; DIGEST_SIZE] {
        self.array(SIGNATURE.start)
    }

    pub(super) fn set_signature(&mut self, signature: &[u8; DIGEST_SIZE]) {
        self.set(SIGNATURE.start, signature);
    }

    fn part(&self, range: Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    fn part_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.0.get_mut(range).unwrap_or_default()
    }

    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; N])
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        for (to, from) in self.part_mut(at..BLOCK_SIZE).iter_mut().zip(bytes) {
            *to = *from;
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn filled(byte: u8) -> Block {
        Block(Box::new([byte; BLOCK_SIZE]))
    }

    #[test]
    fn positions_stay_inside_for_every_sum() {
        for byte in 0..=255 {
            for layout in [Layout::DigestFirst, Layout::KeyFirst] {
                let block = filled(byte);
                let (before, digest, after) = block.digest(layout);
                assert_eq!(before.len() + digest.len() + after.len(), BLOCK_SIZE);
                assert_eq!(digest, [byte; DIGEST_SIZE]);
                assert_eq!(block.key(layout), [byte; PUBLIC_KEY_SIZE]);
            }
        }
    }

    #[test]
    fn positions_are_the_ones_of_the_protocol() {
        let at = |pointer: Pointer, byte| pointer.follow(&filled(byte));
        assert_eq!(at(Pointer::digest(Layout::DigestFirst), 1), 16);
        assert_eq!(at(Pointer::digest(Layout::KeyFirst), 1), 780);
        assert_eq!(at(Pointer::key(Layout::DigestFirst), 1), 776);
        assert_eq!(at(Pointer::key(Layout::KeyFirst), 1), 12);
        assert_eq!(at(Pointer::digest(Layout::DigestFirst), 182), 12);
        assert_eq!(at(Pointer::key(Layout::KeyFirst), 158), 8);
    }

    #[test]
    fn what_is_set_is_found_again() {
        for layout in [Layout::DigestFirst, Layout::KeyFirst] {
            let mut block = Block::first(0x0102_0304, [5, 6, 7, 8]).unwrap();
            block.set_key(layout, &[0xab; PUBLIC_KEY_SIZE]);
            block.set_digest(layout, &[0xcd; DIGEST_SIZE]);
            assert_eq!(block.key(layout), [0xab; PUBLIC_KEY_SIZE]);
            assert_eq!(block.digest(layout).1, [0xcd; DIGEST_SIZE]);
            assert_eq!(&block.bytes()[..8], &[1, 2, 3, 4, 5, 6, 7, 8]);
        }
    }

    #[test]
    fn another_length_is_an_error() {
        assert!(Block::received(&[0; BLOCK_SIZE - 1]).is_err());
        assert!(Block::received(&[0; BLOCK_SIZE + 1]).is_err());
    }
}
