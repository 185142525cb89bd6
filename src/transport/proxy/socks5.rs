//! SOCKS5 (RFC 1928), with a user's name and password (RFC 1929) where the setting has them.
#![forbid(unsafe_code)]

use super::{Credentials, Errand, ProxyKind};
use crate::{Error, Result};
use std::net::{IpAddr, SocketAddr};

/// The version, first in every message but those of the log-in.
const VERSION: u8 = 5;
/// The version of the log-in by name and password.
const LOGIN_VERSION: u8 = 1;
/// Ways to log in.
const NO_LOGIN: u8 = 0;
const NAME_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
/// The command to connect.
const CONNECT: u8 = 1;
/// Kinds of address.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Logs in, asks for a connection and waits for the answer.
pub(super) fn negotiate(errand: &Errand<'_>) -> Result<()> {
    let destination = destination(errand)?;
    log_in(errand)?;
    let mut request = vec![VERSION, CONNECT, 0];
    request.extend(destination);
    request.extend(errand.port.to_be_bytes());
    errand.send(&request)?;
    let mut head = [0; 4];
    errand.read_exact(&mut head)?;
    let [version, code, _, kind] = head;
    check_version(version, VERSION)?;
    if code != 0 {
        return Err(Error::Refused(format!("refused, SOCKS5 code {code} ({})", meaning(code))));
    }
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => {
            let mut length = [0; 1];
            errand.read_exact(&mut length)?;
            usize::from(length[0])
        }
        other => return Err(Error::protocol(format!("its answer has an address of unknown kind {other}"))),
    };
    errand.read_exact(&mut vec![0; length + 2])
}

/// Agrees on a way to log in, and does it.
fn log_in(errand: &Errand<'_>) -> Result<()> {
    let credentials = errand.proxy.credentials.as_ref();
    let offer: &[u8] = match credentials {
        None => &[VERSION, 1, NO_LOGIN],
        Some(_) => &[VERSION, 2, NO_LOGIN, NAME_AND_PASSWORD],
    };
    errand.send(offer)?;
    let mut answer = [0; 2];
    errand.read_exact(&mut answer)?;
    let [version, way] = answer;
    check_version(version, VERSION)?;
    match (way, credentials) {
        (NO_LOGIN, _) => return Ok(()),
        (NAME_AND_PASSWORD, Some(credentials)) => errand.send(&login(credentials)?)?,
        (NONE_ACCEPTABLE, None) => {
            let text = "it demands a log-in: write socks5://user:password@host:port";
            return Err(Error::Refused(text.into()));
        }
        (NONE_ACCEPTABLE, Some(_)) => {
            let text = "it accepts neither a log-in by name and password nor a connection without one";
            return Err(Error::Refused(text.into()));
        }
        (other, _) => {
            return Err(Error::protocol(format!("it chose log-in method {other}, which was not offered")));
        }
    }
    errand.read_exact(&mut answer)?;
    match answer {
        [_, 0] => Ok(()),
        [_, code] => Err(Error::Refused(format!("wrong user or password (SOCKS5 log-in status {code})"))),
    }
}

/// The message that carries name and password.
fn login(credentials: &Credentials) -> Result<Vec<u8>> {
    let mut message = vec![LOGIN_VERSION];
    for part in [&credentials.user, &credentials.password] {
        let length = u8::try_from(part.len()).map_err(|_| {
            Error::Usage("the proxy user or password is longer than the 255 bytes SOCKS5 allows".into())
        })?;
        message.push(length);
        message.extend(part);
    }
    Ok(message)
}

/// The kind and the bytes of the target's address.
fn destination(errand: &Errand<'_>) -> Result<Vec<u8>> {
    let host = errand.host;
    let address = match errand.literal() {
        Some(address) => address,
        None if errand.proxy.kind == ProxyKind::Socks5h => {
            let length = u8::try_from(host.len()).ok().filter(|&length| length > 0).ok_or_else(|| {
                Error::Usage("the host name is empty or longer than the 255 bytes SOCKS5 allows".into())
            })?;
            return Ok([&[NAME, length], host].concat());
        }
        None => {
            let addresses = errand.resolve()?;
            let address = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
            let missing = || Error::Usage("the host has no address".into());
            address.map(SocketAddr::ip).ok_or_else(missing)?
        }
    };
    Ok(match address {
        IpAddr::V4(address) => [&[IPV4], &address.octets()[..]].concat(),
        IpAddr::V6(address) => [&[IPV6], &address.octets()[..]].concat(),
    })
}

/// An answer of another version comes from something else.
fn check_version(found: u8, expected: u8) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::protocol(format!(
        "its answer begins with {found:#04x} instead of {expected}: it does not speak SOCKS5"
    )))
}

/// What a refusing code says (RFC 1928 section 6).
fn meaning(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "its rules do not allow this connection",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused by the server",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown",
    }
}
