//! Going through a proxy: which kinds there are, how the setting names them, and their conversations.
#![forbid(unsafe_code)]

mod http;
mod setting;
mod socks4;
mod socks5;

use super::resolve::resolve;
use super::wait::Patience;
use super::{Ready, Socket};
use crate::log::Place;
use crate::{Error, Result};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

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
        write!(f, "{} proxy {}", self.kind.label(), Place(&self.host, self.port))
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

/// What is asked of a proxy: a connection to `host` and `port`, by the deadline.
pub(super) struct Errand<'a> {
    /// A connection to the proxy.
    pub socket: &'a Socket,
    /// The proxy at its other end.
    pub proxy: &'a Proxy,
    /// The server's name or address.
    pub host: &'a [u8],
    /// The server's port.
    pub port: u16,
    /// How long the proxy's answers are waited for.
    pub patience: &'a Patience<'a>,
}

impl Errand<'_> {
    fn send(&self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.socket.send_now(rest) {
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(Error::TimedOut) => self.wait(Ready::Writable)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read_exact(&self, into: &mut [u8]) -> Result<()> {
        let mut rest = into;
        while !rest.is_empty() {
            match self.socket.receive_now(rest) {
                Ok(n) => rest = rest.get_mut(n..).unwrap_or_default(),
                Err(Error::TimedOut) => self.wait(Ready::Readable)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Waits until the socket is ready.
    fn wait(&self, ready: Ready) -> Result<()> {
        loop {
            match self.socket.wait(ready, self.patience.slice()?) {
                Err(Error::TimedOut) => {}
                other => return other,
            }
        }
    }

    /// The host as an address, where it is one.
    fn literal<A: FromStr>(&self) -> Option<A> {
        str::from_utf8(self.host).ok()?.parse().ok()
    }

    /// The host's addresses, for a protocol or setting that does not hand names to the proxy.
    fn resolve(&self) -> Result<Vec<SocketAddr>> {
        resolve(self.host, self.port, self.patience).map_err(|error| match error {
            Error::Io(..) => {
                Error::protocol(format!("{error}; socks4a:// and socks5h:// let the proxy look it up"))
            }
            other => other,
        })
    }
}

/// Asks the proxy for the connection and waits for its answer.
pub(super) fn negotiate(errand: &Errand<'_>) -> Result<()> {
    let proxy = errand.proxy;
    let conversation = match proxy.kind {
        ProxyKind::Socks4 | ProxyKind::Socks4a => socks4::negotiate(errand),
        ProxyKind::Socks5 | ProxyKind::Socks5h => socks5::negotiate(errand),
        ProxyKind::Http => http::negotiate(errand),
    };
    conversation.map_err(|error| match error {
        Error::Interrupted | Error::Usage(_) => error,
        Error::Closed if !(errand.patience.is_wanted)() => error,
        Error::TimedOut => Error::protocol(format!("{proxy}: no answer in time")),
        Error::Closed => Error::protocol(format!(
            "{proxy}: it closed the connection; is it a {} proxy?",
            proxy.kind.label()
        )),
        Error::Refused(why) => Error::Refused(format!("{proxy}: {why}")),
        other => Error::protocol(format!("{proxy}: {other}")),
    })
}
