//! The handshake over a stream, as client and as server (RTMP 1.0, section 5.2).
#![forbid(unsafe_code)]

use crate::crypto::Rc4;
use crate::handshake::{Client, Mode, Outcome, Server};
use crate::transport::{Deadline, Stream};
use crate::{Result, transport};
use std::io::IoSlice;

/// The ciphers of an RTMPE connection.
#[derive(Debug)]
pub struct Ciphers {
    /// Deciphers what the peer sends.
    pub incoming: Rc4,
    /// Enciphers what we send.
    pub outgoing: Rc4,
}

/// What a handshake left behind.
#[derive(Debug)]
pub struct Established {
    /// The ciphers, for RTMPE.
    pub ciphers: Option<Ciphers>,
    /// The key of the SWF answer, where the server gave one.
    pub swf_key: Option<[u8; 32]>,
    /// Bytes received on the way.
    pub received: u32,
}

impl Established {
    fn new(outcome: Outcome, received: u32) -> Self {
        let ciphers = outcome.encryption.map(|(incoming, outgoing)| Ciphers { incoming, outgoing });
        Self { ciphers, swf_key: outcome.swf_key, received }
    }
}

/// Shakes hands as the client, by the deadline.
pub fn handshake(stream: &Stream, mode: Mode, uptime_ms: u32, deadline: Deadline) -> Result<Established> {
    let (mut client, hello) = Client::start(mode, uptime_ms)?;
    send(stream, &hello)?;
    let mut received = 0_u32;
    while let Some(needed) = client.needs() {
        let answer = client.advance(&receive(stream, needed, deadline)?)?;
        received = received.wrapping_add(needed as u32);
        send(stream, &answer)?;
    }
    Ok(Established::new(client.finish(), received))
}

/// Shakes hands as the server, by the deadline.
pub fn accept(stream: &Stream, uptime_ms: u32, deadline: Deadline) -> Result<Established> {
    let mut server = Server::start(uptime_ms);
    let mut received = 0_u32;
    while let Some(needed) = server.needs() {
        let answer = server.advance(&receive(stream, needed, deadline)?)?;
        received = received.wrapping_add(needed as u32);
        send(stream, &answer)?;
    }
    Ok(Established::new(server.finish(), received))
}

/// Receives by the deadline, and waits at most as long as a program has set its own socket to.
fn receive(stream: &transport::Stream, needed: usize, deadline: Deadline) -> Result<Vec<u8>> {
    let mut bytes = vec![0; needed];
    let deadline = stream.socket().receive_timeout().map_or(deadline, |timeout| deadline.or_after(timeout));
    stream.read_exact(&mut bytes, deadline)?;
    Ok(bytes)
}

fn send(stream: &transport::Stream, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() { Ok(()) } else { stream.send_all(&mut [IoSlice::new(bytes)]) }
}
