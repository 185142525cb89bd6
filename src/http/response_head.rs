//! The head of an answer: its status, and the fields that the client uses. Answers that carry a stream, a proxy's or a
//! tunnel's, are read by `transport::http`, which needs less of them.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::transport::{BodyLength, FIELD_LIMIT, HEAD_LIMIT, decimal, has_no_body, lenient};
use crate::{Error, Result};

/// The longest head that is taken, in bytes.
pub const MAX_HEAD: usize = HEAD_LIMIT;
/// How many bytes a head ends with at most, from the newline of its last field on: that, and an empty line.
pub(super) const END: usize = 3;

/// What the head of an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub status: u16,
    /// The Last-Modified header, as the server wrote it.
    pub last_modified: Option<Vec<u8>>,
    /// The Location header, as the server wrote it.
    pub location: Option<Vec<u8>>,
    pub(super) body: BodyLength,
}

impl ResponseHead {
    /// Reads a head from the start of `bytes` and tells its length; `None` while it is not complete.
    ///
    /// # Errors
    /// [`Error::Protocol`] when it is not HTTP, contradicts itself, or has more than 128 header lines.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>> {
        let mut headers = [httparse::EMPTY_HEADER; FIELD_LIMIT];
        let mut response = httparse::Response::new(&mut headers);
        let length = match lenient().parse_response(&mut response, bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(Error::protocol(format!("the answer is not HTTP: {error}"))),
        };
        let status = response.code.unwrap_or_default();
        let head = Self {
            status,
            last_modified: value(response.headers, "Last-Modified"),
            location: value(response.headers, "Location"),
            body: body_length(status, response.headers)?,
        };
        Ok(Some((head, length)))
    }

    /// Whether this head only announces another.
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status)
    }

    /// Whether the answer sends the client elsewhere.
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}

/// Whether a head may end here, so that one that arrives byte by byte is not parsed from its start each time.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(END).any(|three| three == b"\n\r\n")
}

/// The first header of a name, unless it is empty.
fn value(headers: &[httparse::Header<'_>], name: &str) -> Option<Vec<u8>> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    (!header.value.is_empty()).then(|| header.value.to_vec())
}

fn body_length(status: u16, headers: &[httparse::Header<'_>]) -> Result<BodyLength> {
    if has_no_body(status) {
        return Ok(BodyLength::Known(0));
    }
    let named = |name| headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    if let Some(header) = named("Transfer-Encoding").next() {
        return if header.value.eq_ignore_ascii_case(b"chunked") {
            Ok(BodyLength::Chunked)
        } else {
            Err(Error::protocol("the answer has a transfer encoding other than chunked"))
        };
    }
    let mut lengths = named("Content-Length").map(|header| decimal(header.value));
    match lengths.next() {
        None => Ok(BodyLength::UntilEnd),
        Some(Some(length)) if lengths.all(|other| other == Some(length)) => Ok(BodyLength::Known(length)),
        Some(_) => Err(Error::protocol("the answer has a malformed or contradictory Content-Length")),
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(text: &str) -> Result<Option<(ResponseHead, usize)>> {
        ResponseHead::parse(text.as_bytes())
    }

    #[test]
    fn reads_a_head() {
        let text =
            "HTTP/1.1 200 OK\r\nlast-modified:  Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: 5\r\n\r\n";
        let (head, length) = head(&format!("{text}hello")).expect("it is HTTP").expect("it is complete");
        assert_eq!(length, text.len());
        assert_eq!(head.status, 200);
        assert_eq!(head.last_modified.as_deref(), Some(&b"Wed, 21 Oct 2015 07:28:00 GMT"[..]));
        assert_eq!(head.body, BodyLength::Known(5));
        for end in 0..text.len() {
            assert_eq!(
                ResponseHead::parse(text.as_bytes().get(..end).unwrap_or_default()).expect("no error"),
                None
            );
        }
    }

    #[test]
    fn frames_bodies() {
        for (lines, status, expected) in [
            ("", 200, Some(BodyLength::UntilEnd)),
            ("content-length: 7\r\n", 404, Some(BodyLength::Known(7))),
            ("Content-Length: 7\r\nContent-Length: 7\r\n", 200, Some(BodyLength::Known(7))),
            ("Content-Length: 7\r\nContent-Length: 8\r\n", 200, None),
            ("Content-Length: -1\r\n", 200, None),
            ("Content-Length: +1\r\n", 200, None),
            ("Content-Length: \r\n", 200, None),
            ("Content-Length: 99999999999999999999999\r\n", 200, None),
            ("transfer-encoding: Chunked\r\nContent-Length: 7\r\n", 200, Some(BodyLength::Chunked)),
            ("Transfer-Encoding: gzip\r\n", 200, None),
            ("Content-Length: 7\r\n", 304, Some(BodyLength::Known(0))),
            ("Content-Length: 7\r\n", 204, Some(BodyLength::Known(0))),
        ] {
            let found = head(&format!("HTTP/1.0 {status} X\r\n{lines}\r\n"));
            assert_eq!(found.ok().flatten().map(|(head, _)| head.body), expected, "{lines}");
        }
    }

    #[test]
    fn refuses_what_is_not_http() {
        assert!(head("blah blah\r\n\r\n").is_err());
        assert!(head("HTTP/1.1 2x0 OK\r\n\r\n").is_err());
        assert!(head(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(129))).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let text = [b"HTTP/1.1 200 OK\r\n".as_slice(), &bytes, b"\r\n\r\n"].concat();
            if let Ok(Some((_, length))) = ResponseHead::parse(&text) {
                prop_assert!(length <= text.len());
            }
        }
    }
}
