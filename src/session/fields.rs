//! What a session shares with its owner: the public scalars of `struct RTMP`, and the [`Host`] that holds them.
#![forbid(unsafe_code)]

/// Calls that may await their answers at once; one more, and the owner forgets the oldest: a server that answers none
/// cannot make the list grow for ever.
pub const MAX_CALLS: usize = 1024;
/// How often a connection takes a server's offer to measure bandwidth.
pub const MAX_BANDWIDTH_CHECKS: u32 = 16;

/// The public scalars, as [`Settings`](super::Settings) keeps them. ARCHITECTURE.md has the rule for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// The peer's chunk size, bytes.
    pub in_chunk_size: i32,
    /// Our chunk size, bytes.
    pub out_chunk_size: i32,
    /// How many bandwidth checks were asked for.
    pub bw_check_counter: i32,
    /// Bytes received, wrapping.
    pub bytes_in: i32,
    /// `bytes_in` at the last acknowledgement.
    pub bytes_in_sent: i32,
    /// The player's buffer, milliseconds.
    pub buffer_ms: i32,
    /// The message stream, -1 when there is none.
    pub stream_id: i32,
    /// The first channel that carried media, 0 before.
    pub media_channel: i32,
    /// Time of the last media, milliseconds.
    pub media_stamp: u32,
    /// Time at which the play was paused, milliseconds.
    pub pause_stamp: u32,
    /// 0 playing, 1 pausing, 2 paused by us after the stream's EOF, 3 resuming.
    pub pausing: i32,
    /// The window we announce, bytes.
    pub server_bw: i32,
    /// The window the peer announced, bytes.
    pub client_bw: i32,
    /// The limit type of the peer bandwidth.
    pub client_bw2: u8,
    /// Whether media flows.
    pub playing: bool,
    /// Whether `objectEncoding` is sent even when it is 0.
    pub send_encoding: bool,
    /// Whether acknowledgements are sent.
    pub send_counter: bool,
    /// `audioCodecs` of connect.
    pub audio_codecs: f64,
    /// `videoCodecs` of connect.
    pub video_codecs: f64,
    /// `objectEncoding` of connect.
    pub encoding: f64,
    /// Duration of the stream, seconds.
    pub duration: f64,
    /// `RTMP_READ`'s part.
    pub read: ReadFields,
    /// `RTMP_LNK`'s part.
    pub link: LinkFields,
}

/// The scalars of `RTMP_READ`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadFields {
    /// Time of the last tag, milliseconds.
    pub timestamp: u32,
    /// 1 video seen or announced, 4 audio.
    pub data_type: u8,
    /// Bits of [`read_flag`].
    pub flags: u8,
    /// One of [`read_status`].
    pub status: i8,
    /// Resume: the type of the frame to find.
    pub initial_frame_type: u8,
    /// Resume: the time of the frame to find, milliseconds; once it is found, what is added to the stream's times.
    pub resume_ts: u32,
    /// Resume: packets ignored so far.
    pub ignored_frames: u32,
    /// Resume: aggregate tags ignored so far.
    pub ignored_flv_frames: u32,
}

/// The scalars of `RTMP_LNK`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkFields {
    /// Where the play begins, milliseconds.
    pub seek_time: i32,
    /// Where the play ends, milliseconds; 0 for its end.
    pub stop_time: i32,
    /// Bits of [`link_flag`].
    pub flags: i32,
    /// Days a cached SWF hash is good for.
    pub swf_age: i32,
    /// Bits of [`feature`].
    pub protocol: i32,
    /// Seconds; 0 is for ever.
    pub timeout: i32,
    /// The proxy's port; 0 without a proxy.
    pub socks_port: u16,
    /// The server's port.
    pub port: u16,
    /// Size of the SWF, bytes; 0 without one.
    pub swf_size: u32,
}

/// Bits of `Link.protocol`.
pub mod feature {
    /// Tunnelled in HTTP.
    pub const HTTP: i32 = 0x01;
    /// RTMPE.
    pub const ENC: i32 = 0x02;
    /// TLS.
    pub const SSL: i32 = 0x04;
    /// RTMFP, which nobody supports.
    pub const MFP: i32 = 0x08;
    /// Publishing.
    pub const WRITE: i32 = 0x10;
}

/// Bits of `Link.lFlags`.
pub mod link_flag {
    /// The `auth` string is sent.
    pub const AUTH: i32 = 0x01;
    /// The stream is live.
    pub const LIVE: i32 = 0x02;
    /// The SWF is to be verified.
    pub const SWFV: i32 = 0x04;
    /// A playlist is sent before play.
    pub const PLST: i32 = 0x08;
    /// The stream is toggled when the server's buffer is empty.
    pub const BUFX: i32 = 0x10;
    /// `tcUrl` is the library's to free.
    pub const FTCU: i32 = 0x20;
    /// `app` is the library's to free.
    pub const FAPU: i32 = 0x40;
}

/// Bits of `m_read.flags`.
pub mod read_flag {
    /// The FLV header is out.
    pub const HEADER: u8 = 0x01;
    /// The stream is resumed.
    pub const RESUME: u8 = 0x02;
    /// Resume: no more frames at time 0 are skipped.
    pub const NO_IGNORE: u8 = 0x04;
    /// Resume: the frame was found.
    pub const GOT_KF: u8 = 0x08;
    /// Resume: the frame was found inside an aggregate.
    pub const GOT_FLV_K: u8 = 0x10;
    /// A seek is under way.
    pub const SEEKING: u8 = 0x20;
}

/// Values of `m_read.status`.
pub mod read_status {
    /// The play ended.
    pub const COMPLETE: i8 = -3;
    /// The stream is corrupt, or a resume failed.
    pub const ERROR: i8 = -2;
    /// The connection is gone.
    pub const EOF: i8 = -1;
    /// All is well.
    pub const OK: i8 = 0;
}

impl Default for Fields {
    /// The values of `RTMP_Init`.
    fn default() -> Self {
        Self {
            in_chunk_size: crate::chunk::DEFAULT_CHUNK_SIZE as i32,
            out_chunk_size: crate::chunk::DEFAULT_CHUNK_SIZE as i32,
            bw_check_counter: 0,
            bytes_in: 0,
            bytes_in_sent: 0,
            buffer_ms: 30_000,
            stream_id: 0,
            media_channel: 0,
            media_stamp: 0,
            pause_stamp: 0,
            pausing: 0,
            server_bw: 2_500_000,
            client_bw: 2_500_000,
            client_bw2: 2,
            playing: false,
            send_encoding: false,
            send_counter: false,
            audio_codecs: 3191.0,
            video_codecs: 252.0,
            encoding: 0.0,
            duration: 0.0,
            read: ReadFields::default(),
            link: LinkFields { swf_age: 30, timeout: 30, ..LinkFields::default() },
        }
    }
}

/// Declares the access to each scalar, `getter setter type: place in Fields`.
macro_rules! scalars {
    ($($get:ident $set:ident $type:ty: $($place:ident).+;)*) => {
        /// The public scalars, read and written one by one where the owner keeps them: in C programs in `struct RTMP`
        /// itself, so that a call costs nothing for those it does not use.
        pub trait Scalars {
            $(
                #[doc = concat!("`", stringify!($($place).+), "` of [`Fields`].")]
                fn $get(&self) -> $type;
                #[doc = concat!("Sets [`Self::", stringify!($get), "`].")]
                fn $set(&mut self, value: $type);
            )*
        }

        impl Scalars for super::Settings {
            $(
                fn $get(&self) -> $type {
                    self.fields.$($place).+
                }

                fn $set(&mut self, value: $type) {
                    self.fields.$($place).+ = value;
                }
            )*
        }
    };
}

scalars! {
    in_chunk_size set_in_chunk_size i32: in_chunk_size;
    out_chunk_size set_out_chunk_size i32: out_chunk_size;
    bw_check_counter set_bw_check_counter i32: bw_check_counter;
    bytes_in set_bytes_in i32: bytes_in;
    bytes_in_sent set_bytes_in_sent i32: bytes_in_sent;
    buffer_ms set_buffer_ms i32: buffer_ms;
    stream_id set_stream_id i32: stream_id;
    media_channel set_media_channel i32: media_channel;
    media_stamp set_media_stamp u32: media_stamp;
    pause_stamp set_pause_stamp u32: pause_stamp;
    pausing set_pausing i32: pausing;
    server_bw set_server_bw i32: server_bw;
    client_bw set_client_bw i32: client_bw;
    client_bw2 set_client_bw2 u8: client_bw2;
    playing set_playing bool: playing;
    send_encoding set_send_encoding bool: send_encoding;
    send_counter set_send_counter bool: send_counter;
    audio_codecs set_audio_codecs f64: audio_codecs;
    video_codecs set_video_codecs f64: video_codecs;
    encoding set_encoding f64: encoding;
    duration set_duration f64: duration;
    read_timestamp set_read_timestamp u32: read.timestamp;
    read_data_type set_read_data_type u8: read.data_type;
    read_flags set_read_flags u8: read.flags;
    read_status set_read_status i8: read.status;
    read_frame_type set_read_frame_type u8: read.initial_frame_type;
    read_resume_ts set_read_resume_ts u32: read.resume_ts;
    read_ignored_frames set_read_ignored_frames u32: read.ignored_frames;
    read_ignored_flv_frames set_read_ignored_flv_frames u32: read.ignored_flv_frames;
    link_seek_time set_link_seek_time i32: link.seek_time;
    link_stop_time set_link_stop_time i32: link.stop_time;
    link_flags set_link_flags i32: link.flags;
    link_protocol set_link_protocol i32: link.protocol;
    link_timeout set_link_timeout i32: link.timeout;
    link_swf_size set_link_swf_size u32: link.swf_size;
}

/// A text setting of `RTMP_LNK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Text {
    Hostname,
    SocksHost,
    Playpath,
    TcUrl,
    SwfUrl,
    PageUrl,
    App,
    Auth,
    FlashVer,
    SubscribePath,
    UsherToken,
    Token,
    PubUser,
    PubPasswd,
}

/// What the core asks of whoever owns a session: in C programs `struct RTMP`, in Rust a [`Settings`](super::Settings).
pub trait Host: Scalars {
    /// A text setting, read when it is used; empty when unset.
    fn text(&self, which: Text) -> Vec<u8>;
    /// Replaces a text setting (authentication rewrites `app` and `tcUrl`).
    fn set_text(&mut self, which: Text, value: Vec<u8>);
    /// `Link.extras`, encoded as the AMF0 values that follow connect's object.
    fn extras(&self) -> Vec<u8>;
    /// The prepared SWF answer: bytes 01 01, size, size, HMAC.
    fn swf_response(&self) -> [u8; 42];
    /// The SWF hash of the settings.
    fn swf_hash(&self) -> [u8; 32];
    /// Stores the prepared SWF answer.
    fn set_swf_response(&mut self, answer: [u8; 42]);
    /// Resume: the metadata that must come at time 0, and the frame to find.
    fn resume(&self) -> (Vec<u8>, Vec<u8>);
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
    fn publish_ahead(&self) -> super::PublishAhead;
    /// Stores what became of it.
    fn set_publish_ahead(&mut self, ahead: super::PublishAhead);
    /// The absolute time of a channel, as last stored; 0 for a channel that carried nothing.
    fn channel_time_of(&self, channel: i32) -> u32;
    /// Logs the AMF0 values of a received command or data message at DEBUG, as programs parse them out of the log.
    fn show_values(&self, body: &[u8]);
    /// Stores the absolute time of a channel's last complete message, milliseconds, for programs that look.
    fn channel_time(&mut self, channel: u32, time: u32);
}
