//! Numbers as C's `strtol` and `strtod` read them from the beginning of a text, whatever the locale.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// The integer at the beginning of the text, after spaces and a sign; 0 when there is none. Too large ones stop at the
/// ends of C's `long`, which is as wide as a pointer. With base 0 the text says: `0x` is hexadecimal, `0` octal, anything
/// else decimal.
pub fn leading_integer(text: &[u8], base: u32) -> i64 {
    integer(text, base).clamp(isize::MIN as i64, isize::MAX as i64)
}

fn integer(text: &[u8], base: u32) -> i64 {
    let (negative, text) = sign(skip_spaces(text));
    let (base, digits) = match (base, text) {
        (0, [b'0', b'x' | b'X', rest @ ..]) if rest.first().is_some_and(u8::is_ascii_hexdigit) => (16, rest),
        (0, [b'0', ..]) => (8, text),
        (0, _) => (10, text),
        (base, _) => (base, text),
    };
    let mut number = 0_i64;
    for digit in digits.iter().map_while(|byte| char::from(*byte).to_digit(base)) {
        let shifted = number.saturating_mul(i64::from(base));
        number = if negative {
            shifted.saturating_sub(i64::from(digit))
        } else {
            shifted.saturating_add(i64::from(digit))
        };
    }
    number
}

/// The number at the beginning of the text, after spaces; 0 when there is none. Decimal with fraction and exponent,
/// hexadecimal integers, `inf` and `nan`.
pub fn leading_float(text: &[u8]) -> f64 {
    let text = skip_spaces(text);
    if let (_, [b'0', b'x' | b'X', digit, ..]) = sign(text)
        && digit.is_ascii_hexdigit()
    {
        return integer(text, 0) as f64;
    }
    let ascii: String =
        text.iter().map_while(|byte| byte.is_ascii_graphic().then(|| char::from(*byte))).collect();
    let longest = ascii.char_indices().filter(|(_, c)| !matches!(c, 'e' | 'E' | '+' | '-'));
    longest.rev().find_map(|(at, _)| ascii.get(..=at)?.parse().ok()).unwrap_or(0.0)
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    text.iter().position(|byte| !is_space(byte)).and_then(|at| text.get(at..)).unwrap_or_default()
}

/// Whether there is a minus, and what follows the sign.
fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}
