//! Messages into chunks: header forms are chosen here and a message is laid out for one gathered write.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::channels::Channels;
use super::header::{EXTENDED, RawHeader, u24_bytes};
use super::{CONTROL_CHANNEL, Format, MAX_CHANNEL, MAX_CHUNK_SIZE, MAX_HEADER};
use crate::message::MessageType;
use crate::{Error, Result};
use std::io::IoSlice;

/// The longest body: its length stands in 24 bits.
pub const MAX_BODY: usize = 0xff_ffff;
/// Slices whose memory is kept from message to message (16 bytes each).
const KEPT_SLICES: usize = 256;
/// Bytes of copied chunks whose memory is kept from message to message.
const KEPT_BYTES: usize = 8 * 1024;
/// Chunks smaller than this are copied together: the kernel takes longer over a slice than a copy of so few bytes
/// takes (measured: at 128 bytes a gathered write costs 2.6 times the copy and its write, at 512 they are equal).
const GATHERED: usize = 512;

/// A message to send; the body stays where it is.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The chunk stream (channel), 2..=65599.
    pub channel: u32,
    /// The most header the sender wants; the writer may carry less where the receiver computes the same, and more
    /// where it would not.
    pub format: Format,
    /// Absolute time in milliseconds.
    pub timestamp: u32,
    /// What the body is.
    pub kind: MessageType,
    /// The message stream; counts with [`Format::Full`] and for the first message of a channel, else the channel's last
    /// is kept, as the receiver keeps it.
    pub stream: u32,
    /// The body, at most 0xffffff bytes.
    pub body: &'a [u8],
}

/// Remembers the last message of each channel and cuts messages into chunks.
#[derive(Debug, Default)]
pub struct Writer {
    channels: Channels<Last>,
    /// Empty between calls, as is `copied`; kept for their memory.
    copied: Vec<u8>,
    slices: Vec<IoSlice<'static>>,
}

/// A message cut into chunks.
struct Chunks<'a> {
    /// The header of the first chunk.
    first: RawHeader,
    /// The header of each further chunk.
    next: RawHeader,
    body: &'a [u8],
    /// Bytes of body in a chunk, at least 1.
    size: usize,
}

impl Chunks<'_> {
    /// Each chunk's header and part of the body; a message without a body is a header alone.
    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let (start, rest) = self.body.split_at(self.size.min(self.body.len()));
        let further = rest.chunks(self.size.max(1)).map(|part| (self.next.as_bytes(), part));
        std::iter::once((self.first.as_bytes(), start)).chain(further)
    }

    /// No fewer bytes than all chunks have.
    fn most_bytes(&self) -> usize {
        let headers = self.body.len().div_ceil(self.size.max(1)).saturating_mul(self.next.as_bytes().len());
        self.body.len().saturating_add(headers).saturating_add(MAX_HEADER)
    }
}

/// The last message of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Last {
    timestamp: u32,
    /// The delta its header carried, `None` for an absolute time.
    delta: Option<u32>,
    length: usize,
    kind: MessageType,
    stream: u32,
}

impl Writer {
    /// Lays a message out: calls `send` once with all its slices (headers from memory of the writer's, body slices
    /// from the message; small chunks copied together). The channel's state changes only when `send` succeeds. Returns the format chosen.
    ///
    /// There may be more slices than one system call takes. Fails with [`Error::Usage`] for a body beyond
    /// [`MAX_BODY`], a channel outside 2..=[`MAX_CHANNEL`] or a chunk size outside 1..=[`MAX_CHUNK_SIZE`].
    pub fn write<T>(
        &mut self,
        message: &Outgoing<'_>,
        chunk_size: u32,
        send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>,
    ) -> Result<(Format, T)> {
        check(message, chunk_size)?;
        let last = self.channels.get(message.channel);
        let (format, now) = choose(message, last);
        let time = now.delta.unwrap_or(now.timestamp);
        let first = first_header(message, format, &now, time);
        let next = next_header(message.channel, time);
        let chunks = Chunks { first, next, body: message.body, size: chunk_size as usize };
        let result = if chunks.size < GATHERED && message.body.len() > chunks.size {
            self.copied(&chunks, send)
        } else {
            self.gathered(&chunks, send)
        };
        let sent = result?;
        match self.channels.get_mut(message.channel) {
            Some(last) => *last = now,
            None => {
                self.channels.insert(message.channel, now);
            }
        }
        Ok((format, sent))
    }

    /// Lays out headers and parts of the body as slices.
    fn gathered<T>(
        &mut self,
        chunks: &Chunks<'_>,
        send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>,
    ) -> Result<T> {
        let mut slices: Vec<IoSlice<'_>> = std::mem::take(&mut self.slices);
        for (header, part) in chunks.iter() {
            slices.push(IoSlice::new(header));
            slices.push(IoSlice::new(part));
        }
        let result = send(&mut slices);
        self.slices = recycle(slices);
        result
    }

    /// Lays out headers and parts of the body one behind the other, as one slice.
    fn copied<T>(
        &mut self,
        chunks: &Chunks<'_>,
        send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>,
    ) -> Result<T> {
        self.copied.clear();
        self.copied
            .try_reserve(chunks.most_bytes())
            .map_err(|_| Error::Io("lay out a message", std::io::ErrorKind::OutOfMemory.into()))?;
        // A chain of iterators takes fewer steps from the inside than in a loop.
        chunks.iter().for_each(|(header, part)| {
            self.copied.extend_from_slice(header);
            self.copied.extend_from_slice(part);
        });
        let result = send(&mut [IoSlice::new(&self.copied)]);
        self.copied.clear();
        self.copied.shrink_to(KEPT_BYTES);
        result
    }
}

/// Empties the list for the next message. (Collecting an emptied vector's iterator keeps its memory.)
fn recycle(mut slices: Vec<IoSlice<'_>>) -> Vec<IoSlice<'static>> {
    slices.clear();
    slices.shrink_to(KEPT_SLICES);
    slices.into_iter().map(|_| IoSlice::new(&[])).collect()
}

/// Refuses what the format cannot express.
fn check(message: &Outgoing<'_>, chunk_size: u32) -> Result<()> {
    if message.body.len() > MAX_BODY {
        return Err(Error::Usage(format!(
            "a message of {} bytes cannot be sent, {MAX_BODY} is the most",
            message.body.len()
        )));
    }
    if !(CONTROL_CHANNEL..=MAX_CHANNEL).contains(&message.channel) {
        return Err(Error::Usage(format!(
            "channel {} does not exist, they are {CONTROL_CHANNEL} to {MAX_CHANNEL}",
            message.channel
        )));
    }
    if !(1..=MAX_CHUNK_SIZE).contains(&chunk_size) {
        return Err(Error::Usage(format!(
            "a chunk size of {chunk_size} is not possible, 1 to {MAX_CHUNK_SIZE} are"
        )));
    }
    Ok(())
}

/// Chooses the shortest header from which every receiver computes the right message.
fn choose(message: &Outgoing<'_>, last: Option<&Last>) -> (Format, Last) {
    let now = Last {
        timestamp: message.timestamp,
        delta: None,
        length: message.body.len(),
        kind: message.kind,
        stream: message.stream,
    };
    let Some(last) = last.filter(|_| message.format != Format::Full) else { return (Format::Full, now) };
    let now = Last { stream: last.stream, ..now };
    let delta = message.timestamp.wrapping_sub(last.timestamp);
    if delta > u32::MAX / 2 {
        // Backwards: as a delta it would be 2^32 minus something, which not every receiver wraps.
        return (Format::Full, now);
    }
    let now = Last { delta: Some(delta), ..now };
    let same_shape = now.length == last.length && now.kind == last.kind;
    // After an absolute time receivers differ in what format 3 adds to it, and with an extended timestamp in whether
    // it is repeated.
    let same_delta = last.delta == Some(delta) && delta < EXTENDED;
    let format = match (same_shape, same_delta) {
        (false, _) => Format::SameStream,
        (true, false) => Format::SameLength,
        (true, true) => Format::Same,
    };
    (format, now)
}

/// The header of the first chunk; `time` is what it carries.
fn first_header(message: &Outgoing<'_>, format: Format, now: &Last, time: u32) -> RawHeader {
    let mut header = RawHeader::default();
    header.push_basic(format, message.channel);
    let mut fields = [0; 11];
    let [t0, t1, t2] = u24_bytes(time.min(EXTENDED));
    let [l0, l1, l2] = u24_bytes(now.length as u32);
    let [s0, s1, s2, s3] = now.stream.to_le_bytes();
    fields.copy_from_slice(&[t0, t1, t2, l0, l1, l2, now.kind.0, s0, s1, s2, s3]);
    header.push(fields.get(..format.message_header_len()).unwrap_or_default());
    push_extended(&mut header, time);
    header
}

/// The header of all further chunks.
fn next_header(channel: u32, time: u32) -> RawHeader {
    let mut header = RawHeader::default();
    header.push_basic(Format::Same, channel);
    push_extended(&mut header, time);
    header
}

/// Appends the extended timestamp where the time needs one.
fn push_extended(header: &mut RawHeader, time: u32) {
    if time >= EXTENDED {
        header.push(&time.to_be_bytes());
    }
}
