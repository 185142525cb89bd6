//! The chunk header: basic header, message header and extended timestamp (RTMP 1.0, section 5.3.1).
#![forbid(unsafe_code)]

use crate::message::MessageType;

/// The longest chunk header: 3 basic, 11 message, 4 extended timestamp.
pub const MAX_HEADER: usize = 18;

/// How much of the message header a chunk carries; the number is the format on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Format {
    /// Format 0, 11 bytes: absolute time, length, type, stream. librtmp's LARGE.
    #[default]
    Full = 0,
    /// Format 1, 7 bytes: time delta, length, type. librtmp's MEDIUM.
    SameStream = 1,
    /// Format 2, 3 bytes: time delta. librtmp's SMALL.
    SameLength = 2,
    /// Format 3, nothing: all as before. librtmp's MINIMUM.
    Same = 3,
}

/// What is known of a message from its chunk headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MessageHeader {
    /// The chunk stream (channel), 2..=65599.
    pub channel: u32,
    /// The format of the header of the message's first chunk.
    pub format: Format,
    /// Milliseconds: absolute once the message is complete; while incomplete, as carried by the header.
    pub timestamp: u32,
    /// Whether the header carried an absolute time (format 0).
    pub absolute: bool,
    /// Length of the body in bytes, 0..=0xffffff.
    pub length: u32,
    /// What the body is.
    pub kind: MessageType,
    /// The message stream, little-endian on the wire.
    pub stream: u32,
}

/// A chunk header as it stood on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RawHeader {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl RawHeader {
    /// The bytes of the header.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}
