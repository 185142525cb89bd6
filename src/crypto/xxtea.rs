//! XXTEA ("Corrected Block TEA", Wheeler and Needham 1998), which hides the challenge of SecureToken.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

const DELTA: u32 = 0x9e37_79b9;
const KEY_SIZE: usize = 16;
/// 6 + 52 / 2 rounds: what the shortest text gets.
const MOST_ROUNDS: usize = 32;

/// Answers a SecureToken challenge: hexadecimal text, decoded under the token. The answer is half as long as the text and
/// may end in zeros, with which the challenge was filled up.
///
/// The token is a key of 16 bytes: a shorter one is filled up with zeros, and of a longer one the rest has no effect.
/// Text that is not what a server sends is met thus: a digit that is none counts as 0, an odd last digit is left out,
/// bytes missing in the last of the four-byte words count as 0, and fewer than two words are returned as they are.
pub fn secure_token_answer(challenge: &[u8], token: &[u8]) -> Vec<u8> {
    let bytes: Vec<u8> =
        challenge.as_chunks::<2>().0.iter().map(|[high, low]| (digit(*high) << 4) | digit(*low)).collect();
    let mut words: Vec<u32> = bytes.chunks(4).map(word).collect();
    decode(&mut words, &key(token));
    let mut answer: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    answer.truncate(bytes.len());
    answer
}

fn digit(letter: u8) -> u8 {
    char::from(letter).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0)
}

/// The little-endian word of up to four bytes.
fn word(bytes: &[u8]) -> u32 {
    let mut whole = [0; 4];
    for (to, from) in whole.iter_mut().zip(bytes) {
        *to = *from;
    }
    u32::from_le_bytes(whole)
}

fn key(token: &[u8]) -> [u32; 4] {
    let mut key = [0; 4];
    for (to, from) in key.iter_mut().zip(token.chunks(KEY_SIZE / 4)) {
        *to = word(from);
    }
    key
}

fn decode(words: &mut [u32], key: &[u32; 4]) {
    let count = words.len();
    if count < 2 {
        return;
    }
    let rounds = 6usize.saturating_add(52usize.checked_div(count).unwrap_or(0)).min(MOST_ROUNDS);
    let mut sum = DELTA.wrapping_mul(u32::try_from(rounds).unwrap_or(0));
    let mut next = at(words, 0);
    for _ in 0..rounds {
        let shift = (sum >> 2) & 3;
        for position in (0..count).rev() {
            let before = at(words, position.checked_sub(1).unwrap_or(count.saturating_sub(1)));
            let number = u32::try_from(position & 3).unwrap_or(0) ^ shift;
            let mixed = mix(before, next, sum, at(key, usize::try_from(number).unwrap_or(0)));
            if let Some(word) = words.get_mut(position) {
                *word = word.wrapping_sub(mixed);
                next = *word;
            }
        }
        sum = sum.wrapping_sub(DELTA);
    }
}

fn at(words: &[u32], position: usize) -> u32 {
    words.get(position).copied().unwrap_or(0)
}

fn mix(before: u32, next: u32, sum: u32, key: u32) -> u32 {
    let shifted = ((before >> 5) ^ (next << 2)).wrapping_add((next >> 3) ^ (before << 4));
    shifted ^ (sum ^ next).wrapping_add(key ^ before)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKEN: &[u8] = b"#ed%0#w@token16b";

    /// The challenges were made from the answers with a Python transcription of the published XXTEA.
    #[test]
    fn known_answers() {
        assert_eq!(secure_token_answer(b"0920c8e01ea43512", TOKEN), b"challeng");
        assert_eq!(
            secure_token_answer(b"9AA914481a1a4bb92a6c3b0b33184ca9b89bbe29", TOKEN),
            b"secureTokenChallenge"
        );
    }

    #[test]
    fn only_the_first_16_bytes_of_the_token_count_and_missing_ones_are_zeros() {
        assert_eq!(secure_token_answer(b"0920c8e01ea43512", b"#ed%0#w@token16b and more"), b"challeng");
        assert_eq!(
            secure_token_answer(b"0920c8e01ea43512", b"abcde"),
            secure_token_answer(b"0920c8e01ea43512", b"abcde\0\0\0\0\0\0\0\0\0\0\0")
        );
    }

    #[test]
    fn odd_and_short_texts_have_an_answer() {
        assert_eq!(secure_token_answer(b"", TOKEN), b"");
        assert_eq!(secure_token_answer(b"4", TOKEN), b"");
        assert_eq!(secure_token_answer(b"41", TOKEN), b"A");
        assert_eq!(secure_token_answer(b"414", TOKEN), b"A");
        assert_eq!(secure_token_answer(b"zz", TOKEN), b"\0");
    }

    proptest! {
        #[test]
        fn any_text_gives_half_as_many_bytes(text: Vec<u8>, token: Vec<u8>) {
            prop_assert_eq!(secure_token_answer(&text, &token).len(), text.len() / 2);
        }
    }
}
