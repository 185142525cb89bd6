//! The answers of an RTMPT server, one behind the other, decoded as they come. No I/O.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::transport::http::{BodyDecoder, HEAD_LIMIT, Head, HeadEnd};
use crate::{Error, Result};
use std::io::ErrorKind;

/// The only status that carries the stream.
const OK: u16 = 200;

/// What some bytes brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The bodies' bytes, without each body's first.
    pub(super) payload: Vec<u8>,
    /// How many answers came to their end.
    pub(super) finished: usize,
}

/// The decoder.
#[derive(Debug)]
pub(super) struct Answers {
    stage: Stage,
    /// Whether a body's first byte is the polling interval and not payload.
    has_interval: bool,
}

#[derive(Debug)]
enum Stage {
    Head { bytes: Vec<u8>, end: HeadEnd },
    Body { body: BodyDecoder, first: bool },
}

impl Stage {
    fn head() -> Self {
        Stage::Head { bytes: Vec::new(), end: HeadEnd::default() }
    }
}

impl Answers {
    /// Before the answer to "open", whose body is all payload: the session's id.
    pub(super) fn new() -> Self {
        Self { stage: Stage::head(), has_interval: false }
    }

    /// From now on, each body's first byte is the polling interval.
    pub(super) fn opened(&mut self) {
        self.has_interval = true;
    }

    /// Whether the connection may end here without anything missing.
    pub(super) fn may_end(&self) -> bool {
        match &self.stage {
            Stage::Head { bytes, .. } => bytes.is_empty(),
            Stage::Body { body, .. } => body.ends_with_connection(),
        }
    }

    /// What an error of the connection means at this place among the answers. Many a server says `Connection: close` and
    /// keeps the connection all the same, so only its real end tells that it is over.
    pub(super) fn explain(&self, error: Error) -> Error {
        use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let how = match &error {
            Error::Closed if !self.may_end() => {
                return Error::protocol("RTMPT: the connection was cut in the middle of an answer");
            }
            Error::Closed => String::new(),
            Error::Io(_, cause)
                if matches!(cause.kind(), BrokenPipe | ConnectionAborted | ConnectionReset) =>
            {
                format!(" ({error})")
            }
            _ => return error,
        };
        if !self.has_interval {
            return error;
        }
        Error::protocol(format!(
            "RTMPT: the server ended the HTTP connection of the tunnel{how}, but not the stream; \
             its limit of requests or of time for a kept-alive connection may be why"
        ))
    }

    /// Takes in received bytes, all of them. A status other than 200 is an [`Error::Refused`] with its words.
    pub(super) fn feed(&mut self, bytes: &[u8], decoded: &mut Decoded) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.stage {
                Stage::Head { .. } => self.feed_head(rest, decoded)?,
                Stage::Body { .. } => self.feed_body(rest, decoded)?,
            };
        }
        Ok(())
    }

    /// Takes in bytes of a head; returns what follows it.
    fn feed_head<'b>(&mut self, received: &'b [u8], decoded: &mut Decoded) -> Result<&'b [u8]> {
        let Stage::Head { bytes, end } = &mut self.stage else { return Ok(received) };
        let found = end.find(received);
        let (taken, rest) =
            received.split_at_checked(found.unwrap_or(received.len())).unwrap_or((received, &[]));
        bytes.extend_from_slice(taken);
        if bytes.len() > HEAD_LIMIT {
            return Err(Error::protocol("RTMPT: the server's answer has more than 16 KiB of headers"));
        }
        if found.is_some() {
            let head = Head::parse(bytes).map_err(|error| Error::protocol(format!("RTMPT: {error}")))?;
            self.begin_body(&head, decoded)?;
        }
        Ok(rest)
    }

    /// Judges a head, and prepares for what follows it.
    fn begin_body(&mut self, head: &Head, decoded: &mut Decoded) -> Result<()> {
        self.stage = Stage::head();
        match head.status {
            100..=199 => return Ok(()),
            OK => {}
            status => {
                let text = format!("RTMPT: the server answered with HTTP status {status} ({})", head.reason);
                return Err(Error::Refused(text));
            }
        }
        let body = BodyDecoder::new(head.body);
        if body.is_done() {
            decoded.finished = decoded.finished.saturating_add(1);
        } else {
            self.stage = Stage::Body { body, first: true };
        }
        Ok(())
    }

    /// Takes in bytes of a body; returns what follows it.
    fn feed_body<'b>(&mut self, bytes: &'b [u8], decoded: &mut Decoded) -> Result<&'b [u8]> {
        let mut rest = bytes;
        let Stage::Body { body, first } = &mut self.stage else { return Ok(rest) };
        let broken = |error| Error::protocol(format!("RTMPT: {error}"));
        while let Some(mut data) = body.next(&mut rest).map_err(broken)? {
            if std::mem::take(first) && self.has_interval {
                data = data.get(1..).unwrap_or_default();
            }
            decoded.payload.extend_from_slice(data);
        }
        if body.is_done() {
            self.stage = Stage::head();
            decoded.finished = decoded.finished.saturating_add(1);
        }
        Ok(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(pieces: &[&[u8]]) -> Result<Decoded> {
        let mut answers = Answers::new();
        answers.opened();
        let mut decoded = Decoded::default();
        for piece in pieces {
            answers.feed(piece, &mut decoded)?;
        }
        Ok(decoded)
    }

    const ANSWERS: &[u8] =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nCONTENT-LENGTH: 4\r\n\r\n\x01abc\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\x05\r\n3\r\ndef\r\n0\r\n\r\n\
        HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\x09";

    #[test]
    fn answers_of_every_form() {
        let expected = Decoded { payload: b"abcdef".to_vec(), finished: 4 };
        assert_eq!(decode(&[ANSWERS]).unwrap(), expected);
        let single: Vec<&[u8]> = ANSWERS.chunks(1).collect();
        assert_eq!(decode(&single).unwrap(), expected);
    }

    #[test]
    fn refusals_name_the_status() {
        let error = decode(&[b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"]).unwrap_err();
        assert!(matches!(&error, Error::Refused(text) if text.contains("404 (Not Found)")), "{error}");
        assert!(decode(&[&b"a".repeat(HEAD_LIMIT + 1)]).is_err());
        assert!(decode(&[b"\x03\0\0\0\r\n\r\n"]).is_err());
    }

    #[test]
    fn where_it_may_end() {
        let end = |bytes: &[u8]| {
            let mut answers = Answers::new();
            answers.feed(bytes, &mut Decoded::default()).unwrap();
            answers.may_end()
        };
        assert!(end(b""));
        assert!(!end(b"HTTP/1.1 2"));
        assert!(!end(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"));
        assert!(end(b"HTTP/1.0 200 OK\r\n\r\na"));
    }

    proptest! {
        #[test]
        fn any_two_pieces(cut in 0..ANSWERS.len()) {
            let (one, two) = ANSWERS.split_at(cut);
            prop_assert_eq!(decode(&[one, two]).unwrap(), decode(&[ANSWERS]).unwrap());
        }
    }
}
