//! What goes over a connection's socket: TLS and the HTTP tunnel. The layered stream hangs on `m_sb.sb_ssl`.

use crate::Result;
use crate::capi::connection::plain_stream;
use crate::capi::tls;
use crate::capi::types::{RTMP, RTMPSockBuf};
use crate::session::feature;
use crate::transport::{Deadline, Stream, Tunnel};
use libc::c_int;
use std::sync::Arc;

/// The stream of a buffer: the layered stream that hangs on `sb_ssl`, else the socket itself.
///
/// # Safety
/// `sb` points to an initialised `RTMPSockBuf` with a socket.
pub(crate) unsafe fn stream_of(sb: *mut RTMPSockBuf) -> Arc<Stream> {
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
pub(crate) unsafe fn take_off(sb: *mut RTMPSockBuf) {
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
pub(crate) unsafe fn hang(sb: *mut RTMPSockBuf, stream: &Arc<Stream>) {
    // SAFETY: the caller's promise; the count that is hung there is taken back by `take_off`.
    unsafe {
        take_off(sb);
        (*sb).sb_ssl = Arc::into_raw(Arc::clone(stream)).cast_mut().cast();
    }
}

/// Puts what the protocol asks for over a plain stream: TLS, and the HTTP tunnel.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn put_over(
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
    unsafe { hang(&raw mut (*r).m_sb, &stream) };
    Ok(stream)
}

/// The TLS stream that `RTMP_TLS_Accept` made.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn accepted(r: *mut RTMP) -> Option<Arc<Stream>> {
    // SAFETY: the caller's promise.
    unsafe { (!(*r).m_sb.sb_ssl.is_null()).then(|| stream_of(&raw mut (*r).m_sb)) }
}
