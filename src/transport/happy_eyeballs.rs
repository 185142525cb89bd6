//! Connecting to the first of several addresses that answers (Happy Eyeballs, RFC 8305 section 5).
#![forbid(unsafe_code)]

use super::wait::{Patience, timespec};
use super::{Deadline, Interrupt, retry};
use crate::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// How long one address may stay silent before the next is tried beside it (RFC 8305 section 8 recommends 250 ms).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The addresses that cannot be reached, each with the reason, and of what kind the last reason is.
#[derive(Default)]
struct Failures {
    each: Vec<String>,
    kind: Option<io::ErrorKind>,
}

impl Failures {
    fn add(&mut self, address: &SockAddr, error: &io::Error) {
        self.each.push(format!("{}: {error}", name(address)));
        self.kind = Some(error.kind());
    }

    /// The error when no address is left.
    fn into_error(self) -> Error {
        let reasons = self.each.join("; ");
        let text = match self.each.len() {
            1 => reasons,
            count => format!("none of {count} addresses can be reached: {reasons}"),
        };
        Error::Io("connect", io::Error::new(self.kind.unwrap_or(io::ErrorKind::NotFound), text))
    }

    /// The error when time has passed while these were still silent.
    fn with_silence_of(mut self, attempts: &[Attempt<'_>]) -> Error {
        let silent: Vec<String> = attempts.iter().map(|attempt| name(attempt.address)).collect();
        self.each.insert(0, format!("no answer in time from {}", silent.join(", ")));
        Error::Io("connect", io::Error::new(io::ErrorKind::TimedOut, self.each.join("; ")))
    }
}

/// One connection in the making.
struct Attempt<'a> {
    address: &'a SockAddr,
    socket: Socket,
}

/// Connects to the addresses in turn, starting the next when one failed or has been silent for [`ATTEMPT_DELAY`], and
/// gives the first connection made: a blocking, close-on-exec socket that does not delay small writes. Addresses of
/// another family than `bind` are left out.
pub(super) fn connect_first(
    addresses: &[SockAddr],
    bind: Option<IpAddr>,
    patience: &Patience<'_>,
) -> Result<Socket> {
    let mut waiting = addresses.iter().filter(|address| same_family(address, bind)).peekable();
    if waiting.peek().is_none() {
        let text = "the local address (option bind) is of a different family than every address of the peer";
        return Err(Error::Usage(text.into()));
    }
    let mut race = Race { attempts: Vec::new(), failures: Failures::default(), next_start: Instant::now() };
    loop {
        if race.may_start()
            && let Some(address) = waiting.next()
        {
            match race.start(address, bind)? {
                Some(socket) => return finish(socket),
                None => continue,
            }
        }
        if race.attempts.is_empty() {
            return Err(race.failures.into_error());
        }
        let until = match patience.slice() {
            Ok(until) if waiting.peek().is_some() => race.next_start_or(until),
            Ok(until) => until,
            Err(Error::TimedOut) => return Err(race.failures.with_silence_of(&race.attempts)),
            Err(error) => return Err(error),
        };
        if let Some(socket) = race.wait(until, patience.interrupt)? {
            return finish(socket);
        }
    }
}

/// The attempts at once, and what became of those before.
struct Race<'a> {
    attempts: Vec<Attempt<'a>>,
    failures: Failures,
    /// When the next attempt may be started beside those that are silent.
    next_start: Instant,
}

impl<'a> Race<'a> {
    fn may_start(&self) -> bool {
        self.attempts.is_empty() || Instant::now() >= self.next_start
    }

    /// The earlier of the deadline and the moment for the next attempt, which is not quite yet.
    fn next_start_or(&self, deadline: Deadline) -> Deadline {
        let left = self.next_start.saturating_duration_since(Instant::now());
        deadline.capped(left.max(Duration::from_millis(1)))
    }

    /// Starts an attempt; the connection when it stands at once.
    fn start(&mut self, address: &'a SockAddr, bind: Option<IpAddr>) -> Result<Option<Socket>> {
        match start(address, bind)? {
            Start::Connected(socket) => return Ok(Some(socket)),
            Start::Pending(socket) => {
                self.attempts.push(Attempt { address, socket });
                self.next_start = Instant::now() + ATTEMPT_DELAY;
            }
            Start::Failed(error) => self.failures.add(address, &error),
        }
        Ok(None)
    }

    /// Waits until attempts have come to an end, or for this long; the first connection made. After a failure the next
    /// attempt may start at once.
    fn wait(&mut self, until: Deadline, interrupt: Interrupt) -> Result<Option<Socket>> {
        for index in ready(&self.attempts, until, interrupt)?.into_iter().rev() {
            let Attempt { address, socket } = self.attempts.swap_remove(index);
            match socket.take_error() {
                Ok(None) => return Ok(Some(socket)),
                Ok(Some(error)) | Err(error) => {
                    self.failures.add(address, &error);
                    self.next_start = Instant::now();
                }
            }
        }
        Ok(None)
    }
}

/// Orders addresses so that the families take turns, beginning with that of the first (RFC 8305 section 4).
pub(super) fn take_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut other = other.into_iter();
    let mut turns = Vec::new();
    for address in one {
        turns.push(address);
        turns.extend(other.next());
    }
    turns.extend(other);
    turns
}

/// Whether a socket bound to `bind` can reach the address.
fn same_family(address: &SockAddr, bind: Option<IpAddr>) -> bool {
    match bind {
        None => true,
        Some(IpAddr::V4(_)) => address.is_ipv4(),
        Some(IpAddr::V6(_)) => address.is_ipv6(),
    }
}

/// What became of the start of an attempt.
enum Start {
    /// The connection stands.
    Connected(Socket),
    /// It is being made.
    Pending(Socket),
    /// This address cannot be reached.
    Failed(io::Error),
}

/// Begins to connect. An error ends the dialling: it is the local address's, whichever the other is.
fn start(address: &SockAddr, bind: Option<IpAddr>) -> Result<Start> {
    let socket = match open(address) {
        Ok(socket) => socket,
        Err(error) => return Ok(Start::Failed(error)),
    };
    if let Some(bind) = bind {
        let unusable =
            |error| Error::Usage(format!("the local address {bind} (option bind) cannot be used: {error}"));
        socket.bind(&SocketAddr::new(bind, 0).into()).map_err(unusable)?;
    }
    Ok(match socket.connect(address) {
        Ok(()) => Start::Connected(socket),
        Err(error) if error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {
            Start::Pending(socket)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Start::Pending(socket),
        Err(error) => Start::Failed(error),
    })
}

/// A non-blocking socket for an address of this family.
fn open(address: &SockAddr) -> io::Result<Socket> {
    let domain = Domain::from(i32::from(address.family()));
    let protocol = (address.is_ipv4() || address.is_ipv6()).then_some(Protocol::TCP);
    let socket = Socket::new(domain, Type::STREAM, protocol)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Makes the connection the kind of socket that the rest of the library and the program expect.
fn finish(socket: Socket) -> Result<Socket> {
    socket.set_nonblocking(false).map_err(|error| Error::Io("make the socket blocking", error))?;
    if let Err(error) = socket.set_tcp_nodelay(true) {
        crate::debug!("TCP_NODELAY cannot be set: {error}");
    }
    Ok(socket)
}

/// Which attempts have come to an end, well or badly; none when the time has passed.
fn ready(attempts: &[Attempt<'_>], deadline: Deadline, interrupt: Interrupt) -> Result<Vec<usize>> {
    let mut polled: Vec<PollFd<'_>> =
        attempts.iter().map(|attempt| PollFd::new(&attempt.socket, PollFlags::OUT)).collect();
    retry(interrupt, "wait for a connection", || {
        let left = deadline.left().unwrap_or(Some(Duration::ZERO));
        Ok(poll(&mut polled, timespec(left).as_ref())?)
    })?;
    Ok(polled.iter().enumerate().filter(|(_, fd)| !fd.revents().is_empty()).map(|(index, _)| index).collect())
}

/// The address as text.
fn name(address: &SockAddr) -> String {
    address.as_socket().map_or_else(|| "the given address".into(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicI32, Ordering};

    fn by(time: Duration) -> Patience<'static> {
        Patience::new(Deadline::after(time), Interrupt::default(), &|| true)
    }

    fn soon() -> Patience<'static> {
        by(Duration::from_secs(5))
    }

    #[test]
    fn families_take_turns() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let given = ["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1", "1.1.1.2:1"].map(parse).to_vec();
        let expected = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"].map(parse).to_vec();
        assert_eq!(take_turns(given), expected);
    }

    #[test]
    fn a_refused_address_gives_way_to_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [closed().into(), listener.local_addr().unwrap().into()];
        let socket = connect_first(&addresses, None, &soon()).unwrap();
        let peer = socket.peer_addr().unwrap().as_socket().unwrap();
        assert_eq!(peer, listener.local_addr().unwrap());
        assert!(!socket.nonblocking().unwrap());
        assert!(rustix::io::fcntl_getfd(&socket).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
    }

    #[test]
    fn a_silent_address_is_overtaken() {
        let full = TcpListener::bind("127.0.0.1:0").unwrap();
        let full_address = full.local_addr().unwrap();
        let _fill: Vec<Start> = (0..600).map(|_| start(&full_address.into(), None).unwrap()).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [full_address.into(), listener.local_addr().unwrap().into()];
        let began = Instant::now();
        let socket = connect_first(&addresses, None, &soon()).unwrap();
        let peer = socket.peer_addr().unwrap().as_socket().unwrap();
        assert_eq!(peer, listener.local_addr().unwrap());
        assert!(began.elapsed() >= ATTEMPT_DELAY, "the first address was not silent");
        let alone = connect_first(&addresses[..1], None, &by(Duration::from_millis(50)));
        assert!(alone.unwrap_err().to_string().contains("no answer in time"));
        let unwanted_soon = || began.elapsed() < ATTEMPT_DELAY * 2;
        let patience =
            Patience::new(Deadline::after(Duration::from_secs(60)), Interrupt::default(), &unwanted_soon);
        let unwanted = connect_first(&addresses[..1], None, &patience);
        assert!(matches!(unwanted, Err(Error::Closed)));
        static WISH: AtomicI32 = AtomicI32::new(0);
        let to_end = || {
            WISH.store(1, Ordering::Relaxed);
            true
        };
        let patience =
            Patience::new(Deadline::after(Duration::from_secs(60)), Interrupt(Some(&WISH)), &to_end);
        let interrupted = connect_first(&addresses[..1], None, &patience);
        assert!(matches!(interrupted, Err(Error::Interrupted)));
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    /// Where nobody listens.
    fn closed() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[test]
    fn every_address_that_was_tried_is_in_the_error() {
        let (one, other) = (closed(), closed());
        let error = |addresses: &[SocketAddr]| {
            let addresses: Vec<SockAddr> = addresses.iter().map(|&address| address.into()).collect();
            connect_first(&addresses, None, &soon()).unwrap_err().to_string()
        };
        let both = error(&[one, other]);
        let reason = |address: SocketAddr| format!("{address}: Connection refused (os error 111)");
        assert!(both.contains("none of 2 addresses"), "{both}");
        assert!(both.contains(&reason(one)) && both.contains(&reason(other)), "{both}");
        assert_eq!(error(&[one]), format!("connect: {}", reason(one)));
    }

    #[test]
    fn a_local_address_that_is_none_is_named_and_not_the_peers() {
        let peer = closed();
        let bind = "192.0.2.55".parse().ok();
        let error = connect_first(&[peer.into()], bind, &soon()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("local address 192.0.2.55") && !text.contains("127.0.0.1"), "{text}");
    }

    #[test]
    fn binds_to_the_given_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addresses = [listener.local_addr().unwrap().into()];
        let bind = "127.0.0.2".parse().unwrap();
        let socket = connect_first(&addresses, Some(bind), &soon()).unwrap();
        assert_eq!(socket.local_addr().unwrap().as_socket().unwrap().ip(), bind);
        let other = connect_first(&addresses, "::1".parse().ok(), &soon());
        assert!(matches!(other, Err(Error::Usage(_))));
    }
}
