//! SOCKS4 and SOCKS4a: one request, one answer of eight bytes.
#![forbid(unsafe_code)]

use super::{Errand, ProxyKind};
use crate::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr};

/// The version, and the command to connect.
const CONNECT: [u8; 2] = [4, 1];
/// The code of an answer that grants the request.
const GRANTED: u8 = 90;
/// An address that cannot be: a name follows (SOCKS4a).
const NAME_FOLLOWS: Ipv4Addr = Ipv4Addr::new(0, 0, 0, 1);

/// Asks for a connection and waits for the answer.
pub(super) fn negotiate(errand: &Errand<'_>) -> Result<()> {
    let host = errand.host;
    let (address, name) = match (errand.literal(), errand.proxy.kind) {
        (Some(address), _) => (address, None),
        (None, ProxyKind::Socks4a) => (NAME_FOLLOWS, Some(host)),
        (None, _) => (resolve_v4(errand)?, None),
    };
    if host.contains(&0) || host.is_empty() {
        return Err(Error::Usage("the host name is empty or has a zero byte".into()));
    }
    errand.send(&request(address, errand.port, name))?;
    let mut answer = [0; 8];
    errand.read_exact(&mut answer)?;
    match answer {
        [0, GRANTED, ..] => Ok(()),
        [0, code, ..] => Err(Error::Refused(format!("refused, SOCKS4 code {code} ({})", meaning(code)))),
        [first, ..] => Err(Error::protocol(format!(
            "its answer begins with {first:#04x} instead of 0: it does not speak SOCKS4"
        ))),
    }
}

/// The request with an empty user id.
fn request(address: Ipv4Addr, port: u16, name: Option<&[u8]>) -> Vec<u8> {
    let mut request = CONNECT.to_vec();
    request.extend(port.to_be_bytes());
    request.extend(address.octets());
    request.push(0);
    if let Some(name) = name {
        request.extend(name);
        request.push(0);
    }
    request
}

/// The first IPv4 address of the host: SOCKS4 knows no other.
fn resolve_v4(errand: &Errand<'_>) -> Result<Ipv4Addr> {
    let v4 = errand.resolve()?.into_iter().find_map(|address| match address {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    });
    v4.ok_or_else(|| {
        Error::Usage("the host has no IPv4 address, which SOCKS4 needs: use socks4a:// or socks5://".into())
    })
}

/// What a refusing code says.
fn meaning(code: u8) -> &'static str {
    match code {
        91 => "rejected or failed",
        92 => "it cannot reach the identd of this machine",
        93 => "the user id was not confirmed by identd",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let plain = request(Ipv4Addr::new(1, 2, 3, 4), 1935, None);
        assert_eq!(plain, [4, 1, 0x07, 0x8f, 1, 2, 3, 4, 0]);
        let named = request(NAME_FOLLOWS, 80, Some(b"ab"));
        assert_eq!(named, [4, 1, 0, 80, 0, 0, 0, 1, 0, b'a', b'b', 0]);
    }
}
