//! What stands in the cache file of SWF hashes, in the reference's format: blocks of five lines, `url`, `ctim` (when the
//! server was last asked), `date` (the file's Last-Modified), `size` (8 hexadecimal digits) and `hash` (64).
//!
//! The file may have been damaged or edited: what is not understood is left alone, and a block that is not whole is no
//! entry.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::SwfHash;
use crate::bytes::{hex, hex_byte};
use crate::crypto::DIGEST_SIZE;
use std::io;
use std::time::{Duration, SystemTime};

/// The last second that an HTTP date can tell: the end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

const URL: &[u8] = b"url: ";
const CTIM: &[u8] = b"ctim: ";
const DATE: &[u8] = b"date: ";
const SIZE: &[u8] = b"size: ";
const HASH: &[u8] = b"hash: ";

/// What is known of the file behind one URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the server was last asked; `None` when the file does not tell.
    pub checked: Option<SystemTime>,
    /// The file's Last-Modified, as the server wrote it; empty for none.
    pub date: Vec<u8>,
    /// The hash.
    pub swf: SwfHash,
}

/// The lines of the file with their ends.
fn lines(text: &[u8]) -> io::Result<Vec<&[u8]>> {
    let lines = text.split_inclusive(|b| *b == b'\n');
    let mut list = Vec::new();
    list.try_reserve_exact(lines.clone().count())?;
    list.extend(lines);
    Ok(list)
}

/// What a line says behind the name of a field, without its end.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(name).map(<[u8]>::trim_ascii_end)
}

/// Whether a line is a field of an entry; an empty date has no blank when an editor trimmed it.
fn is_field(line: &[u8]) -> bool {
    [CTIM, DATE, SIZE, HASH].iter().any(|name| line.starts_with(name.trim_ascii_end()))
}

/// The lines before the block of a URL, the block without its `url` line, and the lines behind it.
type Split<'a> = (&'a [&'a [u8]], &'a [&'a [u8]], &'a [&'a [u8]]);

fn split<'a>(lines: &'a [&'a [u8]], url: &[u8]) -> Option<Split<'a>> {
    let at = lines.iter().position(|line| field(line, URL) == Some(url))?;
    let (before, rest) = lines.split_at_checked(at)?;
    let (_, rest) = rest.split_first()?;
    let end = rest.iter().position(|line| line.starts_with(URL)).unwrap_or(rest.len());
    let (block, after) = rest.split_at_checked(end)?;
    Some((before, block, after))
}

/// The whole entry for a URL.
pub(super) fn find(text: &[u8], url: &[u8]) -> Option<Entry> {
    let lines = lines(text).ok()?;
    let (_, block, _) = split(&lines, url)?;
    let value = |name| block.iter().find_map(|line| field(line, name));
    let date = value(DATE).unwrap_or_default();
    Some(Entry {
        checked: value(CTIM).and_then(parse_date),
        date: if date.iter().any(u8::is_ascii_control) { Vec::new() } else { date.to_vec() },
        swf: SwfHash { size: parse_size(value(SIZE)?)?, hash: parse_hash(value(HASH)?)? },
    })
}

/// The file with a new `ctim` for a URL. (Unchanged when another program has removed the entry in the meantime.)
pub(super) fn refreshed(text: &[u8], url: &[u8], now: SystemTime) -> io::Result<Vec<u8>> {
    match find(text, url) {
        Some(entry) => stored(text, url, &Entry { checked: Some(now), ..entry }),
        None => {
            let mut unchanged = with_room(text.len())?;
            unchanged.extend_from_slice(text);
            Ok(unchanged)
        }
    }
}

/// Where so many bytes will stand.
fn with_room(length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    Ok(bytes)
}

/// The file with this entry. Lines of an older block that are no fields stay behind it.
pub(super) fn stored(text: &[u8], url: &[u8], entry: &Entry) -> io::Result<Vec<u8>> {
    let lines = lines(text)?;
    let (before, block, after) = split(&lines, url).unwrap_or((&lines, &[], &[]));
    let fields = block_text(url, entry);
    let mut new = with_room(text.len().saturating_add(1).saturating_add(fields.len()))?;
    before.iter().for_each(|line| new.extend_from_slice(line));
    end_line(&mut new);
    new.extend_from_slice(&fields);
    for line in block.iter().filter(|line| !is_field(line)).chain(after) {
        new.extend_from_slice(line);
    }
    Ok(new)
}

fn end_line(text: &mut Vec<u8>) {
    if text.last().is_some_and(|b| *b != b'\n') {
        text.push(b'\n');
    }
}

fn block_text(url: &[u8], entry: &Entry) -> Vec<u8> {
    let checked = entry.checked.map(format_date).unwrap_or_default();
    let hash = hex(&entry.swf.hash);
    let size = format!("{:08x}", entry.swf.size);
    let fields = [(URL, url), (CTIM, checked.as_bytes()), (DATE, &entry.date), (SIZE, size.as_bytes())];
    let mut text = Vec::new();
    for (name, value) in fields.into_iter().chain([(HASH, hash.as_bytes())]) {
        text.extend_from_slice(name);
        text.extend(value.iter().filter(|b| !b.is_ascii_control()));
        text.push(b'\n');
    }
    text
}

fn parse_date(text: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(text).ok()?).ok()
}

/// A date between the years 1970 and 9999, which are all that an HTTP date can tell.
fn format_date(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs().min(LAST_SECOND);
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    httpdate::fmt_http_date(time.unwrap_or(SystemTime::UNIX_EPOCH))
}

/// One to eight hexadecimal digits, not 0.
fn parse_size(text: &[u8]) -> Option<u32> {
    if !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok().filter(|size| *size > 0)
}

/// Two hexadecimal digits for each byte of a hash.
fn parse_hash(text: &[u8]) -> Option<[u8; DIGEST_SIZE]> {
    if text.len() != 2 * DIGEST_SIZE {
        return None;
    }
    let mut hash = [0; DIGEST_SIZE];
    for (byte, [high, low]) in hash.iter_mut().zip(text.as_chunks().0) {
        *byte = hex_byte(*high, *low)?;
    }
    Some(hash)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &[u8] = b"# a comment\n\
        url: http://h/a.swf\n\
        ctim: Mon, 23 Nov 2026 23:54:27 GMT\n\
        date: Wed, 21 Oct 2015 07:28:00 GMT\n\
        size: 0000000d\n\
        hash: 76bbded2c29c57d9c43da8e857969545f6567bed187287c8bf9b755de5b78758\n\
        url: http://h/b.swf\n\
        ctim: Mon, 23 Nov 2026 23:54:28 GMT\n\
        date: \n\
        size: 0000000e\n\
        hash: 86bbded2c29c57d9c43da8e857969545f6567bed187287c8bf9b755de5b78758\n";

    fn entry(seconds: u64, date: &[u8], size: u32) -> Entry {
        Entry {
            checked: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)),
            date: date.to_vec(),
            swf: SwfHash { size, hash: [0xab; 32] },
        }
    }

    /// The text with one string in place of another, which must be there.
    fn with(text: &[u8], old: &str, new: &str) -> Vec<u8> {
        let text = String::from_utf8(text.to_vec()).expect("the test's text is UTF-8");
        assert!(text.contains(old), "{old}");
        text.replace(old, new).into_bytes()
    }

    #[test]
    fn finds_entries() {
        let a = find(TEXT, b"http://h/a.swf").expect("it is there");
        assert_eq!((a.swf.size, a.swf.hash[0]), (13, 0x76));
        assert_eq!(a.date, b"Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(a.checked.map(format_date).as_deref(), Some("Mon, 23 Nov 2026 23:54:27 GMT"));
        assert_eq!(find(TEXT, b"http://h/b.swf").map(|entry| entry.swf.size), Some(14));
        assert_eq!(find(TEXT, b"http://h/"), None);
        assert_eq!(find(b"", b"http://h/a.swf"), None);
        let windows = with(TEXT, "\n", "\r\n");
        assert_eq!(find(&windows, b"http://h/a.swf"), Some(a));
    }

    #[test]
    fn a_damaged_block_is_no_entry() {
        for (old, new) in [
            ("hash: 76", "hash: 6"),
            ("hash: 76", "hash: +6"),
            ("hash: 76", "hash: 7x"),
            ("size: 0000000d", "size: +000000d"),
            ("size: 0000000d", "size: 100000000"),
            ("size: 0000000d", "size: 0"),
            ("size: 0000000d", "size: "),
            ("size: 0000000d\n", ""),
            ("hash: 76", "url: http://h/c.swf\nhash: 76"),
        ] {
            assert_eq!(find(&with(TEXT, old, new), b"http://h/a.swf"), None, "{new}");
        }
        let undated = with(TEXT, "ctim: Mon, 23", "ctim: Mon, 32");
        assert_eq!(find(&undated, b"http://h/a.swf").expect("it is whole").checked, None);
    }

    #[test]
    fn refreshing_changes_one_line() {
        let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(0)).expect("a time");
        let expected = with(TEXT, "Mon, 23 Nov 2026 23:54:27", "Thu, 01 Jan 1970 00:00:00");
        assert_eq!(refreshed(TEXT, b"http://h/a.swf", now).unwrap(), expected);
        assert_eq!(refreshed(TEXT, b"http://h/c.swf", now).unwrap(), TEXT);
    }

    #[test]
    fn storing_replaces_or_appends() {
        let new = entry(86_400, b"yesterday", 0x1234);
        let block = format!(
            "ctim: Fri, 02 Jan 1970 00:00:00 GMT\ndate: yesterday\nsize: 00001234\nhash: {}\n",
            "ab".repeat(32)
        );
        let text = String::from_utf8(TEXT.to_vec()).expect("UTF-8");
        let start = text.find("ctim").expect("a block");
        let end = text.find("url: http://h/b.swf").expect("a second block");
        let replaced = [&text[..start], &block, &text[end..]].concat();
        assert_eq!(stored(TEXT, b"http://h/a.swf", &new).unwrap(), replaced.as_bytes());
        let appended = format!("{text}url: http://h/c.swf\n{block}");
        assert_eq!(stored(TEXT, b"http://h/c.swf", &new).unwrap(), appended.as_bytes());
        let cut = TEXT.strip_suffix(b"\n").expect("it ends with one");
        assert_eq!(stored(cut, b"http://h/c.swf", &new).unwrap(), appended.as_bytes());
        assert_eq!(
            stored(b"", b"http://h/c.swf", &new).unwrap(),
            format!("url: http://h/c.swf\n{block}").as_bytes()
        );
    }

    #[test]
    fn no_field_breaks_out_of_its_line() {
        let planted = stored(b"", b"http://h/a\nurl: http://h/b", &entry(0, b"x\r\nhash: 0", 1)).unwrap();
        assert_eq!(lines(&planted).unwrap().len(), 5);
    }

    #[test]
    fn dates_beyond_the_calendar_are_no_panic() {
        assert_eq!(
            format_date(SystemTime::UNIX_EPOCH - Duration::from_secs(9)),
            "Thu, 01 Jan 1970 00:00:00 GMT"
        );
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND * 2);
        assert_eq!(format_date(far), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    proptest! {
        #[test]
        fn what_is_stored_is_found_and_the_rest_stays(
            before in "(# x\n)?(url: http://o/\n(ctim|date|size|hash|): [0-9a-f]{0,70}\r?\n)?[ -~]{0,10}",
            after in "([ -~]{0,30}\n){0,3}",
            old in "((ctim|date|size|hash|zzz): [ -~]{0,70}\n){0,6}",
            seconds in 0..4_000_000_000u64,
            size in 1..u32::MAX,
        ) {
            let text = format!("{before}\nurl: http://h/x\n{old}url: http://p/\n{after}");
            let new = entry(seconds, b"some date", size);
            let result = stored(text.as_bytes(), b"http://h/x", &new).unwrap();
            prop_assert_eq!(find(&result, b"http://h/x"), Some(new));
            for other in [b"http://o/", b"http://p/"] {
                prop_assert_eq!(find(&result, other), find(text.as_bytes(), other));
            }
        }

        #[test]
        fn any_bytes_are_read_safely(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = find(&[b"url: u\nctim: ", text.as_slice()].concat(), b"u");
            let _ = stored(&text, b"u", &entry(0, &text, 1));
        }
    }
}
