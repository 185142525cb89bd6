//! Messages into chunks: header forms are chosen here and a message is laid out for one gathered write.
#![forbid(unsafe_code)]

use super::Format;
use crate::Result;
use crate::message::MessageType;
use std::io::IoSlice;

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
    /// The message stream.
    pub stream: u32,
    /// The body, at most 0xffffff bytes.
    pub body: &'a [u8],
}

/// Remembers the last message of each channel and cuts messages into chunks.
#[derive(Debug, Default)]
pub struct Writer {}

impl Writer {
    /// Lays a message out: calls `send` once with all its slices (headers from memory of the writer's, body slices
    /// from the message). The channel's state changes only when `send` succeeds. Returns the format chosen.
    pub fn write<T>(
        &mut self,
        _message: &Outgoing<'_>,
        _chunk_size: u32,
        _send: impl FnOnce(&mut [IoSlice<'_>]) -> Result<T>,
    ) -> Result<(Format, T)> {
        Err(crate::Error::Closed)
    }
}
