//! The handshake over a stream, as client and as server (RTMP 1.0, section 5.2).
#![forbid(unsafe_code)]

use crate::handshake::{Ciphers, Client, Mode, Outcome, Server, SwfKey, is_known};
use crate::transport::{Deadline, Stream};
use crate::{Error, Result};
use std::io::IoSlice;

/// The first byte of a TLS server's answer to a handshake that is not TLS's.
const TLS_ALERT: u8 = 0x15;

/// What a handshake left behind.
#[derive(Debug)]
pub struct Established {
    /// The ciphers, for RTMPE.
    pub ciphers: Option<Ciphers>,
    /// The key of the SWF answer, where the server gave one.
    pub swf_key: Option<SwfKey>,
    /// Bytes received on the way.
    pub received: u32,
}

impl Established {
    /// What a handshake in which so many bytes were received has left behind.
    fn new(outcome: Outcome, received: u32) -> Self {
        Self { ciphers: outcome.ciphers, swf_key: outcome.swf_key, received }
    }
}

/// Shakes hands as the client, by the deadline.
pub fn handshake(stream: &Stream, mode: Mode, uptime_ms: u32, deadline: Deadline) -> Result<Established> {
    let mut first = None;
    shake(stream, mode, uptime_ms, deadline, &mut first)
        .map_err(|error| explained(error, stream, mode, first))
}

/// Shakes hands; the first byte of the server's answer is left in `first`.
fn shake(
    stream: &Stream,
    mode: Mode,
    uptime_ms: u32,
    deadline: Deadline,
    first: &mut Option<u8>,
) -> Result<Established> {
    let (mut client, hello) = Client::start(mode, uptime_ms)?;
    send(stream, &hello)?;
    let mut received = 0_u32;
    while let Some(needed) = client.needs() {
        let bytes = receive(stream, &mut &[][..], needed, deadline)?;
        *first = first.or(bytes.first().copied());
        let answer = client.advance(&bytes)?;
        received = received.wrapping_add(needed as u32);
        send(stream, &answer)?;
    }
    Ok(Established::new(client.finish(), received))
}

/// The error of a handshake, with a hint where the server's first byte, or its silence, tells what is behind the port.
fn explained(error: Error, stream: &Stream, mode: Mode, first: Option<u8>) -> Error {
    let hint = match (first, &error) {
        (_, Error::Interrupted | Error::Usage(_) | Error::Refused(_)) => return error,
        (Some(kind), _) if is_known(kind) => return error,
        (Some(b'H'), _) => "it answers in HTTP: a web server has this port, or it is one for rtmpt".into(),
        (Some(TLS_ALERT), _) => "it answers in TLS: use rtmps".into(),
        (Some(byte), _) => format!("its answer begins with {byte:#04x}, so another service has this port"),
        (None, Error::TimedOut | Error::Protocol(_)) => return error,
        (None, _) => match (mode, stream) {
            (Mode::Encrypted, _) => "it may not speak RTMPE",
            (_, Stream::Tcp(_)) => "it may not serve RTMP on this port, or only over TLS (rtmps)",
            _ => "it may not serve RTMP on this port",
        }
        .into(),
    };
    Error::Protocol(format!("{error}; {hint}"))
}

/// Shakes hands as the server, by the deadline. `early` is what the caller has received of the client already: it comes
/// before what the stream has, and what is left of it is behind the handshake.
pub fn accept(stream: &Stream, early: &mut &[u8], uptime_ms: u32, deadline: Deadline) -> Result<Established> {
    let mut server = Server::start(uptime_ms);
    let mut received = 0_u32;
    while let Some(needed) = server.needs() {
        let answer = server.advance(&receive(stream, early, needed, deadline)?)?;
        received = received.wrapping_add(needed as u32);
        send(stream, &answer)?;
    }
    Ok(Established::new(server.finish(), received))
}

/// Takes bytes from `early`, and receives the rest by the deadline; waits at most as long as a program has set its own
/// socket to.
fn receive(stream: &Stream, early: &mut &[u8], needed: usize, deadline: Deadline) -> Result<Vec<u8>> {
    let there = *early;
    let (taken, rest) = there.split_at_checked(needed).unwrap_or((there, &[]));
    *early = rest;
    let mut bytes = taken.to_vec();
    bytes.resize(needed, 0);
    let deadline = stream.socket().receive_timeout().map_or(deadline, |timeout| deadline.capped(timeout));
    stream.read_exact(bytes.get_mut(taken.len()..).unwrap_or_default(), deadline)?;
    Ok(bytes)
}

fn send(stream: &Stream, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() { Ok(()) } else { stream.send_all(&mut [IoSlice::new(bytes)]) }
}
