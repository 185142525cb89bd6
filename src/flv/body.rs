//! What the body of a tag says of itself, behind a plain header or an extended one.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::ex;
use crate::message::MessageType;

/// A video body of at most this length is dropped, unless its extended header says that it is whole.
const SHORT_VIDEO: usize = 5;
/// An audio body of at most this length is dropped.
const SHORT_AUDIO: usize = 1;
/// The frame type of keyframes.
const KEYFRAME: u8 = 1;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
