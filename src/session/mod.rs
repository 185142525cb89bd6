//! The conversation: what is sent and how each message is met (RTMP 1.0, section 7).
//!
//! A [`Session`] is one connection: its reading half ([`Reading`]), the state of `RTMP_Write` ([`Publisher`]) and its
//! writing half ([`Sender`]), which has a lock of its own, so that one thread may read while others write. A
//! [`Conversation`] is a call in progress, with the owner's settings ([`Host`]) at hand.
#![forbid(unsafe_code)]

mod ahead;
mod auth;
mod client_commands;
mod connect_command;
mod conversation;
mod fields;
mod flags;
mod handshake;
mod host;
mod messages;
mod metadata;
mod player;
mod publisher;
mod reading;
mod resume;
mod secrets;
mod sender;
mod server_commands;
mod settings;

pub use ahead::PublishAhead;
pub use client_commands::Answer;
pub use conversation::{Conversation, PUBLISH_CHANNEL, out_chunk_size};
pub use fields::{Fields, LinkFields, ReadFields, Scalars};
pub use flags::{feature, link_flag, pausing, read_flag, read_status};
pub use handshake::{Established, accept, handshake};
pub use host::{Host, MAX_BANDWIDTH_CHECKS, MAX_CALLS, Resumed, TextSetting};
pub use messages::{Event, Incoming};
pub use player::{Player, ReadOutcome};
pub use publisher::Publisher;
pub use reading::{Media, Reading};
pub use sender::{Group, Message, Sender};
pub use settings::Settings;

use crate::chunk::Body;
use crate::handshake::Ciphers;
use crate::transport::Stream;
use std::sync::Arc;

/// One connection: both halves and the stream under them.
#[derive(Debug)]
pub struct Session<B> {
    /// The stream; `interrupt_all` on it wakes both halves.
    pub stream: Arc<Stream>,
    /// The writing half.
    pub sender: Sender,
    /// The reading half.
    pub reading: Reading<B>,
    /// The state of `RTMP_Write`.
    pub publisher: Publisher,
}

impl<B: Body> Session<B> {
    /// A session over an established stream whose handshake is done.
    pub fn new(stream: Arc<Stream>, ciphers: Option<Ciphers>) -> Self {
        let (incoming, outgoing) = ciphers.map(|ciphers| (ciphers.incoming, ciphers.outgoing)).unzip();
        Self {
            sender: Sender::new(Arc::clone(&stream), outgoing),
            reading: Reading::new(incoming),
            publisher: Publisher::default(),
            stream,
        }
    }
}
