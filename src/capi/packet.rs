//! `RTMPPacket_*`: the memory of packets.

use crate::capi::guard::guard;
use crate::capi::types::{RTMP_MAX_HEADER_SIZE, RTMPPacket};
use libc::{c_char, c_int};
use std::ptr::null_mut;

/// Zeroes the header fields; body and chunk stay.
///
/// # Safety
/// `p` is null or points to a packet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPPacket_Reset(p: *mut RTMPPacket) {
    guard((), || {
        if p.is_null() {
            return;
        }
        // SAFETY: not null, so the caller's promise holds; only fields are written, none is read.
        unsafe {
            (*p).m_headerType = 0;
            (*p).m_packetType = 0;
            (*p).m_hasAbsTimestamp = 0;
            (*p).m_nChannel = 0;
            (*p).m_nTimeStamp = 0;
            (*p).m_nInfoField2 = 0;
            (*p).m_nBodySize = 0;
            (*p).m_nBytesRead = 0;
        }
    });
}

/// Logs the header of a packet and the first byte of its body at DEBUG.
///
/// # Safety
/// `p` is null or points to a packet with a body of its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPPacket_Dump(p: *mut RTMPPacket) {
    guard((), || {
        if p.is_null() {
            return;
        }
        // SAFETY: not null, so the caller's promise holds: a body that is not empty has a first byte.
        let (packet, first) = unsafe {
            let packet = *p;
            let has_body = !packet.m_body.is_null() && packet.m_nBodySize > 0;
            (packet, if has_body { *packet.m_body.cast::<u8>() } else { 0 })
        };
        crate::debug!(
            "RTMP PACKET: packet type: 0x{:02x}. channel: 0x{:02x}. info 1: {} info 2: {}. Body size: {}. body: 0x{first:02x}",
            packet.m_packetType,
            packet.m_nChannel,
            packet.m_nTimeStamp as i32,
            packet.m_nInfoField2,
            packet.m_nBodySize,
        );
    });
}

/// Gives a packet a zeroed body of `size` bytes, with room for a header before it.
///
/// Returns 1, or 0 when memory is out.
///
/// # Safety
/// `p` is null or points to a packet, whose old body is not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPPacket_Alloc(p: *mut RTMPPacket, size: u32) -> c_int {
    guard(0, || {
        let whole = usize::try_from(size).ok().and_then(|size| size.checked_add(RTMP_MAX_HEADER_SIZE));
        let Some(whole) = whole.filter(|_| !p.is_null()) else { return 0 };
        // SAFETY: the body begins inside the block, at most at its end; `p` is not null.
        unsafe {
            let block = libc::calloc(1, whole).cast::<c_char>();
            if block.is_null() {
                return 0;
            }
            (*p).m_body = block.add(RTMP_MAX_HEADER_SIZE);
            (*p).m_nBytesRead = 0;
        }
        1
    })
}

/// Frees the body of a packet.
///
/// # Safety
/// `p` is null or points to a packet whose body is null or came from `RTMPPacket_Alloc` or the library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPPacket_Free(p: *mut RTMPPacket) {
    guard((), || {
        if p.is_null() {
            return;
        }
        // SAFETY: not null, so the caller's promise holds: the block begins RTMP_MAX_HEADER_SIZE bytes before the body.
        unsafe {
            if !(*p).m_body.is_null() {
                libc::free((*p).m_body.sub(RTMP_MAX_HEADER_SIZE).cast());
                (*p).m_body = null_mut();
            }
        }
    });
}
