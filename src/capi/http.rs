//! `http.h`.

use crate::capi::data::RTMP_ctrlC;
use crate::capi::guard::guard;
use crate::capi::types::HTTP_ctx;
use crate::http::{self, Limits, Request, ResponseHead};
use crate::log::Text;
use crate::transport::{Interrupt, TlsSettings};
use crate::{Error, Result};
use libc::{c_char, c_int, c_uint, c_void};
use std::ffi::CStr;

/// An enumeration in C.
pub type HTTPResult = c_uint;

const HTTPRES_OK: HTTPResult = 0;
const HTTPRES_OK_NOT_MODIFIED: HTTPResult = 1;
const HTTPRES_NOT_FOUND: HTTPResult = 2;
const HTTPRES_BAD_REQUEST: HTTPResult = 3;
const HTTPRES_SERVER_ERROR: HTTPResult = 4;
const HTTPRES_REDIRECTED: HTTPResult = 5;
const HTTPRES_LOST_CONNECTION: HTTPResult = 6;

/// The room that a program gives in `HTTP_ctx.date`, its NUL included.
const DATE_ROOM: usize = 64;
/// `HTTP_ctx.status` while no server has answered.
const NO_STATUS: c_int = -1;

/// Takes a piece of the file. What it returns is not looked at, as the reference does not.
type Callback =
    unsafe extern "C" fn(ptr: *mut c_void, size: usize, nmemb: usize, stream: *mut c_void) -> usize;

/// Fetches a file by http or https, following at most 5 redirects, and hands it to `cb` piece by piece.
///
/// A date in `http->date` is sent as If-Modified-Since; the server's Last-Modified replaces it when it has fewer than
/// 64 bytes. `http->status` becomes the status code, or -1 when no server answered; the bytes of the body are added to
/// `http->size`. The bodies of error pages are handed to `cb` too.
///
/// # Safety
/// `http` is null or points to a context whose `date` is null or has room for 64 bytes and holds a text; `url` is null
/// or a text; `cb` is null or may be called with `http->data`. The callback may use the context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HTTP_get(
    http: *mut HTTP_ctx,
    url: *const c_char,
    cb: Option<
        unsafe extern "C" fn(ptr: *mut c_void, size: usize, nmemb: usize, stream: *mut c_void) -> usize,
    >,
) -> HTTPResult {
    guard(HTTPRES_BAD_REQUEST, || {
        let Some(cb) = cb.filter(|_| !http.is_null() && !url.is_null()) else { return HTTPRES_BAD_REQUEST };
        // SAFETY: neither is null, and the caller promises that they point to a context and a text. The URL is copied
        // at once, so that it may be part of what the callback changes.
        let (url, date) = unsafe {
            (*http).status = NO_STATUS;
            (CStr::from_ptr(url).to_bytes().to_vec(), date_of(http))
        };
        // SAFETY: the same promises, and that the callback may be called.
        match unsafe { fetch(http, &url, &date, cb) } {
            Ok(result) => result,
            Err(error) => {
                crate::error!("HTTP_get: {}: {error}", shown(&url));
                match error {
                    Error::Usage(_) | Error::Protocol(_) => HTTPRES_BAD_REQUEST,
                    _ => HTTPRES_LOST_CONNECTION,
                }
            }
        }
    })
}

/// A URL without what may be secret in it: its query, and a user name or password before its host.
pub(crate) fn shown(url: &[u8]) -> Text<'_> {
    let plain = url.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
    if plain.contains(&b'@') { Text(b"(with a user name)") } else { Text(plain) }
}

/// How long a request may take; `RTMP_UserInterrupt` ends it early.
pub(crate) fn limits() -> Limits {
    Limits { interrupt: Interrupt(Some(&RTMP_ctrlC)), ..Limits::default() }
}

/// The request itself.
///
/// # Safety
/// As [`HTTP_get`], with a context that is not null.
unsafe fn fetch(http: *mut HTTP_ctx, url: &[u8], date: &[u8], cb: Callback) -> Result<HTTPResult> {
    let response =
        http::get(&Request { url, modified_since: date, tls: &TlsSettings::Environment, limits: limits() })?;
    let status = response.head().status;
    // SAFETY: the caller of HTTP_get promises a context; nothing else refers to it during these statements.
    unsafe {
        (*http).status = c_int::from(status);
        // The date of what has not changed is the one that the program has.
        if status != NOT_MODIFIED {
            put_date(http, response.head());
        }
    }
    response.read_body(u64::MAX, |piece| {
        let length = c_int::try_from(piece.len()).unwrap_or(c_int::MAX);
        // The callback may write to what it is given, so it gets a copy.
        let mut piece = piece.to_vec();
        // SAFETY: the context is the caller's, and no reference to it or into it is held while the callback runs; the
        // piece is `piece.len()` bytes of our own.
        unsafe {
            (*http).size = (*http).size.wrapping_add(length);
            cb(piece.as_mut_ptr().cast(), 1, piece.len(), (*http).data);
        }
        Ok(())
    })?;
    Ok(result_of(status))
}

/// The status of an answer to a program that has the newest version.
const NOT_MODIFIED: u16 = 304;

fn result_of(status: u16) -> HTTPResult {
    match status {
        NOT_MODIFIED => HTTPRES_OK_NOT_MODIFIED,
        404 => HTTPRES_NOT_FOUND,
        300..400 => HTTPRES_REDIRECTED,
        400..500 => HTTPRES_BAD_REQUEST,
        500.. => HTTPRES_SERVER_ERROR,
        _ => HTTPRES_OK,
    }
}

/// The date in the context; empty for none, or for one without a NUL in its room.
///
/// # Safety
/// `http` points to a context whose `date` is null or has room for 64 bytes.
unsafe fn date_of(http: *const HTTP_ctx) -> Vec<u8> {
    // SAFETY: the caller's promise; the date is read byte by byte, and not beyond its NUL.
    unsafe {
        let date = (*http).date.cast::<u8>();
        if date.is_null() {
            return Vec::new();
        }
        let end = (0..DATE_ROOM).find(|at| *date.add(*at) == 0).unwrap_or_default();
        std::slice::from_raw_parts(date, end).to_vec()
    }
}

/// Puts the server's date into the context, when there is one and it fits.
///
/// # Safety
/// As [`date_of`].
unsafe fn put_date(http: *mut HTTP_ctx, head: &ResponseHead) {
    let Some(date) = head.last_modified.as_deref().filter(|date| date.len() < DATE_ROOM) else { return };
    // SAFETY: the caller's promise: room for 64 bytes, of which at most 63 and a NUL are written; the date is the
    // head's own memory and cannot overlap it.
    unsafe {
        let room = (*http).date.cast::<u8>();
        if !room.is_null() {
            std::ptr::copy_nonoverlapping(date.as_ptr(), room, date.len());
            *room.add(date.len()) = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stay_within_the_room_of_the_header() {
        for (length, is_put) in [(1, true), (DATE_ROOM - 1, true), (DATE_ROOM, false), (DATE_ROOM + 1, false)]
        {
            let text = format!("HTTP/1.1 200 OK\r\nLast-Modified: {}\r\n\r\n", "x".repeat(length));
            let (head, _) = ResponseHead::parse(text.as_bytes()).unwrap().unwrap();
            let mut room = [b'-' as c_char; DATE_ROOM + 2];
            // SAFETY: zeroes are a valid structure; its date has more room than the header asks for.
            unsafe {
                let mut http: HTTP_ctx = std::mem::zeroed();
                http.date = room.as_mut_ptr();
                put_date(&raw mut http, &head);
                assert_eq!(date_of(&raw const http).len(), if is_put { length } else { 0 });
            }
            assert_eq!(room[0] == b'x' as c_char, is_put, "{length}");
            assert_eq!(room[DATE_ROOM..], [b'-' as c_char; 2], "{length}");
        }
    }
}
