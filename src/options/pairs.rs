//! The options behind a URL: `url name=value name=value …`, with `\XX` for a byte of a value.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bytes::hex_byte;
use crate::{Error, Result};
use std::ops::Range;

/// An option as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Where its name stands.
    pub name: Range<usize>,
    /// Where its value stands, `\XX` replaced.
    pub value: Range<usize>,
    /// Where the next option begins.
    pub next: usize,
}

/// Where the URL ends and the options begin behind one space; `None` when there are no options.
pub fn url_end(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| *byte == b' ')
}

/// The option that begins at `start`, its `\XX` replaced in place, with a NUL behind name and value for C's sake.
/// `None` at the end, which is also a segment without `=`.
///
/// # Errors
/// [`Error::Usage`] when fewer than two characters follow a backslash.
pub fn next_pair(text: &mut [u8], start: usize) -> Result<Option<Pair>> {
    let find = |text: &[u8], from: usize, wanted: fn(u8) -> bool| {
        text.get(from..)
            .and_then(|rest| rest.iter().position(|byte| wanted(*byte)))
            .and_then(|at| at.checked_add(from))
    };
    let Some(equals) = find(text, start, |byte| byte == b'=') else { return Ok(None) };
    let begin = equals.saturating_add(1);
    let end = find(text, begin, |byte| byte == b' ').unwrap_or(text.len());
    let next = find(text, end, |byte| byte != b' ').unwrap_or(text.len());
    let plain = unescape(text.get(begin..end).unwrap_or_default())?;
    let value = begin..begin.saturating_add(plain.len());
    if let Some(place) = text.get_mut(value.clone()) {
        place.copy_from_slice(&plain);
    }
    for at in [equals, value.end] {
        if let Some(byte) = text.get_mut(at) {
            *byte = 0;
        }
    }
    Ok(Some(Pair { name: start..equals, value, next }))
}

/// Replaces each `\XX`; a backslash before anything else than hex digits stays.
fn unescape(value: &[u8]) -> Result<Vec<u8>> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'\\', [high, low, after @ ..]) => hex_byte(*high, *low).map(|byte| (byte, after)),
            (b'\\', _) => {
                return Err(Error::Usage(
                    "an option ends in the middle of an escape: two hexadecimal digits must follow a backslash, and \\5c is a backslash itself"
                        .into(),
                ));
            }
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, tail));
        plain.push(byte);
        rest = after;
    }
    Ok(plain)
}
