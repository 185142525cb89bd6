//! `RTMP_Write`: the bytes of an FLV file as messages.

use super::listen::{listen_when_due, reason};
use crate::capi::call::PublishingCall;
use crate::capi::close::fail;
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::types::RTMP;
use crate::{Error, Result};
use libc::{c_char, c_int};
use std::sync::atomic::Ordering;

/// Takes the bytes of an FLV file, in pieces of any size, and sends each complete tag. Blocks until the network has taken
/// it. Returns `size`, or -1 after a log line.
///
/// # Safety
/// `r` is null or initialised; `buf` is null or points to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Write(r: *mut RTMP, buf: *const c_char, size: c_int) -> c_int {
    guard(-1, || {
        let (false, false, Ok(len)) = (r.is_null(), buf.is_null(), usize::try_from(size)) else { return -1 };
        // SAFETY: `r` is initialised; `buf` is the caller's memory, `size` bytes, unchanged during this call.
        unsafe {
            let bytes = std::slice::from_raw_parts(buf.cast::<u8>(), len);
            let Some(mut call) = PublishingCall::begin(r) else {
                connection::say_unconnected(r, "RTMP_Write");
                return -1;
            };
            match write(&mut call, bytes).map_err(|error| reason(&call, error)) {
                Ok(n) => n as c_int,
                Err(Error::Usage(text)) => {
                    crate::error!("RTMP_Write: {text}");
                    -1
                }
                Err(error) => {
                    fail(call, &error, |_| {});
                    -1
                }
            }
        }
    })
}

fn write(call: &mut PublishingCall, bytes: &[u8]) -> Result<usize> {
    call.published.store(true, Ordering::Relaxed);
    listen_when_due(call)?;
    call.run(|talk, publisher| publisher.write(talk, bytes)).unwrap_or(Err(Error::Closed))
}
