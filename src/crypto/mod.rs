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
pub use hash::{DIGEST_SIZE, HmacSha256, base64, hmac_sha256, md5, same};
pub use rc4::Rc4;
pub use xtea::xtea_encrypt;
pub use xxtea::secure_token_answer;

use crate::{Error, Result};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

/// The words that key a player's digests in the handshake, and the hash of a SWF file.
pub const PLAYER_WORDS: &[u8] = b"Genuine Adobe Flash Player 001";

/// Fills a buffer from the kernel's generator: OpenSSL's own crashes where memory is out.
///
/// # Errors
/// [`Error::Io`] when the generator fails.
pub fn random(buffer: &mut [u8]) -> Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        match getrandom(&mut *rest, GetRandomFlags::empty()) {
            Ok(filled) => rest = rest.get_mut(filled..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::Io("draw random bytes", errno.into())),
        }
    }
    Ok(())
}

/// Turns a failure inside openssl, which valid use does not meet, into an error that says during what.
fn failed(doing: &'static str) -> impl Fn(openssl::error::ErrorStack) -> Error {
    move |stack| Error::Io(doing, std::io::Error::other(stack))
}
