//! The structures of the public headers, field by field.
#![allow(non_snake_case, non_camel_case_types, missing_docs)]

use libc::{c_char, c_int, c_uint, c_ushort, c_void};

/// `RTMP_BUFFER_CACHE_SIZE`
pub const RTMP_BUFFER_CACHE_SIZE: usize = 16 * 1024;
/// `RTMP_MAX_HEADER_SIZE`
pub const RTMP_MAX_HEADER_SIZE: usize = 18;
/// `RTMP_SWF_HASHLEN`
pub const RTMP_SWF_HASHLEN: usize = 32;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AVal {
    pub av_val: *mut c_char,
    pub av_len: c_int,
}

/// An enumeration in C; any number may stand in memory, so it is a number here.
pub type AMFDataType = c_uint;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AMFObject {
    pub o_num: c_int,
    pub o_props: *mut AMFObjectProperty,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union AMFObjectPropertyValue {
    pub p_number: f64,
    pub p_aval: AVal,
    pub p_object: AMFObject,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct AMFObjectProperty {
    pub p_name: AVal,
    pub p_type: AMFDataType,
    pub p_vu: AMFObjectPropertyValue,
    pub p_UTCoffset: i16,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AMF3ClassDef {
    pub cd_name: AVal,
    pub cd_externalizable: c_char,
    pub cd_dynamic: c_char,
    pub cd_num: c_int,
    pub cd_props: *mut AVal,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTMPChunk {
    pub c_headerSize: c_int,
    pub c_chunkSize: c_int,
    pub c_chunk: *mut c_char,
    pub c_header: [c_char; RTMP_MAX_HEADER_SIZE],
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTMPPacket {
    pub m_headerType: u8,
    pub m_packetType: u8,
    pub m_hasAbsTimestamp: u8,
    pub m_nChannel: c_int,
    pub m_nTimeStamp: u32,
    pub m_nInfoField2: i32,
    pub m_nBodySize: u32,
    pub m_nBytesRead: u32,
    pub m_chunk: *mut RTMPChunk,
    pub m_body: *mut c_char,
}

#[repr(C)]
pub struct RTMPSockBuf {
    pub sb_socket: c_int,
    pub sb_size: c_int,
    pub sb_start: *mut c_char,
    pub sb_buf: [c_char; RTMP_BUFFER_CACHE_SIZE],
    pub sb_timedout: c_int,
    pub sb_ssl: *mut c_void,
}

#[repr(C)]
pub struct RTMP_LNK {
    pub hostname: AVal,
    pub sockshost: AVal,
    pub playpath0: AVal,
    pub playpath: AVal,
    pub tcUrl: AVal,
    pub swfUrl: AVal,
    pub pageUrl: AVal,
    pub app: AVal,
    pub auth: AVal,
    pub flashVer: AVal,
    pub subscribepath: AVal,
    pub usherToken: AVal,
    pub token: AVal,
    pub pubUser: AVal,
    pub pubPasswd: AVal,
    pub extras: AMFObject,
    pub edepth: c_int,
    pub seekTime: c_int,
    pub stopTime: c_int,
    pub lFlags: c_int,
    pub swfAge: c_int,
    pub protocol: c_int,
    pub timeout: c_int,
    pub pFlags: c_int,
    pub socksport: c_ushort,
    pub port: c_ushort,
    pub dh: *mut c_void,
    pub rc4keyIn: *mut c_void,
    pub rc4keyOut: *mut c_void,
    pub SWFSize: u32,
    pub SWFHash: [u8; RTMP_SWF_HASHLEN],
    pub SWFVerificationResponse: [c_char; RTMP_SWF_HASHLEN + 10],
}

#[repr(C)]
pub struct RTMP_READ {
    pub buf: *mut c_char,
    pub bufpos: *mut c_char,
    pub buflen: c_uint,
    pub timestamp: u32,
    pub dataType: u8,
    pub flags: u8,
    pub status: i8,
    pub initialFrameType: u8,
    pub nResumeTS: u32,
    pub metaHeader: *mut c_char,
    pub initialFrame: *mut c_char,
    pub nMetaHeaderSize: u32,
    pub nInitialFrameSize: u32,
    pub nIgnoredFrameCounter: u32,
    pub nIgnoredFlvFrameCounter: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RTMP_METHOD {
    pub name: AVal,
    pub num: c_int,
}

#[repr(C)]
pub struct RTMP {
    pub m_inChunkSize: c_int,
    pub m_outChunkSize: c_int,
    pub m_nBWCheckCounter: c_int,
    pub m_nBytesIn: c_int,
    pub m_nBytesInSent: c_int,
    pub m_nBufferMS: c_int,
    pub m_stream_id: c_int,
    pub m_mediaChannel: c_int,
    pub m_mediaStamp: u32,
    pub m_pauseStamp: u32,
    pub m_pausing: c_int,
    pub m_nServerBW: c_int,
    pub m_nClientBW: c_int,
    pub m_nClientBW2: u8,
    pub m_bPlaying: u8,
    pub m_bSendEncoding: u8,
    pub m_bSendCounter: u8,
    pub m_numInvokes: c_int,
    pub m_numCalls: c_int,
    pub m_methodCalls: *mut RTMP_METHOD,
    pub m_channelsAllocatedIn: c_int,
    pub m_channelsAllocatedOut: c_int,
    pub m_vecChannelsIn: *mut *mut RTMPPacket,
    pub m_vecChannelsOut: *mut *mut RTMPPacket,
    pub m_channelTimestamp: *mut c_int,
    pub m_fAudioCodecs: f64,
    pub m_fVideoCodecs: f64,
    pub m_fEncoding: f64,
    pub m_fDuration: f64,
    pub m_msgCounter: c_int,
    pub m_polling: c_int,
    pub m_resplen: c_int,
    pub m_unackd: c_int,
    pub m_clientID: AVal,
    pub m_read: RTMP_READ,
    pub m_write: RTMPPacket,
    pub m_sb: RTMPSockBuf,
    pub Link: RTMP_LNK,
}

#[repr(C)]
pub struct HTTP_ctx {
    pub date: *mut c_char,
    pub size: c_int,
    pub status: c_int,
    pub data: *mut c_void,
}
