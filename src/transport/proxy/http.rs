//! HTTP CONNECT (RFC 9110 section 9.3.6), with Basic authentication where the setting has a user.
#![forbid(unsafe_code)]

use super::{Credentials, Errand};
use crate::crypto::base64;
use crate::log::Text;
use crate::transport::Ready;
use crate::transport::http::{HEAD_LIMIT, Head, HeadEnd, authority};
use crate::{Error, Result};

/// The status of an answer that demands a user and password.
const AUTHENTICATION_REQUIRED: u16 = 407;

/// Asks for a connection and waits for the answer.
pub(super) fn negotiate(errand: &Errand<'_>) -> Result<()> {
    let credentials = errand.proxy.credentials.as_ref();
    errand.send(&request(errand.host, errand.port, credentials)?)?;
    loop {
        let head = Head::parse(&read_head(errand)?)?;
        match head.status {
            100..=199 => {}
            200..=299 => return Ok(()),
            AUTHENTICATION_REQUIRED if credentials.is_none() => {
                let text = "it demands a log-in (HTTP status 407): write http://user:password@host:port";
                return Err(Error::Refused(text.into()));
            }
            AUTHENTICATION_REQUIRED => {
                return Err(Error::Refused("wrong user or password (HTTP status 407)".into()));
            }
            status => {
                let text = format!("refused, HTTP status {status} ({})", head.reason);
                return Err(Error::Refused(text));
            }
        }
    }
}

/// The request. A host that could end a header line is refused.
fn request(host: &[u8], port: u16, credentials: Option<&Credentials>) -> Result<Vec<u8>> {
    let refused =
        || Error::Usage(format!("the host name \"{}\" cannot be given to an HTTP proxy", Text(host)));
    let place = authority(host, port).ok_or_else(refused)?;
    let mut request = [b"CONNECT ", &place[..], b" HTTP/1.1\r\nHost: ", &place, b"\r\n"].concat();
    if let Some(Credentials { user, password }) = credentials {
        let text = base64(&[user, &b":"[..], password].concat());
        request.extend(format!("Proxy-Authorization: Basic {text}\r\n").into_bytes());
    }
    request.extend(b"\r\n");
    Ok(request)
}

/// Reads up to the end of the head and not a byte more: what follows is the target's.
fn read_head(errand: &Errand<'_>) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut end = HeadEnd::default();
    let mut peeked = [0; 512];
    while head.len() <= HEAD_LIMIT {
        let n = match errand.socket.peek_now(&mut peeked) {
            Ok(n) => n,
            Err(Error::TimedOut) => {
                errand.wait(Ready::Readable)?;
                continue;
            }
            Err(error) => return Err(error),
        };
        let seen = peeked.get(..n).unwrap_or_default();
        let found = end.find(seen);
        let belonging = found.unwrap_or(n);
        let start = head.len();
        head.resize(start + belonging, 0);
        errand.read_exact(head.get_mut(start..).unwrap_or_default())?;
        if found.is_some() {
            return Ok(head);
        }
    }
    Err(Error::protocol("its answer has more than 16 KiB of headers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let plain = request(b"example.com", 1935, None).unwrap();
        assert_eq!(plain, b"CONNECT example.com:1935 HTTP/1.1\r\nHost: example.com:1935\r\n\r\n");
        let credentials = Credentials { user: b"Aladdin".to_vec(), password: b"open sesame".to_vec() };
        let named = String::from_utf8(request(b"::1", 1, Some(&credentials)).unwrap()).unwrap();
        assert!(named.starts_with("CONNECT [::1]:1 HTTP/1.1\r\nHost: [::1]:1\r\n"), "{named}");
        // The example of RFC 7617 section 2.
        assert!(named.contains("Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"), "{named}");
        assert!(request(b"a\r\nX: y", 1, None).is_err());
        assert!(request(b"", 1, None).is_err());
    }
}
