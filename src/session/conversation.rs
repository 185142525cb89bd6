//! A conversation in progress: the owner's settings and the sender, and the messages of the protocol's own.
#![forbid(unsafe_code)]

use super::{Host, Message, Sender, feature, link_flag};
use crate::Result;
use crate::chunk::{CONTROL_CHANNEL, Format, MAX_CHUNK_SIZE};
use crate::message::{MessageType, control};

/// The channel of commands that belong to no stream (any above 2 would do; Flash's is 3).
pub(super) const COMMAND_CHANNEL: u32 = 3;
/// The channel of `publish` and of the media that follows it.
pub const PUBLISH_CHANNEL: u32 = 4;
/// The channel of commands to a playing stream.
pub(super) const PLAY_CHANNEL: u32 = 8;
/// As the reference: ten reports a window.
const ACKNOWLEDGEMENTS_PER_WINDOW: u32 = 10;
/// Under this many bytes no report is worth its own bytes.
const SMALLEST_REPORT: u32 = 256;

/// What a call does its work with.
pub struct Conversation<'a, H: Host + ?Sized> {
    /// The owner: settings, public scalars, pending calls.
    pub host: &'a mut H,
    /// Where messages go.
    pub sender: &'a Sender,
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Whether the program publishes.
    pub(super) fn publishes(&self) -> bool {
        self.host.link_protocol() & feature::WRITE != 0
    }

    /// Whether a bit of `Link.lFlags` is set.
    pub(super) fn has(&self, flag: i32) -> bool {
        self.host.link_flags() & flag != 0
    }

    /// Whether the stream is live.
    pub(super) fn is_live(&self) -> bool {
        self.has(link_flag::LIVE)
    }

    /// The message stream as it goes into a header.
    pub(super) fn stream(&self) -> u32 {
        self.host.stream_id() as u32
    }

    /// Our chunk size, whatever the program left in the field.
    pub fn out_chunk_size(&self) -> u32 {
        out_chunk_size(self.host)
    }

    /// The next transaction id.
    pub(super) fn next_transaction(&mut self) -> i32 {
        self.host.next_transaction()
    }

    /// Sends a message of the session's own.
    pub(super) fn post(&mut self, message: Message) -> Result<()> {
        let size = self.out_chunk_size();
        self.sender.answer(message, size)
    }

    /// Sends a protocol control message (RTMP 1.0, section 5.4).
    pub(super) fn post_control(&mut self, kind: MessageType, format: Format, body: &[u8]) -> Result<()> {
        self.post(Message {
            channel: CONTROL_CHANNEL,
            format,
            kind,
            body: body.to_vec(),
            ..Message::default()
        })
    }

    /// Sends a user control event: `RTMP_SendCtrl` (RTMP 1.0, section 7.1.7).
    pub fn send_control(&mut self, event: u16, object: u32, time: u32) -> Result<()> {
        let mut body = event.to_be_bytes().to_vec();
        match event {
            control::SWF_VERIFY_RESPONSE => body.extend(self.host.swf_response()),
            control::SWF_VERIFY_REQUEST => body.push(object as u8),
            _ => body.extend(object.to_be_bytes()),
        }
        if event == control::SET_BUFFER_LENGTH {
            body.extend(time.to_be_bytes());
        }
        crate::debug!("sending user control event {event}, object {object}");
        self.post_control(MessageType::USER_CONTROL, Format::SameStream, &body)
    }

    /// Announces how often we want acknowledgements: `RTMP_SendServerBW` (RTMP 1.0, section 5.4.4).
    pub fn send_window_ack_size(&mut self) -> Result<()> {
        let window = self.host.server_bw();
        self.post_control(MessageType::WINDOW_ACK_SIZE, Format::Full, &window.to_be_bytes())
    }

    /// Limits what the peer may send: `RTMP_SendClientBW` (RTMP 1.0, section 5.4.5).
    pub fn send_peer_bandwidth(&mut self) -> Result<()> {
        let mut body = self.host.client_bw().to_be_bytes().to_vec();
        body.push(self.host.client_bw2());
        self.post_control(MessageType::SET_PEER_BANDWIDTH, Format::Full, &body)
    }

    /// Tells the peer our buffer's length: `RTMP_UpdateBufferMS`.
    pub fn send_buffer_length(&mut self) -> Result<()> {
        let (stream, time) = (self.stream(), self.host.buffer_ms());
        self.send_control(control::SET_BUFFER_LENGTH, stream, time as u32)
    }

    /// Acknowledges what was received when enough has come since the last time (RTMP 1.0, section 5.4.3): part of the
    /// window that the peer has announced, or of the bandwidth that it has set. A tiny one cannot make us flood it.
    pub fn acknowledge(&mut self) -> Result<()> {
        let received = self.host.bytes_in();
        let unreported = received.wrapping_sub(self.host.bytes_in_sent()).cast_unsigned();
        let window = self.host.client_bw().cast_unsigned().min(self.host.server_bw().cast_unsigned());
        let due = (window / ACKNOWLEDGEMENTS_PER_WINDOW).max(SMALLEST_REPORT);
        if unreported <= due || !self.host.send_counter() {
            return Ok(());
        }
        self.host.set_bytes_in_sent(received);
        self.post_control(MessageType::ACKNOWLEDGEMENT, Format::SameStream, &received.to_be_bytes())
    }
}

/// A program's `m_outChunkSize`, kept in the range the protocol allows.
pub fn out_chunk_size<H: Host + ?Sized>(host: &H) -> u32 {
    u32::try_from(host.out_chunk_size()).unwrap_or(1).clamp(1, MAX_CHUNK_SIZE)
}
