//! Enhanced RTMP (Veovera, v2): the extended headers of audio and video bodies, as far as they must be told apart.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// In a video body's first byte: the header is an extended one.
const VIDEO_EX_HEADER: u8 = 0x80;
/// The sound format that says the header is an extended one.
const AUDIO_EX_HEADER: u8 = 9;
/// The video frame type of commands to the player (seek begins, seek ends); no FourCC follows.
const FRAME_COMMAND: u8 = 5;
/// The packet type of commands that carry metadata after all.
const VIDEO_METADATA: u8 = 4;

/// What an extended body carries. The numbers are shared by audio and video where both have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet {
    /// Codec configuration.
    SequenceStart,
    /// A frame.
    CodedFrames,
    /// The sequence ends; nothing follows the FourCC.
    SequenceEnd,
    /// A frame without composition time (video).
    CodedFramesX,
    /// Colour information and the like (video).
    Metadata,
    /// Configuration in MPEG-2 TS form (video).
    Mpeg2TsSequenceStart,
    /// The layout of the channels (audio).
    MultichannelConfig,
    /// Several tracks in one body.
    Multitrack,
    /// Modifiers stand before the packet proper.
    ModEx,
    /// A command to the player (video): one byte.
    Command,
    /// A number that the specification keeps for later.
    Unknown(u8),
}

/// An extended header that is all there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the body carries.
    pub packet: Packet,
    /// The video frame type, 1 for a keyframe; 0 for audio.
    pub frame_type: u8,
    /// The codec, such as `hvc1`; `None` where it does not directly follow (commands, modifiers, tracks).
    pub four_cc: Option<[u8; 4]>,
}

/// The extended header of a video body; `None` when it has none, or not all of it.
pub fn video(body: &[u8]) -> Option<Header> {
    let (&first, rest) = body.split_first()?;
    if first & VIDEO_EX_HEADER == 0 {
        return None;
    }
    let frame_type = first >> 4 & 7;
    let number = first & 0x0f;
    if frame_type == FRAME_COMMAND && number != VIDEO_METADATA {
        rest.first()?;
        return Some(Header { packet: Packet::Command, frame_type, four_cc: None });
    }
    let packet = match number {
        0 => Packet::SequenceStart,
        1 => Packet::CodedFrames,
        2 => Packet::SequenceEnd,
        3 => Packet::CodedFramesX,
        VIDEO_METADATA => Packet::Metadata,
        5 => Packet::Mpeg2TsSequenceStart,
        6 => Packet::Multitrack,
        7 => Packet::ModEx,
        other => Packet::Unknown(other),
    };
    with_codec(packet, frame_type, rest)
}

/// The extended header of an audio body; `None` when it has none, or not all of it.
pub fn audio(body: &[u8]) -> Option<Header> {
    let (&first, rest) = body.split_first()?;
    if first >> 4 != AUDIO_EX_HEADER {
        return None;
    }
    let packet = match first & 0x0f {
        0 => Packet::SequenceStart,
        1 => Packet::CodedFrames,
        2 => Packet::SequenceEnd,
        4 => Packet::MultichannelConfig,
        5 => Packet::Multitrack,
        7 => Packet::ModEx,
        other => Packet::Unknown(other),
    };
    with_codec(packet, 0, rest)
}

/// Adds the FourCC, which follows everything but modifiers and tracks; these have bytes of their own first.
fn with_codec(packet: Packet, frame_type: u8, rest: &[u8]) -> Option<Header> {
    let four_cc = match packet {
        Packet::ModEx | Packet::Multitrack => {
            rest.first()?;
            None
        }
        _ => Some(*rest.first_chunk()?),
    };
    Some(Header { packet, frame_type, four_cc })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn video_headers() {
        let end = video(b"\x92hvc1").unwrap();
        assert_eq!(end, Header { packet: Packet::SequenceEnd, frame_type: 1, four_cc: Some(*b"hvc1") });
        assert_eq!(video(b"\xa3av01x").unwrap().packet, Packet::CodedFramesX);
        assert_eq!(video(b"\xd0\x00").unwrap().packet, Packet::Command);
        assert_eq!(video(b"\xd4hvc1").unwrap().packet, Packet::Metadata);
        assert_eq!(
            video(b"\x97\x00").unwrap(),
            Header { packet: Packet::ModEx, frame_type: 1, four_cc: None }
        );
        assert_eq!(video(b"\x9fvp09").unwrap().packet, Packet::Unknown(15));
    }

    #[test]
    fn what_is_no_extended_video_header() {
        for body in [&b""[..], b"\x17\x00\x00\x00\x00", b"\x92hvc", b"\xd0", b"\x97"] {
            assert_eq!(video(body), None, "{body:x?}");
        }
    }

    #[test]
    fn audio_headers() {
        let start = audio(b"\x90Opus").unwrap();
        assert_eq!(start, Header { packet: Packet::SequenceStart, frame_type: 0, four_cc: Some(*b"Opus") });
        assert_eq!(audio(b"\x94mp4a").unwrap().packet, Packet::MultichannelConfig);
        assert_eq!(audio(b"\x95\x00").unwrap().packet, Packet::Multitrack);
        assert_eq!(audio(b"\xaf\x00"), None);
        assert_eq!(audio(b"\x90Opu"), None);
        assert_eq!(audio(b""), None);
    }
}
