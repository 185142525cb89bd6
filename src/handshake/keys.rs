//! RTMPE's two ciphers, from the key agreement.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::Ciphers;
use super::block::BLOCK_SIZE;
use crate::Result;
use crate::crypto::{KeyPair, PUBLIC_KEY_SIZE, Rc4, Secret, hmac_sha256};

/// The ciphers of the side with the key pair `own`.
///
/// # Errors
/// [`crate::Error::Protocol`] when the peer's key is out of range.
pub(super) fn agree(own: &KeyPair, peer: &[u8; PUBLIC_KEY_SIZE]) -> Result<Ciphers> {
    let secret = own.agree(peer)?;
    Ok(Ciphers { incoming: cipher(&secret, own.public())?, outgoing: cipher(&secret, peer)? })
}

/// The cipher of what is sent to the owner of this public key.
fn cipher(secret: &Secret, towards: &[u8; PUBLIC_KEY_SIZE]) -> Result<Rc4> {
    let digest = hmac_sha256(secret.bytes(), &[towards])?;
    let mut cipher = Rc4::new(digest.first_chunk().unwrap_or(&[0; 16]));
    // The ciphers count as used by the second blocks, although those are sent in the clear.
    cipher.apply(&mut [0; BLOCK_SIZE])?;
    Ok(cipher)
}
