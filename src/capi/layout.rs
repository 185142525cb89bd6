//! The layout of every public structure, as the C headers promise it on 64-bit Linux or, the second number, on 32-bit x86:
//! those of `capi-tests/abi/layout.txt` and `layout-x86.txt`, which were recorded from the reference's headers.
#![cfg(all(target_os = "linux", any(target_pointer_width = "64", target_arch = "x86")))]

use crate::capi::types::*;
use std::mem::{offset_of, size_of};

const IS_64_BIT: bool = cfg!(target_pointer_width = "64");

/// Fails the build when a structure has another size or a field another offset.
macro_rules! layout {
    ($($name:ident: $size:literal or $size32:literal { $($field:ident at $offset:literal or $offset32:literal),* $(,)? })*) => {
        $(
            const _: () = assert!(size_of::<$name>() == if IS_64_BIT { $size } else { $size32 });
            $(const _: () = assert!(offset_of!($name, $field) == if IS_64_BIT { $offset } else { $offset32 });)*
        )*
    };
}

layout! {
    AVal: 16 or 8 {
        av_val at 0 or 0,
        av_len at 8 or 4,
    }
    AMFObject: 16 or 8 {
        o_num at 0 or 0,
        o_props at 8 or 4,
    }
    AMFObjectProperty: 48 or 24 {
        p_name at 0 or 0,
        p_type at 16 or 8,
        p_vu at 24 or 12,
        p_UTCoffset at 40 or 20,
    }
    AMF3ClassDef: 32 or 20 {
        cd_name at 0 or 0,
        cd_externalizable at 16 or 8,
        cd_dynamic at 17 or 9,
        cd_num at 20 or 12,
        cd_props at 24 or 16,
    }
    HTTP_ctx: 24 or 16 {
        date at 0 or 0,
        size at 8 or 4,
        status at 12 or 8,
        data at 16 or 12,
    }
    RTMPChunk: 40 or 32 {
        c_headerSize at 0 or 0,
        c_chunkSize at 4 or 4,
        c_chunk at 8 or 8,
        c_header at 16 or 12,
    }
    RTMPPacket: 40 or 32 {
        m_headerType at 0 or 0,
        m_packetType at 1 or 1,
        m_hasAbsTimestamp at 2 or 2,
        m_nChannel at 4 or 4,
        m_nTimeStamp at 8 or 8,
        m_nInfoField2 at 12 or 12,
        m_nBodySize at 16 or 16,
        m_nBytesRead at 20 or 20,
        m_chunk at 24 or 24,
        m_body at 32 or 28,
    }
    RTMPSockBuf: 16416 or 16404 {
        sb_socket at 0 or 0,
        sb_size at 4 or 4,
        sb_start at 8 or 8,
        sb_buf at 16 or 12,
        sb_timedout at 16400 or 16396,
        sb_ssl at 16408 or 16400,
    }
    RTMP_LNK: 400 or 256 {
        hostname at 0 or 0,
        sockshost at 16 or 8,
        playpath0 at 32 or 16,
        playpath at 48 or 24,
        tcUrl at 64 or 32,
        swfUrl at 80 or 40,
        pageUrl at 96 or 48,
        app at 112 or 56,
        auth at 128 or 64,
        flashVer at 144 or 72,
        subscribepath at 160 or 80,
        usherToken at 176 or 88,
        token at 192 or 96,
        pubUser at 208 or 104,
        pubPasswd at 224 or 112,
        extras at 240 or 120,
        edepth at 256 or 128,
        seekTime at 260 or 132,
        stopTime at 264 or 136,
        lFlags at 268 or 140,
        swfAge at 272 or 144,
        protocol at 276 or 148,
        timeout at 280 or 152,
        pFlags at 284 or 156,
        socksport at 288 or 160,
        port at 290 or 162,
        dh at 296 or 164,
        rc4keyIn at 304 or 168,
        rc4keyOut at 312 or 172,
        SWFSize at 320 or 176,
        SWFHash at 324 or 180,
        SWFVerificationResponse at 356 or 212,
    }
    RTMP_READ: 64 or 48 {
        buf at 0 or 0,
        bufpos at 8 or 4,
        buflen at 16 or 8,
        timestamp at 20 or 12,
        dataType at 24 or 16,
        flags at 25 or 17,
        status at 26 or 18,
        initialFrameType at 27 or 19,
        nResumeTS at 28 or 20,
        metaHeader at 32 or 24,
        initialFrame at 40 or 28,
        nMetaHeaderSize at 48 or 32,
        nInitialFrameSize at 52 or 36,
        nIgnoredFrameCounter at 56 or 40,
        nIgnoredFlvFrameCounter at 60 or 44,
    }
    RTMP_METHOD: 24 or 12 {
        name at 0 or 0,
        num at 16 or 8,
    }
    RTMP: 17088 or 16884 {
        m_inChunkSize at 0 or 0,
        m_outChunkSize at 4 or 4,
        m_nBWCheckCounter at 8 or 8,
        m_nBytesIn at 12 or 12,
        m_nBytesInSent at 16 or 16,
        m_nBufferMS at 20 or 20,
        m_stream_id at 24 or 24,
        m_mediaChannel at 28 or 28,
        m_mediaStamp at 32 or 32,
        m_pauseStamp at 36 or 36,
        m_pausing at 40 or 40,
        m_nServerBW at 44 or 44,
        m_nClientBW at 48 or 48,
        m_nClientBW2 at 52 or 52,
        m_bPlaying at 53 or 53,
        m_bSendEncoding at 54 or 54,
        m_bSendCounter at 55 or 55,
        m_numInvokes at 56 or 56,
        m_numCalls at 60 or 60,
        m_methodCalls at 64 or 64,
        m_channelsAllocatedIn at 72 or 68,
        m_channelsAllocatedOut at 76 or 72,
        m_vecChannelsIn at 80 or 76,
        m_vecChannelsOut at 88 or 80,
        m_channelTimestamp at 96 or 84,
        m_fAudioCodecs at 104 or 88,
        m_fVideoCodecs at 112 or 96,
        m_fEncoding at 120 or 104,
        m_fDuration at 128 or 112,
        m_msgCounter at 136 or 120,
        m_polling at 140 or 124,
        m_resplen at 144 or 128,
        m_unackd at 148 or 132,
        m_clientID at 152 or 136,
        m_read at 168 or 144,
        m_write at 232 or 192,
        m_sb at 272 or 224,
        Link at 16688 or 16628,
    }
}
