//! The connection of one request: TCP or TLS, each wait under a deadline.
#![forbid(unsafe_code)]

use super::{Limits, Url};
use crate::transport::Deadline;
use crate::{Error, Result};
use openssl::ssl::{
    HandshakeError, MidHandshakeSslStream, SslConnector, SslMethod, SslStream, SslVerifyMode,
};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The environment variable that, set to 0, turns the check of certificates off.
const VERIFY_VARIABLE: &str = "LIBRTMP_TLS_VERIFY";

/// A connection; dropping it closes it.
#[derive(Debug)]
pub(super) enum Connection {
    Plain(Timed),
    Tls(SslStream<Timed>),
}

impl Connection {
    /// Connects to the URL's host, trying all its addresses, and shakes hands where the URL is https.
    pub(super) fn open(url: &Url, limits: Limits, total: Deadline) -> Result<Self> {
        let soon = Deadline::after(limits.wait);
        let tcp = connect(url, soon)?;
        let timed = Timed { tcp, wait: limits.wait, soon, total };
        if url.is_secure() { secure(url.host(), timed) } else { Ok(Self::Plain(timed)) }
    }

    /// From here on the server may take long, but not be silent for long.
    pub(super) fn head_is_read(&mut self) {
        let timed = match self {
            Self::Plain(timed) => timed,
            Self::Tls(stream) => stream.get_mut(),
        };
        timed.soon = Deadline::NEVER;
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A TCP stream on which no call waits longer than `wait`, nor beyond either deadline.
#[derive(Debug)]
pub(super) struct Timed {
    tcp: TcpStream,
    wait: Duration,
    soon: Deadline,
    total: Deadline,
}

impl Timed {
    /// How long the next call may wait.
    fn left(&self) -> io::Result<Option<Duration>> {
        let mut wait = self.wait;
        for deadline in [self.soon, self.total] {
            let left = deadline.left().map_err(|_| io::Error::from(ErrorKind::TimedOut))?;
            wait = wait.min(left.unwrap_or(wait));
        }
        Ok(Some(wait))
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(self.left()?)?;
        self.tcp.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(self.left()?)?;
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tries the host's addresses in turn, sharing the time among those that are left.
fn connect(url: &Url, deadline: Deadline) -> Result<TcpStream> {
    let addresses: Vec<SocketAddr> = (url.host(), url.port())
        .to_socket_addrs()
        .map_err(|error| Error::Io("resolve the HTTP server's name", error))?
        .collect();
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for (tried, address) in addresses.iter().enumerate() {
        let untried = u32::try_from(addresses.len().saturating_sub(tried)).unwrap_or(u32::MAX);
        let Some(left) = deadline.left()? else { continue };
        match TcpStream::connect_timeout(address, left / untried.max(1)) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => failure = error,
        }
    }
    Err(Error::Io("connect to the HTTP server", failure))
}

/// Shakes hands, with the chain and the host verified unless the environment says otherwise.
fn secure(host: &str, timed: Timed) -> Result<Connection> {
    let failed = |error: &dyn std::fmt::Display| Error::Refused(format!("TLS with {host}: {error}"));
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(|error| failed(&error))?;
    let verify = std::env::var_os(VERIFY_VARIABLE).is_none_or(|value| value != "0");
    if !verify {
        builder.set_verify(SslVerifyMode::NONE);
    }
    let mut configuration = builder.build().configure().map_err(|error| failed(&error))?;
    configuration.set_verify_hostname(verify);
    match configuration.connect(host, timed) {
        Ok(stream) => Ok(Connection::Tls(stream)),
        Err(HandshakeError::SetupFailure(error)) => Err(failed(&error)),
        Err(HandshakeError::WouldBlock(_)) => Err(Error::TimedOut),
        Err(HandshakeError::Failure(stream)) => Err(handshake_error(host, &stream)),
    }
}

/// Why a handshake failed, and the way out where there is one.
fn handshake_error(host: &str, stream: &MidHandshakeSslStream<Timed>) -> Error {
    let verified = stream.ssl().verify_result();
    if verified != openssl::x509::X509VerifyResult::OK {
        return Error::Refused(format!(
            "TLS with {host}: the certificate is not accepted: {}; {VERIFY_VARIABLE}=0 in the environment turns the check off",
            verified.error_string()
        ));
    }
    match stream.error().io_error() {
        Some(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => Error::TimedOut,
        _ => Error::Refused(format!("TLS with {host}: {}", stream.error())),
    }
}
