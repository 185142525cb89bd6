//! `RTMPSockBuf`: the socket with its buffer, used on its own; and the layers over it.

use crate::capi::connection::plain_stream;
use crate::capi::guard::guard;
use crate::capi::scalar::Scalar;
use crate::capi::tls;
use crate::capi::types::{AVal, RTMP, RTMP_BUFFER_CACHE_SIZE, RTMPSockBuf};
use crate::session::feature;
use crate::transport::{Deadline, Stream, Tunnel};
use crate::{Error, Result};
use libc::{c_char, c_int};
use std::io::IoSlice;
use std::sync::Arc;

/// The stream of a buffer: the layered stream that hangs on `sb_ssl`, else the socket itself.
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf` with a socket.
unsafe fn stream(sb: *mut RTMPSockBuf) -> Arc<Stream> {
    // SAFETY: the caller's promise; `sb_ssl` is null or holds a count of a stream, which is raised for the result.
    unsafe {
        let hung = (*sb).sb_ssl.cast_const().cast::<Stream>();
        if hung.is_null() {
            return Arc::new(plain_stream((*sb).sb_socket));
        }
        Arc::increment_strong_count(hung);
        Arc::from_raw(hung)
    }
}

/// Lets go of the layered stream that hangs on `sb_ssl`.
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf`.
pub(crate) unsafe fn drop_layered(sb: *mut RTMPSockBuf) {
    // SAFETY: the caller's promise; `sb_ssl` is null or holds a count of a stream.
    unsafe {
        let hung = std::mem::replace(&mut (*sb).sb_ssl, std::ptr::null_mut());
        if !hung.is_null() {
            drop(Arc::from_raw(hung.cast_const().cast::<Stream>()));
        }
    }
}

/// Hangs a layered stream (TLS, tunnel) on `sb_ssl`.
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf`.
pub(crate) unsafe fn hang_layered(sb: *mut RTMPSockBuf, stream: &Arc<Stream>) {
    // SAFETY: the caller's promise; the count that is hung there is taken back by `drop_layered`.
    unsafe {
        drop_layered(sb);
        (*sb).sb_ssl = Arc::into_raw(Arc::clone(stream)).cast_mut().cast();
    }
}

/// Puts what the protocol asks for over a plain stream: TLS, and the HTTP tunnel.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn layer(
    r: *mut RTMP,
    plain: Stream,
    protocol: c_int,
    deadline: Deadline,
) -> Result<Arc<Stream>> {
    // SAFETY: the caller's promise; the text is copied at once.
    let (host, port) = unsafe { ((*r).Link.hostname.bytes().to_vec(), (*r).Link.port) };
    let tunnelled = protocol & feature::HTTP != 0;
    let stream = match (protocol & feature::SSL != 0, tunnelled) {
        (false, false) => return Ok(Arc::new(plain)),
        (false, true) => {
            Stream::Tunnel(Box::new(Tunnel::over_tcp(plain.into_socket(), &host, port, deadline)?))
        }
        // SAFETY: the caller's promise.
        (true, _) => match unsafe { tls::connect(r, plain.into_socket(), deadline)? } {
            tls if tunnelled => Stream::Tunnel(Box::new(Tunnel::over_tls(tls, &host, port, deadline)?)),
            tls => Stream::Tls(tls),
        },
    };
    let stream = Arc::new(stream);
    // SAFETY: the caller's promise.
    unsafe { hang_layered(&raw mut (*r).m_sb, &stream) };
    Ok(stream)
}

/// Makes `m_clientID` say the tunnel's session id, with its slash, for programs that look.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn set_client_id(r: *mut RTMP, id: &[u8]) {
    // SAFETY: the caller's promise.
    unsafe { (*r).m_clientID = AVal::malloced(id) };
}

/// The TLS stream that `RTMP_TLS_Accept` made.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn accepted(r: *mut RTMP) -> Option<Arc<Stream>> {
    // SAFETY: the caller's promise.
    unsafe { (!(*r).m_sb.sb_ssl.is_null()).then(|| stream(&raw mut (*r).m_sb)) }
}

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

/// # Safety
/// `sb` points to an initialised `RTMPSockBuf` with a socket.
unsafe fn fill(sb: *mut RTMPSockBuf) -> c_int {
    // SAFETY: the caller's promise; what is buffered is moved to the front when it lies inside the buffer, and the
    // receive goes into memory of our own, so that no reference into the structure lives while it waits.
    unsafe {
        let base = (&raw mut (*sb).sb_buf).cast::<u8>();
        let size = usize::try_from((*sb).sb_size).unwrap_or(0).min(RTMP_BUFFER_CACHE_SIZE);
        let offset = (*sb).sb_start.addr().wrapping_sub(base.addr());
        if size > 0 && offset > RTMP_BUFFER_CACHE_SIZE - size {
            crate::error!(
                "RTMPSockBuf_Fill: {} bytes wait outside sb_buf; read them with RTMP_Read first",
                (*sb).sb_size
            );
            return -1;
        }
        if size > 0 {
            std::ptr::copy(base.add(offset), base, size);
        }
        (*sb).sb_start = base.cast();
        (*sb).sb_size = size as c_int;
        let mut received = vec![0_u8; RTMP_BUFFER_CACHE_SIZE - size];
        let result = stream(sb).receive(&mut received);
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
            stream(sb).send_all(&mut [IoSlice::new(bytes)]).map_or(-1, |()| len)
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
            drop_layered(sb);
            match (*sb).sb_socket {
                fd if fd < 0 => 0,
                fd => libc::close(fd),
            }
        }
    })
}
