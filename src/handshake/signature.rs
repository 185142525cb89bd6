//! The signature at the end of a second block (C2 or S2).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::block::Block;
use super::cipher_keys::{BLOWFISH_KEYS, KEYS_IN_USE, XTEA_KEYS};
use super::digest::{Side, signature_key};
use super::{TYPE_ENCRYPTED_BLOWFISH, TYPE_ENCRYPTED_XTEA};
use crate::Result;
use crate::crypto::{DIGEST_SIZE, blowfish_encrypt, hmac_sha256, same, xtea_encrypt};

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
    let key = signature_key(side, digest)?;
    let mut signature = hmac_sha256(&key, &[block.signed()])?;
    let groups = signature.as_chunks_mut::<8>().0.iter_mut().zip(key.as_chunks::<8>().0);
    for (group, [number, ..]) in groups {
        *group = encrypt(kind, *number, *group)?;
    }
    Ok(signature)
}

/// Encrypts eight bytes of a signature as the handshake type wants it: types 3 and 6 leave them as they are.
fn encrypt(kind: u8, number: u8, group: [u8; 8]) -> Result<[u8; 8]> {
    match kind {
        TYPE_ENCRYPTED_XTEA => Ok(xtea_encrypt(pick(&XTEA_KEYS, number), group)),
        TYPE_ENCRYPTED_BLOWFISH => blowfish_encrypt(pick(&BLOWFISH_KEYS, number), group),
        _ => Ok(group),
    }
}

fn pick<T>(keys: &[T; KEYS_IN_USE], number: u8) -> &T {
    let [first, ..] = keys;
    keys.get(usize::from(number) % KEYS_IN_USE).unwrap_or(first)
}
