//! Chunks: how messages are cut for the wire and put together again (RTMP 1.0, section 5.3). No sockets here:
//! bytes come through [`Input`](crate::transport::Input) and leave as slices.
#![forbid(unsafe_code)]

mod body;
mod channels;
mod header;
mod reader;
mod writer;

pub use body::{Body, Memory};
pub use header::{Format, MAX_HEADER, MessageHeader};
pub use reader::{Chunk, ChunkBytes, Complete, MAX_UNFINISHED, Reader};
pub use writer::{MAX_BODY, Outgoing, Writer};

/// The chunk size of both directions until the sender announces another (RTMP 1.0, section 5.4.1).
pub const DEFAULT_CHUNK_SIZE: u32 = 128;
/// The largest chunk size that means anything: a message is never longer (RTMP 1.0, section 5.4.1).
pub const MAX_CHUNK_SIZE: u32 = 0xff_ffff;
/// The channel of protocol control messages (RTMP 1.0, section 5.4).
pub const CONTROL_CHANNEL: u32 = 2;
/// The lowest channel: 0 and 1 announce longer basic headers (RTMP 1.0, section 5.3.1.1).
pub const MIN_CHANNEL: u32 = 2;
/// The largest channel a three-byte basic header names (RTMP 1.0, section 5.3.1.1).
pub const MAX_CHANNEL: u32 = 65599;
