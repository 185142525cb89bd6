//! Cryptography as the protocol needs it: a thin, safe face over `openssl`, and small crates where it has none.
//!
//! None of this is security by today's measure: RTMPE and SecureToken hide nothing from someone who knows the
//! protocol. Keys and secrets never appear in `Debug` output or in the log.
#![forbid(unsafe_code)]

mod blowfish;
mod dh;
mod hash;
mod rc4;
mod xtea;
mod xxtea;

pub use blowfish::{BLOWFISH_KEY_SIZE, blowfish_encrypt};
pub use dh::{KeyPair, PUBLIC_KEY_SIZE, Secret};
pub use hash::{DIGEST_SIZE, base64, hmac_sha256, md5, same};
pub use rc4::Rc4;
pub use xtea::xtea_encrypt;
pub use xxtea::secure_token_answer;

use crate::{Error, Result};

/// Fills a buffer from the system's generator.
///
/// # Errors
/// [`Error::Io`] when the generator fails.
pub fn random(buffer: &mut [u8]) -> Result<()> {
    openssl::rand::rand_bytes(buffer).map_err(failed("drawing random bytes"))
}

/// Turns a failure inside openssl, which valid use does not meet, into an error that says during what.
fn failed(doing: &'static str) -> impl Fn(openssl::error::ErrorStack) -> Error {
    move |stack| Error::Io(doing, std::io::Error::other(stack))
}
