//! HTTP answers and URLs: heads end where they say, and chunked bodies are the same in any pieces.

use crate::Bytes;
use rtmp::http::{Chunked, ResponseHead, Url};

/// The first byte chooses the pieces; the rest is an answer, a chunked body, a URL and a redirect.
pub fn http(data: &[u8]) {
    let pieces = Bytes(data).pieces();
    let all = pieces.concat();
    if let Ok(Some((head, length))) = ResponseHead::parse(&all) {
        assert!(length <= all.len(), "a head longer than what there is");
        assert!(
            matches!(ResponseHead::parse(&all[..length - 1]), Ok(None)),
            "a head that was whole before its end"
        );
        let _ = (head.is_interim(), head.is_redirect());
        let _ = body(&[&all[length..]]);
    }
    assert_eq!(body(&[&all]), body(&pieces), "pieces change the body");
    let line = all.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let base = Url::parse(b"http://example.com:8080/a/b?c").expect("a good URL");
    for url in [Url::parse(&all), Url::parse(line), base.join(&all), base.join(line)].into_iter().flatten() {
        let sent = [url.host(), url.target(), &url.host_and_port(), &url.origin()].concat();
        assert!(!sent.bytes().any(|byte| byte <= b' ' || byte == 0x7f), "a URL that breaks out of its line");
        assert!(url.target().starts_with('/'), "a request without a path");
    }
}

/// The body and whether it has ended; `None` for one that is broken.
fn body(pieces: &[&[u8]]) -> Option<(Vec<u8>, bool)> {
    let mut chunked = Chunked::new();
    let mut body = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        while let Some(part) = chunked.next(&mut input).ok()? {
            body.extend_from_slice(part);
        }
    }
    Some((body, chunked.is_done()))
}
