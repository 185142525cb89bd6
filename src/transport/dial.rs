//! From a host name to an established connection: resolving, connecting and the proxy, under one deadline.
#![forbid(unsafe_code)]

use super::happy_eyeballs::{connect_first, take_turns};
use super::proxy::{self, Errand};
use super::resolve::resolve;
use super::wait::Patience;
use super::{Deadline, Interrupt, Proxy, Socket};
use crate::{Error, Result};
use socket2::SockAddr;
use std::net::IpAddr;
use std::time::Duration;

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub struct Target {
    /// The server: a name, an IPv4 address, or an IPv6 address without brackets, perhaps with `%zone`.
    pub host: Vec<u8>,
    /// The server's TCP port.
    pub port: u16,
    /// The proxy to go through.
    pub proxy: Option<Proxy>,
    /// The local address to connect from; addresses of the other family are then not tried.
    pub bind: Option<IpAddr>,
    /// By when the dialling must be done.
    pub deadline: Deadline,
    /// The time-out of each later receive and send; `None` is for ever.
    pub timeout: Option<Duration>,
}

impl Target {
    /// A server reached directly, by a moment which is that far off, and waiting as long later on.
    pub fn new(host: impl Into<Vec<u8>>, port: u16, timeout: Duration) -> Self {
        let deadline = Deadline::after(timeout);
        Self { host: host.into(), port, proxy: None, bind: None, deadline, timeout: Some(timeout) }
    }
}

/// Connects to the target, or to its proxy and through it to the target. All addresses of the name are tried, of both
/// families (RFC 8305). Ends with [`Error::Closed`] soon after `is_wanted` has said no, which is asked now and then.
pub fn dial(target: &Target, interrupt: Interrupt, is_wanted: &dyn Fn() -> bool) -> Result<Socket> {
    let patience = Patience::new(target.deadline, interrupt, is_wanted);
    let (host, port) =
        target.proxy.as_ref().map_or((&target.host, target.port), |proxy| (&proxy.host, proxy.port));
    let addresses = resolve(host, port, &patience).map_err(|error| whose(target, error))?;
    let addresses = take_turns(addresses);
    let addresses: Vec<SockAddr> = addresses.into_iter().map(SockAddr::from).collect();
    establish(&addresses, target, &patience)
}

/// [`dial`] for an address that the program has found itself: that of the target, or of its proxy when it has one.
pub fn dial_address(
    address: &SockAddr,
    target: &Target,
    interrupt: Interrupt,
    is_wanted: &dyn Fn() -> bool,
) -> Result<Socket> {
    let patience = Patience::new(target.deadline, interrupt, is_wanted);
    establish(std::slice::from_ref(address), target, &patience)
}

/// Connects, and talks to the proxy if there is one.
fn establish(addresses: &[SockAddr], target: &Target, patience: &Patience<'_>) -> Result<Socket> {
    let socket = connect_first(addresses, target.bind, patience).map_err(|error| whose(target, error))?;
    let socket = Socket::new(socket.into(), patience.interrupt);
    match prepare(&socket, target, patience) {
        Ok(()) => Ok(socket),
        Err(error) => {
            socket.close();
            Err(error)
        }
    }
}

/// Names the proxy in the error, where it is the proxy that was not reached: the caller names the target.
fn whose(target: &Target, error: Error) -> Error {
    match (&target.proxy, error) {
        (Some(proxy), error @ Error::Io(..)) => Error::protocol(format!("{proxy}: {error}")),
        (_, error) => error,
    }
}

/// What a connected socket needs before it carries the stream.
fn prepare(socket: &Socket, target: &Target, patience: &Patience<'_>) -> Result<()> {
    if let Some(proxy) = &target.proxy {
        let Target { host, port, .. } = target;
        proxy::negotiate(&Errand { socket, proxy, host, port: *port, patience })?;
    }
    socket.set_timeout(target.timeout)
}
