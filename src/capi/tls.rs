//! TLS for C programs: what is put over a client's socket, and server contexts.

use crate::Result;
use crate::capi::close::is_programs_own;
use crate::capi::connect::deadline;
use crate::capi::connection::{self, plain_stream};
use crate::capi::guard::guard;
use crate::capi::types::RTMP;
use crate::capi::{extra, layers};
use crate::transport::{Deadline, Socket, Stream, TlsServerContext, TlsSettings, TlsStream};
use libc::{c_char, c_int, c_void};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// Prepares TLS. There is nothing to prepare; programs call it because the reference exports it.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_TLS_Init() {}

/// Makes a server's TLS context from a PEM chain (the server's own certificate first) and a PEM key.
///
/// Returns null after a log line when a file cannot be used; free it with `RTMP_TLS_FreeServerContext`.
///
/// # Safety
/// `cert` and `key` are null or NUL-terminated paths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_TLS_AllocServerContext(cert: *const c_char, key: *const c_char) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        if cert.is_null() || key.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: both are NUL-terminated paths, used during this call only.
        let (chain, key) = unsafe { (path(cert), path(key)) };
        match TlsServerContext::from_files(chain, key) {
            Ok(context) => Box::into_raw(Box::new(context)).cast(),
            Err(error) => {
                crate::error!("{error}");
                std::ptr::null_mut()
            }
        }
    })
}

/// A text of the program's as a path.
///
/// # Safety
/// `text` is NUL-terminated and stays while the result lives.
unsafe fn path<'a>(text: *const c_char) -> &'a Path {
    // SAFETY: the caller's promise.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

/// Frees a server's TLS context; connections that were accepted with it go on.
///
/// # Safety
/// `ctx` is null or came from `RTMP_TLS_AllocServerContext` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_TLS_FreeServerContext(ctx: *mut c_void) {
    guard((), || {
        if !ctx.is_null() {
            // SAFETY: `ctx` is a live context of ours, and nobody uses it any more.
            drop(unsafe { Box::from_raw(ctx.cast::<TlsServerContext>()) });
        }
    });
}

/// Shakes hands with a TLS client on the accepted socket in `m_sb.sb_socket`, within `Link.timeout`.
///
/// Returns 1, or 0 after a log line; the socket stays the program's to close with `RTMP_Close`.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`; `ctx` is null or came from `RTMP_TLS_AllocServerContext`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_TLS_Accept(r: *mut RTMP, ctx: *mut c_void) -> c_int {
    guard(0, || {
        if r.is_null() || ctx.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised, and `ctx` is a live context of ours.
        unsafe { accept(r, &*ctx.cast::<TlsServerContext>()) }.into()
    })
}

/// Shakes hands, and hangs the TLS stream on the structure; says why when that fails.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn accept(r: *mut RTMP, context: &TlsServerContext) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let who = "RTMP_TLS_Accept: no accepted socket in m_sb.sb_socket";
        let Some(mut accepting) = connection::required(r, who) else { return false };
        let socket = plain_stream(accepting.fd()).into_socket();
        match TlsStream::accept(socket, context, deadline(r)) {
            Ok(stream) => {
                let stream = Arc::new(Stream::Tls(stream));
                layers::hang(&raw mut (*r).m_sb, &stream);
                connection::replace(&mut accepting, stream, None, None).is_ok()
            }
            Err(error) => {
                if is_programs_own(&accepting) {
                    crate::debug!("closed by the program while TLS with a client began: {error}");
                } else {
                    crate::error!("TLS with a client failed: {error}");
                }
                false
            }
        }
    }
}

/// Puts TLS over a client's socket.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn connect(r: *mut RTMP, socket: Socket, deadline: Deadline) -> Result<TlsStream> {
    // SAFETY: the caller's promise.
    let (host, settings) = unsafe { ((*r).Link.hostname.bytes().to_vec(), settings(r)) };
    TlsStream::connect(socket, &host, &settings, deadline)
}

/// How the handle's options say that servers are to be treated.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn settings(r: *mut RTMP) -> TlsSettings {
    // SAFETY: the caller's promise.
    let extra = unsafe { extra::get(r) };
    TlsSettings::Options { verify: extra.tls_verify, ca_file: extra.tls_ca_file }
}
