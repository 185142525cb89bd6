//! RTMP URLs: `scheme://[user[:password]@]host[:port]/app[/instance]/playpath`.
//!
//! Where the application ends and the playpath begins is not marked in the URL; the rule here is the one by which
//! librtmp's users write their URLs, and what servers expect.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod playpath;

pub use playpath::parse_playpath;

use crate::bytes::{brackets, contains, cut};
use crate::session::feature;
use crate::transport::MAX_HOST;
use crate::{Error, Result};

/// This application never has an instance.
const ON_DEMAND: &[u8] = b"ondemand";
/// The argument of a query that names the playpath.
const SLIST: &[u8] = b"slist=";
/// Slashes at which the application ends, when there are so many.
const APP_SLASHES: usize = 3;

/// The schemes with their bits of [`feature`].
const SCHEMES: [(&str, i32); 7] = [
    ("rtmp", 0),
    ("rtmpt", feature::HTTP),
    ("rtmps", feature::SSL),
    ("rtmpe", feature::ENC),
    ("rtmfp", feature::MFP),
    ("rtmpte", feature::HTTP | feature::ENC),
    ("rtmpts", feature::HTTP | feature::SSL),
];

/// The parts of a URL, as they stand in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url<'a> {
    /// Bits of [`feature`].
    pub protocol: i32,
    /// A name or an address, IPv6 without its brackets; `None` when it is too long.
    pub host: Option<&'a [u8]>,
    /// The port; 0 when there is none.
    pub port: u16,
    /// The application; `None` when nothing follows the host.
    pub app: Option<&'a [u8]>,
    /// The playpath as it stands in the URL, for [`parse_playpath`].
    pub playpath: Option<&'a [u8]>,
}

/// The port that a URL without one means.
pub fn default_port(protocol: i32) -> u16 {
    match protocol {
        p if p & feature::SSL != 0 => 443,
        p if p & feature::HTTP != 0 => 80,
        _ => 1935,
    }
}

/// The scheme of a protocol.
pub fn scheme(protocol: i32) -> &'static str {
    let bits = protocol & (feature::HTTP | feature::ENC | feature::SSL | feature::MFP);
    SCHEMES.iter().find(|(_, scheme)| *scheme == bits).map_or("rtmp", |(name, _)| name)
}

/// Takes a URL apart. Odd ports and schemes are warned about.
///
/// # Errors
/// [`Error::Usage`] without `://`, with nothing behind it, or with broken brackets.
pub fn parse(url: &[u8]) -> Result<Url<'_>> {
    let (name, rest) = cut(url, b"://").ok_or_else(|| usage("RTMP URL: No :// in url!"))?;
    if rest.is_empty() {
        return Err(usage("RTMP URL: No hostname in url!"));
    }
    let known = SCHEMES.iter().find(|(scheme, _)| name.eq_ignore_ascii_case(scheme.as_bytes()));
    if known.is_none() {
        crate::warning!("Unknown protocol!\n");
    }
    let (authority, path) = match position(rest, |byte| byte == b'/').and_then(|at| rest.split_at_checked(at))
    {
        Some((authority, path)) => (authority, path.get(1..)),
        None => (rest, None),
    };
    let (_, place) = split_user(authority);
    let (host, port) = split_port(place)?;
    let mut parsed = Url {
        protocol: known.map_or(0, |(_, bits)| *bits),
        host: Some(host).filter(|host| host.len() <= MAX_HOST),
        port,
        ..Url::default()
    };
    if parsed.host.is_none() {
        crate::warning!("Hostname exceeds {MAX_HOST} characters!");
    }
    match path {
        Some(path) => (parsed.app, parsed.playpath) = split_path(path),
        None => crate::warning!("No application or playpath in URL!"),
    }
    Ok(parsed)
}

/// A user's name and password, still with their `%XX`; without a colon the password is empty.
type Credentials<'a> = (&'a [u8], &'a [u8]);

/// The `user:password` of a URL.
pub fn user_and_password(url: &[u8]) -> Option<Credentials<'_>> {
    split_off_user(url)?.0
}

/// The URL without its `user:password@`; `None` when there is none in it.
pub fn without_user(url: &[u8]) -> Option<Vec<u8>> {
    let (user, rest) = split_off_user(url)?;
    user?;
    let scheme = url.len().checked_sub(cut(url, b"://")?.1.len()).and_then(|end| url.get(..end))?;
    Some([scheme, rest].concat())
}

/// User and password, and all that follows them.
fn split_off_user(url: &[u8]) -> Option<(Option<Credentials<'_>>, &[u8])> {
    let (_, rest) = cut(url, b"://")?;
    let end = position(rest, |byte| byte == b'/').unwrap_or(rest.len());
    let (user, place) = split_user(rest.get(..end)?);
    let from = end.checked_sub(place.len())?;
    Some((user, rest.get(from..)?))
}

/// The `tcUrl` of a server and an application.
pub fn tc_url(protocol: i32, host: &[u8], port: u16, app: &[u8]) -> Vec<u8> {
    let (open, close) = brackets(host);
    let port = format!("{close}:{port}/");
    [scheme(protocol).as_bytes(), b"://", open.as_bytes(), host, port.as_bytes(), app].concat()
}

fn position(text: &[u8], is: impl Fn(u8) -> bool) -> Option<usize> {
    text.iter().position(|byte| is(*byte))
}

fn usage(text: &str) -> Error {
    Error::Usage(text.into())
}

/// User and password, and the rest of an authority. An `@` behind a `?` belongs to a query.
fn split_user(authority: &[u8]) -> (Option<Credentials<'_>>, &[u8]) {
    let end = position(authority, |byte| byte == b'?').unwrap_or(authority.len());
    let at = authority.get(..end).and_then(|text| text.iter().rposition(|byte| *byte == b'@'));
    let Some((user, place)) = at.and_then(|at| authority.split_at_checked(at)) else {
        return (None, authority);
    };
    (Some(cut(user, b":").unwrap_or((user, b""))), place.get(1..).unwrap_or_default())
}

/// Host and port; an IPv6 address stands in brackets.
fn split_port(place: &[u8]) -> Result<(&[u8], u16)> {
    let (host, port) = match place.strip_prefix(b"[") {
        Some(rest) => match cut(rest, b"]") {
            Some(([], _)) => return Err(usage("RTMP URL: No address in the brackets!")),
            Some((host, [])) => (host, None),
            Some((host, [b':', port @ ..])) => (host, Some(port)),
            Some(_) => return Err(usage("RTMP URL: Something other than a port behind the bracket!")),
            None => return Err(usage("RTMP URL: No closing bracket behind the address!")),
        },
        None => cut(place, b":").map_or((place, None), |(host, port)| (host, Some(port))),
    };
    Ok((host, port.map_or(0, parse_port)))
}

/// The decimal number at the beginning; what does not fit is warned about and 0.
fn parse_port(text: &[u8]) -> u16 {
    let number = crate::options::leading_integer(text, 10);
    u16::try_from(number).unwrap_or_else(|_| {
        crate::warning!("Invalid port number!");
        0
    })
}

/// Application and playpath of what follows the host's slash.
fn split_path(path: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let query = position(path, |byte| byte == b'?');
    if let Some(query) = query
        && contains(path, SLIST)
    {
        return (Some(path), path.get(query..));
    }
    let app_len = if path.strip_prefix(ON_DEMAND).is_some_and(|rest| rest.starts_with(b"/")) {
        ON_DEMAND.len()
    } else {
        let before_query = query.and_then(|query| path.get(..query)).unwrap_or(path);
        // A query before any slash is the application's own, as in `app?vhost=name/stream`.
        app_end(before_query).or_else(|| app_end(path)).unwrap_or(path.len())
    };
    let playpath =
        path.get(app_len..).and_then(|rest| rest.strip_prefix(b"/")).filter(|rest| !rest.is_empty());
    (path.get(..app_len), playpath)
}

/// Where the application ends: at the third slash, or else the second, or else the first.
fn app_end(path: &[u8]) -> Option<usize> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').take(APP_SLASHES).last().map(|(at, _)| at)
}

#[cfg(test)]
mod tests;
