//! Messages into chunks: header forms are chosen here and a message is laid out for one gathered write.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::channels::{Channels, Slot};
use super::header::{EXTENDED, one_byte, put_basic, u24_bytes};
use super::{Format, MAX_CHANNEL, MAX_CHUNK_SIZE, MAX_HEADER, MIN_CHANNEL};
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

/// The longest header of a further chunk: 3 basic, 4 extended timestamp.
const MAX_NEXT_HEADER: usize = 7;

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
    /// Empty between calls, as are `copied` and `slices`; kept for their memory.
    headers: Vec<u8>,
    copied: Vec<u8>,
    slices: Vec<IoSlice<'static>>,
}

/// A message as it will be sent.
struct Cut<'a> {
    channel: u32,
    format: Format,
    /// What is to be remembered of it.
    now: Last,
    /// Where the channel's last message stands.
    slot: Option<Slot>,
    body: &'a [u8],
    /// Bytes of body in a chunk, at least 1.
    size: usize,
}

impl<'a> Cut<'a> {
    /// The time that the headers carry.
    fn time(&self) -> u32 {
        self.now.delta.unwrap_or(self.now.timestamp)
    }

    /// The first chunk's part of the body, and the rest.
    fn first_part(&self) -> (&'a [u8], &'a [u8]) {
        self.body.split_at_checked(self.size).unwrap_or((self.body, &[]))
    }

    /// Appends the header of the first chunk. (Written straight to where it is sent from: a header that is put together
    /// elsewhere and then moved makes the processor wait for its bytes.)
    #[inline(always)]
    fn put_first_header(&self, out: &mut Vec<u8>) {
        put_basic(out, self.format, self.channel);
        let [t0, t1, t2] = u24_bytes(self.time().min(EXTENDED));
        let [l0, l1, l2] = u24_bytes(self.now.length as u32);
        let [s0, s1, s2, s3] = self.now.stream.to_le_bytes();
        out.extend_from_slice(&[t0, t1, t2, l0, l1, l2, self.now.kind.0, s0, s1, s2, s3]);
        let unused = Format::Full.message_header_len().saturating_sub(self.format.message_header_len());
        out.truncate(out.len().saturating_sub(unused));
        self.put_extended(out);
    }

    /// Appends the header of a further chunk.
    fn put_next_header(&self, out: &mut Vec<u8>) {
        put_basic(out, Format::Same, self.channel);
        self.put_extended(out);
    }

    /// Appends the extended timestamp where the time needs one.
    fn put_extended(&self, out: &mut Vec<u8>) {
        if self.time() >= EXTENDED {
            out.extend_from_slice(&self.time().to_be_bytes());
        }
    }

    /// Lays all chunks out behind what is in `out`.
    #[inline(always)]
    fn copy_to(&self, out: &mut Vec<u8>) -> Result<()> {
        let (start, rest) = self.first_part();
        let usual = one_byte(Format::Same, self.channel).filter(|_| self.time() < EXTENDED);
        let further = if rest.is_empty() { 0 } else { rest.len().div_ceil(self.size.max(1)) };
        let headers = further.saturating_mul(if usual.is_some() { 1 } else { MAX_NEXT_HEADER });
        out.try_reserve(self.body.len().saturating_add(headers).saturating_add(MAX_HEADER))
            .map_err(|_| Error::out_of_memory("lay out a message"))?;
        self.put_first_header(out);
        out.extend_from_slice(start);
        // An iterator takes fewer steps from the inside than in a loop.
        rest.chunks(self.size.max(1)).for_each(|part| {
            match usual {
                Some(header) => out.push(header),
                None => self.put_next_header(out),
            }
            out.extend_from_slice(part);
        });
        Ok(())
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
    /// from the message; small chunks copied together). The channel's state changes only when `send` succeeds. Returns
    /// the format chosen.
    ///
    /// There may be more slices than one system call takes. Fails with [`Error::Usage`] for a body beyond
    /// [`MAX_BODY`], a channel outside [`MIN_CHANNEL`]..=[`MAX_CHANNEL`] or a chunk size outside 1..=[`MAX_CHUNK_SIZE`].
    pub fn write<T>(
        &mut self,
        message: &Outgoing<'_>,
        chunk_size: u32,
        send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>,
    ) -> Result<(Format, T)> {
        let cut = self.cut(message, chunk_size)?;
        let sent = if cut.size < GATHERED && cut.body.len() > cut.size {
            self.copied(&cut, send)
        } else {
            self.gathered(&cut, send)
        }?;
        self.remember(&cut);
        Ok((cut.format, sent))
    }

    /// Lays a message out behind what is in `out`, for a caller that sends several at once. Fails as [`Self::write`],
    /// and when memory is out; then nothing was appended.
    #[inline(always)]
    pub fn append(&mut self, message: &Outgoing<'_>, chunk_size: u32, out: &mut Vec<u8>) -> Result<()> {
        let cut = self.cut(message, chunk_size)?;
        cut.copy_to(out)?;
        self.remember(&cut);
        Ok(())
    }

    /// Chooses the header, and makes room to remember it.
    #[inline(always)]
    fn cut<'a>(&mut self, message: &Outgoing<'a>, chunk_size: u32) -> Result<Cut<'a>> {
        check(message, chunk_size)?;
        let &Outgoing { channel, body, .. } = message;
        let slot = self.channels.find(channel);
        if slot.is_none() {
            self.channels.reserve(channel)?;
        }
        let last = slot.and_then(|slot| self.channels.at(slot));
        let (format, now) = choose(message, last);
        Ok(Cut { channel, format, now, slot, body, size: chunk_size as usize })
    }

    /// Takes what was sent for the channel's last message.
    #[inline(always)]
    fn remember(&mut self, cut: &Cut<'_>) {
        match cut.slot.and_then(|slot| self.channels.at_mut(slot)) {
            Some(last) => *last = cut.now,
            None => {
                self.channels.insert(cut.channel, cut.now);
            }
        }
    }

    /// Lays out headers and parts of the body as slices.
    fn gathered<T>(
        &mut self,
        cut: &Cut<'_>,
        send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>,
    ) -> Result<T> {
        self.headers.clear();
        cut.put_first_header(&mut self.headers);
        let first_len = self.headers.len();
        cut.put_next_header(&mut self.headers);
        let (first, next) = self.headers.split_at_checked(first_len).unwrap_or_default();
        let mut slices: Vec<IoSlice<'_>> = std::mem::take(&mut self.slices);
        let (start, rest) = cut.first_part();
        let parts = rest.chunks(cut.size.max(1));
        slices
            .try_reserve(parts.len().saturating_add(1).saturating_mul(2))
            .map_err(|_| Error::out_of_memory("lay out a message"))?;
        slices.extend([IoSlice::new(first), IoSlice::new(start)]);
        slices.extend(parts.flat_map(|part| [IoSlice::new(next), IoSlice::new(part)]));
        let result = send(&mut slices);
        self.slices = recycle(slices);
        result
    }

    /// Lays out headers and parts of the body one behind the other, as one slice.
    fn copied<T>(&mut self, cut: &Cut<'_>, send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>) -> Result<T> {
        self.copied.clear();
        cut.copy_to(&mut self.copied)?;
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
#[inline(always)]
fn check(message: &Outgoing<'_>, chunk_size: u32) -> Result<()> {
    let good = message.body.len() <= MAX_BODY
        && (MIN_CHANNEL..=MAX_CHANNEL).contains(&message.channel)
        && (1..=MAX_CHUNK_SIZE).contains(&chunk_size);
    if good { Ok(()) } else { Err(refusal(message, chunk_size)) }
}

/// Why a message was refused.
#[cold]
fn refusal(message: &Outgoing<'_>, chunk_size: u32) -> Error {
    let (length, channel) = (message.body.len(), message.channel);
    Error::Usage(if length > MAX_BODY {
        format!("a message of {length} bytes cannot be sent; the most is {MAX_BODY}")
    } else if !(MIN_CHANNEL..=MAX_CHANNEL).contains(&channel) {
        format!("channel {channel} is outside {MIN_CHANNEL} to {MAX_CHANNEL}")
    } else {
        format!("chunk size {chunk_size} is outside 1 to {MAX_CHUNK_SIZE}")
    })
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
