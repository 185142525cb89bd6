//! What the reader remembers of a channel: its last header, and the message that comes in on it.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::parse::Parsed;
use crate::chunk::header::one_byte;
use crate::chunk::{Body, Format, MessageHeader};

/// Memory reserved ahead of what has arrived; a message that outgrows it gets half of what it has on top.
const AHEAD: usize = 64 * 1024;

/// What is remembered of a channel.
#[derive(Debug, Default)]
pub(super) struct Channel<B> {
    /// The last message's header, its timestamp as carried.
    pub(super) header: MessageHeader,
    /// Whether `header.timestamp` came in an extended timestamp.
    pub(super) extended: bool,
    /// Absolute time of the last complete message.
    pub(super) time: u32,
    /// Whether a message has begun and is not complete.
    pub(super) open: bool,
    /// Bytes of it that have arrived.
    pub(super) received: u32,
    /// Where they are, unless in memory that was lent.
    pub(super) body: B,
    /// Memory reserved in `body` beyond what has arrived.
    pub(super) ahead: usize,
}

impl<B> Channel<B> {
    /// Begins a message.
    pub(super) fn begin(&mut self, parsed: &Parsed) {
        self.header = parsed.header;
        self.extended = parsed.extended;
        self.open = true;
        self.received = 0;
    }

    /// The absolute time of the message that has begun.
    #[inline(always)]
    pub(super) fn absolute_time(&self) -> u32 {
        if self.header.format.is_absolute() {
            self.header.timestamp
        } else {
            self.time.wrapping_add(self.header.timestamp)
        }
    }

    /// Closes the message when it is complete: its header with the absolute time.
    #[inline(always)]
    pub(super) fn finish(&mut self) -> Option<MessageHeader> {
        if !self.open || self.received < self.header.length {
            return None;
        }
        self.time = self.absolute_time();
        self.open = false;
        Some(MessageHeader { timestamp: self.time, ..self.header })
    }

    /// How much memory to reserve for what is still to come of the message: the length that the peer has announced is only
    /// its word.
    pub(super) fn wanted_ahead(&self) -> usize {
        let rest = self.header.length.saturating_sub(self.received) as usize;
        AHEAD.max(self.received as usize / 2).min(rest)
    }

    /// Whether a basic header of format 3 is all that the next chunk of the message has for a header.
    pub(super) fn continues_shortly(&self) -> bool {
        self.open && !self.extended
    }

    /// The one byte that continues the message, where it is one byte.
    pub(super) fn short_header(&self) -> Option<u8> {
        one_byte(Format::Same, self.header.channel).filter(|_| self.continues_shortly())
    }
}

impl<B: Body> Channel<B> {
    /// Whether there is memory of ours in it.
    pub(super) fn holds_memory(&self) -> bool {
        self.ahead > 0 || !self.body.as_slice().is_empty()
    }
}
