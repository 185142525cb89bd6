//! RC4, which encrypts RTMPE's stream.
#![forbid(unsafe_code)]

use super::failed;
use crate::{Result, memory};
use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use openssl::lib_ctx::LibCtx;
use openssl::provider::Provider;
use rc4::{KeyInit, StreamCipher};
use std::fmt;
use std::sync::OnceLock;

/// Size of RTMPE's RC4 keys, bytes.
const KEY_SIZE: usize = 16;

/// OpenSSL's RC4 with what it lives in: a context of its own, so that the program's OpenSSL does not get to see the old
/// ciphers.
struct Legacy {
    cipher: Cipher,
    _provider: Provider,
    _context: LibCtx,
}

/// One direction of an RTMPE stream.
pub struct Rc4(Stream);

/// OpenSSL's RC4 takes less than half the time of the crate's, but is not on every system.
enum Stream {
    Legacy(CipherCtx),
    Crate(Box<rc4::Rc4>),
}

impl Rc4 {
    /// The stream that this key gives, from its beginning.
    pub fn new(key: &[u8; KEY_SIZE]) -> Self {
        Rc4(Stream::legacy(key).unwrap_or_else(|| Stream::own(key)))
    }

    /// Encrypts or decrypts in place the next bytes of the stream.
    ///
    /// # Errors
    /// [`crate::Error::Io`] when openssl fails, which valid use does not meet. The bytes are then worth nothing.
    pub fn apply(&mut self, bytes: &mut [u8]) -> Result<()> {
        match &mut self.0 {
            Stream::Legacy(stream) => {
                let size = bytes.len();
                stream.cipher_update_inplace(bytes, size).map(drop).map_err(failed("encipher with RC4"))
            }
            Stream::Crate(stream) => {
                stream.apply_keystream(bytes);
                Ok(())
            }
        }
    }
}

impl Stream {
    fn legacy(key: &[u8; KEY_SIZE]) -> Option<Self> {
        let cipher = &legacy()?.cipher;
        let mut stream = CipherCtx::new().ok()?;
        stream.encrypt_init(Some(cipher), Some(key), None).ok()?;
        Some(Stream::Legacy(stream))
    }

    fn own(key: &[u8; KEY_SIZE]) -> Self {
        // RC4 repeats a short key, so the key written twice is the same key, in the size the crate takes without a
        // way to fail.
        let mut twice = [0; 2 * KEY_SIZE];
        for (to, from) in twice.iter_mut().zip(key.iter().cycle()) {
            *to = *from;
        }
        Stream::Crate(Box::new(rc4::Rc4::new(&twice.into())))
    }
}

/// OpenSSL's RC4, loaded once; `None` where its provider of old ciphers is not installed, or while memory is out, of which
/// loading it would crash.
fn legacy() -> Option<&'static Legacy> {
    static LEGACY: OnceLock<Option<Legacy>> = OnceLock::new();
    if LEGACY.get().is_none() && !memory::is_there(memory::SIZE) {
        return None;
    }
    let load = || -> std::result::Result<Legacy, ErrorStack> {
        let context = LibCtx::new()?;
        let provider = Provider::load(Some(&context), "legacy")?;
        let cipher = Cipher::fetch(Some(&context), "RC4", None)?;
        Ok(Legacy { cipher, _provider: provider, _context: context })
    };
    LEGACY.get_or_init(|| load().ok()).as_ref()
}

impl fmt::Debug for Rc4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rc4(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6229, section 2: the 128-bit key 01 02 .. 10, offset 0.
    fn gives_the_known_answer(stream: impl Fn(&[u8; KEY_SIZE]) -> Stream) {
        let key: [u8; KEY_SIZE] = std::array::from_fn(|i| i as u8 + 1);
        let mut bytes = [0; 16];
        let (first, last) = bytes.split_at_mut(5);
        let mut stream = Rc4(stream(&key));
        stream.apply(first).unwrap();
        stream.apply(&mut []).unwrap();
        stream.apply(last).unwrap();
        let expected =
            [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7, 0xb2, 0x93, 0x28, 0x99, 0xcd, 0xe4, 0x1b, 0x97];
        assert_eq!(bytes, expected);
        assert_eq!(format!("{stream:?}"), "Rc4(..)");
    }

    #[test]
    fn known_answer() {
        gives_the_known_answer(|key| Rc4::new(key).0);
    }

    #[test]
    fn known_answer_without_the_provider() {
        gives_the_known_answer(Stream::own);
    }

    /// The program's own context must not get the provider: it may be set up to have none of its ciphers.
    #[test]
    fn the_default_context_stays_as_it_is() {
        drop(Rc4::new(&[1; KEY_SIZE]));
        assert!(Cipher::fetch(None, "RC4", None).is_err());
    }
}
