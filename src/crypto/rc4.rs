//! RC4, which encrypts RTMPE's stream.
#![forbid(unsafe_code)]

use std::fmt;

use rc4::{KeyInit, StreamCipher};

/// Size of RTMPE's RC4 keys, bytes.
const KEY_SIZE: usize = 16;

/// One direction of an RTMPE stream.
pub struct Rc4(rc4::Rc4);

impl Rc4 {
    /// The stream that this key gives, from its beginning.
    pub fn new(key: &[u8; KEY_SIZE]) -> Self {
        // RC4 repeats a short key, so the key written twice is the same key, in the size the crate takes without a
        // way to fail.
        let mut twice = [0; 2 * KEY_SIZE];
        for (to, from) in twice.iter_mut().zip(key.iter().cycle()) {
            *to = *from;
        }
        Rc4(rc4::Rc4::new(&twice.into()))
    }

    /// Encrypts or decrypts in place the next bytes of the stream.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }
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
    #[test]
    fn known_answer() {
        let key: [u8; KEY_SIZE] = std::array::from_fn(|i| i as u8 + 1);
        let mut bytes = [0; 16];
        let (first, last) = bytes.split_at_mut(5);
        let mut stream = Rc4::new(&key);
        stream.apply(first);
        stream.apply(last);
        let expected =
            [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7, 0xb2, 0x93, 0x28, 0x99, 0xcd, 0xe4, 0x1b, 0x97];
        assert_eq!(bytes, expected);
        assert_eq!(format!("{stream:?}"), "Rc4(..)");
    }
}
