//! XTEA (32 cycles, little-endian words), which encrypts the signatures of RTMPE type 8.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

const CYCLES: u32 = 32;
const DELTA: u32 = 0x9e37_79b9;

/// Encrypts one block under a key of four words.
pub fn xtea_encrypt(key: &[u32; 4], block: [u8; 8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h] = block;
    let (mut left, mut right) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    let mut sum = 0u32;
    for _ in 0..CYCLES {
        left = left.wrapping_add(mix(right) ^ sum.wrapping_add(word(key, sum)));
        sum = sum.wrapping_add(DELTA);
        right = right.wrapping_add(mix(left) ^ sum.wrapping_add(word(key, sum >> 11)));
    }
    let ([a, b, c, d], [e, f, g, h]) = (left.to_le_bytes(), right.to_le_bytes());
    [a, b, c, d, e, f, g, h]
}

fn mix(half: u32) -> u32 {
    ((half << 4) ^ (half >> 5)).wrapping_add(half)
}

fn word(key: &[u32; 4], number: u32) -> u32 {
    let [zero, one, two, three] = *key;
    match number & 3 {
        0 => zero,
        1 => one,
        2 => two,
        _ => three,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The often quoted big-endian vector of XTEA (key 00 01 .. 0f, text "ABCDEFGH", cipher 497df3d072612cb5), with the
    /// bytes of each word turned round; the vector was recomputed with a Python transcription of Needham and Wheeler's
    /// note of 1997.
    #[test]
    fn known_answer() {
        let key = [0x0001_0203, 0x0405_0607, 0x0809_0a0b, 0x0c0d_0e0f];
        assert_eq!(xtea_encrypt(&key, *b"DCBAHGFE"), [0xd0, 0xf3, 0x7d, 0x49, 0xb5, 0x2c, 0x61, 0x72]);
    }
}
