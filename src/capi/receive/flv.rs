//! `RTMP_Read`: a play as the bytes of an FLV file.

use super::{act, say_timed_out};
use crate::Error;
use crate::capi::call::{InUse, ReadingCall};
use crate::capi::close::{Farewell, end, fail};
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::session::{Event, ReadOutcome, read_status};
use libc::{c_char, c_int};
use std::sync::atomic::Ordering;

/// Reads FLV bytes: the file header first, then at most one tag a call.
///
/// Returns the bytes put into `buf`, or 0 at the end: the play is over, the connection is gone, nothing came in time, the
/// stream is corrupt, or it could not be resumed (`m_read.status` tells which). Once the stream was corrupt or not resumed,
/// every further call returns -1, with `EINVAL` in errno.
///
/// # Safety
/// `r` is null or initialised; `buf` is null or points to `size` writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Read(r: *mut RTMP, buf: *mut c_char, size: c_int) -> c_int {
    guard(-1, || {
        let (false, false, Ok(len)) = (r.is_null(), buf.is_null(), usize::try_from(size)) else { return -1 };
        // SAFETY: `r` is initialised; `buf` is the caller's memory, `size` bytes, which the library has for this call.
        unsafe { read(r, std::slice::from_raw_parts_mut(buf.cast::<u8>(), len)) }
    })
}

/// Reads, unless the stream has ended already.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn read(r: *mut RTMP, out: &mut [u8]) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        match Scalar::load(&raw const (*r).m_read.status) {
            read_status::EOF if take_time_out(r) => {
                Scalar::store(&raw mut (*r).m_read.status, read_status::OK);
            }
            status @ (read_status::EOF | read_status::COMPLETE) => {
                if let Some(call) = connection::current(r) {
                    end_keeping(call, status);
                }
                return 0;
            }
            read_status::ERROR => return corrupt(),
            _ => {}
        }
        if out.is_empty() {
            return 0;
        }
        let Some(mut call) = ReadingCall::begin(r) else {
            if connection::nested(r).is_none() {
                Scalar::store(&raw mut (*r).m_read.status, read_status::EOF);
            }
            return 0;
        };
        let outcome = call
            .run(|talk, reading, input| reading.read_flv(talk, input, out))
            .unwrap_or(ReadOutcome::Failed(Error::Closed));
        finish_read(call, outcome)
    }
}

/// Whether the end that `m_read.status` tells of was a time-out's, which is forgotten: the connection is still there then.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn take_time_out(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise.
    unsafe { connection::current(r) }.is_some_and(|call| call.read_timed_out.swap(false, Ordering::Relaxed))
}

fn finish_read(mut call: ReadingCall, outcome: ReadOutcome) -> c_int {
    match outcome {
        ReadOutcome::Bytes(n) => {
            call.rest();
            return n as c_int;
        }
        ReadOutcome::Ended(Event::Reconnect) => {
            act(call, Event::Reconnect);
        }
        ReadOutcome::Ended(Event::Closed) => end_keeping(call, read_status::EOF),
        ReadOutcome::Ended(_) => {}
        ReadOutcome::Failed(error) if error.keeps_connection() => {
            call.read_timed_out.store(true, Ordering::Relaxed);
            say_timed_out(&call);
        }
        ReadOutcome::Failed(error) => {
            // SAFETY: the structure stays while the call lives.
            let status = unsafe { Scalar::load(&raw const (*call.handle()).m_read.status) };
            fail(call, &error, keep(status));
        }
    }
    0
}

/// Ends the session; how its stream ended stays readable in `m_read.status`.
fn end_keeping(call: impl Into<InUse>, status: i8) {
    end(call, Farewell::Said, keep(status));
}

/// Stores how a stream ended, once the session is over.
fn keep(status: i8) -> impl FnOnce(*mut RTMP) {
    // SAFETY: whoever ends the session hands over its structure.
    move |r| unsafe { Scalar::store(&raw mut (*r).m_read.status, status) }
}

/// What a program gets that reads on after an error.
fn corrupt() -> c_int {
    // SAFETY: the address of this thread's errno is always good.
    unsafe { *libc::__errno_location() = libc::EINVAL };
    -1
}
