//! RTMPE's two streams, from the key agreement.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::block::BLOCK_SIZE;
use crate::Result;
use crate::crypto::{KeyPair, PUBLIC_KEY_SIZE, Rc4, Secret, hmac_sha256};

/// The streams that decrypt what comes in and encrypt what goes out, in this order. Both stand where the first byte
/// after the handshake needs them.
///
/// # Errors
/// [`crate::Error::Protocol`] when the peer's key is out of range.
pub(super) fn agree(own: &KeyPair, peer: &[u8; PUBLIC_KEY_SIZE]) -> Result<(Rc4, Rc4)> {
    let secret = own.agree(peer)?;
    Ok((stream(&secret, own.public())?, stream(&secret, peer)?))
}

/// The stream towards the owner of this public key.
fn stream(secret: &Secret, towards: &[u8; PUBLIC_KEY_SIZE]) -> Result<Rc4> {
    let digest = hmac_sha256(secret.bytes(), &[towards])?;
    let mut stream = Rc4::new(digest.first_chunk().unwrap_or(&[0; 16]));
    // The streams count as used by the second blocks, although those are sent in the clear.
    stream.apply(&mut [0; BLOCK_SIZE])?;
    Ok(stream)
}
