//! The text settings of `struct RTMP`: where each stands, and which of them the library made.

use crate::capi::private;
use crate::capi::scalar::Scalar;
use crate::capi::types::{AVal, RTMP};
use crate::session::{TextSetting, link_flag};

/// Where a text setting stands.
///
/// # Safety
/// `r` points to a structure.
pub(crate) unsafe fn text_field(r: *mut RTMP, which: TextSetting) -> *mut AVal {
    // SAFETY: only addresses inside the structure are taken.
    unsafe {
        let link = &raw mut (*r).Link;
        match which {
            TextSetting::Hostname => &raw mut (*link).hostname,
            TextSetting::SocksHost => &raw mut (*link).sockshost,
            TextSetting::Playpath => &raw mut (*link).playpath,
            TextSetting::TcUrl => &raw mut (*link).tcUrl,
            TextSetting::SwfUrl => &raw mut (*link).swfUrl,
            TextSetting::PageUrl => &raw mut (*link).pageUrl,
            TextSetting::App => &raw mut (*link).app,
            TextSetting::Auth => &raw mut (*link).auth,
            TextSetting::FlashVer => &raw mut (*link).flashVer,
            TextSetting::SubscribePath => &raw mut (*link).subscribepath,
            TextSetting::UsherToken => &raw mut (*link).usherToken,
            TextSetting::Token => &raw mut (*link).token,
            TextSetting::PubUser => &raw mut (*link).pubUser,
            TextSetting::PubPasswd => &raw mut (*link).pubPasswd,
        }
    }
}

/// The bit of `Link.lFlags` that says that the library made a text; `None` for texts that it never makes.
fn own_flag(which: TextSetting) -> Option<i32> {
    match which {
        TextSetting::TcUrl => Some(link_flag::FTCU),
        TextSetting::App => Some(link_flag::FAPU),
        _ => None,
    }
}

/// Sets a text setting to a text of the program's, which may be what stands there already.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn set(r: *mut RTMP, which: TextSetting, text: AVal) {
    // SAFETY: the caller's promise.
    unsafe {
        let field = text_field(r, which);
        if (*field).av_val != text.av_val {
            free_own(r, which);
        }
        *field = text;
    }
}

/// Whether the texts that the library made of a URL are this structure's: `Link` may have been copied from another, with
/// which the texts go.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn are_at_home(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise; addresses are compared.
    unsafe { *private::home(r) == r }
}

/// Notes that the library makes texts for this structure.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn take_home(r: *mut RTMP) {
    // SAFETY: the caller's promise.
    unsafe { *private::home(r) = r };
}

/// Frees what the library made of a URL.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared, and the texts are its own.
pub(crate) unsafe fn free_all_own(r: *mut RTMP) {
    // SAFETY: the caller's promise; playpath0 is the library's own.
    unsafe {
        free_own(r, TextSetting::TcUrl);
        free_own(r, TextSetting::App);
        let link = &raw mut (*r).Link;
        libc::free((*link).playpath0.av_val.cast());
        forget_all_own(r);
    }
}

/// Takes what the library made of a URL out of the structure.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn forget_all_own(r: *mut RTMP) {
    // SAFETY: the caller's promise; addresses are compared.
    unsafe {
        for which in [TextSetting::TcUrl, TextSetting::App] {
            if let Some(flag) = own_flag(which).filter(|flag| (*r).Link.lFlags & flag != 0) {
                *text_field(r, which) = AVal::EMPTY;
                change_flags(r, |flags| flags & !flag);
            }
        }
        let link = &raw mut (*r).Link;
        if (*link).playpath.av_val == (*link).playpath0.av_val {
            (*link).playpath = AVal::EMPTY;
        }
        (*link).playpath0 = AVal::EMPTY;
    }
}

/// Frees tcUrl or app where the library made it.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
unsafe fn free_own(r: *mut RTMP, which: TextSetting) {
    let Some(flag) = own_flag(which) else { return };
    // SAFETY: the flag says that the text came from the library's malloc.
    unsafe {
        if (*r).Link.lFlags & flag != 0 {
            let field = text_field(r, which);
            libc::free((*field).av_val.cast());
            *field = AVal::EMPTY;
            change_flags(r, |flags| flags & !flag);
        }
    }
}

/// Replaces tcUrl or app by a text of the library's own; any other text stays. Texts that `Link` was copied with stay the
/// other handle's.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn replace_own(r: *mut RTMP, which: TextSetting, value: &[u8]) {
    let Some(flag) = own_flag(which) else { return };
    // SAFETY: the caller's promise; what stood there is freed when it was the library's.
    unsafe {
        if !are_at_home(r) {
            (*r).Link.playpath0 = AVal::EMPTY;
            change_flags(r, |flags| flags & !(link_flag::FTCU | link_flag::FAPU));
            take_home(r);
        }
        free_own(r, which);
        *text_field(r, which) = AVal::malloced(value);
        change_flags(r, |flags| flags | flag);
    }
}

/// Changes `Link.lFlags`, which a call in another thread may look at: authentication replaces texts in mid-session.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
unsafe fn change_flags(r: *mut RTMP, change: impl FnOnce(i32) -> i32) {
    // SAFETY: the caller's promise.
    unsafe {
        let flags = &raw mut (*r).Link.lFlags;
        Scalar::store(flags, change(Scalar::load(flags)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::close::RTMP_Close;
    use crate::capi::testing::Handle;
    use crate::capi::url::RTMP_SetupURL;
    use std::os::unix::net::UnixStream;

    fn handle() -> Handle {
        let (ours, _peer) = UnixStream::pair().unwrap();
        Handle::over(ours)
    }

    #[test]
    fn what_authentication_replaces_goes_with_the_url() {
        let Handle(r) = handle();
        // SAFETY: the handle is initialised; the URLs have no options, so they are not written to, and outlive it.
        unsafe {
            assert_eq!(RTMP_SetupURL(r, c"rtmp://h/app/path".as_ptr().cast_mut()), 1);
            replace_own(r, TextSetting::App, b"app?authmod=adobe");
            replace_own(r, TextSetting::App, b"app?authmod=adobe&user=me");
            replace_own(r, TextSetting::TcUrl, b"rtmp://h/app?authmod=adobe&user=me");
            assert_eq!((*r).Link.app.bytes(), b"app?authmod=adobe&user=me");
            assert_eq!(RTMP_SetupURL(r, c"rtmp://h/other/path".as_ptr().cast_mut()), 1);
            assert_eq!(
                ((*r).Link.app.bytes(), (*r).Link.tcUrl.bytes()),
                (&b"other"[..], &b"rtmp://h/other"[..])
            );
            replace_own(r, TextSetting::App, b"other?authmod=adobe");
            RTMP_Close(r);
            assert!((*r).Link.app.av_val.is_null());
            Handle(r).free();
        }
    }

    #[test]
    fn what_authentication_replaces_in_a_copy_stays_the_first_ones() {
        let (first, copy) = (handle(), handle());
        // SAFETY: as above; the copy is freed before the first.
        unsafe {
            assert_eq!(RTMP_SetupURL(first.0, c"rtmp://me:secret@h/app/path".as_ptr().cast_mut()), 1);
            (*copy.0).Link = std::ptr::read(&raw const (*first.0).Link);
            let kept = (*first.0).Link.tcUrl.av_val;
            replace_own(copy.0, TextSetting::TcUrl, b"rtmp://h/app?authmod=adobe&user=me");
            copy.free();
            let other = AVal::malloced(b"rtmp://x/yyy");
            assert_ne!(other.av_val, kept, "its memory is not given away");
            assert_eq!((*first.0).Link.tcUrl.bytes(), b"rtmp://h/app");
            libc::free(other.av_val.cast());
            first.free();
        }
    }
}
