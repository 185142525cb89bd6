//! How each message from the peer is met: `RTMP_ClientPacket` (RTMP 1.0, sections 5.4 and 7.1).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Conversation, Host, link_flag, pausing};
use crate::chunk::{MAX_CHUNK_SIZE, MessageHeader};
use crate::flv::Aggregate;
use crate::log;
use crate::message::{MessageType, control};
use crate::{Error, Result};

/// A complete message.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Its header, with the absolute time.
    pub header: MessageHeader,
    /// Its body, `header.length` bytes.
    pub body: &'a [u8],
}

/// What a message meant for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was dealt with.
    Handled,
    /// It is media, for the caller to use.
    Media,
    /// The play is over.
    Ended,
    /// The server asked us to leave.
    Closed,
    /// The settings were changed so that another attempt may succeed.
    Reconnect,
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Meets one message. An error ends the session: the server refused, or broke the protocol beyond repair.
    #[inline(always)] // media, which nearly all is, is met where it was read
    pub fn handle(&mut self, message: &Incoming<'_>) -> Result<Event> {
        let Incoming { header, body } = *message;
        if matches!(header.kind, MessageType::AUDIO | MessageType::VIDEO) {
            self.note_media(header.channel, header.timestamp);
            return Ok(Event::Media);
        }
        self.handle_other(header.kind, header.stream, header.timestamp, body)
    }

    /// Meets a message that is neither sound nor picture.
    fn handle_other(&mut self, kind: MessageType, stream: u32, time: u32, body: &[u8]) -> Result<Event> {
        match kind {
            MessageType::SET_CHUNK_SIZE => self.on_chunk_size(body)?,
            MessageType::ACKNOWLEDGEMENT => crate::debug!("received: bytes read report"),
            MessageType::USER_CONTROL => self.on_user_control(body)?,
            MessageType::WINDOW_ACK_SIZE => self.on_window_ack_size(body),
            MessageType::SET_PEER_BANDWIDTH => self.on_peer_bandwidth(body),
            MessageType::DATA => {
                crate::debug!("RTMP_ClientPacket, received: notify {} bytes", body.len());
                return Ok(if self.on_data(body) { Event::Media } else { Event::Handled });
            }
            MessageType::AGGREGATE => {
                self.on_aggregate(time, body);
                return Ok(Event::Media);
            }
            MessageType::COMMAND => return self.on_command(stream, body),
            MessageType::COMMAND_AMF3 => {
                return self.on_command(stream, body.get(1..).unwrap_or_default());
            }
            MessageType(other) => {
                crate::debug!("received a message of type {other}, {} bytes: ignored", body.len())
            }
        }
        Ok(Event::Handled)
    }

    /// Shows what the server said, but for secrets that it repeats: programs find redirections and reasons in the log.
    pub(super) fn show(&mut self, body: &[u8]) {
        if log::enabled(log::Level::Debug)
            && let Ok(body) = self.secrets().covered(body)
        {
            self.host.show_values(&body);
        }
    }

    /// Set Chunk Size (RTMP 1.0, section 5.4.1).
    fn on_chunk_size(&mut self, body: &[u8]) -> Result<()> {
        let Some(size) = read_u32(body, 0) else {
            crate::warning!("chunk size message of {} bytes: ignored", body.len());
            return Ok(());
        };
        if !(1..=MAX_CHUNK_SIZE).contains(&size) {
            return Err(Error::protocol(format!(
                "the server announced a chunk size of {size} bytes, outside 1 to {MAX_CHUNK_SIZE}"
            )));
        }
        crate::debug!("received: chunk size change to {size}");
        self.host.set_in_chunk_size(size.cast_signed());
        Ok(())
    }

    /// Window Acknowledgement Size (RTMP 1.0, section 5.4.4).
    fn on_window_ack_size(&mut self, body: &[u8]) {
        if let Some(window) = read_u32(body, 0) {
            crate::debug!("server BW = {window}");
            self.host.set_server_bw(window.cast_signed());
        }
    }

    /// Set Peer Bandwidth (RTMP 1.0, section 5.4.5).
    fn on_peer_bandwidth(&mut self, body: &[u8]) {
        if let Some(window) = read_u32(body, 0) {
            let limit = body.get(4).copied().unwrap_or(u8::MAX);
            crate::debug!("client BW = {window}, limit type {limit}");
            self.host.set_client_bw(window.cast_signed());
            self.host.set_client_bw2(limit);
        }
    }

    /// User Control (RTMP 1.0, sections 6.2 and 7.1.7).
    fn on_user_control(&mut self, body: &[u8]) -> Result<()> {
        let Some(event) = body.first_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes)) else {
            crate::warning!("user control message of {} bytes: ignored", body.len());
            return Ok(());
        };
        if event == control::SWF_VERIFY_REQUEST {
            return self.on_swf_verification(body.get(2).copied());
        }
        let Some(value) = read_u32(body, 2) else {
            crate::warning!("user control event {event} without its value: ignored");
            return Ok(());
        };
        crate::debug!("received user control event {event}, value {value}");
        match event {
            control::STREAM_EOF if self.host.pausing() == pausing::ASKED => {
                self.host.set_pausing(pausing::AT_END);
            }
            control::PING_REQUEST => self.send_control(control::PING_RESPONSE, value, 0)?,
            control::BUFFER_EMPTY => self.on_buffer_empty()?,
            _ => {}
        }
        Ok(())
    }

    /// Toggles the stream where the program wants that: the server has sent all that the player's buffer holds.
    fn on_buffer_empty(&mut self) -> Result<()> {
        if !self.has(link_flag::BUFX) {
            return Ok(());
        }
        match self.host.pausing() {
            pausing::NONE => {
                let time = self.host.channel_time(self.host.media_channel());
                self.host.set_pause_stamp(time);
                self.send_pause(true, time.cast_signed())?;
                self.host.set_pausing(pausing::ASKED);
            }
            pausing::AT_END => {
                let time = self.host.pause_stamp();
                self.send_pause(false, time.cast_signed())?;
                self.host.set_pausing(pausing::RESUMING);
            }
            _ => {}
        }
        Ok(())
    }

    /// Answers the question for the player's SWF.
    fn on_swf_verification(&mut self, kind: Option<u8>) -> Result<()> {
        if let Some(kind @ 2..) = kind {
            crate::error!("the server asks for SWF verification of type {kind}; only type 1 is known");
            return Ok(());
        }
        if self.host.link_swf_size() == 0 {
            crate::error!("the server asks for SWF verification: give swfUrl= and swfVfy=1");
            return Ok(());
        }
        self.send_control(control::SWF_VERIFY_RESPONSE, 0, 0)
    }

    /// Notes where and when media came.
    pub(super) fn note_media(&mut self, channel: u32, time: u32) {
        if self.host.media_channel() == 0 {
            self.host.set_media_channel(channel.cast_signed());
        }
        if self.host.pausing() == pausing::NONE {
            self.host.set_media_stamp(time);
        }
    }

    /// Learns from an aggregate, which the program gets as it is (RTMP 1.0, section 7.1.6).
    fn on_aggregate(&mut self, time: u32, body: &[u8]) {
        let mut stamp = time;
        let mut tags = Aggregate::new(body, time);
        for tag in tags.by_ref().map_while(Result::ok) {
            match tag.kind {
                MessageType::AUDIO | MessageType::VIDEO => stamp = tag.timestamp,
                MessageType::DATA => {
                    self.on_data(tag.body);
                }
                _ => {}
            }
        }
        if self.host.pausing() == pausing::NONE {
            self.host.set_media_stamp(stamp);
        }
        if let left @ 1.. = tags.left() {
            crate::warning!("the last {left} bytes of an aggregate message are not a tag and are dropped");
        }
    }
}

fn read_u32(body: &[u8], at: usize) -> Option<u32> {
    body.get(at..).and_then(<[u8]>::first_chunk::<4>).map(|bytes| u32::from_be_bytes(*bytes))
}
