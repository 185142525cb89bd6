//! The reading half of a session: messages from the stream, counted, acknowledged and met.
#![forbid(unsafe_code)]

use super::{Conversation, Event, Host, Incoming, Player, pausing};
use crate::chunk::{Body, Chunk, ChunkBytes, Complete, MAX_CHUNK_SIZE, Reader};
use crate::crypto::Rc4;
use crate::message::MessageType;
use crate::transport::{Input, Received};
use crate::{Error, Result};

/// What the thread that reads owns.
#[derive(Debug)]
pub struct Reading<B> {
    pub(super) chunks: Reader<B>,
    /// Deciphers what arrives (RTMPE); the [`Input`] applies it. Boxed: it is lent out for each call.
    pub cipher: Option<Box<Rc4>>,
    /// The state of `RTMP_Read`.
    pub player: Player<B>,
}

/// A media message for the program.
#[derive(Debug)]
pub enum Media<B> {
    /// A message; its body is in the lent memory when `body` is `None`.
    Message(Complete<B>),
    /// None will come: the play is over, the server said close, or a reconnection is due.
    Over(Event),
}

impl<B: Body> Reading<B> {
    /// The state at the start of a connection.
    pub fn new(cipher: Option<Rc4>) -> Self {
        Self { chunks: Reader::default(), cipher: cipher.map(Box::new), player: Player::default() }
    }

    /// Reads one chunk: `RTMP_ReadPacket`.
    pub fn read_chunk<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        want_part: bool,
    ) -> Result<Chunk<B>> {
        let size = in_chunk_size(talk.host)?;
        let mut meter = Meter { input, talk, consumed: 0 };
        let chunk = self.chunks.read_chunk(&mut meter, size, want_part);
        meter.count();
        let chunk = chunk?;
        if let Some(body) = &chunk.message {
            self.on_complete(talk, &Incoming { header: chunk.header, body: body.as_slice() });
            talk.acknowledge()?;
        }
        Ok(chunk)
    }

    /// The bytes of the chunk that was read last.
    pub fn last_chunk(&self) -> ChunkBytes<'_> {
        self.chunks.last_chunk()
    }

    /// Reads one message, into `lent` where it fits.
    #[inline(always)]
    pub fn read_message<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        lent: &mut [u8],
    ) -> Result<Complete<B>> {
        let size = in_chunk_size(talk.host)?;
        let mut meter = Meter { input, talk, consumed: 0 };
        let message = self.chunks.read_message(&mut meter, size, lent);
        meter.count();
        let message = message?;
        self.on_complete(talk, &incoming(&message, lent));
        talk.acknowledge()?;
        Ok(message)
    }

    #[inline(always)]
    fn on_complete<H: Host + ?Sized>(&mut self, talk: &mut Conversation<'_, H>, message: &Incoming<'_>) {
        talk.host.set_channel_time(message.header.channel, message.header.timestamp);
        if message.header.kind == MessageType::ABORT
            && let Some(channel) = message.body.first_chunk::<4>()
        {
            self.chunks.abort(u32::from_be_bytes(*channel));
        }
    }

    /// Reads until a media message is there: `RTMP_GetNextMediaPacket`. All other messages are met on the way, but for
    /// empty ones, which say nothing.
    #[inline(always)]
    pub fn next_media<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
        lent: &mut [u8],
    ) -> Result<Media<B>> {
        loop {
            let message = match self.read_message(talk, input, lent) {
                Err(Error::TimedOut) => {
                    note_time_out(talk.host);
                    return Err(Error::TimedOut);
                }
                // As with the reference: servers announce with it a kind of media that may never come.
                Ok(message) if message.is_empty() => continue,
                result => result?,
            };
            match talk.handle(&incoming(&message, lent))? {
                Event::Handled => {}
                Event::Media if is_before_pause(talk.host, message.header.timestamp) => {}
                Event::Media => {
                    talk.host.set_playing(true);
                    return Ok(Media::Message(message));
                }
                over => return Ok(Media::Over(over)),
            }
        }
    }

    /// Takes in what has already arrived, without waiting: how a publisher hears its server. `input` never waits.
    pub fn listen<H: Host + ?Sized>(
        &mut self,
        talk: &mut Conversation<'_, H>,
        input: &mut impl Input,
    ) -> Result<Event> {
        loop {
            let message = match self.read_message(talk, input, &mut []) {
                Err(Error::TimedOut) => return Ok(Event::Handled),
                Ok(message) if message.is_empty() => continue,
                result => result?,
            };
            match talk.handle(&incoming(&message, &[]))? {
                Event::Handled | Event::Media => {}
                over => return Ok(over),
            }
        }
    }
}

/// A message with its body, wherever that lies.
pub(super) fn incoming<'a, B: Body>(message: &'a Complete<B>, lent: &'a [u8]) -> Incoming<'a> {
    let body = match &message.body {
        Some(body) => body.as_slice(),
        None => lent.get(..message.header.length as usize).unwrap_or_default(),
    };
    Incoming { header: message.header, body }
}

/// The peer's chunk size: a program may have written the field. Asked for before each message, so a session also ends
/// here when memory is out.
fn in_chunk_size<H: Host + ?Sized>(host: &H) -> Result<u32> {
    crate::memory::enough()?;
    let size = host.in_chunk_size();
    u32::try_from(size)
        .ok()
        .filter(|size| (1..=MAX_CHUNK_SIZE).contains(size))
        .ok_or_else(|| Error::Usage(format!("m_inChunkSize is {size}, outside 1 to {MAX_CHUNK_SIZE}")))
}

/// After resuming, what was already played is dropped; the first newer media ends the pause.
fn is_before_pause<H: Host + ?Sized>(host: &mut H, time: u32) -> bool {
    if host.pausing() != pausing::RESUMING {
        return false;
    }
    let played = host.media_stamp();
    if time <= played {
        crate::debug!("dropped a packet at {time} ms, already played up to {played} ms");
        return true;
    }
    host.set_pausing(pausing::NONE);
    false
}

/// Remembers where the play stood when the server fell silent, for `RTMP_ToggleStream`.
fn note_time_out<H: Host + ?Sized>(host: &mut H) {
    if host.pausing() == pausing::NONE {
        let channel = host.media_channel();
        host.set_pause_stamp(host.channel_time(channel));
    }
}

/// Counts what goes through an input, and acknowledges it: also in mid-message, as the peer may hold back the rest of
/// a long one until it knows that its beginning has arrived.
struct Meter<'a, 'b, I, H: Host + ?Sized> {
    input: &'a mut I,
    talk: &'a mut Conversation<'b, H>,
    consumed: u32,
}

impl<I, H: Host + ?Sized> Meter<'_, '_, I, H> {
    /// Adds to the public counter, which wraps as the protocol's does.
    fn count(&mut self) {
        let host = &mut *self.talk.host;
        host.set_bytes_in(host.bytes_in().wrapping_add_unsigned(std::mem::take(&mut self.consumed)));
    }
}

impl<I: Input, H: Host + ?Sized> Input for Meter<'_, '_, I, H> {
    fn buffered(&self) -> &[u8] {
        self.input.buffered()
    }

    fn consume(&mut self, n: usize) {
        self.consumed = self.consumed.wrapping_add(n as u32);
        self.input.consume(n);
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        self.count();
        self.talk.acknowledge()?;
        let received = self.input.receive(direct)?;
        self.consumed = self.consumed.wrapping_add(received.direct as u32);
        Ok(received)
    }
}
