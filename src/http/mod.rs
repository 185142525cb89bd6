//! A small blocking HTTP client: one GET for each connection, http and https, redirects followed, every wait bounded.
//!
//! It speaks HTTP/1.0, as the reference does, and understands what HTTP/1.1 servers answer all the same: chunked
//! bodies (RFC 9112 section 7.1), interim answers, heads that arrive in pieces. It sends nothing but the request.
#![forbid(unsafe_code)]

mod connection;
mod response;
mod response_head;
mod url;

pub use crate::transport::Chunked;
pub use response::Response;
pub use response_head::{MAX_HEAD, ResponseHead};
pub use url::Url;

use crate::transport::{Deadline, Interrupt, TlsSettings};
use crate::{Error, Result};
use connection::Connection;
use std::time::Duration;

/// How many redirects are followed before the answer is given as it is.
pub const MAX_REDIRECTS: usize = 5;

/// How many bytes of a body a second are worth waiting for, beyond [`Limits::total`].
pub const SLOWEST: u64 = 4096;

/// How much is received at once.
const RECEIVE_SIZE: usize = 16 * 1024;

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest time to reach a server: its name, TCP and TLS. A resolver whose first server is down takes five seconds.
    pub reach: Duration,
    /// The longest time to have its head, and then the longest silence while its body arrives.
    pub wait: Duration,
    /// The longest time for everything, redirects and body included. A body that comes at no less than [`SLOWEST`] bytes
    /// a second may take longer.
    pub total: Duration,
    /// The program's wish to end.
    pub interrupt: Interrupt,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reach: Duration::from_secs(15),
            wait: Duration::from_secs(5),
            total: Duration::from_secs(60),
            interrupt: Interrupt::default(),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The URL, http or https.
    pub url: &'a [u8],
    /// The date to send as If-Modified-Since, as the server once wrote it; empty for none.
    pub modified_since: &'a [u8],
    /// How the certificates of https servers are treated.
    pub tls: &'a TlsSettings,
    /// How long it may take.
    pub limits: Limits,
}

/// Sends a GET and reads the head of the answer, following at most [`MAX_REDIRECTS`] redirects.
///
/// A redirect that is not followed (no or a bad Location, one too many, from https to http) is given as it is, with a
/// line in the log that says why.
///
/// # Errors
/// [`Error::Usage`] for a URL or date that cannot be sent; [`Error::Protocol`] for an answer that is not HTTP;
/// [`Error::Refused`] when TLS fails; the others when the connection does.
pub fn get(request: &Request<'_>) -> Result<Response> {
    let since = checked_date(request.modified_since)?;
    let total = Deadline::after(request.limits.total);
    let mut url = Url::parse(request.url)?;
    for redirects in 0..MAX_REDIRECTS {
        let response = get_once(&url, since, request, total).map_err(|error| match redirects {
            0 => error,
            _ => elsewhere(&url, error),
        })?;
        if !response.head().is_redirect() {
            return Ok(response);
        }
        match next_url(&url, response.head()) {
            Ok(next) => url = next,
            Err(why) => {
                crate::warning!("HTTP: the redirect from {} is not followed: {why}", url.origin());
                return Ok(response);
            }
        }
    }
    let response = get_once(&url, since, request, total).map_err(|error| elsewhere(&url, error))?;
    if response.head().is_redirect() {
        crate::warning!(
            "HTTP: {} redirects once more after {MAX_REDIRECTS} redirects; giving up",
            url.origin()
        );
    }
    Ok(response)
}

/// What TLS says of a server that the caller's URL does not name.
fn elsewhere(url: &Url, error: Error) -> Error {
    match error {
        Error::Refused(text) => Error::Refused(format!("redirected to {}: {text}", url.origin())),
        other => other,
    }
}

/// Where a redirect leads.
fn next_url(url: &Url, head: &ResponseHead) -> Result<Url> {
    let location = head.location.as_deref().ok_or_else(|| Error::protocol("it names no Location"))?;
    let next = url.join(location)?;
    if url.is_secure() && !next.is_secure() {
        return Err(Error::protocol(format!("it leads from https to {}", next.origin())));
    }
    Ok(next)
}

/// The date, unless it would break out of its header line.
fn checked_date(date: &[u8]) -> Result<&[u8]> {
    if date.iter().any(u8::is_ascii_control) {
        return Err(Error::Usage("the date for If-Modified-Since has control characters".into()));
    }
    Ok(date)
}

/// One request on one connection.
fn get_once(url: &Url, since: &[u8], request: &Request<'_>, total: Deadline) -> Result<Response> {
    let connection = Connection::open(url, request.tls, request.limits, total)?;
    connection.send(&request_bytes(url, since))?;
    let (head, rest) = read_head(&connection)?;
    Ok(Response::new(connection, head, rest))
}

/// The request as the reference sends it, with the port in Host where it is not the scheme's own.
fn request_bytes(url: &Url, since: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "GET {} HTTP/1.0\r\nUser-Agent: Mozilla/5.0\r\nHost: {}\r\nReferer: {}/\r\n",
        url.target(),
        url.host_and_port(),
        url.origin()
    )
    .into_bytes();
    if !since.is_empty() {
        bytes.extend_from_slice(b"If-Modified-Since: ");
        bytes.extend_from_slice(since);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Reads until a final head is complete, and gives what came behind it. Interim answers (1xx) are skipped; they
/// count for the bound of [`MAX_HEAD`] bytes.
fn read_head(connection: &Connection) -> Result<(ResponseHead, Vec<u8>)> {
    let too_long = || Error::protocol(format!("the HTTP head is longer than {MAX_HEAD} bytes"));
    let mut bytes = Vec::new();
    let mut taken = 0usize;
    let mut buffer = vec![0; RECEIVE_SIZE];
    loop {
        let n = connection.receive_head(&mut buffer)?;
        let seen = bytes.len().saturating_sub(response_head::END.saturating_sub(1));
        bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
        if response_head::has_end(bytes.get(seen..).unwrap_or_default()) {
            while let Some((head, length)) = ResponseHead::parse(&bytes)? {
                bytes.drain(..length);
                taken = taken.saturating_add(length);
                if taken > MAX_HEAD {
                    return Err(too_long());
                }
                if !head.is_interim() {
                    return Ok((head, bytes));
                }
            }
        }
        if taken.saturating_add(bytes.len()) > MAX_HEAD {
            return Err(too_long());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::BodyLength;

    #[test]
    fn a_redirect_does_not_lead_from_https_to_http() {
        let next = |from: &[u8], location: Option<&[u8]>| {
            let head = ResponseHead {
                status: 302,
                last_modified: None,
                location: location.map(<[u8]>::to_vec),
                body: BodyLength::Known(0),
            };
            next_url(&Url::parse(from).unwrap(), &head).ok().map(|url| url.origin())
        };
        assert_eq!(next(b"https://h/a", Some(b"http://h/b")), None);
        assert_eq!(next(b"https://h/a", Some(b"//other/b")).as_deref(), Some("https://other"));
        assert_eq!(next(b"http://h/a", Some(b"https://h/b")).as_deref(), Some("https://h"));
        assert_eq!(next(b"http://h/a", None), None);
    }
}
