//! What a client is told: media, control messages, answers and status. Any thread may speak.

use crate::hub::Name;
use rtmp::Result;
use rtmp::amf::Encoder;
use rtmp::chunk::{CONTROL_CHANNEL, DEFAULT_CHUNK_SIZE, Format, Outgoing};
use rtmp::message::{MessageType, command};
use rtmp::session::{Message, Sender};
use rtmp::transport::Stream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The channel of commands that belong to no stream.
const COMMAND_CHANNEL: u32 = 3;
/// The first channel of the first stream.
const FIRST_STREAM_CHANNEL: u32 = 4;
/// Channels of a stream: status and data, audio, video.
const CHANNELS_PER_STREAM: u32 = 3;

/// The sending side of a connection.
#[derive(Debug)]
pub(crate) struct Client {
    /// The connection.
    pub(crate) stream: Arc<Stream>,
    /// The address, for messages.
    peer: String,
    sender: Sender,
    chunk_size: AtomicU32,
}

/// How serious a status is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    Status,
    Error,
}

impl Client {
    /// A client whose handshake is done.
    pub(crate) fn new(stream: Arc<Stream>, peer: String, sender: Sender) -> Self {
        Self { stream, peer, sender, chunk_size: AtomicU32::new(DEFAULT_CHUNK_SIZE) }
    }

    /// Notes on standard error what the client does; scripts wait for these lines.
    pub(crate) fn note(&self, does: &str, name: &Name) {
        eprintln!("loopback: {} {does} {name}", self.peer);
    }

    /// Sends a message of a stream, and waits while the client is slow to read.
    pub(crate) fn media(&self, stream: u32, kind: MessageType, timestamp: u32, body: &[u8]) -> Result<()> {
        let channel = channel(stream, kind);
        let message = Outgoing { channel, format: Format::SameStream, timestamp, kind, stream, body };
        self.sender.send(&message, self.chunk_size.load(Ordering::Relaxed)).map(drop)
    }

    /// Sends the chunk size of everything that follows.
    pub(crate) fn announce_chunk_size(&self, size: u32) -> Result<()> {
        self.protocol(MessageType::SET_CHUNK_SIZE, &size.to_be_bytes())?;
        self.chunk_size.store(size, Ordering::Relaxed);
        Ok(())
    }

    /// Sends a protocol control message (RTMP 1.0, section 5.4).
    pub(crate) fn protocol(&self, kind: MessageType, body: &[u8]) -> Result<()> {
        self.post(CONTROL_CHANNEL, kind, 0, body.to_vec())
    }

    /// Sends a user control event (RTMP 1.0, section 7.1.7).
    pub(crate) fn control(&self, event: u16, value: u32) -> Result<()> {
        let body = [&event.to_be_bytes()[..], &value.to_be_bytes()].concat();
        self.protocol(MessageType::USER_CONTROL, &body)
    }

    /// Sends a command or an answer that belongs to no stream.
    pub(crate) fn command(&self, body: Encoder) -> Result<()> {
        self.post(COMMAND_CHANNEL, MessageType::COMMAND, 0, body.finish())
    }

    /// Tells the status of a stream.
    pub(crate) fn status(&self, stream: u32, level: Level, code: &str, description: &str) -> Result<()> {
        let body = Encoder::new().string(command::ON_STATUS).number(0.0).null().object(|object| {
            let level: &[u8] = match level {
                Level::Status => b"status",
                Level::Error => b"error",
            };
            object.string(b"level", level);
            object.string(b"code", code.as_bytes());
            object.string(b"description", description.as_bytes());
        });
        self.post(channel(stream, MessageType::COMMAND), MessageType::COMMAND, stream, body.finish())
    }

    /// Sends at once, or behind the message that another thread is sending.
    fn post(&self, channel: u32, kind: MessageType, stream: u32, body: Vec<u8>) -> Result<()> {
        let message = Message { channel, format: Format::Full, timestamp: 0, kind, stream, body };
        self.sender.answer(message, self.chunk_size.load(Ordering::Relaxed))
    }
}

/// The channel of a stream's messages of this kind: times run on by themselves in each, which makes headers short.
fn channel(stream: u32, kind: MessageType) -> u32 {
    let place = match kind {
        MessageType::AUDIO => 1,
        MessageType::VIDEO => 2,
        _ => 0,
    };
    FIRST_STREAM_CHANNEL + stream.saturating_sub(1) * CHANNELS_PER_STREAM + place
}
