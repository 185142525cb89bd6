//! One message of a stream, and what it is to a player who joins.

use rtmp::flv;
use rtmp::flv::ex;
use rtmp::message::MessageType;

/// AVC and AAC bodies: the second byte of codec configuration, and of a video sequence's end.
const CONFIGURATION: u8 = 0;
const END_OF_SEQUENCE: u8 = 2;
/// The codec numbers of AVC (video) and AAC (audio) in the first byte of a body.
const AVC: u8 = 7;
const AAC: u8 = 10;

/// A message of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: MessageType,
    /// Milliseconds.
    pub(crate) timestamp: u32,
    pub(crate) body: Vec<u8>,
}

/// What a frame is to a player who joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Describes the stream; needed first.
    Metadata,
    /// Configures the decoder; needed before any frame of its kind.
    AudioHeader,
    /// The same for video.
    VideoHeader,
    /// Where a player may begin.
    Keyframe,
    /// Needs the video before it.
    Video,
    /// Stands for itself.
    Other,
}

impl Frame {
    /// What the frame is.
    pub(crate) fn class(&self) -> Class {
        classify(self.kind, &self.body)
    }
}

/// What a message of this kind is.
pub(crate) fn classify(kind: MessageType, body: &[u8]) -> Class {
    match kind {
        MessageType::DATA if body.starts_with(b"\x02\x00\x0aonMetaData") => Class::Metadata,
        MessageType::AUDIO => classify_audio(body),
        MessageType::VIDEO => classify_video(body),
        _ => Class::Other,
    }
}

fn classify_audio(body: &[u8]) -> Class {
    let configures = match ex::audio(body) {
        Some(header) => matches!(header.packet, ex::Packet::SequenceStart | ex::Packet::MultichannelConfig),
        None => matches!(body, [first, CONFIGURATION, ..] if first >> 4 == AAC),
    };
    if configures { Class::AudioHeader } else { Class::Other }
}

fn classify_video(body: &[u8]) -> Class {
    if let Some(header) = ex::video(body) {
        return match header.packet {
            ex::Packet::SequenceStart | ex::Packet::Mpeg2TsSequenceStart => Class::VideoHeader,
            ex::Packet::Command | ex::Packet::Metadata | ex::Packet::SequenceEnd => Class::Other,
            _ if flv::is_keyframe(body) => Class::Keyframe,
            _ => Class::Video,
        };
    }
    match body {
        [first, CONFIGURATION, ..] if first & 0x0f == AVC => Class::VideoHeader,
        [first, END_OF_SEQUENCE, ..] if first & 0x0f == AVC => Class::Other,
        _ if flv::is_keyframe(body) => Class::Keyframe,
        _ => Class::Video,
    }
}

/// A data message as players get it: without the command to the server that publishers put before metadata.
pub(crate) fn without_command(body: &[u8]) -> &[u8] {
    body.strip_prefix(flv::SET_DATA_FRAME).unwrap_or(body)
}

/// Whether a data message takes the metadata back.
pub(crate) fn clears_metadata(body: &[u8]) -> bool {
    body.starts_with(b"\x02\x00\x0f@clearDataFrame")
}
