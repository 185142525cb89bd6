//! The SWF hash of `rtmp.h`.

use crate::Error;
use crate::capi::guard::guard;
use crate::capi::http::{limits, shown};
use crate::capi::types::RTMP_SWF_HASHLEN;
use crate::swf::{Cache, Lookup, SwfHash, cached_hash, hash_url};
use crate::transport::TlsSettings;
use libc::{c_char, c_int, c_uchar, c_uint};
use std::ffi::CStr;
use std::time::SystemTime;

/// Computes what SWF verification needs to know of the SWF file at `url`: its uncompressed size and its hash
/// (32 bytes). The result is kept in `$HOME/.swfinfo`; when the server was asked less than `age` days ago, it is not
/// asked again. With an age of 0 it is always asked.
///
/// Returns 0, or -1 with a line in the log; size and hash are then those that were kept longer ago, if any were, and left
/// alone otherwise.
///
/// # Safety
/// `url` is null or a text; `size` is null or points to an `unsigned int`; `hash` is null or has room for 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_HashSWF(
    url: *const c_char,
    size: *mut c_uint,
    hash: *mut c_uchar,
    age: c_int,
) -> c_int {
    guard(-1, || {
        if url.is_null() || size.is_null() || hash.is_null() {
            return -1;
        }
        // SAFETY: the URL is not null, and the caller promises a text; it is not used after the results are written.
        let url = unsafe { CStr::from_ptr(url) };
        let (swf, result) = match hash_of(url.to_bytes(), age, &TlsSettings::Environment) {
            Ok(swf) => (Some(swf), 0),
            Err(Missed { why, kept }) => {
                crate::error!("RTMP_HashSWF: {why}");
                (kept, -1)
            }
        };
        if let Some(swf) = swf {
            // SAFETY: neither is null, and the caller promises room for a number and for 32 bytes, aligned as C aligns them.
            unsafe {
                *size = swf.size;
                std::ptr::copy(swf.hash.as_ptr(), hash, RTMP_SWF_HASHLEN);
            }
        }
        result
    })
}

/// A file that could not be had.
struct Missed {
    /// What the log says of it.
    why: String,
    /// What it hashed to longer ago than it is trusted for.
    kept: Option<SwfHash>,
}

/// The size and hash of the SWF file at a URL, for `RTMP_SetupURL`; on failure the log says why, and what follows. Those
/// that were kept are better than none.
pub(crate) fn hash_for_setup(
    url: &[u8],
    age: i32,
    tls: &TlsSettings,
) -> Option<(u32, [u8; RTMP_SWF_HASHLEN])> {
    match hash_of(url, age, tls) {
        Ok(swf) => Some((swf.size, swf.hash)),
        Err(Missed { why, kept: Some(swf) }) => {
            crate::warning!("{why}; the hash in the SWF cache is used, older than swfAge says");
            Some((swf.size, swf.hash))
        }
        Err(Missed { why, kept: None }) => {
            crate::error!(
                "{why}; the session goes without SWF verification, and a server that insists on it ends it"
            );
            None
        }
    }
}

/// The hash, or why there is none that is new enough.
fn hash_of(url: &[u8], age_days: i32, tls: &TlsSettings) -> Result<SwfHash, Missed> {
    let cache = Cache::in_home();
    let now = SystemTime::now();
    let lookup = Lookup { url, age_days, cache: cache.as_ref(), now, tls, limits: limits() };
    hash_url(&lookup).map_err(|error| {
        let shown = shown(url);
        let why = match error {
            Error::Protocol(_) => format!("cannot use swfUrl {shown}: {error}"),
            _ => format!("cannot get swfUrl {shown}: {error}"),
        };
        Missed { why, kept: cached_hash(&lookup) }
    })
}
