//! Blowfish with little-endian words, which encrypts the signatures of RTMPE type 9.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use blowfish::BlowfishLE;
use blowfish::cipher::{BlockCipherEncrypt, KeyInit};

use crate::{Error, Result};

/// Size of RTMPE's Blowfish keys, bytes.
pub const BLOWFISH_KEY_SIZE: usize = 24;

/// Encrypts one block.
///
/// # Errors
/// [`Error::Usage`] when the cipher refuses the key, which it does for none of this size.
pub fn blowfish_encrypt(key: &[u8; BLOWFISH_KEY_SIZE], block: [u8; 8]) -> Result<[u8; 8]> {
    let refused = |_| Error::Usage("Blowfish refused a key".to_owned());
    let cipher = BlowfishLE::new_from_slice(key).map_err(refused)?;
    let mut block = block.into();
    cipher.encrypt_block(&mut block);
    Ok(block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Schneier's vector for 24-byte keys (F0E1D2C3B4A5968778695A4B3C2D1E0F0011223344556677, text FEDCBA9876543210,
    /// cipher 05044B62FA52D080), with the bytes of each word of the text and the cipher turned round; recomputed with
    /// libcrypto's `BF_set_key` and `BF_ecb_encrypt`, called from Python through ctypes.
    #[test]
    fn known_answer() {
        let key = [
            0xf0, 0xe1, 0xd2, 0xc3, 0xb4, 0xa5, 0x96, 0x87, 0x78, 0x69, 0x5a, 0x4b, 0x3c, 0x2d, 0x1e, 0x0f,
            0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
        ];
        let text = [0x98, 0xba, 0xdc, 0xfe, 0x10, 0x32, 0x54, 0x76];
        let expected = [0x62, 0x4b, 0x04, 0x05, 0x80, 0xd0, 0x52, 0xfa];
        assert_eq!(blowfish_encrypt(&key, text).unwrap(), expected);
    }
}
