//! http and https URLs, as far as a GET needs them.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bytes::brackets;
use crate::transport::MAX_HOST;
use crate::{Error, Result};

/// The longest URL that is taken, in bytes.
const MAX_URL: usize = 8 * 1024;

/// A URL that can be asked for: nothing in it breaks out of a request line or a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    port: u16,
    target: String,
}

impl Url {
    /// Takes a URL apart. A missing path is "/"; a fragment is dropped; spaces and bytes beyond ASCII are escaped.
    ///
    /// # Errors
    /// [`Error::Usage`], which never repeats the URL: a refused one may hold a password.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let refused = |why: &str| Err(Error::Usage(format!("the URL cannot be fetched over HTTP: {why}")));
        if text.len() > MAX_URL {
            return refused("it is longer than 8 KiB");
        }
        if text.iter().any(u8::is_ascii_control) {
            return refused("it has control characters");
        }
        let Some((secure, rest)) = split_scheme(text) else {
            return refused("it begins with neither http:// nor https://");
        };
        let end = rest.iter().position(|b| b"/?#".contains(b)).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, b""));
        if authority.contains(&b'@') {
            return refused("it has a user name or password, which HTTP_get does not send");
        }
        match split_authority(authority) {
            Some((host, port)) => Ok(Self {
                secure,
                host,
                port: port.unwrap_or(default_port(secure)),
                target: escaped_target(target),
            }),
            None => refused("its host or port is malformed"),
        }
    }

    /// The URL that a Location header leads to (RFC 3986 section 5.2).
    ///
    /// # Errors
    /// As [`Url::parse`].
    pub fn join(&self, location: &[u8]) -> Result<Self> {
        let scheme = if self.secure { "https:" } else { "http:" };
        let absolute = if split_scheme(location).is_some() || has_scheme(location) {
            location.to_vec()
        } else if location.starts_with(b"//") {
            [scheme.as_bytes(), location].concat()
        } else if location.starts_with(b"/") {
            [self.origin().as_bytes(), location].concat()
        } else {
            let path = self.target.split('?').next().unwrap_or_default();
            let base = match location.first() {
                Some(b'?') => path,
                Some(b'#') | None => &self.target,
                Some(_) => path.rsplit_once('/').map_or("", |(directory, _)| directory),
            };
            let between: &[u8] =
                if matches!(location.first(), Some(b'?' | b'#') | None) { b"" } else { b"/" };
            [self.origin().as_bytes(), base.as_bytes(), between, location].concat()
        };
        let mut url = Self::parse(&absolute)?;
        url.target = without_dot_segments(&url.target);
        Ok(url)
    }

    /// Whether this is https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host: a name or an address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own where none was given.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as the request line has them.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The host, and the port where it is not the scheme's own: the Host header (RFC 9110 section 7.2).
    pub fn host_and_port(&self) -> String {
        let (open, close) = brackets(self.host.as_bytes());
        let host = format!("{open}{}{close}", self.host);
        if self.port == default_port(self.secure) { host } else { format!("{host}:{}", self.port) }
    }

    /// Scheme, host and port, without a slash at the end; holds no secret, so it may be logged.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host_and_port())
    }
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Whether the URL is https, and what stands behind its "://"; `None` for other schemes.
fn split_scheme(text: &[u8]) -> Option<(bool, &[u8])> {
    let strip = |scheme: &[u8]| {
        let (head, rest) = text.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    strip(b"http://").map(|rest| (false, rest)).or_else(|| strip(b"https://").map(|rest| (true, rest)))
}

/// Whether a reference begins with a scheme of any kind.
fn has_scheme(text: &[u8]) -> bool {
    let end = text.iter().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(b)));
    end.is_some_and(|end| end > 0 && text.get(end) == Some(&b':'))
}

/// The host and the port of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_authority(authority: &[u8]) -> Option<(String, Option<u16>)> {
    let text = std::str::from_utf8(authority).ok()?;
    let (host, rest, extra) = match text.strip_prefix('[') {
        Some(text) => text.split_once(']').map(|(host, rest)| (host, rest, ":%"))?,
        None => {
            let end = text.find(':').unwrap_or(text.len());
            text.split_at_checked(end).map(|(host, rest)| (host, rest, ""))?
        }
    };
    let valid = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c) || extra.contains(c);
    if host.is_empty() || host.len() > MAX_HOST || !host.chars().all(valid) {
        return None;
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return None,
        Some("") => None,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
    };
    Some((host.to_owned(), port))
}

/// Path and query for a request line.
fn escaped_target(target: &[u8]) -> String {
    let target = target.split(|b| *b == b'#').next().unwrap_or_default();
    let mut escaped = String::with_capacity(target.len().saturating_add(1));
    if target.first() != Some(&b'/') {
        escaped.push('/');
    }
    for &byte in target {
        if byte.is_ascii_graphic() {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Resolves "." and ".." in the path (RFC 3986 section 5.2.4).
fn without_dot_segments(target: &str) -> String {
    let end = target.find('?').unwrap_or(target.len());
    let (path, query) = target.split_at_checked(end).unwrap_or((target, ""));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(String, u16, String)> {
        let url = Url::parse(text.as_bytes()).ok()?;
        Some((url.origin(), url.port, url.target))
    }

    fn expect(text: &str, origin: &str, port: u16, target: &str) {
        assert_eq!(parts(text), Some((origin.to_owned(), port, target.to_owned())), "{text}");
    }

    #[test]
    fn takes_urls_apart() {
        expect("http://h", "http://h", 80, "/");
        expect("HTTPS://h/", "https://h", 443, "/");
        expect("http://h:8080/a/b?c=/d#e", "http://h:8080", 8080, "/a/b?c=/d");
        expect("http://h?x", "http://h", 80, "/?x");
        expect("http://h#x", "http://h", 80, "/");
        expect("http://h:/x", "http://h", 80, "/x");
        expect("http://h:080/x", "http://h", 80, "/x");
        expect("http://[::1]:81/x", "http://[::1]:81", 81, "/x");
        expect("http://[fe80::1%eth0]/x", "http://[fe80::1%eth0]", 80, "/x");
        expect("http://h/a b\u{e9}", "http://h", 80, "/a%20b%C3%A9");
    }

    #[test]
    fn refuses_what_cannot_be_asked_for() {
        let long = format!("http://{}/", "h".repeat(256));
        let longer = format!("http://h/{}", "x".repeat(9000));
        for text in [
            "",
            "h",
            "ftp://h/",
            "http:/h",
            "http://",
            "http:///x",
            "http://u:p@h/",
            "http://u@h/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:8x/",
            "http://h:+8/",
            "http://h h/",
            "http://[::1/",
            "http://[::1]8/",
            "http://h/\r\nX: y",
            "http://h/\n",
            "http://h/\0",
            &long,
            &longer,
        ] {
            assert_eq!(parts(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_refused_password_is_not_repeated() {
        let error = Url::parse(b"http://user:secret@h/").expect_err("it has a password");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn follows_locations() {
        let base = Url::parse(b"http://h:81/a/b/c?q=/x").expect("a good URL");
        for (location, expected) in [
            ("https://other/y", "https://other/y"),
            ("//other/y", "http://other/y"),
            ("/y", "http://h:81/y"),
            ("y", "http://h:81/a/b/y"),
            ("../y?z", "http://h:81/a/y?z"),
            ("./", "http://h:81/a/b/"),
            ("../../../y", "http://h:81/y"),
            ("..", "http://h:81/a/"),
            ("?z", "http://h:81/a/b/c?z"),
            ("#z", "http://h:81/a/b/c?q=/x"),
            ("", "http://h:81/a/b/c?q=/x"),
            ("x?u=http://z/", "http://h:81/a/b/x?u=http://z/"),
        ] {
            let url = base.join(location.as_bytes()).expect(location);
            assert_eq!(format!("{}{}", url.origin(), url.target()), expected, "{location}");
        }
        for location in ["ftp://h/", "file:///etc/passwd", "mailto:x", "http://u:p@h/", "/\u{1}"] {
            assert!(base.join(location.as_bytes()).is_err(), "{location:?}");
        }
    }
}
