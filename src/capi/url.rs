//! URLs taken apart, `RTMP_ParseURL` and `RTMP_ParsePlaypath`, and sessions set up from one, or from its parts.

pub mod setup;
pub mod stream;

pub use setup::RTMP_SetupURL;
pub use stream::RTMP_SetupStream;

use crate::bytes::without_query;
use crate::capi::guard::guard;
use crate::capi::types::AVal;
use crate::log::Text;
use crate::url;
use libc::{c_char, c_int, c_uint, c_void};
use std::ffi::CStr;

/// Takes a URL apart. `host` and `app` point into it; `playpath` is malloc'ed, for the caller to free.
///
/// Returns 1, or 0 when it is no URL. A host that is too long is left as it was.
///
/// # Safety
/// Each pointer is null or valid for what it points to; `url` ends with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ParseURL(
    url: *const c_char,
    protocol: *mut c_int,
    host: *mut AVal,
    port: *mut c_uint,
    playpath: *mut AVal,
    app: *mut AVal,
) -> c_int {
    guard(0, || {
        let places = [protocol.cast::<c_void>(), host.cast(), port.cast(), playpath.cast(), app.cast()];
        if url.is_null() || places.iter().any(|place| place.is_null()) {
            return 0;
        }
        // SAFETY: nothing is null, so the caller's promise holds.
        unsafe {
            *protocol = 0;
            *port = 0;
            *playpath = AVal::EMPTY;
            *app = AVal::EMPTY;
            let Some(parsed) = parse(CStr::from_ptr(url)) else { return 0 };
            *protocol = parsed.protocol;
            *port = parsed.port.into();
            if let Some(text) = parsed.host {
                *host = AVal::borrowing(text);
            }
            if let Some(text) = parsed.app {
                *app = AVal::borrowing(text);
            }
            if let Some(text) = parsed.playpath {
                *playpath = AVal::malloced(&url::parse_playpath(text));
            }
            log_parsed(&parsed);
        }
        1
    })
}

/// The parts of a URL; `None`, with a log line, when it is none.
fn parse(text: &CStr) -> Option<url::Url<'_>> {
    crate::debug!("Parsing...");
    url::parse(text.to_bytes()).inspect_err(|error| crate::error!("{error}")).ok()
}

/// Says what was found, without the query, which may hold a token.
fn log_parsed(parsed: &url::Url<'_>) {
    let app = parsed.app.map(without_query).unwrap_or_default();
    crate::debug!("Parsed protocol: {}", parsed.protocol);
    crate::debug!("Parsed host    : {}", Text(parsed.host.unwrap_or_default()));
    crate::debug!("Parsed app     : {}", Text(app));
}

/// Turns the playpath of a URL into the one that servers are asked for; `output` is malloc'ed, for the caller to free.
///
/// # Safety
/// Each pointer is null or points to a text; they may be the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ParsePlaypath(input: *mut AVal, output: *mut AVal) {
    guard((), || {
        if input.is_null() || output.is_null() {
            return;
        }
        // SAFETY: not null, so the caller's promise holds; the input has been read before the output is written.
        unsafe { *output = AVal::malloced(&url::parse_playpath((*input).bytes())) };
    });
}
