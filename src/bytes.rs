//! What the standard library lacks for texts that are bytes.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// What stands before and behind the first `mark`, which is not empty.
pub(crate) fn cut<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|part| part == mark)?;
    Some((text.get(..at)?, text.get(at.checked_add(mark.len())?..)?))
}

/// Whether `part`, which is not empty, stands in a text.
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    cut(text, part).is_some()
}

/// What stands around a host that a port follows: an IPv6 address has brackets.
pub(crate) fn brackets(host: &[u8]) -> (&'static str, &'static str) {
    if host.contains(&b':') { ("[", "]") } else { ("", "") }
}

/// A URL, path or name up to its query, which may hold a token.
pub(crate) fn without_query(text: &[u8]) -> &[u8] {
    cut(text, b"?").map_or(text, |(path, _)| path)
}

/// Turns each `%XX` into its byte (RFC 3986, section 2.1). A `%` without two hex digits behind it stays as it is.
pub(crate) fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex_byte(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, tail));
        plain.push(byte);
        rest = after;
    }
    plain
}

/// The byte that two hex digits stand for.
pub(crate) fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)?.wrapping_shl(4) | digit(low)?)
}

/// Two lower-case hex digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts() {
        assert_eq!(cut(b"a::b::c", b"::"), Some((&b"a"[..], &b"b::c"[..])));
        assert_eq!(cut(b"::", b"::"), Some((&b""[..], &b""[..])));
        assert_eq!(cut(b":", b"::"), None);
        assert!(contains(b"abc", b"bc") && !contains(b"abc", b"cb") && !contains(b"", b"a"));
    }

    #[test]
    fn queries_are_left_out() {
        assert_eq!(without_query(b"name?token=secret?"), b"name");
        assert_eq!(without_query(b"name"), b"name");
        assert_eq!(without_query(b"?"), b"");
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(b"%41%7a%c3%A9%"), b"Az\xc3\xa9%");
        assert_eq!(unescape(b"%4%4g%%41"), b"%4%4g%A");
        assert_eq!(hex(&[0, 0xab, 0x10]), "00ab10");
        assert_eq!((hex_byte(b'f', b'0'), hex_byte(b'0', b'x')), (Some(0xf0), None));
    }

    proptest! {
        #[test]
        fn unescaping_keeps_what_is_not_escaped(text in "[^%]{0,40}") {
            prop_assert_eq!(unescape(text.as_bytes()), text.as_bytes());
        }
    }
}
