//! Names to addresses, by a deadline.
#![forbid(unsafe_code)]

use super::wait::Patience;
use crate::log::Text;
use crate::{Error, Result};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

/// The longest host name (RFC 1035, section 2.3.4), in bytes.
pub(crate) const MAX_HOST: usize = 255;

/// All addresses of a host, in the system's order. Names are looked up by a thread of their own, because the system's
/// resolver knows no deadline; a look-up that is given up ends by itself later.
pub(super) fn resolve(host: &[u8], port: u16, patience: &Patience<'_>) -> Result<Vec<SocketAddr>> {
    let Ok(name) = std::str::from_utf8(host) else {
        return Err(Error::Usage(format!("the host name \"{}\" is not valid UTF-8", Text(host))));
    };
    if name.is_empty() {
        return Err(Error::Usage("there is no host name to connect to".into()));
    }
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let found = look_up(name, port, patience)?;
    match found {
        Ok(addresses) if addresses.is_empty() => Err(unknown(name, "it has no address")),
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(unknown(name, &error.to_string())),
    }
}

/// Asks the system's resolver and waits for it.
fn look_up(name: &str, port: u16, patience: &Patience<'_>) -> Result<io::Result<Vec<SocketAddr>>> {
    let (answer, answered) = sync_channel(1);
    let asked = name.to_owned();
    let started = start(move || {
        let _ = answer.send((asked.as_str(), port).to_socket_addrs().map(Iterator::collect));
    });
    if started.is_err() {
        return Ok((name, port).to_socket_addrs().map(Iterator::collect));
    }
    loop {
        let slice = patience.slice().map_err(|error| match error {
            Error::TimedOut => unknown(name, "the resolver gave no answer in time"),
            other => other,
        })?;
        match answered.recv_timeout(slice.left().ok().flatten().unwrap_or_default()) {
            Ok(found) => return Ok(found),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(unknown(name, "the resolver failed")),
        }
    }
}

static AROUND_STARTS: OnceLock<fn(&mut dyn FnMut())> = OnceLock::new();

/// Makes the library's own threads be started within `around`, whose signal mask they inherit; only the first call counts.
pub fn start_threads_within(around: fn(&mut dyn FnMut())) {
    let _ = AROUND_STARTS.set(around);
}

/// Starts a thread for some work.
fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut work = Some(work);
    let mut started = Ok(());
    let mut spawn = || {
        if let Some(work) = work.take() {
            started = thread::Builder::new().name("librtmp-resolve".into()).spawn(work).map(drop);
        }
    };
    match AROUND_STARTS.get() {
        Some(around) => around(&mut spawn),
        None => spawn(),
    }
    started
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
    use crate::transport::{Deadline, Interrupt};
    use std::sync::atomic::AtomicI32;
    use std::time::Duration;

    fn by(time: Duration) -> Patience<'static> {
        Patience::new(Deadline::after(time), Interrupt::default(), &|| true)
    }

    fn five() -> Patience<'static> {
        by(Duration::from_secs(5))
    }

    #[test]
    fn numbers_and_local_names() {
        let of = |host: &str| resolve(host.as_bytes(), 7, &five()).unwrap();
        assert_eq!(of("127.0.0.1"), ["127.0.0.1:7".parse().unwrap()]);
        assert_eq!(of("::1"), ["[::1]:7".parse().unwrap()]);
        assert!(of("localhost").iter().all(|address| address.ip().is_loopback()));
        assert!(matches!(of("fe80::1%lo").as_slice(), [SocketAddr::V6(address)] if address.scope_id() != 0));
    }

    #[test]
    fn what_is_no_name_is_an_error() {
        for host in [&b""[..], b"\xff\xfe", b"a\0b", b"no-such-host.invalid"] {
            assert!(resolve(host, 7, &five()).is_err(), "{host:?}");
        }
    }

    #[test]
    fn the_deadline_holds() {
        let error = resolve(b"localhost", 7, &by(Duration::ZERO)).unwrap_err();
        assert!(error.to_string().contains("in time"), "{error}");
    }

    #[test]
    fn an_interrupt_does_not_stop_a_quick_answer() {
        static WISH: AtomicI32 = AtomicI32::new(1);
        let patience =
            Patience::new(Deadline::after(Duration::from_secs(5)), Interrupt(Some(&WISH)), &|| true);
        assert!(resolve(b"127.0.0.1", 7, &patience).is_ok());
    }

    #[test]
    fn what_is_not_wanted_any_more_is_not_waited_for() {
        let patience =
            Patience::new(Deadline::after(Duration::from_secs(5)), Interrupt::default(), &|| false);
        assert!(matches!(resolve(b"localhost", 7, &patience), Err(Error::Closed)));
    }
}
