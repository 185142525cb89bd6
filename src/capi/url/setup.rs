//! `RTMP_SetupURL`: a session from a URL with options behind it.

use super::RTMP_ParseURL;
use crate::bytes::unescape;
use crate::capi::guard::guard;
use crate::capi::types::{AVal, RTMP};
use crate::capi::{extra, options, proxy, swf, texts, tls};
use crate::options::{next_pair, url_end};
use crate::session::link_flag;
use crate::url;
use libc::{c_char, c_int};
use std::ffi::CStr;

/// Sets a session up from a URL with options behind it, `url name=value …`. The text is changed in place when it has
/// options, and the session keeps pointers into it: it must stay alive as long as the session.
///
/// Returns 1, or 0 when the URL or an option is wrong.
///
/// # Safety
/// `r` is null or was prepared by `RTMP_Init`; `text` is null or ends with a NUL, and is writable when it has a space.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SetupURL(r: *mut RTMP, text: *mut c_char) -> c_int {
    guard(0, || {
        if r.is_null() || text.is_null() {
            return 0;
        }
        // SAFETY: not null, so the caller's promise holds.
        unsafe { c_int::from(set_up(r, text)) }
    })
}

/// Takes the URL and then each option; false, with a log line, at the first that cannot be used.
///
/// # Safety
/// As for [`RTMP_SetupURL`], without nulls.
unsafe fn set_up(r: *mut RTMP, text: *mut c_char) -> bool {
    // SAFETY: the caller's promise. The text is referred to only for the length of a statement, so that options may
    // be taken out of it in place.
    unsafe {
        forget_old_url(r);
        let length = CStr::from_ptr(text).count_bytes();
        let url_length = url_end(CStr::from_ptr(text).to_bytes());
        if let Some(at) = url_length {
            *text.add(at) = 0;
        }
        let link = &raw mut (*r).Link;
        let mut port = 0;
        let (protocol, host, app) =
            (&raw mut (*link).protocol, &raw mut (*link).hostname, &raw mut (*link).app);
        if RTMP_ParseURL(text, protocol, host, &raw mut port, &raw mut (*link).playpath0, app) == 0 {
            return false;
        }
        let port = u16::try_from(port).unwrap_or(0);
        (*link).playpath = (*link).playpath0;
        if let Some(at) = url_length
            && !set_options(r, text, length, at + 1)
        {
            return false;
        }
        if !proxy::settle(r) {
            return false;
        }
        (*link).port = if port == 0 { url::default_port((*link).protocol) } else { port };
        set_publisher(r, text);
        make_tc_url(r, text);
        hash_swf(r);
        true
    }
}

/// Frees and forgets what an earlier URL left behind: it may have been freed since. A tcUrl that the program gave stays.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`.
unsafe fn forget_old_url(r: *mut RTMP) {
    // SAFETY: playpath0 is the library's own; of the other texts only the addresses are looked at.
    unsafe {
        if texts::are_at_home(r) {
            texts::free_all_own(r);
        } else {
            texts::forget_all_own(r);
            texts::take_home(r);
        }
        let link = &raw mut (*r).Link;
        let start = (*link).tcUrl.av_val.addr();
        let length = usize::try_from((*link).tcUrl.av_len).unwrap_or(0);
        if length > 0 && (start..start.saturating_add(length)).contains(&(*link).hostname.av_val.addr()) {
            (*link).tcUrl = AVal::EMPTY;
        }
    }
}

/// Takes the options out of the text and sets them.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`; `text` has `length` bytes and a NUL.
unsafe fn set_options(r: *mut RTMP, text: *mut c_char, length: usize, start: usize) -> bool {
    let mut at = start;
    loop {
        // SAFETY: the caller's promise; the reference ends with the statement, before anything else looks at the text.
        let pair = unsafe { next_pair(std::slice::from_raw_parts_mut(text.cast::<u8>(), length), at) };
        let pair = match pair {
            Ok(Some(pair)) => pair,
            Ok(None) => return true,
            Err(error) => {
                crate::error!("{error}");
                return false;
            }
        };
        // SAFETY: both ranges lie inside the text.
        let set = unsafe {
            let name = std::slice::from_raw_parts(text.add(pair.name.start).cast::<u8>(), pair.name.len());
            let av_len = pair.value.len().try_into().unwrap_or(c_int::MAX);
            options::set(r, name, AVal { av_val: text.add(pair.value.start), av_len })
        };
        if !set {
            return false;
        }
        at = pair.next;
    }
}

/// User and password of the URL become the publisher's.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`; `text` ends with a NUL.
unsafe fn set_publisher(r: *mut RTMP, text: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe {
        let user_and_password = url::user_and_password(CStr::from_ptr(text).to_bytes());
        let publisher = user_and_password.map(|(user, password)| (unescape(user), unescape(password)));
        extra::set_publisher(r, publisher);
    }
}

/// Makes tcUrl where none was given: the URL up to the application's end where it has one, else with the one of the
/// option.
///
/// # Safety
/// `r` was prepared by `RTMP_Init` and its host and app were set from `text`, which ends with a NUL.
unsafe fn make_tc_url(r: *mut RTMP, text: *mut c_char) {
    // SAFETY: the caller's promise; app is compared by its address with the text that it may stand in.
    unsafe {
        let link = &raw mut (*r).Link;
        if (*link).tcUrl.av_len != 0 {
            return;
        }
        let whole = CStr::from_ptr(text).to_bytes();
        let app = (*link).app;
        let offset = app.av_val.addr().wrapping_sub(text.addr());
        let made = if app.av_len == 0 {
            url::without_user(whole)
        } else if offset < whole.len() {
            let end = offset.saturating_add(app.bytes().len());
            url::without_user(whole.get(..end).unwrap_or(whole))
        } else {
            let host = (*link).hostname.bytes();
            Some(url::tc_url((*link).protocol, host, (*link).port, app.bytes()))
        };
        if let Some(made) = made {
            (*link).tcUrl = AVal::malloced(&made);
            (*link).lFlags |= link_flag::FTCU;
        } else {
            let length = if app.av_len == 0 { whole.len() } else { offset + app.bytes().len() };
            (*link).tcUrl = AVal { av_val: text, av_len: length.try_into().unwrap_or(c_int::MAX) };
        }
    }
}

/// Hashes the SWF that shall be verified. Without a hash the session is tried all the same, as in the reference: the log
/// has said why, and many servers do not insist.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`.
unsafe fn hash_swf(r: *mut RTMP) {
    // SAFETY: the caller's promise; the URL is copied before the network is waited for, and the link is written to
    // only behind that.
    unsafe {
        let link = &raw mut (*r).Link;
        if (*link).lFlags & link_flag::SWFV == 0 || (*link).swfUrl.av_len == 0 {
            return;
        }
        let url = (*link).swfUrl.bytes().to_vec();
        if let Some((size, hash)) = swf::hash_for_setup(&url, (*link).swfAge, &tls::settings(r)) {
            (*link).SWFSize = size;
            (*link).SWFHash = hash;
        }
    }
}
