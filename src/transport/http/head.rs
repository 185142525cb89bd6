//! The head of an answer that carries a stream, a proxy's or a tunnel's, and where it ends. The client in `crate::http` has
//! a `ResponseHead` of its own.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{BodyLength, FIELD_LIMIT, decimal, has_no_body, lenient};
use crate::{Error, Result};

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::transport) struct Head {
    /// The status code.
    pub(in crate::transport) status: u16,
    /// The words behind the status.
    pub(in crate::transport) reason: String,
    /// How the body is delimited.
    pub(in crate::transport) body: BodyLength,
}

impl Head {
    /// Reads a whole head, including the empty line that ends it.
    pub(in crate::transport) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut fields = [httparse::EMPTY_HEADER; FIELD_LIMIT];
        let mut answer = httparse::Response::new(&mut fields);
        match lenient().parse_response(&mut answer, bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => {
                return Err(Error::protocol("an HTTP answer whose head does not end"));
            }
            Err(error) => return Err(Error::protocol(format!("not an HTTP answer ({error})"))),
        }
        let status = answer.code.unwrap_or_default();
        let mut head =
            Self { status, reason: answer.reason.unwrap_or_default().to_owned(), body: BodyLength::UntilEnd };
        for field in answer.headers.iter() {
            head.note(field.name, field.value)?;
        }
        if has_no_body(status) {
            head.body = BodyLength::Known(0);
        }
        Ok(head)
    }

    /// Takes in one header field. Chunked outranks a length (RFC 9112 section 6.3).
    fn note(&mut self, name: &str, value: &[u8]) -> Result<()> {
        let has = |word: &str| {
            value
                .split(|&byte| byte == b',')
                .any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        };
        if name.eq_ignore_ascii_case("content-length") && self.body != BodyLength::Chunked {
            let length = decimal(value)
                .ok_or_else(|| Error::protocol("an HTTP answer whose Content-Length is not a number"))?;
            match self.body {
                BodyLength::Known(other) if other != length => {
                    return Err(Error::protocol("an HTTP answer with two different Content-Lengths"));
                }
                _ => self.body = BodyLength::Known(length),
            }
        } else if name.eq_ignore_ascii_case("transfer-encoding") && has("chunked") {
            self.body = BodyLength::Chunked;
        }
        Ok(())
    }
}

/// Finds the empty line that ends a head, in bytes that come in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::transport) struct HeadEnd {
    /// How the bytes so far end.
    state: LineState,
}

/// What stands before the next byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LineState {
    /// Something in a line.
    #[default]
    InLine,
    /// The end of a line.
    AtStart,
    /// The end of a line and a carriage return.
    AfterReturn,
}

impl HeadEnd {
    /// How many of the next bytes belong to the head, once its end is among them.
    pub(in crate::transport) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            self.state = match (self.state, byte) {
                (LineState::AtStart | LineState::AfterReturn, b'\n') => return index.checked_add(1),
                (LineState::AtStart, b'\r') => LineState::AfterReturn,
                (_, b'\n') => LineState::AtStart,
                _ => LineState::InLine,
            };
        }
        None
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(text: &str) -> Result<Head> {
        Head::parse(text.as_bytes())
    }

    #[test]
    fn lengths() {
        let length = |fields: &str| head(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")).map(|head| head.body);
        assert_eq!(length("cOnTeNt-LeNgTh:  12 \r\n").unwrap(), BodyLength::Known(12));
        assert_eq!(
            length("Transfer-Encoding: CHUNKED\r\nContent-Length: 3\r\n").unwrap(),
            BodyLength::Chunked
        );
        assert_eq!(
            length("Content-Length: 3\r\ntransfer-encoding: chunked\r\n").unwrap(),
            BodyLength::Chunked
        );
        assert_eq!(length("").unwrap(), BodyLength::UntilEnd);
        for bad in ["-1", "+1", "1x", "", "99999999999999999999999"] {
            assert!(length(&format!("Content-Length: {bad}\r\n")).is_err(), "{bad}");
        }
        assert!(length("Content-Length: 1\r\nContent-Length: 2\r\n").is_err());
        assert_eq!(head("HTTP/1.1 100 Continue\r\n\r\n").unwrap().body, BodyLength::Known(0));
    }

    #[test]
    fn odd_header_lines_are_passed_over() {
        for odd in ["Set-Cookie : a=b", "A: b\r\n folded", "=?: x", "no colon", ": no name"] {
            let head = head(&format!("HTTP/1.1  200 OK\r\n{odd}\r\nContent-Length: 7\r\n\r\n")).unwrap();
            assert_eq!((head.status, head.body), (200, BodyLength::Known(7)), "{odd}");
        }
    }

    #[test]
    fn what_is_no_head() {
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(FIELD_LIMIT + 1));
        for bad in
            ["", "\r\n\r\n", "hello\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n", many.as_str()]
        {
            assert!(head(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_met(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Head::parse(&bytes);
            let _ = HeadEnd::default().find(&bytes);
        }

        #[test]
        fn the_end_is_found_in_any_pieces(cut in 0usize..40) {
            let text = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n";
            let cut = cut.min(text.len());
            let (one, two) = text.split_at(cut);
            let mut end = HeadEnd::default();
            let found = end.find(one).or_else(|| end.find(two).map(|n| n + cut));
            prop_assert_eq!(found, Some(text.len() - 8));
        }
    }
}
