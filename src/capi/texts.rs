//! The text settings of `struct RTMP`: where each stands, and which of them the library made.

use crate::capi::mem::malloc_copy;
use crate::capi::types::{AVal, RTMP};
use crate::session::{Text, link_flag};

/// Where a text setting stands.
///
/// # Safety
/// `r` points to a structure.
pub(crate) unsafe fn text_field(r: *mut RTMP, which: Text) -> *mut AVal {
    // SAFETY: only addresses inside the structure are taken.
    unsafe {
        let link = &raw mut (*r).Link;
        match which {
            Text::Hostname => &raw mut (*link).hostname,
            Text::SocksHost => &raw mut (*link).sockshost,
            Text::Playpath => &raw mut (*link).playpath,
            Text::TcUrl => &raw mut (*link).tcUrl,
            Text::SwfUrl => &raw mut (*link).swfUrl,
            Text::PageUrl => &raw mut (*link).pageUrl,
            Text::App => &raw mut (*link).app,
            Text::Auth => &raw mut (*link).auth,
            Text::FlashVer => &raw mut (*link).flashVer,
            Text::SubscribePath => &raw mut (*link).subscribepath,
            Text::UsherToken => &raw mut (*link).usherToken,
            Text::Token => &raw mut (*link).token,
            Text::PubUser => &raw mut (*link).pubUser,
            Text::PubPasswd => &raw mut (*link).pubPasswd,
        }
    }
}

/// The bit of `Link.lFlags` that says that the library made a text; `None` for texts that it never makes.
fn own_flag(which: Text) -> Option<i32> {
    match which {
        Text::TcUrl => Some(link_flag::FTCU),
        Text::App => Some(link_flag::FAPU),
        _ => None,
    }
}

/// Frees tcUrl or app where the library made it.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn free_own(r: *mut RTMP, which: Text) {
    let Some(flag) = own_flag(which) else { return };
    // SAFETY: the flag says that the text came from the library's malloc.
    unsafe {
        if (*r).Link.lFlags & flag != 0 {
            let field = text_field(r, which);
            libc::free((*field).av_val.cast());
            *field = AVal::EMPTY;
            (*r).Link.lFlags &= !flag;
        }
    }
}

/// Replaces tcUrl or app by a text of the library's own. Returns the bit that says so.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared.
pub(crate) unsafe fn replace_own(r: *mut RTMP, which: Text, value: &[u8]) -> Option<i32> {
    let flag = own_flag(which)?;
    let av_val = malloc_copy(value);
    let av_len = if av_val.is_null() { 0 } else { value.len().try_into().unwrap_or(i32::MAX) };
    // SAFETY: the caller's promise; what stood there is freed when it was the library's.
    unsafe {
        free_own(r, which);
        *text_field(r, which) = AVal { av_val, av_len };
        (*r).Link.lFlags |= flag;
    }
    Some(flag)
}
