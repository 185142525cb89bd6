//! The signature at the end of a second block (C2 or S2).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::block::Block;
use super::digest::{Side, signature_key};
use super::{TYPE_ENCRYPTED_BLOWFISH, TYPE_ENCRYPTED_XTEA};
use crate::crypto::{DIGEST_SIZE, hmac_sha256, same};
use crate::{Error, Result};

/// A second block made by `side`: random bytes, signed in answer to the digest in the peer's first block.
pub(super) fn signed_block(side: Side, peer_digest: &[u8; DIGEST_SIZE], kind: u8) -> Result<Block> {
    let mut block = Block::random()?;
    let signature = signature(&block, side, peer_digest, kind)?;
    block.set_signature(&signature);
    Ok(block)
}

/// Whether a second block that came from `side` is signed in answer to the digest in our first block.
pub(super) fn is_signed(block: &Block, side: Side, own_digest: &[u8; DIGEST_SIZE], kind: u8) -> Result<bool> {
    Ok(same(&block.tail(), &signature(block, side, own_digest, kind)?))
}

fn signature(block: &Block, side: Side, digest: &[u8; DIGEST_SIZE], kind: u8) -> Result<[u8; DIGEST_SIZE]> {
    if matches!(kind, TYPE_ENCRYPTED_XTEA | TYPE_ENCRYPTED_BLOWFISH) {
        return Err(Error::protocol(format!("handshake type {kind} is not supported")));
    }
    let key = signature_key(side, digest)?;
    hmac_sha256(&key, &[block.signed()])
}
