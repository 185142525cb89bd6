//! The public scalars of `struct RTMP`, which a session shares with its owner.
#![forbid(unsafe_code)]

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
    /// One of [`pausing`](super::pausing).
    pub pausing: i32,
    /// The acknowledgement window, bytes: ours, until the peer announces its own.
    pub server_bw: i32,
    /// The bandwidth limit, bytes: ours, until the peer sets one.
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
    /// Bits of [`read_flag`](super::read_flag).
    pub flags: u8,
    /// One of [`read_status`](super::read_status).
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
    /// Bits of [`link_flag`](super::link_flag).
    pub flags: i32,
    /// Days a cached SWF hash is good for.
    pub swf_age: i32,
    /// Bits of [`feature`](super::feature).
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
    link_swf_size set_link_swf_size u32: link.swf_size;
}
