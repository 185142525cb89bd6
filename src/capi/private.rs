//! The members of `struct RTMP` in which the library keeps what is its own: such as no program looks at, as only the
//! reference's own code has a use for them. None is in `Link`, which programs copy from handle to handle, nor in `m_write`,
//! which they send from.

use crate::capi::types::RTMP;
use std::ffi::c_void;

/// Where the connection hangs (`capi::connection`).
///
/// # Safety
/// `r` points to a `struct RTMP`.
pub(crate) unsafe fn connection(r: *mut RTMP) -> *mut *mut c_void {
    // SAFETY: the caller's promise; only an address is taken.
    unsafe { (&raw mut (*r).m_vecChannelsOut).cast() }
}

/// Where the settings without a field hang (`capi::extra`).
///
/// # Safety
/// As [`connection`].
pub(crate) unsafe fn extra(r: *mut RTMP) -> *mut *mut c_void {
    // SAFETY: the caller's promise; only an address is taken.
    unsafe { (&raw mut (*r).m_read.bufpos).cast() }
}

/// The handle whose URL the library has made texts of: the structure's own address, unless they were copied here.
///
/// # Safety
/// As [`connection`].
pub(crate) unsafe fn home(r: *mut RTMP) -> *mut *mut RTMP {
    // SAFETY: the caller's promise; only an address is taken.
    unsafe { (&raw mut (*r).m_read.buf).cast() }
}

/// The bytes that say who is at work (`capi::gate`); 0 between calls.
///
/// # Safety
/// As [`connection`].
pub(crate) unsafe fn gate(r: *mut RTMP) -> *mut i32 {
    // SAFETY: the caller's promise; only an address is taken.
    unsafe { &raw mut (*r).m_resplen }
}
