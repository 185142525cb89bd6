//! What a session asks of its owner.
#![forbid(unsafe_code)]

use super::{PublishAhead, Scalars};
use crate::Result;
use crate::handshake::SWF_ANSWER_SIZE;

/// Calls that may await their answers at once; one more, and the owner forgets the oldest: a server that answers none
/// cannot make the list grow for ever.
pub const MAX_CALLS: usize = 1024;
/// How often a connection takes a server's offer to measure bandwidth.
pub const MAX_BANDWIDTH_CHECKS: u32 = 16;

/// A text setting of `RTMP_LNK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextSetting {
    /// The server's name or address.
    Hostname,
    /// The proxy: its host, or all that the option `socks` says.
    SocksHost,
    /// The stream to play or publish.
    Playpath,
    /// The URL that the server is told.
    TcUrl,
    /// The URL of the player.
    SwfUrl,
    /// The URL of the page that holds the player.
    PageUrl,
    /// The application on the server.
    App,
    /// A string that goes with connect; [`link_flag::AUTH`](super::link_flag::AUTH) tells what stands before it.
    Auth,
    /// The Flash version that the server is told.
    FlashVer,
    /// The stream to subscribe to.
    SubscribePath,
    /// A token for servers of Justin.tv.
    UsherToken,
    /// The key of SecureToken.
    Token,
    /// The publisher's name.
    PubUser,
    /// The publisher's password.
    PubPasswd,
}

/// What a program that resumes a download has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resumed {
    /// The metadata, which the stream's must equal; empty for any.
    pub metadata: Vec<u8>,
    /// The last key frame, behind which the stream goes on.
    pub frame: Vec<u8>,
}

/// What the core asks of whoever owns a session: in C programs `struct RTMP`, in Rust a [`Settings`](super::Settings).
pub trait Host: Scalars {
    /// A text setting, read when it is used; empty when unset.
    fn text(&self, which: TextSetting) -> Vec<u8>;
    /// Replaces a text setting (authentication rewrites `app` and `tcUrl`).
    fn set_text(&mut self, which: TextSetting, value: Vec<u8>);
    /// `Link.extras`, encoded as the AMF0 values that follow connect's object.
    fn extras(&self) -> Vec<u8>;
    /// The prepared SWF answer: bytes 01 01, size, size, HMAC.
    fn swf_response(&self) -> [u8; SWF_ANSWER_SIZE];
    /// What a program that resumes has already.
    fn resume(&self) -> Result<Resumed>;
    /// The next transaction id: the one after the last, from 1 on, wrapping. Never the same to two threads.
    fn next_transaction(&mut self) -> i32;
    /// A call that awaits its answer was sent.
    fn call_sent(&mut self, method: &[u8], transaction: i32);
    /// Takes the call with this transaction out of the list.
    fn call_answered(&mut self, transaction: i32) -> Option<Vec<u8>>;
    /// Takes the first call of this method out of the list.
    fn call_dropped(&mut self, method: &[u8]);
    /// The chunk size a publisher shall announce, where the program chose one (option `chunk`).
    fn publish_chunk_size(&self) -> Option<u32>;
    /// Whether the server's offer to measure bandwidth may be taken once more: one that offers without end is answered a
    /// few times only.
    fn may_check_bandwidth(&mut self) -> bool;
    /// The library announced a chunk size by itself; a later connection begins with the default again.
    fn chunk_size_announced(&mut self, size: u32);
    /// What became of a `publish` sent ahead on this connection.
    fn publish_ahead(&self) -> PublishAhead;
    /// Stores what became of it.
    fn set_publish_ahead(&mut self, ahead: PublishAhead);
    /// The absolute time of a channel, as last stored; 0 for a channel that carried nothing.
    fn channel_time(&self, channel: i32) -> u32;
    /// Logs the AMF0 values of a received command or data message at DEBUG, as programs parse them out of the log.
    fn show_values(&self, body: &[u8]);
    /// Stores the absolute time of a channel's last complete message, milliseconds, for programs that look.
    fn set_channel_time(&mut self, channel: u32, time: u32);
}
