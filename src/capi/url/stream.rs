//! `RTMP_SetupStream`: a session from the parts of a URL and its options.

use crate::capi::data::flash_version;
use crate::capi::guard::guard;
use crate::capi::types::{AVal, RTMP, RTMP_SWF_HASHLEN};
use crate::capi::{proxy, texts};
use crate::log::{self, Text as Shown};
use crate::session::{Text, link_flag};
use crate::url;
use libc::{c_int, c_long, c_uint};

/// Sets a session up from its parts. Texts that are null or empty leave their field alone, except an empty hostname;
/// none is copied, so they must stay alive as long as the session. `dStart` and `dStop` are milliseconds, `timeout` is
/// seconds; port 0 is the protocol's own. The SWF's hash is 32 bytes and needs its size.
///
/// # Safety
/// `r` is null or was prepared by `RTMP_Init`; each text pointer is null or points to a text.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn RTMP_SetupStream(
    r: *mut RTMP,
    protocol: c_int,
    hostname: *mut AVal,
    port: c_uint,
    sockshost: *mut AVal,
    playpath: *mut AVal,
    tcUrl: *mut AVal,
    swfUrl: *mut AVal,
    pageUrl: *mut AVal,
    app: *mut AVal,
    auth: *mut AVal,
    swfSHA256Hash: *mut AVal,
    swfSize: u32,
    flashVer: *mut AVal,
    subscribepath: *mut AVal,
    usherToken: *mut AVal,
    dStart: c_int,
    dStop: c_int,
    bLiveStream: c_int,
    timeout: c_long,
) {
    guard((), || {
        if r.is_null() {
            return;
        }
        let texts = [
            (Text::SocksHost, sockshost),
            (Text::Playpath, playpath),
            (Text::TcUrl, tcUrl),
            (Text::SwfUrl, swfUrl),
            (Text::PageUrl, pageUrl),
            (Text::App, app),
            (Text::Auth, auth),
            (Text::FlashVer, flashVer),
            (Text::SubscribePath, subscribepath),
            (Text::UsherToken, usherToken),
        ];
        // SAFETY: `r` is not null, so the caller's promise holds; each text is copied before a field is written.
        unsafe {
            let given = texts.map(|(which, text)| (which, text.as_ref().copied().unwrap_or(AVal::EMPTY)));
            let hash = swfSHA256Hash.as_ref().copied().unwrap_or(AVal::EMPTY);
            let link = &raw mut (*r).Link;
            if let Some(hostname) = hostname.as_ref() {
                (*link).hostname = *hostname;
            }
            for (which, text) in given {
                set_up_text(r, which, text);
            }
            if (*link).flashVer.av_len == 0 {
                (*link).flashVer = flash_version();
            }
            (*link).protocol = protocol;
            (*link).seekTime = dStart;
            (*link).stopTime = dStop;
            if bLiveStream != 0 {
                (*link).lFlags |= link_flag::LIVE;
            }
            (*link).timeout = timeout as c_int;
            set_swf_hash(r, hash.bytes(), swfSize);
            proxy::settle(r);
            (*link).port = match port as u16 {
                0 => url::default_port(protocol),
                port => port,
            };
            say_set_up(r);
        }
    });
}

/// Sets a text of `RTMP_SetupStream`. An empty one leaves its field alone, but for those that the reference always sets.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`.
unsafe fn set_up_text(r: *mut RTMP, which: Text, text: AVal) {
    let is_given = text.av_len > 0 && !text.av_val.is_null();
    let always = matches!(which, Text::SocksHost | Text::Playpath | Text::FlashVer);
    if !is_given && !always {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        texts::set(r, which, if is_given { text } else { AVal::EMPTY });
        match which {
            Text::Auth => (*r).Link.lFlags |= link_flag::AUTH,
            Text::SocksHost => (*r).Link.socksport = 0,
            _ => {}
        }
    }
}

/// Shows what was set up, line by line as the reference does, but nothing that should stay secret.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`; its texts are readable.
unsafe fn say_set_up(r: *mut RTMP) {
    if !log::enabled(log::Level::Debug) {
        return;
    }
    let text = |title: &str, which: Text| {
        // SAFETY: the caller's promise.
        let text = unsafe { (*texts::text_field(r, which)).bytes() };
        if !text.is_empty() {
            crate::debug!("{title:<9}: {}", Shown(text.split(|byte| *byte == b'?').next().unwrap_or(text)));
        }
    };
    // SAFETY: the caller's promise.
    unsafe {
        let link = &raw const (*r).Link;
        crate::debug!("Protocol : {}", url::scheme((*link).protocol).to_uppercase());
        text("Hostname", Text::Hostname);
        crate::debug!("Port     : {}", (*link).port);
        text("Playpath", Text::Playpath);
        text("tcUrl", Text::TcUrl);
        text("swfUrl", Text::SwfUrl);
        text("pageUrl", Text::PageUrl);
        text("app", Text::App);
        text("subscribepath", Text::SubscribePath);
        text("flashVer", Text::FlashVer);
        crate::debug!("live     : {}", if (*link).lFlags & link_flag::LIVE != 0 { "yes" } else { "no" });
        crate::debug!("timeout  : {} sec", (*link).timeout);
    }
}

/// Stores hash and size when both are given, else no size.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`.
unsafe fn set_swf_hash(r: *mut RTMP, hash: &[u8], size: u32) {
    // SAFETY: the caller's promise; the field is an array of bytes, and the copy is as short as the shorter of both.
    unsafe {
        let link = &raw mut (*r).Link;
        (*link).SWFSize = if hash.is_empty() { 0 } else { size };
        if (*link).SWFSize != 0 {
            let mut whole = [0; RTMP_SWF_HASHLEN];
            whole.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
            (*link).SWFHash = whole;
        }
    }
}
