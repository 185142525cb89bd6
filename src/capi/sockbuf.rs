//! `RTMPSockBuf`: the socket with its buffer, used on its own.

use crate::Error;
use crate::capi::guard::guard;
use crate::capi::layers;
use crate::capi::scalar::Scalar;
use crate::capi::types::{RTMP_BUFFER_CACHE_SIZE, RTMPSockBuf};
use libc::{c_char, c_int};
use std::io::IoSlice;

/// Receives once into the buffer. Returns the bytes received; 0 at the end of the stream and on a time-out
/// (`sb_timedout`); -1 on an error, and while bytes are buffered outside `sb_buf`: only `RTMP_Read` and its like put them
/// there, and take them.
///
/// # Safety
/// `sb` is null or points to an initialised `RTMPSockBuf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPSockBuf_Fill(sb: *mut RTMPSockBuf) -> c_int {
    guard(-1, || {
        // SAFETY: `sb` is null or initialised.
        unsafe { if sb.is_null() || (*sb).sb_socket < 0 { -1 } else { fill(sb) } }
    })
}

/// Where in `sb_buf` what is buffered begins, and how much it is; `None` when it lies elsewhere.
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf`.
unsafe fn buffered(sb: *const RTMPSockBuf) -> Option<(usize, usize)> {
    // SAFETY: the caller's promise; only addresses are compared.
    unsafe {
        let size = usize::try_from((*sb).sb_size).unwrap_or(0).min(RTMP_BUFFER_CACHE_SIZE);
        let offset = (*sb).sb_start.addr().wrapping_sub((&raw const (*sb).sb_buf).addr());
        (size == 0 || offset <= RTMP_BUFFER_CACHE_SIZE - size).then_some((offset, size))
    }
}

/// A copy of what a program has received by itself, with [`RTMPSockBuf_Fill`].
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf`.
pub(crate) unsafe fn received(sb: *const RTMPSockBuf) -> Vec<u8> {
    // SAFETY: the caller's promise; what is not empty lies inside `sb_buf`.
    unsafe {
        match buffered(sb) {
            Some((offset, size @ 1..)) => {
                let base = (&raw const (*sb).sb_buf).cast::<u8>();
                std::slice::from_raw_parts(base.add(offset), size).to_vec()
            }
            _ => Vec::new(),
        }
    }
}

/// Takes the first `n` bytes out of what [`received`] has copied.
///
/// # Safety
/// As [`received`], which has given that many.
pub(crate) unsafe fn consume(sb: *mut RTMPSockBuf, n: usize) {
    // SAFETY: the caller's promise: so many bytes stand there.
    unsafe {
        (*sb).sb_start = (*sb).sb_start.wrapping_add(n);
        (*sb).sb_size = (*sb).sb_size.saturating_sub_unsigned(n as u32);
    }
}

/// Moves what is buffered to the front, and receives once behind it.
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf` with a socket.
unsafe fn fill(sb: *mut RTMPSockBuf) -> c_int {
    // SAFETY: the caller's promise; what is buffered is moved to the front when it lies inside the buffer, and the
    // receive goes into memory of our own, so that no reference into the structure lives while it waits.
    unsafe {
        let base = (&raw mut (*sb).sb_buf).cast::<u8>();
        let Some((offset, size)) = buffered(sb) else {
            crate::error!(
                "RTMPSockBuf_Fill: {} bytes wait outside sb_buf; read them with RTMP_Read first",
                (*sb).sb_size
            );
            return -1;
        };
        if size > 0 {
            std::ptr::copy(base.add(offset), base, size);
        }
        (*sb).sb_start = base.cast();
        (*sb).sb_size = size as c_int;
        let mut received = vec![0_u8; RTMP_BUFFER_CACHE_SIZE - size];
        let result = layers::stream_of(sb).receive(&mut received);
        Scalar::store(&raw mut (*sb).sb_timedout, matches!(result, Err(Error::TimedOut)).into());
        match result {
            Ok(n) => {
                std::ptr::copy_nonoverlapping(received.as_ptr(), base.add(size), n);
                (*sb).sb_size = (size + n) as c_int;
                n as c_int
            }
            Err(Error::Closed | Error::TimedOut) => 0,
            Err(_) => -1,
        }
    }
}

/// Sends bytes, never raising SIGPIPE. Returns `len`, or -1.
///
/// # Safety
/// `sb` is null or points to an initialised `RTMPSockBuf`; `buf` is null or points to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPSockBuf_Send(sb: *mut RTMPSockBuf, buf: *const c_char, len: c_int) -> c_int {
    guard(-1, || {
        let (false, false, Ok(size)) = (sb.is_null(), buf.is_null(), usize::try_from(len)) else { return -1 };
        // SAFETY: `sb` is initialised; `buf` points to `len` bytes.
        unsafe {
            if (*sb).sb_socket < 0 {
                return -1;
            }
            let bytes = std::slice::from_raw_parts(buf.cast::<u8>(), size);
            layers::stream_of(sb).send_all(&mut [IoSlice::new(bytes)]).map_or(-1, |()| len)
        }
    })
}

/// Closes the socket and its TLS stream. Returns what `close` returns, 0 without a socket.
///
/// # Safety
/// `sb` is null or points to an initialised `RTMPSockBuf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMPSockBuf_Close(sb: *mut RTMPSockBuf) -> c_int {
    guard(-1, || {
        if sb.is_null() {
            return -1;
        }
        // SAFETY: `sb` is initialised; the descriptor is the library's to close.
        unsafe {
            layers::take_off(sb);
            match (*sb).sb_socket {
                fd if fd < 0 => 0,
                fd => libc::close(fd),
            }
        }
    })
}
