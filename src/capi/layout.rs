//! The layout of every public structure, as the C headers promise it on 64-bit Linux: the numbers are those of
//! `capi-tests/abi/layout.txt`, which was recorded from the reference's headers.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use crate::capi::types::*;
use std::mem::{offset_of, size_of};

/// Fails the build when a structure has another size or a field another offset.
macro_rules! layout {
    ($($name:ident: $size:literal { $($field:ident at $offset:literal),* $(,)? })*) => {
        $(
            const _: () = assert!(size_of::<$name>() == $size);
            $(const _: () = assert!(offset_of!($name, $field) == $offset);)*
        )*
    };
}

layout! {
    AVal: 16 {
        av_val at 0,
        av_len at 8,
    }
    AMFObject: 16 {
        o_num at 0,
        o_props at 8,
    }
    AMFObjectProperty: 48 {
        p_name at 0,
        p_type at 16,
        p_vu at 24,
        p_UTCoffset at 40,
    }
    AMF3ClassDef: 32 {
        cd_name at 0,
        cd_externalizable at 16,
        cd_dynamic at 17,
        cd_num at 20,
        cd_props at 24,
    }
    HTTP_ctx: 24 {
        date at 0,
        size at 8,
        status at 12,
        data at 16,
    }
    RTMPChunk: 40 {
        c_headerSize at 0,
        c_chunkSize at 4,
        c_chunk at 8,
        c_header at 16,
    }
    RTMPPacket: 40 {
        m_headerType at 0,
        m_packetType at 1,
        m_hasAbsTimestamp at 2,
        m_nChannel at 4,
        m_nTimeStamp at 8,
        m_nInfoField2 at 12,
        m_nBodySize at 16,
        m_nBytesRead at 20,
        m_chunk at 24,
        m_body at 32,
    }
    RTMPSockBuf: 16416 {
        sb_socket at 0,
        sb_size at 4,
        sb_start at 8,
        sb_buf at 16,
        sb_timedout at 16400,
        sb_ssl at 16408,
    }
    RTMP_LNK: 400 {
        hostname at 0,
        sockshost at 16,
        playpath0 at 32,
        playpath at 48,
        tcUrl at 64,
        swfUrl at 80,
        pageUrl at 96,
        app at 112,
        auth at 128,
        flashVer at 144,
        subscribepath at 160,
        usherToken at 176,
        token at 192,
        pubUser at 208,
        pubPasswd at 224,
        extras at 240,
        edepth at 256,
        seekTime at 260,
        stopTime at 264,
        lFlags at 268,
        swfAge at 272,
        protocol at 276,
        timeout at 280,
        pFlags at 284,
        socksport at 288,
        port at 290,
        dh at 296,
        rc4keyIn at 304,
        rc4keyOut at 312,
        SWFSize at 320,
        SWFHash at 324,
        SWFVerificationResponse at 356,
    }
    RTMP_READ: 64 {
        buf at 0,
        bufpos at 8,
        buflen at 16,
        timestamp at 20,
        dataType at 24,
        flags at 25,
        status at 26,
        initialFrameType at 27,
        nResumeTS at 28,
        metaHeader at 32,
        initialFrame at 40,
        nMetaHeaderSize at 48,
        nInitialFrameSize at 52,
        nIgnoredFrameCounter at 56,
        nIgnoredFlvFrameCounter at 60,
    }
    RTMP_METHOD: 24 {
        name at 0,
        num at 16,
    }
    RTMP: 17088 {
        m_inChunkSize at 0,
        m_outChunkSize at 4,
        m_nBWCheckCounter at 8,
        m_nBytesIn at 12,
        m_nBytesInSent at 16,
        m_nBufferMS at 20,
        m_stream_id at 24,
        m_mediaChannel at 28,
        m_mediaStamp at 32,
        m_pauseStamp at 36,
        m_pausing at 40,
        m_nServerBW at 44,
        m_nClientBW at 48,
        m_nClientBW2 at 52,
        m_bPlaying at 53,
        m_bSendEncoding at 54,
        m_bSendCounter at 55,
        m_numInvokes at 56,
        m_numCalls at 60,
        m_methodCalls at 64,
        m_channelsAllocatedIn at 72,
        m_channelsAllocatedOut at 76,
        m_vecChannelsIn at 80,
        m_vecChannelsOut at 88,
        m_channelTimestamp at 96,
        m_fAudioCodecs at 104,
        m_fVideoCodecs at 112,
        m_fEncoding at 120,
        m_fDuration at 128,
        m_msgCounter at 136,
        m_polling at 140,
        m_resplen at 144,
        m_unackd at 148,
        m_clientID at 152,
        m_read at 168,
        m_write at 232,
        m_sb at 272,
        Link at 16688,
    }
}
