//! Chunk headers as they are read: what a header says, together with what is known of its channel (RTMP 1.0, section 5.3.1).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::channel::Channel;
use crate::chunk::header::{Basic, EXTENDED, u24};
use crate::chunk::{Format, MessageHeader};
use crate::message::MessageType;
use crate::{Error, Result};

/// A chunk header that is all there.
pub(super) struct Parsed {
    /// The message it begins or continues; the timestamp as carried.
    pub(super) header: MessageHeader,
    /// Whether that timestamp came, or ought to have come, in an extended timestamp.
    pub(super) extended: bool,
    /// Whether a message begins with this chunk.
    pub(super) begins: bool,
    /// Bytes of the header.
    pub(super) len: usize,
}

/// Reads the rest of the header that `bytes` begin with; `None` while it is not all there.
///
/// # Errors
/// [`Error::Protocol`] when a channel begins with a header that refers to an earlier one.
#[inline(always)]
pub(super) fn parse<B>(basic: &Basic, known: Option<&Channel<B>>, bytes: &[u8]) -> Result<Option<Parsed>> {
    if known.is_none() && !may_come_first(basic.format) {
        return Err(Error::Protocol(format!(
            "the peer's first chunk on channel {} has a header of format {}, which refers to an earlier one",
            basic.channel, basic.format as u8
        )));
    }
    let fields_len = basic.format.message_header_len();
    let after = bytes.get(basic.len..).unwrap_or_default();
    let Some((fields, rest)) = after.split_at_checked(fields_len) else { return Ok(None) };
    let mut header = known.map_or_else(MessageHeader::default, |channel| channel.header);
    header.channel = basic.channel;
    let begins = basic.format != Format::Same || !known.is_some_and(|channel| channel.open);
    if begins {
        // Also for format 3, which repeats the last time as a delta, even when it was absolute.
        header.format = basic.format;
    }
    let extended = if basic.format == Format::Same {
        match repeated(known, rest) {
            Some(extended) => extended,
            None => return Ok(None),
        }
    } else {
        carried(&mut header, fields);
        if header.timestamp == EXTENDED {
            let Some(time) = rest.first_chunk() else { return Ok(None) };
            header.timestamp = u32::from_be_bytes(*time);
            Extended::Present
        } else {
            Extended::None
        }
    };
    let len = basic.len.saturating_add(fields_len).saturating_add(extended.len());
    Ok(Some(Parsed { header, extended: extended != Extended::None, begins, len }))
}

/// Whether a header of this format says enough without an earlier one on its channel. Format 1 lacks only the stream,
/// which is then 0: librtmp's own senders begin channels with it (bytes-read reports, rtmpsrv's answer to connect).
fn may_come_first(format: Format) -> bool {
    matches!(format, Format::Full | Format::SameStream)
}

/// The extended timestamp of a header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extended {
    /// The time fits the message header.
    None,
    /// It stands behind the message header.
    Present,
    /// It ought to stand there and the peer left it out.
    LeftOut,
}

impl Extended {
    fn len(self) -> usize {
        if self == Extended::Present { 4 } else { 0 }
    }
}

/// Whether the time of the message is repeated behind a format 3 header, as the specification demands and not every
/// peer does: seen by comparing. Where the header carried a delta, that is repeated, or the absolute time that results.
/// `None` while too little has arrived to tell.
fn repeated<B>(known: Option<&Channel<B>>, rest: &[u8]) -> Option<Extended> {
    let Some(channel) = known.filter(|channel| channel.extended) else { return Some(Extended::None) };
    let times = [channel.header.timestamp, channel.absolute_time()].map(u32::to_be_bytes);
    if times.iter().any(|time| rest.starts_with(time)) {
        Some(Extended::Present)
    } else if times.iter().any(|time| time.starts_with(rest)) {
        None
    } else {
        Some(Extended::LeftOut)
    }
}

/// Takes over what a message header of formats 0 to 2 carries; `fields` is as long as the format says.
fn carried(header: &mut MessageHeader, fields: &[u8]) {
    header.timestamp = u24(fields).unwrap_or_default();
    if let Some(length) = fields.get(3..).and_then(u24) {
        header.length = length;
    }
    if let Some(&kind) = fields.get(6) {
        header.kind = MessageType(kind);
    }
    if let Some(stream) = fields.get(7..).and_then(|rest| rest.first_chunk()) {
        header.stream = u32::from_le_bytes(*stream);
    }
}
