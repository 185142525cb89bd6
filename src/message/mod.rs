//! Every number and name of the protocol: message types, user control events, commands and status codes
//! (RTMP 1.0, sections 5.4, 6 and 7). No I/O, no state.
#![forbid(unsafe_code)]

pub mod command;
pub mod control;
pub mod status;

/// What a message carries (RTMP 1.0, sections 5.4 and 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct MessageType(pub u8);

impl MessageType {
    /// The sender's chunk size from here on.
    pub const SET_CHUNK_SIZE: Self = Self(1);
    /// Forget a half-sent message.
    pub const ABORT: Self = Self(2);
    /// Bytes received so far.
    pub const ACKNOWLEDGEMENT: Self = Self(3);
    /// User control: see [`control`].
    pub const USER_CONTROL: Self = Self(4);
    /// How often the receiver shall acknowledge.
    pub const WINDOW_ACK_SIZE: Self = Self(5);
    /// How much the receiver may send unacknowledged.
    pub const SET_PEER_BANDWIDTH: Self = Self(6);
    /// Audio data.
    pub const AUDIO: Self = Self(8);
    /// Video data.
    pub const VIDEO: Self = Self(9);
    /// Data message, AMF3.
    pub const DATA_AMF3: Self = Self(15);
    /// Shared object, AMF3.
    pub const SHARED_OBJECT_AMF3: Self = Self(16);
    /// Command, AMF3: one format byte, then as [`Self::COMMAND`].
    pub const COMMAND_AMF3: Self = Self(17);
    /// Data message (metadata), AMF0.
    pub const DATA: Self = Self(18);
    /// Shared object, AMF0.
    pub const SHARED_OBJECT: Self = Self(19);
    /// Command, AMF0.
    pub const COMMAND: Self = Self(20);
    /// FLV tags in one message.
    pub const AGGREGATE: Self = Self(22);

    /// Whether it is what a player or a recording is made of: audio, video or metadata.
    pub fn is_media(self) -> bool {
        matches!(self, Self::AUDIO | Self::VIDEO | Self::DATA)
    }
}
