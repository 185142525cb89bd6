//! Going through a proxy: which kinds there are, how the setting names them, and their conversations.
#![forbid(unsafe_code)]

mod connect;
mod setting;
mod socks4;
mod socks5;

use super::{Deadline, Socket};
use crate::log::Text;
use crate::{Error, Result};
use std::fmt;

/// How to talk to a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// SOCKS version 4; names are resolved here, to IPv4.
    Socks4,
    /// SOCKS version 4a; the proxy resolves names.
    Socks4a,
    /// SOCKS version 5 (RFC 1928); names are resolved here.
    Socks5,
    /// SOCKS version 5; the proxy resolves names.
    Socks5h,
    /// HTTP CONNECT (RFC 9110 section 9.3.6); the proxy resolves names.
    Http,
}

/// A proxy: what the `socks=` setting says.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// How to talk to it.
    pub kind: ProxyKind,
    /// Its host: a name, an IPv4 address, or an IPv6 address without brackets.
    pub host: Vec<u8>,
    /// Its TCP port.
    pub port: u16,
    /// The user's name and password, where the setting has them (SOCKS5 and HTTP).
    pub credentials: Option<Credentials>,
}

/// A user's name and password; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub user: Vec<u8>,
    /// The password.
    pub password: Vec<u8>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} proxy {}:{}", self.kind.label(), Text(&self.host), self.port)
    }
}

impl ProxyKind {
    /// Its name in messages.
    fn label(self) -> &'static str {
        match self {
            ProxyKind::Socks4 => "SOCKS4",
            ProxyKind::Socks4a => "SOCKS4a",
            ProxyKind::Socks5 | ProxyKind::Socks5h => "SOCKS5",
            ProxyKind::Http => "HTTP",
        }
    }
}

/// Asks the proxy at the other end of the socket for a connection to the target, by the deadline.
pub(super) fn negotiate(
    socket: &Socket,
    proxy: &Proxy,
    host: &[u8],
    port: u16,
    deadline: Deadline,
) -> Result<()> {
    let conversation = match proxy.kind {
        ProxyKind::Socks4 | ProxyKind::Socks4a => socks4::negotiate(socket, proxy, host, port, deadline),
        ProxyKind::Socks5 | ProxyKind::Socks5h => socks5::negotiate(socket, proxy, host, port, deadline),
        ProxyKind::Http => connect::negotiate(socket, proxy, host, port, deadline),
    };
    conversation.map_err(|error| match error {
        Error::Interrupted | Error::Usage(_) => error,
        Error::TimedOut => Error::protocol(format!("{proxy}: no answer in time")),
        Error::Closed => Error::protocol(format!(
            "{proxy}: it closed the connection; is it a {} proxy?",
            proxy.kind.label()
        )),
        Error::Refused(why) => Error::Refused(format!("{proxy}: {why}")),
        other => Error::protocol(format!("{proxy}: {other}")),
    })
}
