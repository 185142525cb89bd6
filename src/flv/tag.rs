//! What stands around the bodies of an FLV file: the file header, tag headers and previous-tag-sizes (annex E.2 to E.4).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::message::MessageType;

/// Bytes of a file header, without the previous-tag-size that follows it (annex E.2).
pub const FILE_HEADER_LEN: usize = 9;
/// Bytes of a tag header (annex E.4.1).
pub const TAG_HEADER_LEN: usize = 11;
/// Bytes of a previous-tag-size (annex E.3).
pub const PREVIOUS_TAG_SIZE_LEN: usize = 4;

/// In the file header's flags: there is video.
pub const DATA_VIDEO: u8 = 1;
/// In the file header's flags: there is audio.
pub const DATA_AUDIO: u8 = 4;

/// The file header with the first previous-tag-size; `data_type` is made of [`DATA_VIDEO`] and [`DATA_AUDIO`].
pub fn file_header(data_type: u8) -> [u8; FILE_HEADER_LEN + PREVIOUS_TAG_SIZE_LEN] {
    [b'F', b'L', b'V', 1, data_type, 0, 0, 0, FILE_HEADER_LEN as u8, 0, 0, 0, 0]
}

/// The flag of the file header that a message of this kind stands for; 0 when none.
pub fn data_type_of(kind: MessageType) -> u8 {
    match kind {
        MessageType::VIDEO => DATA_VIDEO,
        MessageType::AUDIO => DATA_AUDIO,
        _ => 0,
    }
}

/// The header of a tag with a body of `len` bytes (at most 0xffffff) at `timestamp` milliseconds.
pub fn tag_header(kind: MessageType, len: u32, timestamp: u32) -> [u8; TAG_HEADER_LEN] {
    let [_, l0, l1, l2] = len.to_be_bytes();
    let [high, t0, t1, t2] = timestamp.to_be_bytes();
    [kind.0, l0, l1, l2, t0, t1, t2, high, 0, 0, 0]
}

/// What follows a tag with a body of `len` bytes.
pub fn previous_tag_size(len: u32) -> [u8; PREVIOUS_TAG_SIZE_LEN] {
    len.wrapping_add(TAG_HEADER_LEN as u32).to_be_bytes()
}

/// What a tag header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct TagHeader {
    /// What the body is.
    pub(super) kind: MessageType,
    /// Milliseconds.
    pub(super) timestamp: u32,
    /// Length of the body, bytes, at most 0xffffff.
    pub(super) len: usize,
}

impl TagHeader {
    /// Reads a header; whether there are tags of this type is not looked at.
    #[inline(always)]
    pub(super) fn read(header: &[u8; TAG_HEADER_LEN]) -> Self {
        let &[kind, l0, l1, l2, t0, t1, t2, high, ..] = header;
        Self {
            kind: MessageType(kind),
            timestamp: u32::from_be_bytes([high, t0, t1, t2]),
            len: u32::from_be_bytes([0, l0, l1, l2]) as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_trailers() {
        assert_eq!(file_header(DATA_VIDEO | DATA_AUDIO), *b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
        assert_eq!(tag_header(MessageType::VIDEO, 0x010203, 0x0405_0607), [9, 1, 2, 3, 5, 6, 7, 4, 0, 0, 0]);
        assert_eq!(previous_tag_size(5), [0, 0, 0, 16]);
        assert_eq!(data_type_of(MessageType::VIDEO) | data_type_of(MessageType::AUDIO), 5);
        assert_eq!(data_type_of(MessageType::DATA), 0);
    }
}
