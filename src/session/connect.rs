//! The handshake over a stream, as client and as server (RTMP 1.0, section 5.2).
#![forbid(unsafe_code)]

use crate::Result;
use crate::handshake::{Ciphers, Client, Mode, Outcome, Server, SwfKey};
use crate::transport::{Deadline, Stream};
use std::io::IoSlice;

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
    fn new(outcome: Outcome, received: u32) -> Self {
        Self { ciphers: outcome.ciphers, swf_key: outcome.swf_key, received }
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
fn receive(stream: &Stream, needed: usize, deadline: Deadline) -> Result<Vec<u8>> {
    let mut bytes = vec![0; needed];
    let deadline = stream.socket().receive_timeout().map_or(deadline, |timeout| deadline.or_after(timeout));
    stream.read_exact(&mut bytes, deadline)?;
    Ok(bytes)
}

fn send(stream: &Stream, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() { Ok(()) } else { stream.send_all(&mut [IoSlice::new(bytes)]) }
}
