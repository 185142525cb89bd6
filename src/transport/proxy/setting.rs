//! The `socks=` setting: `host[:port]`, or `scheme://[user:password@]host[:port]`.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Credentials, Proxy, ProxyKind};
use crate::bytes::{cut, unescape};
use crate::log::Text;
use crate::{Error, Result};

/// The port of a SOCKS proxy that the setting gives none.
const SOCKS_PORT: u16 = 1080;
/// The port of an HTTP proxy that the setting gives none.
const HTTP_PORT: u16 = 80;

/// The schemes, compared case-blind.
const SCHEMES: [(&str, ProxyKind); 6] = [
    ("socks", ProxyKind::Socks4),
    ("socks4", ProxyKind::Socks4),
    ("socks4a", ProxyKind::Socks4a),
    ("socks5", ProxyKind::Socks5),
    ("socks5h", ProxyKind::Socks5h),
    ("http", ProxyKind::Http),
];

impl Proxy {
    /// Reads the setting. Without a scheme it is SOCKS4, as in librtmp. A missing port is 1080, or 80 for `http://`;
    /// `%XX` in the user's name and password is a byte; an IPv6 address stands in brackets.
    /// An unknown scheme, a missing host, or a port that is none is an [`Error::Usage`], without the password.
    pub fn parse(setting: &[u8]) -> Result<Self> {
        let (kind, rest) = match cut(setting, b"://") {
            Some((scheme, rest)) => (kind(scheme)?, rest),
            // Not repeated in the error: a password may stand there.
            None if setting.iter().any(|byte| matches!(byte, b'@' | b'/')) => {
                let text =
                    "the proxy has a user or a path but no scheme: write socks5://user:password@host:port";
                return Err(Error::Usage(text.into()));
            }
            None => (ProxyKind::Socks4, setting),
        };
        let rest = rest.strip_suffix(b"/").unwrap_or(rest);
        let (credentials, place) =
            match rest.iter().rposition(|&byte| byte == b'@').and_then(|at| rest.split_at_checked(at)) {
                Some((credentials, place)) => {
                    (Some(self::credentials(credentials)), place.get(1..).unwrap_or_default())
                }
                None => (None, rest),
            };
        let default = if kind == ProxyKind::Http { HTTP_PORT } else { SOCKS_PORT };
        let (host, port) = host_and_port(place, default)?;
        Ok(Proxy { kind, host, port, credentials })
    }
}

/// The kind that a scheme names.
fn kind(scheme: &[u8]) -> Result<ProxyKind> {
    let found = SCHEMES.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(scheme));
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        let names: Vec<&str> = SCHEMES.iter().map(|(name, _)| *name).collect();
        let text = format!("unknown proxy scheme \"{}\"; known are {}", Text(scheme), names.join(", "));
        Error::Usage(text)
    })
}

/// `user[:password]`.
fn credentials(text: &[u8]) -> Credentials {
    let (user, password) = cut(text, b":").unwrap_or((text, b""));
    Credentials { user: unescape(user), password: unescape(password) }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`. A bare IPv6 address is understood too.
fn host_and_port(place: &[u8], default: u16) -> Result<(Vec<u8>, u16)> {
    let (host, port) = match place.strip_prefix(b"[") {
        Some(rest) => {
            let (host, rest) = cut(rest, b"]").ok_or_else(|| invalid(place, "has no closing bracket"))?;
            match rest {
                [] => (host, None),
                [b':', port @ ..] => (host, Some(port)),
                _ => return Err(invalid(place, "has something other than a port behind its bracket")),
            }
        }
        None if place.iter().filter(|&&byte| byte == b':').count() > 1 => (place, None),
        None => cut(place, b":").map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(invalid(place, "has no host"));
    }
    let port = match port {
        None => default,
        Some(digits) => std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|&port| port != 0)
            .ok_or_else(|| invalid(place, "has a port that is not a number from 1 to 65535"))?,
    };
    Ok((host.to_vec(), port))
}

/// The error for a setting that cannot be used.
fn invalid(place: &[u8], how: &str) -> Error {
    Error::Usage(format!("the proxy \"{}\" {how}", Text(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (ProxyKind, String, u16) {
        let proxy = Proxy::parse(text.as_bytes()).unwrap();
        (proxy.kind, String::from_utf8(proxy.host).unwrap(), proxy.port)
    }

    #[test]
    fn hosts_and_ports() {
        use ProxyKind::{Http, Socks4, Socks4a, Socks5, Socks5h};
        for (text, expected) in [
            ("proxy", (Socks4, "proxy", 1080)),
            ("proxy:99", (Socks4, "proxy", 99)),
            ("socks4a://proxy", (Socks4a, "proxy", 1080)),
            ("SOCKS5://proxy:1/", (Socks5, "proxy", 1)),
            ("socks5h://[::1]:2", (Socks5h, "::1", 2)),
            ("socks5h://[fe80::1%eth0]", (Socks5h, "fe80::1%eth0", 1080)),
            ("http://u:p@proxy:3128", (Http, "proxy", 3128)),
            ("http://proxy", (Http, "proxy", 80)),
            ("::1", (Socks4, "::1", 1080)),
        ] {
            assert_eq!(parsed(text), (expected.0, expected.1.to_owned(), expected.2), "{text}");
        }
    }

    #[test]
    fn credentials_are_unescaped_and_never_shown() {
        let proxy = Proxy::parse(b"socks5://na%6de:p%40ss@word%@host:1").unwrap();
        let credentials = proxy.credentials.clone().unwrap();
        assert_eq!(credentials.user, b"name");
        assert_eq!(credentials.password, b"p@ss@word%");
        assert_eq!(format!("{proxy:?} {proxy}"), "SOCKS5 proxy host:1 SOCKS5 proxy host:1");
        assert!(!format!("{credentials:?}").contains("word"));
    }

    #[test]
    fn errors_name_a_proxy_as_the_setting_does() {
        for setting in ["socks5://proxy:1", "socks5://[::1]:2"] {
            let shown = Proxy::parse(setting.as_bytes()).unwrap().to_string();
            assert_eq!(shown, setting.replace("socks5://", "SOCKS5 proxy "));
        }
    }

    #[test]
    fn what_is_no_proxy() {
        for text in [
            "",
            ":1",
            "ftp://x",
            "socks5://",
            "h:0",
            "h:65536",
            "h:+1",
            "h:x",
            "[::1",
            "[::1]x",
            "u:secret@:1",
        ] {
            let error = Proxy::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(&error, Error::Usage(_)), "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_user_needs_a_scheme_and_is_not_repeated() {
        for setting in [&b"user:secret@127.0.0.1:1"[..], b"socks5:/user:secret@127.0.0.1:1"] {
            let error = Proxy::parse(setting).unwrap_err().to_string();
            assert!(error.contains("no scheme") && !error.contains("secret"), "{error}");
        }
    }
}
