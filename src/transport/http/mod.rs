//! What is to be known of HTTP for proxies, tunnels and the client in `crate::http`: how a request names a host, and how an
//! answer of HTTP/1.1 is read. No I/O.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bytes::brackets;

mod body;
mod chunked;
mod head;

pub(crate) use body::{BodyDecoder, BodyLength};
pub use chunked::Chunked;
pub(super) use head::{Head, HeadEnd};

/// A head longer than this, in bytes, is refused.
pub(crate) const HEAD_LIMIT: usize = 16 * 1024;
/// A head with more header fields than this is refused.
pub(crate) const FIELD_LIMIT: usize = 128;

/// Whether an answer of this status has no body, whatever its head says (RFC 9112 section 6.3).
pub(crate) fn has_no_body(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// The value of a header field that is a decimal number and nothing else.
pub(crate) fn decimal(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value.trim_ascii()).ok()?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Takes answers with odd header lines, as there are gateways that add some: those that cannot be read are passed over.
pub(crate) fn lenient() -> httparse::ParserConfig {
    let mut parser = httparse::ParserConfig::default();
    parser
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    parser
}

/// A host and its port as they stand in a request, `host:port` or `[v6]:port`; `None` for a host that could end a line.
pub(super) fn authority(host: &[u8], port: u16) -> Option<Vec<u8>> {
    let is_good = |byte: &u8| byte.is_ascii_graphic() || *byte >= 0x80;
    if host.is_empty() || !host.iter().all(is_good) {
        return None;
    }
    let (open, close) = brackets(host);
    Some([open.as_bytes(), host, format!("{close}:{port}").as_bytes()].concat())
}
