//! `RTMP_Serve`: the handshake with a client of the program's.

use super::{begin_session, deadline, timeout};
use crate::Error;
use crate::capi::close::{Farewell, end, is_programs_own};
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::handle::RTMP_GetTime;
use crate::capi::types::RTMP;
use crate::capi::{layers, sockbuf};
use crate::session;
use libc::c_int;
use std::sync::Arc;

/// Shakes hands as the server, on an accepted socket in `m_sb.sb_socket`. What `RTMPSockBuf_Fill` has received of the client
/// is taken first. The program may poll that socket, as with `RTMP_Connect1`.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Serve(r: *mut RTMP) -> c_int {
    guard(0, || {
        // SAFETY: `r` is null or initialised.
        unsafe { !r.is_null() && serve(r) }.into()
    })
}

/// Shakes hands; says why when that fails.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn serve(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        // In use from here on, so that a close in another thread ends the handshake and waits for it.
        let Some(mut serving) = connection::required(r, "RTMP_Serve: no accepted socket in m_sb.sb_socket")
        else {
            return false;
        };
        let stream = layers::accepted(r).unwrap_or_else(|| Arc::new(connection::plain_stream(serving.fd())));
        stream.socket().set_timeout_if_unset(timeout(r));
        // A program may have looked at what comes before it made up its mind.
        let received = sockbuf::received(&raw const (*r).m_sb);
        let mut early = received.as_slice();
        let accepted = session::accept(&stream, &mut early, RTMP_GetTime(), deadline(r));
        sockbuf::consume(&raw mut (*r).m_sb, received.len() - early.len());
        match accepted {
            Ok(shaken) => {
                let is_begun = begin_session(&mut serving, stream, shaken, None).is_ok();
                serving.stream.socket().expect_polling();
                is_begun
            }
            Err(error) => {
                if is_programs_own(&serving) {
                    crate::debug!("closed by the program while shaking hands with a client: {error}");
                } else {
                    crate::error!("handshake with a client failed: {error}");
                }
                // As with the reference, a descriptor stays open on which a client broke the protocol.
                if !matches!(error, Error::Protocol(_)) {
                    end(serving, Farewell::Omitted, |_| {});
                }
                false
            }
        }
    }
}
