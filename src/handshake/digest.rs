//! The keyed hashes with which the two ends recognise each other.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::block::{Block, Layout};
use crate::Result;
use crate::crypto::{DIGEST_SIZE, PLAYER_WORDS, hmac_sha256, same};

/// The words that key a server's digests.
const SERVER_WORDS: &[u8] = b"Genuine Adobe Flash Media Server 001";
/// What follows the words in the keys of signatures.
const SIGNATURE_SALT: [u8; 32] = [
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e,
    0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];

/// Who made a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    fn words(self) -> &'static [u8] {
        match self {
            Side::Client => PLAYER_WORDS,
            Side::Server => SERVER_WORDS,
        }
    }
}

/// Writes the digest into a first block made by `side`, and returns it.
pub(super) fn seal(block: &mut Block, layout: Layout, side: Side) -> Result<[u8; DIGEST_SIZE]> {
    let (before, _, after) = block.digest(layout);
    let digest = hmac_sha256(side.words(), &[before, after])?;
    block.set_digest(layout, &digest);
    Ok(digest)
}

/// Finds the digest of a first block made by `side`: at the layout tried first, or at the other; `None` when neither
/// holds a true one.
pub(super) fn find(block: &Block, first: Layout, side: Side) -> Result<Option<(Layout, [u8; DIGEST_SIZE])>> {
    for layout in [first, first.other()] {
        let (before, digest, after) = block.digest(layout);
        if same(&digest, &hmac_sha256(side.words(), &[before, after])?) {
            return Ok(Some((layout, digest)));
        }
    }
    Ok(None)
}

/// The key under which `side` signs a second block in answer to the digest in the peer's first block.
pub(super) fn signature_key(side: Side, peer_digest: &[u8; DIGEST_SIZE]) -> Result<[u8; DIGEST_SIZE]> {
    hmac_sha256(&[side.words(), &SIGNATURE_SALT].concat(), &[peer_digest])
}
