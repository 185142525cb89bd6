//! The structures of the public headers, field by field.
#![allow(non_snake_case, non_camel_case_types)]

use libc::{c_char, c_int, c_uint, c_ushort, c_void};

/// The size of the input buffer of a connection, in bytes.
pub const RTMP_BUFFER_CACHE_SIZE: usize = 16 * 1024;
/// The longest header of a chunk, and the headroom that a packet's body has before it, in bytes.
pub const RTMP_MAX_HEADER_SIZE: usize = 18;
/// The length of the hash of a player, in bytes.
pub const RTMP_SWF_HASHLEN: usize = 32;
/// The length of the answer to SWF verification, in bytes.
pub const RTMP_SWF_RESPONSE_LEN: usize = RTMP_SWF_HASHLEN + 10;

/// A text with its length; it need not end with a NUL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AVal {
    /// The bytes, or a null pointer.
    pub av_val: *mut c_char,
    /// How many there are.
    pub av_len: c_int,
}

/// An enumeration in C; any number may stand in memory, so it is a number here.
pub type AMFDataType = c_uint;

/// An ordered list of properties: an object, or an array.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AMFObject {
    /// How many properties there are.
    pub o_num: c_int,
    /// The properties, in memory of malloc; AMF_Reset frees them.
    pub o_props: *mut AMFObjectProperty,
}

/// The value of a property; AMFObjectProperty.p_type says which member holds it.
#[repr(C)]
#[derive(Clone, Copy)]
pub union AMFObjectPropertyValue {
    /// Numbers, booleans (0 or 1) and dates (milliseconds since 1970).
    pub p_number: f64,
    /// Strings and XML documents.
    pub p_aval: AVal,
    /// Objects and arrays.
    pub p_object: AMFObject,
}

/// A value, with its name when it stands in an object.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AMFObjectProperty {
    /// The name; empty for an unnamed value.
    pub p_name: AVal,
    /// The type, of AMFDataType.
    pub p_type: AMFDataType,
    /// The value.
    pub p_vu: AMFObjectPropertyValue,
    /// The time zone of a date, in minutes.
    pub p_UTCoffset: i16,
}

/// The traits of an AMF3 object: its class and the names of its sealed members.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AMF3ClassDef {
    /// The name of the class.
    pub cd_name: AVal,
    /// 1: the class writes itself, in a form of its own.
    pub cd_externalizable: c_char,
    /// 1: more members may follow the sealed ones.
    pub cd_dynamic: c_char,
    /// How many sealed members there are.
    pub cd_num: c_int,
    /// Their names, in memory of malloc.
    pub cd_props: *mut AVal,
}

/// One chunk as it is on the wire.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTMPChunk {
    /// Bytes in use of `c_header`.
    pub c_headerSize: c_int,
    /// Bytes at `c_chunk`.
    pub c_chunkSize: c_int,
    /// The chunk's part of the message body.
    pub c_chunk: *mut c_char,
    /// Basic header, message header and extended timestamp.
    pub c_header: [c_char; RTMP_MAX_HEADER_SIZE],
}

/// A message, or as much of it as has been received.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTMPPacket {
    /// The format of its header, one of RTMP_PACKET_SIZE_*; a request when sending.
    pub m_headerType: u8,
    /// The type, one of RTMP_PACKET_TYPE_*.
    pub m_packetType: u8,
    /// 1: `m_nTimeStamp` came as an absolute time; 0: as a difference.
    pub m_hasAbsTimestamp: u8,
    /// The channel (chunk stream), 2 to 65599.
    pub m_nChannel: c_int,
    /// The time, in milliseconds.
    pub m_nTimeStamp: u32,
    /// The message stream that it belongs to.
    pub m_nInfoField2: i32,
    /// The length of the body, in bytes.
    pub m_nBodySize: u32,
    /// How many bytes of the body have been received.
    pub m_nBytesRead: u32,
    /// When not null: takes each chunk as it was received.
    pub m_chunk: *mut RTMPChunk,
    /// The body, behind RTMP_MAX_HEADER_SIZE bytes of headroom.
    pub m_body: *mut c_char,
}

/// A connection, and what has been received on it but not yet taken.
#[repr(C)]
pub struct RTMPSockBuf {
    /// The socket, or -1.
    pub sb_socket: c_int,
    /// Bytes that wait at `sb_start`.
    pub sb_size: c_int,
    /// The next byte to take; at times outside `sb_buf`.
    pub sb_start: *mut c_char,
    /// The input buffer.
    pub sb_buf: [c_char; RTMP_BUFFER_CACHE_SIZE],
    /// 1: the last read gave up waiting.
    pub sb_timedout: c_int,
    /// The library's own: TLS and tunnel.
    pub sb_ssl: *mut c_void,
}

/// What to connect to, and how. Texts are not copied: they outlive the session.
#[repr(C)]
pub struct RTMP_LNK {
    /// The server.
    pub hostname: AVal,
    /// The proxy.
    pub sockshost: AVal,
    /// The stream as it came from the URL; RTMP_Close frees it.
    pub playpath0: AVal,
    /// The stream to play or publish.
    pub playpath: AVal,
    /// The URL that the server is told.
    pub tcUrl: AVal,
    /// The URL of the player.
    pub swfUrl: AVal,
    /// The URL of the page that holds the player.
    pub pageUrl: AVal,
    /// The application on the server.
    pub app: AVal,
    /// A string sent with the connect command when RTMP_LF_AUTH is set.
    pub auth: AVal,
    /// The Flash version that the server is told.
    pub flashVer: AVal,
    /// The stream to subscribe to.
    pub subscribepath: AVal,
    /// A token for servers of Justin.tv.
    pub usherToken: AVal,
    /// The key of SecureToken.
    pub token: AVal,
    /// The user name for publishing.
    pub pubUser: AVal,
    /// The password for publishing.
    pub pubPasswd: AVal,
    /// Values sent behind the arguments of the connect command.
    pub extras: AMFObject,
    /// How many objects of `extras` are still open.
    pub edepth: c_int,
    /// Where to start, in milliseconds.
    pub seekTime: c_int,
    /// Where to stop, in milliseconds; 0 for the end.
    pub stopTime: c_int,
    /// RTMP_LF_* bits.
    pub lFlags: c_int,
    /// How old a cached hash of the player may be, in days.
    pub swfAge: c_int,
    /// RTMP_FEATURE_* bits.
    pub protocol: c_int,
    /// How long to wait for the network, in seconds; 0 for ever.
    pub timeout: c_int,
    /// The library's own.
    pub pFlags: c_int,
    /// The port of the proxy; 0 without one.
    pub socksport: c_ushort,
    /// The port of the server.
    pub port: c_ushort,
    /// Not used.
    pub dh: *mut c_void,
    /// Not used.
    pub rc4keyIn: *mut c_void,
    /// Not used.
    pub rc4keyOut: *mut c_void,
    /// The size of the player, uncompressed, in bytes; 0 when it is not known.
    pub SWFSize: u32,
    /// The hash of the player.
    pub SWFHash: [u8; RTMP_SWF_HASHLEN],
    /// The answer to SWF verification.
    pub SWFVerificationResponse: [c_char; RTMP_SWF_RESPONSE_LEN],
}

/// What RTMP_Read and RTMP_Write keep between calls.
#[repr(C)]
pub struct RTMP_READ {
    /// The library's own.
    pub buf: *mut c_char,
    /// The library's own.
    pub bufpos: *mut c_char,
    /// Not used.
    pub buflen: c_uint,
    /// The time of the last tag that RTMP_Read gave, in milliseconds.
    pub timestamp: u32,
    /// The FLV header's flags: 1 with video, 4 with audio.
    pub dataType: u8,
    /// RTMP_READ_HEADER and the like, bits.
    pub flags: u8,
    /// RTMP_READ_COMPLETE, RTMP_READ_ERROR or RTMP_READ_EOF when the stream has ended.
    pub status: i8,
    /// To resume: the message type of `initialFrame`.
    pub initialFrameType: u8,
    /// To resume: the time of `initialFrame`, in milliseconds; once that is found, what is added to the stream's times.
    pub nResumeTS: u32,
    /// To resume: the metadata of the earlier file.
    pub metaHeader: *mut c_char,
    /// To resume: the last key frame of the earlier file.
    pub initialFrame: *mut c_char,
    /// To resume: bytes at `metaHeader`.
    pub nMetaHeaderSize: u32,
    /// To resume: bytes at `initialFrame`.
    pub nInitialFrameSize: u32,
    /// Frames skipped on the way to `initialFrame`.
    pub nIgnoredFrameCounter: u32,
    /// Frames of aggregates skipped on the way to it.
    pub nIgnoredFlvFrameCounter: u32,
}

/// A command that waits for its answer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTMP_METHOD {
    /// The command, in memory of malloc.
    pub name: AVal,
    /// Its transaction number.
    pub num: c_int,
}

/// A session. RTMP_Alloc makes one, or a program's own memory holds it; RTMP_Init comes first.
#[repr(C)]
pub struct RTMP {
    /// The largest chunk that the peer sends, in bytes.
    pub m_inChunkSize: c_int,
    /// The largest chunk that is sent, in bytes.
    pub m_outChunkSize: c_int,
    /// Bandwidth checks begun.
    pub m_nBWCheckCounter: c_int,
    /// Bytes received; wraps.
    pub m_nBytesIn: c_int,
    /// `m_nBytesIn` as last reported to the peer.
    pub m_nBytesInSent: c_int,
    /// The buffer that the server is told of, in milliseconds.
    pub m_nBufferMS: c_int,
    /// The message stream that createStream gave; -1 once it is given back.
    pub m_stream_id: c_int,
    /// The channel that media arrives on.
    pub m_mediaChannel: c_int,
    /// The time of the last media message, in milliseconds; it stands still in a pause.
    pub m_mediaStamp: u32,
    /// The time at which the stream was paused, or at which the server fell silent, in milliseconds.
    pub m_pauseStamp: u32,
    /// 0: no pause; 1: one was asked for; 2: the same, and the server has sent all it had; 3: going on was asked for.
    pub m_pausing: c_int,
    /// The acknowledgement window, in bytes: as announced to the peer, or as it has announced its own.
    pub m_nServerBW: c_int,
    /// The bandwidth limit, in bytes: as announced to the peer, or as it has set ours.
    pub m_nClientBW: c_int,
    /// The limit type that came with it.
    pub m_nClientBW2: u8,
    /// 1: the server has started to play, or to take what is published.
    pub m_bPlaying: u8,
    /// 1: the connect command carries objectEncoding, even when it is 0.
    pub m_bSendEncoding: u8,
    /// 1: received bytes are acknowledged.
    pub m_bSendCounter: u8,
    /// The last transaction number.
    pub m_numInvokes: c_int,
    /// Commands at `m_methodCalls`.
    pub m_numCalls: c_int,
    /// The commands that wait for an answer.
    pub m_methodCalls: *mut RTMP_METHOD,
    /// Entries at `m_vecChannelsIn` and at `m_channelTimestamp`.
    pub m_channelsAllocatedIn: c_int,
    /// Not used.
    pub m_channelsAllocatedOut: c_int,
    /// Null pointers: what was received on each channel is the library's own.
    pub m_vecChannelsIn: *mut *mut RTMPPacket,
    /// The library's own.
    pub m_vecChannelsOut: *mut *mut RTMPPacket,
    /// The time of the last message received on each channel, in milliseconds.
    pub m_channelTimestamp: *mut c_int,
    /// Audio codecs, as the connect command names them.
    pub m_fAudioCodecs: f64,
    /// Video codecs, as the connect command names them.
    pub m_fVideoCodecs: f64,
    /// 0 for AMF0, 3 for AMF3.
    pub m_fEncoding: f64,
    /// The length of the stream in seconds, when its metadata tells.
    pub m_fDuration: f64,
    /// Not used.
    pub m_msgCounter: c_int,
    /// Not used.
    pub m_polling: c_int,
    /// The library's own.
    pub m_resplen: c_int,
    /// Not used.
    pub m_unackd: c_int,
    /// RTMPT: the name of the session, with a slash before it.
    pub m_clientID: AVal,
    /// The state of RTMP_Read.
    pub m_read: RTMP_READ,
    /// Not used by the library; programs send from it.
    pub m_write: RTMPPacket,
    /// The connection.
    pub m_sb: RTMPSockBuf,
    /// Where to.
    pub Link: RTMP_LNK,
}

/// A request, and what came of it.
#[repr(C)]
pub struct HTTP_ctx {
    /// Room for 64 bytes, or null. In: the file is fetched only when it is newer than this HTTP date; empty: in any case.
    /// Out: the file's own date.
    pub date: *mut c_char,
    /// The bytes of the file are added to it.
    pub size: c_int,
    /// The status code that the server answered; -1 when none did.
    pub status: c_int,
    /// Given to the callback.
    pub data: *mut c_void,
}
