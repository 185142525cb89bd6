//! Chunks into messages.
#![forbid(unsafe_code)]

use super::{MessageHeader, RawHeader};
use crate::Result;
use crate::transport::Input;

/// Memory a message body grows in. The C layer's is malloc'ed, so that a program may free it.
pub trait Body: Default + Send {
    /// The bytes received so far.
    fn as_slice(&self) -> &[u8];
    /// At least `min` and at most `max` writable bytes behind what is filled; fails when memory is out.
    /// (Allocates for up to `max` when `max` is modest, so that a usual body is allocated once.)
    fn spare(&mut self, min: usize, max: usize) -> Result<&mut [u8]>;
    /// Says that the first `n` bytes of the last `spare` are now filled.
    fn filled(&mut self, n: usize);
}

/// One chunk, as `RTMP_ReadPacket` reports it.
#[derive(Debug)]
pub struct Chunk<B> {
    /// The message's header as known now; its timestamp is final when `message` is there.
    pub header: MessageHeader,
    /// This chunk's header bytes.
    pub raw: RawHeader,
    /// This chunk's part of the body, copied out only when the caller asked for it.
    pub part: Vec<u8>,
    /// Body bytes of the message received so far.
    pub received: u32,
    /// The body, when this chunk completed the message.
    pub message: Option<B>,
}

/// A complete message, its body in memory of the caller's or of ours.
#[derive(Debug)]
pub struct Complete<B> {
    /// The header, with the absolute time.
    pub header: MessageHeader,
    /// The body; `None` when it lies in the memory that was lent, `header.length` bytes from its start.
    pub body: Option<B>,
}

/// Puts messages together from the chunks of all channels.
#[derive(Debug, Default)]
pub struct Reader<B> {
    _bodies: Vec<B>,
}

impl<B: Body> Reader<B> {
    /// Reads one chunk. An error leaves what has arrived in place: after a time-out the same call goes on.
    /// `chunk_size` is the peer's (1..=[`super::MAX_CHUNK_SIZE`]); `want_part` asks for a copy of the chunk's body bytes.
    pub fn read_chunk(
        &mut self,
        _input: &mut impl Input,
        _chunk_size: u32,
        _want_part: bool,
    ) -> Result<Chunk<B>> {
        Err(crate::Error::Closed)
    }

    /// Reads until a message is complete. A message that begins in this call and fits is received straight into
    /// `lent`; should the call end before it is complete, its bytes move to memory of the reader's.
    pub fn read_message(
        &mut self,
        _input: &mut impl Input,
        _chunk_size: u32,
        _lent: &mut [u8],
    ) -> Result<Complete<B>> {
        Err(crate::Error::Closed)
    }

    /// The absolute time of the last message on a channel, milliseconds.
    pub fn channel_time(&self, _channel: u32) -> u32 {
        0
    }

    /// Drops the half-received message of a channel (abort, RTMP 1.0 section 5.4.2).
    pub fn abort(&mut self, _channel: u32) {}
}
