//! The answer to a server that asks which SWF is playing.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::SwfKey;
use crate::Result;
use crate::crypto::{DIGEST_SIZE, hmac_sha256};

/// Size of the answer, bytes.
pub const SWF_ANSWER_SIZE: usize = 42;
/// Size of the hash of a SWF, bytes.
pub const SWF_HASH_SIZE: usize = DIGEST_SIZE;

/// The body of the answer, after the two bytes of the user control event: 01 01, the size of the inflated SWF twice, and
/// the SWF's hash keyed with the last 32 bytes of S1.
///
/// # Errors
/// [`crate::Error::Io`] when openssl fails.
pub fn swf_answer(
    swf_size: u32,
    swf_hash: &[u8; SWF_HASH_SIZE],
    key: &SwfKey,
) -> Result<[u8; SWF_ANSWER_SIZE]> {
    let size = swf_size.to_be_bytes();
    let hash = hmac_sha256(key, &[swf_hash])?;
    let mut answer = [0; SWF_ANSWER_SIZE];
    for (to, from) in answer.iter_mut().zip([&[1, 1], &size[..], &size[..], &hash[..]].concat()) {
        *to = from;
    }
    Ok(answer)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// Python: hmac.new(bytes(range(32)), bytes(range(32, 64)), hashlib.sha256).hexdigest()
    #[test]
    fn known_answer() {
        let key: SwfKey = std::array::from_fn(|i| i as u8);
        let hash: [u8; SWF_HASH_SIZE] = std::array::from_fn(|i| i as u8 + 32);
        let answer = swf_answer(0x0001_0203, &hash, &key).unwrap();
        assert_eq!(
            crate::bytes::hex(&answer),
            concat!(
                "0101",
                "00010203",
                "00010203",
                "62215de7bddcea7e2c4047ff6bb94f8d18262fc8b3f3648134bb7d44158ff84d"
            )
        );
    }
}
