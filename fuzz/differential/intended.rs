//! Where ours is meant to differ from the reference, and why. Each predicate looks at the input, or at how the reference
//! answered, and is as narrow as it can be without a second decoder.

use crate::make::{OPERATIONS, Request};
use crate::worker::Answer;

/// Why these answers may differ; `None` when they may not.
pub(crate) fn reason(request: &Request, reference: &Answer, ours: &Answer) -> Option<&'static str> {
    let (Answer::Text(theirs), Answer::Text(own)) = (reference, ours) else {
        return match (reference, ours) {
            (Answer::Overrun, Answer::Text(_)) => Some("the reference reads beyond the input; ours does not"),
            (Answer::Died, Answer::Text(_)) => Some("the reference's process ends, or goes on for ever"),
            _ => None,
        };
    };
    let input = request.bytes.as_slice();
    match OPERATIONS[request.operation].name {
        "RTMP_ParseURL" | "RTMP_ParsePlaypath" if has_bad_escape(input) => {
            Some("a percent sign without two hexadecimal digits is kept; the reference makes a byte of it")
        }
        "RTMP_ParseURL" => url(input),
        "scalars" => scalars(input),
        "RTMP_ParsePlaypath" if input.contains(&0) => Some(
            "a NUL in a text with a length is a byte like others; some of the reference's searches end there",
        ),
        "RTMP_ParsePlaypath" if has_later_query(input) => Some(LATER_QUERY),
        // AMF3_Decode steps over a marker when it is asked for a name.
        name if name.contains("Decode") => amf(name, input, usize::from(request.choice & 1), theirs, own),
        _ => None,
    }
}

fn url(input: &[u8]) -> Option<&'static str> {
    let rest = after(input, b"://")?;
    let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains(&b'[') {
        return Some("an IPv6 address stands in brackets; the reference ends the host at its first colon");
    }
    if authority.contains(&b'@') {
        return Some("user and password before the host; the reference takes the user for the host");
    }
    if authority.contains(&b'?') {
        return Some("a question mark in the host begins no query; the reference searches the host, too");
    }
    let query = after(path, b"?")?;
    if has_later_query(path) {
        return Some(LATER_QUERY);
    }
    let before = &path[..path.len() - query.len() - 1];
    if after(path, b"slist=").is_some() && EXTENSIONS.iter().any(|known| before.ends_with(known)) {
        return Some(
            "an extension belongs to the playpath; the reference finds it before the playpath's beginning",
        );
    }
    query.contains(&b'/').then_some("a slash in the query divides nothing; in the reference it does")
}

fn scalars(input: &[u8]) -> Option<&'static str> {
    let four_bytes = input.len() >= 4 && input[..3].iter().all(|byte| *byte >= 0x80);
    four_bytes
        .then_some("an AMF3 integer of four bytes: the length of a text is unsigned, and so is the last byte")
}

fn amf(name: &str, input: &[u8], start: usize, theirs: &[u8], own: &[u8]) -> Option<&'static str> {
    let (their_end, own_end) = (decoded(theirs)?, decoded(own)?);
    if their_end < 0 && own_end < 0 {
        return Some("both refuse; what is left of the object is nobody's business");
    }
    if usize::try_from(their_end).is_ok_and(|end| end > input.len()) {
        return Some("the reference claims to have decoded more than there is");
    }
    let is_amf3 = name.starts_with("AMF3");
    if is_amf3 && input.windows(4).any(|four| four.iter().all(|byte| *byte >= 0x80)) {
        return Some("the fourth byte of an AMF3 integer is unsigned; the reference extends its sign");
    }
    if is_amf3 && own_end < 0 {
        return Some(
            "an AMF3 value that breaks off or is of an unknown type is refused; the reference takes what is there",
        );
    }
    if is_amf3 && has_date_reference(input) {
        return Some(
            "a reference to an earlier AMF3 date is null; the reference leaves the property as it was",
        );
    }
    if is_amf3 && input.contains(&AMF3_OBJECT) && has_inner_object(name, own) {
        return Some(
            "objects in AMF3 objects are decoded; the reference leaves them empty and loses its place",
        );
    }
    if name.starts_with("AMF3_Decode") && input.get(start..).is_some_and(is_dynamic) {
        return Some(
            "the end of a dynamic AMF3 object is no member; the reference repeats the last value there",
        );
    }
    if !is_amf3 && input.windows(2).any(|two| two[0] == STRICT_ARRAY && two[1] >= 0x80) {
        return Some("an array's count is unsigned; the reference takes a huge one for none");
    }
    if !is_amf3 && input.contains(&AVMPLUS) {
        return Some("AMF3 in AMF0: as the differences of AMF3");
    }
    None
}

/// A reason of both operations on paths.
const LATER_QUERY: &str = "an extension in a list is where its path ends; the reference looks before a question mark behind the list";
/// The marker of a date in AMF3.
const AMF3_DATE: u8 = 8;
/// The marker of an object in AMF3.
const AMF3_OBJECT: u8 = 10;
/// The marker of an array in AMF0.
const STRICT_ARRAY: u8 = 10;
/// The extensions of playpaths.
const EXTENSIONS: [&[u8]; 4] = [b".f4v", b".mp4", b".mp3", b".flv"];
/// The marker of AMF3 in AMF0.
const AVMPLUS: u8 = 17;

/// Whether ours decoded an object in another, or in a property.
fn has_inner_object(name: &str, own: &[u8]) -> bool {
    let line = own.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let objects = line.iter().filter(|byte| **byte == b'{').count();
    objects > usize::from(name.starts_with("AMF3_Decode"))
}

/// How many bytes were decoded, as the answer says.
fn decoded(answer: &[u8]) -> Option<i64> {
    let rest = answer.strip_prefix(b"decoded ")?;
    std::str::from_utf8(rest.split(|byte| *byte == b' ').next()?).ok()?.parse().ok()
}

/// Whether an AMF3 object begins with traits of its own that let it have any members. The traits are an integer of up to
/// four bytes, whose last has its low bits.
fn is_dynamic(object: &[u8]) -> bool {
    let last = object.iter().take(3).find(|byte| **byte < 0x80).or(object.get(3));
    last.is_some_and(|traits| traits & 0x0b == 0x0b)
}

/// Whether a date's header, an integer of up to four bytes, is even.
fn has_date_reference(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().any(|(at, marker)| {
        let header = bytes.get(at + 1..).unwrap_or_default();
        let last = header.iter().take(4).position(|byte| *byte < 0x80).unwrap_or(3);
        *marker == AMF3_DATE && header.get(last).is_some_and(|byte| byte & 1 == 0)
    })
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some(&text[at + mark.len()..])
}

/// Whether a question mark follows the value of `slist`.
fn has_later_query(text: &[u8]) -> bool {
    after(text, b"slist=").and_then(|value| after(value, b"&")).is_some_and(|rest| rest.contains(&b'?'))
}

fn has_bad_escape(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(at, byte)| {
        let digits = text.get(at + 1..at + 3).unwrap_or_default();
        *byte == b'%' && (digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit))
    })
}
