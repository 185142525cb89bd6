//! User control events (RTMP 1.0, section 7.1.7, and Flash's additions).
#![forbid(unsafe_code)]

/// A stream begins.
pub const STREAM_BEGIN: u16 = 0;
/// The data of a stream is over.
pub const STREAM_EOF: u16 = 1;
/// No more data for now.
pub const STREAM_DRY: u16 = 2;
/// The client's buffer length in milliseconds.
pub const SET_BUFFER_LENGTH: u16 = 3;
/// The stream is recorded.
pub const STREAM_IS_RECORDED: u16 = 4;
/// A ping; answered by [`PING_RESPONSE`] with the same value.
pub const PING_REQUEST: u16 = 6;
/// The answer to a ping.
pub const PING_RESPONSE: u16 = 7;
/// SWF verification is asked for.
pub const SWF_VERIFY_REQUEST: u16 = 0x1a;
/// The answer to [`SWF_VERIFY_REQUEST`].
pub const SWF_VERIFY_RESPONSE: u16 = 0x1b;
/// The server has sent as much as the client's buffer holds.
pub const BUFFER_EMPTY: u16 = 31;
/// The server starts to send again.
pub const BUFFER_READY: u16 = 32;
