//! The life of a `struct RTMP` and its simple fields, the clock, and the version.

use crate::capi::close::{free_open, free_settings};
use crate::capi::data::RTMP_ctrlC;
use crate::capi::guard::guard;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::capi::{arrays, connection, extra, texts};
use crate::session::{Fields, feature};
use libc::c_int;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

/// `RTMP_LIB_VERSION`: 2.3, which librtmp 2.4 calls itself too.
const LIB_VERSION: c_int = 0x02_03_00;
/// A descriptor that is none.
const NO_SOCKET: c_int = -1;

/// Memory for a session, zeroed; null when memory is out. [`RTMP_Init`] must follow.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Alloc() -> *mut RTMP {
    // SAFETY: calloc has no conditions.
    guard(null_mut(), || unsafe { libc::calloc(1, size_of::<RTMP>()).cast() })
}

/// Frees the memory of a session. One that was not closed is closed first, so that neither descriptor nor settings are
/// left behind.
///
/// # Safety
/// `r` is null or came from [`RTMP_Alloc`] or malloc and, unless it is all zeroes, was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Free(r: *mut RTMP) {
    guard((), || {
        if r.is_null() {
            return;
        }
        // SAFETY: the caller's promise; nothing that the library made hangs on a structure of zeroes, so that the
        // descriptor 0 that stands there is left alone.
        unsafe {
            connection::await_closes(r);
            free_open(r);
            if texts::are_at_home(r) {
                free_settings(r);
            }
            extra::free_all(r);
            libc::free(r.cast());
        }
    });
}

/// Sets every field to its default. The memory may hold anything before: nothing of it is read.
///
/// # Safety
/// `r` is null or points to writable memory for a session that holds nothing to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Init(r: *mut RTMP) {
    guard((), || {
        if r.is_null() {
            return;
        }
        let defaults = Fields::default();
        // SAFETY: not null, so the caller's promise holds; zeroes are valid for every field.
        unsafe {
            r.write_bytes(0, 1);
            (*r).m_sb.sb_socket = NO_SOCKET;
            (*r).m_inChunkSize = defaults.in_chunk_size;
            (*r).m_outChunkSize = defaults.out_chunk_size;
            (*r).m_nBufferMS = defaults.buffer_ms;
            (*r).m_nClientBW = defaults.client_bw;
            (*r).m_nClientBW2 = defaults.client_bw2;
            (*r).m_nServerBW = defaults.server_bw;
            (*r).m_fAudioCodecs = defaults.audio_codecs;
            (*r).m_fVideoCodecs = defaults.video_codecs;
            (*r).Link.timeout = defaults.link.timeout;
            (*r).Link.swfAge = defaults.link.swf_age;
        }
    });
}

/// The version of the interface.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LibVersion() -> c_int {
    guard(LIB_VERSION, || LIB_VERSION)
}

/// Milliseconds of a clock that only goes forward, and begins again at 2^32.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_GetTime() -> u32 {
    guard(0, || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let milliseconds = now.tv_sec.wrapping_mul(1000).wrapping_add(now.tv_nsec / 1_000_000);
        milliseconds as u32
    })
}

/// The user wants to end: calls that wait end when a signal interrupts them. May be called in a signal handler.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_UserInterrupt() {
    // Not behind the guard, which may allocate when it first runs, and that is not allowed in a signal handler.
    RTMP_ctrlC.store(1, Ordering::Relaxed);
}

/// The session will publish. Comes after `RTMP_SetupURL`, which sets the protocol.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_EnableWrite(r: *mut RTMP) {
    guard((), || {
        if !r.is_null() {
            // SAFETY: not null, so the caller's promise holds.
            unsafe { (*r).Link.protocol |= feature::WRITE };
        }
    });
}

/// Sets the player's buffer, in milliseconds; a server that is playing hears of it from `RTMP_UpdateBufferMS`.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SetBufferMS(r: *mut RTMP, size: c_int) {
    guard((), || {
        if !r.is_null() {
            // SAFETY: not null, so the caller's promise holds.
            unsafe { Scalar::store(&raw mut (*r).m_nBufferMS, size) };
        }
    });
}

/// 1 when the last receive timed out, else 0.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_IsTimedout(r: *mut RTMP) -> c_int {
    // SAFETY: the caller's promise; null is not followed.
    guard(0, || unsafe { c_int::from(!r.is_null() && Scalar::load(&raw const (*r).m_sb.sb_timedout) != 0) })
}

/// 1 when there is a socket, else 0.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_IsConnected(r: *mut RTMP) -> c_int {
    // SAFETY: the caller's promise; null is not followed.
    guard(0, || unsafe {
        c_int::from(!r.is_null() && Scalar::load(&raw const (*r).m_sb.sb_socket) != NO_SOCKET)
    })
}

/// The socket's descriptor; -1 when there is none. A program that polls it asks for it before its first
/// read: it is then readable for as long as the program has not been given all that came.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Socket(r: *mut RTMP) -> c_int {
    guard(NO_SOCKET, || {
        if r.is_null() {
            return NO_SOCKET;
        }
        // SAFETY: not null, so the caller's promise holds.
        unsafe {
            connection::expect_polling(r);
            Scalar::load(&raw const (*r).m_sb.sb_socket)
        }
    })
}

/// Duration of the stream as its metadata says, in seconds; 0 before that.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_GetDuration(r: *mut RTMP) -> f64 {
    // SAFETY: the caller's promise; null is not followed.
    guard(0.0, || if r.is_null() { 0.0 } else { unsafe { Scalar::load(&raw const (*r).m_fDuration) } })
}

/// Takes entry `i` out of the list of calls that await an answer, and frees its name when `freeit` is not 0.
///
/// # Safety
/// `r` is null or was prepared by [`RTMP_Init`]; `m_methodCalls` holds `m_numCalls` entries with malloc'ed names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_DropRequest(r: *mut RTMP, i: c_int, freeit: c_int) {
    guard((), || {
        if r.is_null() {
            return;
        }
        let Ok(i) = usize::try_from(i) else { return };
        // SAFETY: not null, so the caller's promise holds; another thread's call is kept out of the list by the lock.
        unsafe {
            let connection = connection::current(r);
            let _exclusive = connection.as_ref().map(|connection| connection.arrays.lock());
            if freeit != 0 {
                arrays::drop_call(r, i);
            } else {
                arrays::remove_call(r, i);
            }
        }
    });
}
