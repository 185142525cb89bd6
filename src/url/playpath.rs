//! From the playpath of a URL to the one that servers are asked for.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{SLIST, position};
use crate::bytes::{cut, unescape};

/// What a file name extension means: the prefix that the server wants instead of it.
const EXTENSIONS: [(&[u8], &[u8]); 4] =
    [(b".f4v", b"mp4:"), (b".mp4", b"mp4:"), (b".mp3", b"mp3:"), (FLASH_VIDEO, b"")];
/// The extension that no server wants to hear.
const FLASH_VIDEO: &[u8] = b".flv";
/// Length of every extension above.
const EXTENSION_LEN: usize = 4;

/// The playpath of a URL: extensions become prefixes (`a.mp4` is `mp4:a`, `a.flv` is `a`), `%XX` becomes a byte, and
/// of `?…slist=…` only the value counts.
pub fn parse_playpath(text: &[u8]) -> Vec<u8> {
    let (text, listed) = match slist(text) {
        Some(value) => (value, true),
        None => (text, false),
    };
    let end = position(text, |byte| byte == b'?').unwrap_or(text.len());
    let (name, query) = text.split_at_checked(end).unwrap_or((text, b""));
    let (stem, extension) =
        name.len().checked_sub(EXTENSION_LEN).and_then(|at| name.split_at_checked(at)).unwrap_or((name, b""));
    let known =
        EXTENSIONS.iter().find(|(known, _)| *known == extension && !(listed && *known == FLASH_VIDEO));
    let path = match known {
        Some((_, prefix)) if prefix.is_empty() || !name.starts_with(prefix) => [prefix, stem, query].concat(),
        _ => text.to_vec(),
    };
    unescape(&path)
}

/// The value of `slist` in a query.
fn slist(text: &[u8]) -> Option<&[u8]> {
    let (_, value) = cut(text.strip_prefix(b"?")?, SLIST)?;
    value.split(|byte| *byte == b'&').next()
}
