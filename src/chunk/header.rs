//! The chunk header: basic header, message header and extended timestamp (RTMP 1.0, section 5.3.1).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::message::MessageType;

/// The longest chunk header: 3 basic, 11 message, 4 extended timestamp.
pub const MAX_HEADER: usize = 18;

/// In the 24-bit time field: the time stands in the 4 bytes of the extended timestamp.
pub(super) const EXTENDED: u32 = 0xff_ffff;
/// The first channel that needs a basic header of two bytes.
const TWO_BYTES: u32 = 64;
/// The first channel that needs a basic header of three bytes.
const THREE_BYTES: u32 = 320;

/// How much of the message header a chunk carries; the number is the format on the wire. (A word, as what stands beside it in
/// a [`MessageHeader`]: bytes that are stored one by one and read together make the processor wait.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u32)]
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

impl Format {
    /// Whether the header carries an absolute time, not a difference.
    pub fn is_absolute(self) -> bool {
        self == Format::Full
    }

    /// The length of the message header, bytes, without basic header and extended timestamp.
    pub fn message_header_len(self) -> usize {
        match self {
            Format::Full => 11,
            Format::SameStream => 7,
            Format::SameLength => 3,
            Format::Same => 0,
        }
    }

    /// The format with this number on the wire; `None` above 3.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Format::Full),
            1 => Some(Format::SameStream),
            2 => Some(Format::SameLength),
            3 => Some(Format::Same),
            _ => None,
        }
    }
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
    /// Length of the body in bytes, 0..=0xffffff.
    pub length: u32,
    /// What the body is.
    pub kind: MessageType,
    /// The message stream, little-endian on the wire.
    pub stream: u32,
}

/// A chunk header as it stood on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawHeader {
    /// What lies beyond `len` means nothing.
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl RawHeader {
    /// The bytes of the header.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// A copy of the first `len` bytes, at most [`MAX_HEADER`].
    pub(super) fn copy_of(bytes: &[u8], len: usize) -> Self {
        if let Some(bytes) = bytes.first_chunk() {
            return Self { bytes: *bytes, len: len.min(MAX_HEADER) as u8 };
        }
        let mut raw = Self { bytes: [0; MAX_HEADER], len: len.min(bytes.len()) as u8 };
        for (to, from) in raw.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        raw
    }
}

/// The basic header for a channel below 64.
pub(super) fn one_byte(format: Format, channel: u32) -> Option<u8> {
    u8::try_from(channel).ok().filter(|_| channel < TWO_BYTES).map(|channel| (format as u8) << 6 | channel)
}

/// Appends a basic header for `channel`, 2..=65599.
#[inline]
pub(super) fn put_basic(out: &mut Vec<u8>, format: Format, channel: u32) {
    let top = (format as u8) << 6;
    let [low, high, ..] = channel.wrapping_sub(TWO_BYTES).to_le_bytes();
    if let Some(byte) = one_byte(format, channel) {
        out.push(byte);
    } else if channel < THREE_BYTES {
        out.extend_from_slice(&[top, low]);
    } else {
        out.extend_from_slice(&[top | 1, low, high]);
    }
}

/// A basic header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Basic {
    pub(super) format: Format,
    pub(super) channel: u32,
    /// Bytes on the wire, 1..=3.
    pub(super) len: usize,
}

/// Reads the basic header that `bytes` begin with; `None` while it is not all there.
pub(super) fn basic(bytes: &[u8]) -> Option<Basic> {
    let (&first, rest) = bytes.split_first()?;
    let format = Format::from_number(first >> 6)?;
    let (channel, len) = match first & 0x3f {
        0 => (TWO_BYTES.wrapping_add(u32::from(*rest.first()?)), 2),
        1 => (TWO_BYTES.wrapping_add(u32::from(u16::from_le_bytes(*rest.first_chunk()?))), 3),
        low => (u32::from(low), 1),
    };
    Some(Basic { format, channel, len })
}

/// The first three bytes as a big-endian number.
pub(super) fn u24(bytes: &[u8]) -> Option<u32> {
    let &[a, b, c] = bytes.first_chunk()?;
    Some(u32::from_be_bytes([0, a, b, c]))
}

/// The low three bytes, big-endian.
pub(super) fn u24_bytes(value: u32) -> [u8; 3] {
    let [_, a, b, c] = value.to_be_bytes();
    [a, b, c]
}
