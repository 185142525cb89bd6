//! Names to addresses, by a deadline.
#![forbid(unsafe_code)]

use super::{Deadline, Interrupt};
use crate::log::Text;
use crate::{Error, Result};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// How often the program's wish to end is looked at while the system's resolver works.
const LOOK_UP_SLICE: Duration = Duration::from_millis(100);

/// All addresses of a host, in the system's order. Names are looked up by a thread of their own, because the system's
/// resolver knows no deadline; a look-up that is given up ends by itself later.
pub(super) fn resolve(
    host: &[u8],
    port: u16,
    deadline: Deadline,
    interrupt: Interrupt,
) -> Result<Vec<SocketAddr>> {
    let Ok(name) = std::str::from_utf8(host) else {
        return Err(Error::Usage(format!("the host name \"{}\" is not valid UTF-8", Text(host))));
    };
    if name.is_empty() {
        return Err(Error::Usage("there is no host name to connect to".into()));
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = look_up(name, port, deadline, interrupt)?;
    match found {
        Ok(addresses) if addresses.is_empty() => Err(unknown(name, "it has no address")),
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(unknown(name, &error.to_string())),
    }
}

/// Asks the system's resolver and waits for it.
fn look_up(
    name: &str,
    port: u16,
    deadline: Deadline,
    interrupt: Interrupt,
) -> Result<io::Result<Vec<SocketAddr>>> {
    let (answer, answered) = sync_channel(1);
    let asked = name.to_owned();
    let started = thread::Builder::new().name("librtmp-resolve".into()).spawn(move || {
        let _ = answer.send((asked.as_str(), port).to_socket_addrs().map(Iterator::collect));
    });
    if started.is_err() {
        return Ok((name, port).to_socket_addrs().map(Iterator::collect));
    }
    loop {
        let slice = match deadline.left() {
            Ok(left) => left.map_or(LOOK_UP_SLICE, |left| left.min(LOOK_UP_SLICE)),
            Err(_) => return Err(unknown(name, "the resolver gave no answer in time")),
        };
        match answered.recv_timeout(slice) {
            Ok(found) => return Ok(found),
            Err(RecvTimeoutError::Timeout) if interrupt.requested() => return Err(Error::Interrupted),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(unknown(name, "the resolver failed")),
        }
    }
}

/// The error for a name without addresses.
fn unknown(name: &str, why: &str) -> Error {
    // The standard library's words stand before those of the system.
    let why = why.strip_prefix("failed to lookup address information: ").unwrap_or(why);
    let text = format!("{}: {why}", Text(name.as_bytes()));
    Error::Io("resolve", io::Error::new(io::ErrorKind::NotFound, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicI32;

    fn by(time: Duration) -> Deadline {
        Deadline::after(time)
    }

    fn five() -> Deadline {
        by(Duration::from_secs(5))
    }

    #[test]
    fn numbers_and_local_names() {
        let of = |host: &str| resolve(host.as_bytes(), 7, five(), Interrupt::default()).unwrap();
        assert_eq!(of("127.0.0.1"), ["127.0.0.1:7".parse().unwrap()]);
        assert_eq!(of("::1"), ["[::1]:7".parse().unwrap()]);
        assert!(of("localhost").iter().all(|address| address.ip().is_loopback()));
        assert!(matches!(of("fe80::1%lo").as_slice(), [SocketAddr::V6(address)] if address.scope_id() != 0));
    }

    #[test]
    fn what_is_no_name_is_an_error() {
        for host in [&b""[..], b"\xff\xfe", b"a\0b", b"no-such-host.invalid"] {
            assert!(resolve(host, 7, five(), Interrupt::default()).is_err(), "{host:?}");
        }
    }

    #[test]
    fn the_deadline_holds() {
        let error = resolve(b"localhost", 7, by(Duration::ZERO), Interrupt::default()).unwrap_err();
        assert!(error.to_string().contains("in time"), "{error}");
    }

    #[test]
    fn an_interrupt_does_not_stop_a_quick_answer() {
        static WISH: AtomicI32 = AtomicI32::new(1);
        assert!(resolve(b"127.0.0.1", 7, five(), Interrupt(Some(&WISH))).is_ok());
    }
}
