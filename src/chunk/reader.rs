//! Chunks into messages: chunks of any channel come in any order, and in pieces of any size.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod channel;
mod parse;

use super::channels::{Channels, Slot};
use super::header::{RawHeader, basic};
use super::{Body, Format, MessageHeader};
use crate::transport::Input;
use crate::{Error, Result, memory};
use channel::Channel;
use parse::{Parsed, parse};

/// Bytes that unfinished messages may hold in sum.
pub const MAX_UNFINISHED: usize = 64 * 1024 * 1024;
/// Memory reserved ahead for all unfinished messages together; beyond it only what arrives is reserved.
const MAX_AHEAD: usize = 8 * 1024 * 1024;
/// Memory reserved at once beyond that limit.
const AHEAD_AT_LIMIT: usize = 4096;

/// One chunk, as `RTMP_ReadPacket` reports it; [`Reader::last_chunk`] has its bytes.
#[derive(Debug)]
pub struct Chunk<B> {
    /// The message's header as known now; its timestamp is final when `message` is there.
    pub header: MessageHeader,
    /// Body bytes of the message received so far.
    pub received: u32,
    /// The body, when this chunk completed the message.
    pub message: Option<B>,
}

/// The bytes of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkBytes<'a> {
    /// Its header.
    pub header: &'a [u8],
    /// Its part of the body; empty unless the caller asked for it.
    pub part: &'a [u8],
}

/// A complete message, its body in memory of the caller's or of ours.
#[derive(Debug)]
pub struct Complete<B> {
    /// The header, with the absolute time.
    pub header: MessageHeader,
    /// The body; `None` when it lies in the memory that was lent, `header.length` bytes from its start.
    pub body: Option<B>,
}

impl<B> Complete<B> {
    /// Whether it has no body at all.
    pub fn is_empty(&self) -> bool {
        self.header.length == 0
    }
}

/// Puts messages together from the chunks of all channels.
#[derive(Debug)]
pub struct Reader<B> {
    channels: Channels<Channel<B>>,
    /// The chunk whose header has arrived and whose body has not yet, or not all of it.
    current: Option<Current>,
    /// The header of that chunk, or of the last.
    raw: RawHeader,
    /// The last chunk's part of the body, when it was asked for.
    part: Vec<u8>,
    /// Body bytes in memory of ours, all channels.
    held: usize,
    /// Memory reserved beyond `held`, all channels.
    ahead: usize,
}

impl<B> Default for Reader<B> {
    fn default() -> Self {
        Self {
            channels: Channels::default(),
            current: None,
            raw: RawHeader::default(),
            part: Vec::new(),
            held: 0,
            ahead: 0,
        }
    }
}

/// A chunk in progress.
#[derive(Clone, Copy, Debug)]
struct Current {
    slot: Slot,
    /// Body bytes of this chunk, and how many of them are still to come.
    length: u32,
    left: u32,
}

/// The caller's memory, and which message lies in it.
struct Lent<'a> {
    memory: &'a mut [u8],
    holder: Option<Slot>,
}

impl<B: Body> Reader<B> {
    /// Reads one chunk. An error leaves what has arrived in place: after a time-out the same call goes on.
    /// `chunk_size` is the peer's (1..=[`super::MAX_CHUNK_SIZE`]); `want_part` asks for a copy of the chunk's body bytes,
    /// in [`Self::last_chunk`].
    pub fn read_chunk(
        &mut self,
        input: &mut impl Input,
        chunk_size: u32,
        want_part: bool,
    ) -> Result<Chunk<B>> {
        let mut nothing = Lent { memory: &mut [], holder: None };
        let current = self.chunk(input, chunk_size, &mut nothing)?;
        let channel = self.channels.at_mut(current.slot).ok_or_else(lost)?;
        self.part.clear();
        if want_part {
            let body = channel.body.as_slice();
            let start = body.len().saturating_sub(current.length as usize);
            memory::append(&mut self.part, body.get(start..).unwrap_or_default(), "show a chunk")?;
        }
        let received = channel.received;
        let unfinished = channel.header;
        // Before the input is touched, which the compiler must take for a change of the channel.
        let finished = channel.finish();
        let message = finished.map(|_| self.release(current.slot));
        Ok(Chunk { header: finished.unwrap_or(unfinished), received, message })
    }

    /// The bytes of the chunk that was read last.
    pub fn last_chunk(&self) -> ChunkBytes<'_> {
        ChunkBytes { header: self.raw.as_bytes(), part: &self.part }
    }

    /// Reads until a message is complete. A message that begins in this call and fits is received straight into
    /// `lent`; should the call end before it is complete, its bytes move to memory of the reader's.
    #[inline(always)]
    pub fn read_message(
        &mut self,
        input: &mut impl Input,
        chunk_size: u32,
        lent: &mut [u8],
    ) -> Result<Complete<B>> {
        if let Some(header) = self.take_whole(input, chunk_size, lent) {
            return Ok(Complete { header, body: None });
        }
        let mut lent = Lent { memory: lent, holder: None };
        let result = loop {
            match self.chunk(input, chunk_size, &mut lent) {
                Ok(Current { slot, .. }) => {
                    if let Some(header) = self.channels.at_mut(slot).and_then(Channel::finish) {
                        if lent.holder == Some(slot) {
                            return Ok(Complete { header, body: None });
                        }
                        break Ok(Complete { header, body: Some(self.release(slot)) });
                    }
                    self.take_run(input, slot, chunk_size, &mut lent);
                }
                Err(error) => break Err(error),
            }
        };
        if let Some(slot) = lent.holder {
            self.take_back(slot, lent.memory)?;
        }
        result
    }

    /// The absolute time of the last complete message on a channel, milliseconds; 0 before the first.
    pub fn channel_time(&self, channel: u32) -> u32 {
        self.channels.get(channel).map_or(0, |known| known.time)
    }

    /// Drops the half-received message of a channel (abort, RTMP 1.0 section 5.4.2).
    pub fn abort(&mut self, channel: u32) {
        if let Some(slot) = self.channels.find(channel) {
            self.discard(slot);
        }
    }

    /// Reads to the end of a chunk, the one in progress or the next.
    fn chunk(&mut self, input: &mut impl Input, chunk_size: u32, lent: &mut Lent<'_>) -> Result<Current> {
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.begin(input, chunk_size, lent)?,
        };
        while current.left > 0 {
            match self.body_bytes(input, &current, lent) {
                Ok(arrived) => current.left = current.left.saturating_sub(arrived),
                Err(error) => {
                    self.current = Some(current);
                    return Err(error);
                }
            }
        }
        Ok(current)
    }

    /// Copies a message that is buffered whole, in one chunk, to the caller's memory: a stream of small messages is
    /// mostly made of them. `None`, and nothing has changed, for any other.
    #[inline(always)]
    fn take_whole(
        &mut self,
        input: &mut impl Input,
        chunk_size: u32,
        lent: &mut [u8],
    ) -> Option<MessageHeader> {
        let bytes = input.buffered();
        let basic = basic(bytes).filter(|_| self.current.is_none())?;
        let slot = self.channels.find(basic.channel)?;
        let channel =
            self.channels.at_mut(slot).filter(|channel| !channel.open && !channel.holds_memory())?;
        let Ok(Some(parsed)) = parse(&basic, Some(channel), bytes) else { return None };
        let length = parsed.header.length.min(chunk_size) as usize;
        let body = bytes.get(parsed.len..)?.get(..length)?;
        let place = lent.get_mut(..parsed.header.length as usize).filter(|place| place.len() == length)?;
        place.copy_from_slice(body);
        channel.begin(&parsed);
        channel.received = parsed.header.length;
        let finished = channel.finish();
        input.consume(parsed.len.saturating_add(length));
        finished
    }

    /// Copies the buffered chunks that do nothing but continue the message in the caller's memory: a large message in
    /// small chunks is mostly made of them. Its last chunk is left to [`Self::chunk`].
    fn take_run(&mut self, input: &mut impl Input, slot: Slot, chunk_size: u32, lent: &mut Lent<'_>) {
        let Some(channel) = self.channels.at_mut(slot) else { return };
        let Some(header) = channel.short_header() else { return };
        if lent.holder != Some(slot) {
            return;
        }
        let size = chunk_size as usize;
        let mut bytes = input.buffered();
        let mut room = lent.memory.get_mut(channel.received as usize..).unwrap_or_default();
        let mut left = channel.header.length.saturating_sub(channel.received) as usize;
        let had = (bytes.len(), left);
        while left > size
            && let Some((&[first], rest)) = bytes.split_first_chunk()
            && first == header
            && let Some((part, rest)) = rest.split_at_checked(size)
            && let Some((place, later)) = std::mem::take(&mut room).split_at_mut_checked(size)
        {
            place.copy_from_slice(part);
            (bytes, room) = (rest, later);
            left = left.saturating_sub(size);
        }
        channel.received = channel.received.saturating_add(had.1.saturating_sub(left) as u32);
        let consumed = had.0.saturating_sub(bytes.len());
        input.consume(consumed);
    }

    /// Reads a chunk header.
    fn begin(&mut self, input: &mut impl Input, chunk_size: u32, lent: &mut Lent<'_>) -> Result<Current> {
        let (slot, len) = loop {
            match self.header(input.buffered(), lent)? {
                Some(found) => break found,
                None => input.receive(&mut []).map(drop)?,
            }
        };
        self.raw = RawHeader::copy_of(input.buffered(), len);
        input.consume(len);
        let channel = self.channels.at(slot).ok_or_else(lost)?;
        let length = channel.header.length.saturating_sub(channel.received).min(chunk_size.max(1));
        Ok(Current { slot, length, left: length })
    }

    /// Takes the header that `bytes` begin with into the books: its channel, and its length. `None` while it is not all
    /// there.
    fn header(&mut self, bytes: &[u8], lent: &mut Lent<'_>) -> Result<Option<(Slot, usize)>> {
        let Some(basic) = basic(bytes) else { return Ok(None) };
        let slot = self.channels.find(basic.channel);
        let known = slot.and_then(|slot| self.channels.at(slot));
        if let (Format::Same, Some(slot), true) =
            (basic.format, slot, known.is_some_and(Channel::continues_shortly))
        {
            return Ok(Some((slot, basic.len)));
        }
        let Some(parsed) = parse(&basic, known, bytes)? else { return Ok(None) };
        let slot = match slot {
            Some(slot) => slot,
            None => {
                self.channels.reserve(basic.channel)?;
                self.channels.insert(basic.channel, Channel::default())
            }
        };
        if parsed.begins {
            self.open(slot, &parsed, lent);
        }
        Ok(Some((slot, parsed.len)))
    }

    /// Begins a message on a channel, unless the header may as well continue the one that is open.
    fn open(&mut self, slot: Slot, parsed: &Parsed, lent: &mut Lent<'_>) {
        let Some(channel) = self.channels.at(slot) else { return };
        let was_open = channel.open;
        // It does not tell a length, and RTMP 1.0 only advises format 3 for what continues a message.
        if was_open && parsed.header.format == Format::SameLength {
            return;
        }
        // Also when nothing is open: a message aborted in the middle of a chunk got the rest of that chunk.
        if was_open || channel.holds_memory() {
            self.discard(slot);
        }
        if was_open {
            crate::warning!(
                "the peer began a new message on channel {} before the last was complete; the incomplete one is dropped",
                parsed.header.channel
            );
            if lent.holder == Some(slot) {
                lent.holder = None;
            }
        }
        if lent.holder.is_none()
            && !lent.memory.is_empty()
            && parsed.header.length as usize <= lent.memory.len()
        {
            lent.holder = Some(slot);
        }
        if let Some(channel) = self.channels.at_mut(slot) {
            channel.begin(parsed);
        }
    }

    /// Takes body bytes of a chunk: those that are buffered, else from one receive. Returns how many.
    fn body_bytes(&mut self, input: &mut impl Input, current: &Current, lent: &mut Lent<'_>) -> Result<u32> {
        if lent.holder != Some(current.slot) {
            return self.own_bytes(input, current);
        }
        let channel = self.channels.at_mut(current.slot).ok_or_else(lost)?;
        let room = lent.memory.get_mut(channel.received as usize..).unwrap_or_default();
        let arrived = take(input, room, current.left as usize)? as u32;
        channel.received = channel.received.saturating_add(arrived);
        Ok(arrived)
    }

    /// [`Self::body_bytes`] into memory of ours, which is accounted for.
    fn own_bytes(&mut self, input: &mut impl Input, current: &Current) -> Result<u32> {
        let left = current.left as usize;
        let channel = self.channels.at_mut(current.slot).ok_or_else(lost)?;
        let others = self.ahead.saturating_sub(channel.ahead);
        let ahead = channel.wanted_ahead();
        let wish = if others.saturating_add(ahead) > MAX_AHEAD { left.min(AHEAD_AT_LIMIT) } else { ahead };
        let room = channel.body.reserve(wish)?;
        channel.ahead = room;
        self.ahead = others.saturating_add(room);
        let arrived = fill(input, &mut channel.body, left.min(room))?;
        channel.received = channel.received.saturating_add(arrived as u32);
        channel.ahead = channel.ahead.saturating_sub(arrived);
        self.ahead = self.ahead.saturating_sub(arrived);
        self.held = self.held.saturating_add(arrived);
        if self.held > MAX_UNFINISHED {
            return Err(too_much());
        }
        Ok(arrived as u32)
    }

    /// Takes a channel's memory out of the books.
    fn release(&mut self, slot: Slot) -> B {
        let Some(channel) = self.channels.at_mut(slot) else { return B::default() };
        let body = std::mem::take(&mut channel.body);
        self.held = self.held.saturating_sub(body.as_slice().len());
        self.ahead = self.ahead.saturating_sub(channel.ahead);
        channel.ahead = 0;
        body
    }

    /// Drops the unfinished message of a channel.
    fn discard(&mut self, slot: Slot) {
        drop(self.release(slot));
        if let Some(channel) = self.channels.at_mut(slot) {
            channel.open = false;
            channel.received = 0;
        }
    }

    /// Moves what has arrived of a message out of the memory that was lent.
    fn take_back(&mut self, slot: Slot, memory: &[u8]) -> Result<()> {
        let channel = self.channels.at_mut(slot).ok_or_else(lost)?;
        let mut bytes = memory.get(..channel.received as usize).unwrap_or_default();
        while !bytes.is_empty() {
            let n = channel.body.reserve(bytes.len())?.min(bytes.len());
            let (now, later) = bytes.split_at_checked(n).unwrap_or_default();
            channel.body.append(now);
            self.held = self.held.saturating_add(n);
            bytes = later;
        }
        if self.held > MAX_UNFINISHED { Err(too_much()) } else { Ok(()) }
    }
}

/// Puts bytes into `room`, at most `most` and as many as there are: buffered ones, else those of one receive.
fn take(input: &mut impl Input, room: &mut [u8], most: usize) -> Result<usize> {
    let room_len = room.len().min(most);
    let buffered = input.buffered();
    let n = buffered.len().min(room_len);
    let (Some(room), Some(bytes)) = (room.get_mut(..room_len), buffered.get(..n)) else { return Err(lost()) };
    if room.is_empty() {
        return Err(lost());
    }
    if bytes.is_empty() {
        return Ok(input.receive(room)?.direct.min(room_len));
    }
    if let Some(place) = room.get_mut(..n) {
        place.copy_from_slice(bytes);
    }
    input.consume(n);
    Ok(n)
}

/// Puts bytes into a body that has room for `most`: buffered ones, else those of one receive. Returns how many.
fn fill(input: &mut impl Input, body: &mut impl Body, most: usize) -> Result<usize> {
    let buffered = input.buffered();
    let n = buffered.len().min(most);
    if let Some(bytes) = buffered.get(..n).filter(|bytes| !bytes.is_empty()) {
        body.append(bytes);
        input.consume(n);
        return Ok(n);
    }
    let room = body.spare(most);
    if room.is_empty() {
        return Err(lost());
    }
    let arrived = input.receive(room)?.direct.min(most);
    body.filled(arrived);
    Ok(arrived)
}

/// Unfinished messages hold more than [`MAX_UNFINISHED`].
fn too_much() -> Error {
    Error::Protocol(format!("the peer's unfinished messages exceed {} MiB", MAX_UNFINISHED >> 20))
}

/// A slot is always filled before it is used, and a body always gives room, so this is never seen.
fn lost() -> Error {
    Error::protocol("the chunk reader lost a message")
}
