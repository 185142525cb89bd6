//! Messages into FLV bytes, for `RTMP_Read`: headers and trailers of tags, and what of a play becomes a tag.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::ex;
use super::{FILE_HEADER_LEN, PREVIOUS_TAG_SIZE_LEN, TAG_HEADER_LEN};
use crate::message::MessageType;
use crate::{Error, Result};

/// In the file header's flags: there is video.
pub const DATA_VIDEO: u8 = 1;
/// In the file header's flags: there is audio.
pub const DATA_AUDIO: u8 = 4;
/// A video body of at most this length is dropped, unless its extended header says that it is whole.
const SHORT_VIDEO: usize = 5;
/// An audio body of at most this length is dropped.
const SHORT_AUDIO: usize = 1;
/// The frame type of keyframes.
const KEYFRAME: u8 = 1;

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

/// Whether a body is too short to mean anything to a player and does not become a tag. An extended header may say
/// all in five bytes: the end of a sequence, or a command.
pub fn is_too_short(kind: MessageType, body: &[u8]) -> bool {
    match kind {
        MessageType::VIDEO if body.len() <= SHORT_VIDEO => {
            let packet = ex::video(body).map(|header| header.packet);
            !matches!(packet, Some(ex::Packet::SequenceEnd | ex::Packet::Command))
        }
        MessageType::AUDIO => body.len() <= SHORT_AUDIO,
        _ => false,
    }
}

/// Whether a video body is a keyframe, with a plain or an extended header.
pub fn is_keyframe(body: &[u8]) -> bool {
    match ex::video(body) {
        Some(header) => header.frame_type == KEYFRAME,
        None => body.first().is_some_and(|first| first >> 4 == KEYFRAME),
    }
}

/// A tag out of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateTag<'a> {
    /// What the body is.
    pub kind: MessageType,
    /// Milliseconds, on the time line of the session.
    pub timestamp: u32,
    /// The same, as it stands in the aggregate.
    pub own_timestamp: u32,
    /// The body.
    pub body: &'a [u8],
}

/// The tags of an aggregate message (RTMP 1.0, section 7.1.6), their times shifted so that the first equals the
/// message's. The previous-tag-sizes are not looked at, as servers get them wrong or leave out the last: whoever
/// writes the tags adds right ones. Bytes at the end that are no tag header are dropped with a warning. After an error
/// there is nothing more.
#[derive(Clone, Debug)]
pub struct Aggregate<'a> {
    rest: &'a [u8],
    timestamp: u32,
    /// What is added to the times of the tags, once the first is known.
    shift: Option<u32>,
}

impl<'a> Aggregate<'a> {
    /// The tags of an aggregate message with this absolute time, milliseconds.
    pub fn new(body: &'a [u8], timestamp: u32) -> Self {
        Self { rest: body, timestamp, shift: None }
    }

    /// Takes a tag and its previous-tag-size; `None` when the aggregate ends within it.
    fn take(&mut self) -> Option<AggregateTag<'a>> {
        let (header, rest) = self.rest.split_first_chunk::<TAG_HEADER_LEN>()?;
        let &[kind, l0, l1, l2, t0, t1, t2, high, ..] = header;
        let len = usize::try_from(u32::from_be_bytes([0, l0, l1, l2])).ok()?;
        let (body, rest) = rest.split_at_checked(len)?;
        self.rest = rest.get(PREVIOUS_TAG_SIZE_LEN..).unwrap_or_default();
        let own_timestamp = u32::from_be_bytes([high, t0, t1, t2]);
        let shift = *self.shift.get_or_insert(self.timestamp.wrapping_sub(own_timestamp));
        let timestamp = own_timestamp.wrapping_add(shift);
        Some(AggregateTag { kind: MessageType(kind), timestamp, own_timestamp, body })
    }
}

impl<'a> Iterator for Aggregate<'a> {
    type Item = Result<AggregateTag<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.rest.len();
        if left < TAG_HEADER_LEN {
            if left > 0 {
                warning!("the last {left} bytes of an aggregate message are no tag and are dropped");
                self.rest = &[];
            }
            return None;
        }
        let tag = self.take();
        if tag.is_none() {
            self.rest = &[];
        }
        Some(tag.ok_or_else(|| {
            Error::Protocol(format!(
                "the last tag of an aggregate message is longer than the {left} bytes left for it"
            ))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(kind: u8, timestamp: u32, body: &[u8]) -> Vec<u8> {
        let len = body.len() as u32;
        [&tag_header(MessageType(kind), len, timestamp)[..], body, &previous_tag_size(len)].concat()
    }

    #[test]
    fn headers_and_trailers() {
        assert_eq!(file_header(DATA_VIDEO | DATA_AUDIO), *b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
        assert_eq!(tag_header(MessageType::VIDEO, 0x010203, 0x0405_0607), [9, 1, 2, 3, 5, 6, 7, 4, 0, 0, 0]);
        assert_eq!(previous_tag_size(5), [0, 0, 0, 16]);
        assert_eq!(data_type_of(MessageType::VIDEO) | data_type_of(MessageType::AUDIO), 5);
        assert_eq!(data_type_of(MessageType::DATA), 0);
    }

    #[test]
    fn short_bodies_are_dropped_unless_they_are_whole() {
        assert!(is_too_short(MessageType::VIDEO, b"\x17\x02\0\0\0"));
        assert!(!is_too_short(MessageType::VIDEO, b"\x17\x01\0\0\0\0"));
        assert!(!is_too_short(MessageType::VIDEO, b"\x92hvc1"));
        assert!(!is_too_short(MessageType::VIDEO, b"\xd0\x01"));
        assert!(is_too_short(MessageType::VIDEO, b"\x91hvc1"));
        assert!(is_too_short(MessageType::VIDEO, b"\x92hvc"));
        assert!(is_too_short(MessageType::VIDEO, b""));
        assert!(is_too_short(MessageType::AUDIO, b"\xaf"));
        assert!(!is_too_short(MessageType::AUDIO, b"\xaf\x01"));
        assert!(!is_too_short(MessageType::DATA, b""));
    }

    #[test]
    fn keyframes() {
        assert!(is_keyframe(b"\x17\x01"));
        assert!(!is_keyframe(b"\x27\x01"));
        assert!(is_keyframe(b"\x93hvc1"));
        assert!(!is_keyframe(b"\xa3hvc1"));
        assert!(!is_keyframe(b""));
    }

    #[test]
    fn an_aggregate_begins_at_its_own_time() {
        let body = [tag(8, 1000, b"ab"), tag(9, 1040, b"cde")].concat();
        let tags: Vec<_> = Aggregate::new(&body, 5).map(|tag| tag.unwrap()).collect();
        let times: Vec<_> = tags.iter().map(|tag| (tag.kind, tag.timestamp, tag.own_timestamp)).collect();
        assert_eq!(times, [(MessageType::AUDIO, 5, 1000), (MessageType::VIDEO, 45, 1040)]);
        assert_eq!(tags.iter().map(|tag| tag.body).collect::<Vec<_>>(), [&b"ab"[..], b"cde"]);
    }

    #[test]
    fn the_last_previous_tag_size_may_be_missing() {
        let body = [tag(8, 0, b"ab"), tag(9, 0, b"c")].concat();
        for cut in 0..=4 {
            let tags = Aggregate::new(&body[..body.len() - cut], 0).collect::<Result<Vec<_>>>().unwrap();
            assert_eq!(tags.len(), 2, "{cut} bytes cut off");
        }
    }

    #[test]
    fn nothing_before_an_overrun_is_lost() {
        let body = [tag(8, 0, b"ab"), tag(9, 0, b"cdefg")].concat();
        for cut in 5..=9 {
            let mut tags = Aggregate::new(&body[..body.len() - cut], 0);
            assert_eq!(tags.next().unwrap().unwrap().body, b"ab");
            assert!(matches!(tags.next().unwrap(), Err(Error::Protocol(_))), "{cut} bytes cut off");
            assert!(tags.next().is_none());
        }
    }

    #[test]
    fn bytes_at_the_end_that_are_no_tag_are_dropped() {
        for junk in 0..=10 {
            let body = [&tag(8, 0, b"ab")[..], &[9; 10][..junk]].concat();
            let tags = Aggregate::new(&body, 0).collect::<Result<Vec<_>>>().unwrap();
            assert_eq!(tags.len(), 1, "{junk} bytes of junk");
        }
    }
}
