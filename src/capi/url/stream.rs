//! `RTMP_SetupStream`: a session from the parts of a URL and its options.

use crate::bytes::without_query;
use crate::capi::data::flash_version;
use crate::capi::guard::guard;
use crate::capi::types::{AVal, RTMP, RTMP_SWF_HASHLEN};
use crate::capi::{proxy, texts};
use crate::log::{self, Text};
use crate::session::{TextSetting, link_flag};
use crate::url;
use libc::{c_int, c_long, c_uint};

/// Sets a session up from its parts. Texts that are null or empty leave their field alone, but for an empty hostname,
/// sockshost and playpath, which are empty then, and flashVer, which is the library's own then. None is copied, so they
/// must stay alive as long as the session. `dStart` and `dStop` are milliseconds, `timeout` is seconds; port 0 is the
/// protocol's own. The SWF's hash is 32 bytes and needs its size.
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
            (TextSetting::SocksHost, sockshost),
            (TextSetting::Playpath, playpath),
            (TextSetting::TcUrl, tcUrl),
            (TextSetting::SwfUrl, swfUrl),
            (TextSetting::PageUrl, pageUrl),
            (TextSetting::App, app),
            (TextSetting::Auth, auth),
            (TextSetting::FlashVer, flashVer),
            (TextSetting::SubscribePath, subscribepath),
            (TextSetting::UsherToken, usherToken),
        ];
        // SAFETY: `r` is not null, so the caller's promise holds; each text is copied before a field is written.
        unsafe {
            let given = Given {
                protocol,
                hostname: hostname.as_ref().copied(),
                port,
                texts: texts.map(|(which, text)| (which, text.as_ref().copied().unwrap_or(AVal::EMPTY))),
                swf_hash: swfSHA256Hash.as_ref().copied().unwrap_or(AVal::EMPTY),
                swf_size: swfSize,
                start: dStart,
                stop: dStop,
                is_live: bLiveStream != 0,
                timeout,
            };
            given.say();
            given.store(r);
        }
    });
}

/// Sets a text of `RTMP_SetupStream`. An empty one leaves its field alone, but for those that the reference always sets.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`.
unsafe fn set_up_text(r: *mut RTMP, which: TextSetting, text: AVal) {
    let is_given = text.av_len > 0 && !text.av_val.is_null();
    let always = matches!(which, TextSetting::SocksHost | TextSetting::Playpath | TextSetting::FlashVer);
    if !is_given && !always {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        texts::set(r, which, if is_given { text } else { AVal::EMPTY });
        match which {
            TextSetting::Auth => (*r).Link.lFlags |= link_flag::AUTH,
            TextSetting::SocksHost => (*r).Link.socksport = 0,
            _ => {}
        }
    }
}

/// The texts of `RTMP_SetupStream` that are shown when they are given, with their titles, in the reference's order. Not
/// among them is what should stay secret: `auth` and the usher's token.
const SHOWN: [(TextSetting, &str); 6] = [
    (TextSetting::TcUrl, "tcUrl    "),
    (TextSetting::SwfUrl, "swfUrl   "),
    (TextSetting::PageUrl, "pageUrl  "),
    (TextSetting::App, "app      "),
    (TextSetting::SubscribePath, "subscribepath "),
    (TextSetting::FlashVer, "flashVer "),
];

/// What `RTMP_SetupStream` was given.
struct Given {
    protocol: c_int,
    /// `None` for a null pointer, which leaves the field alone.
    hostname: Option<AVal>,
    port: c_uint,
    texts: [(TextSetting, AVal); 10],
    swf_hash: AVal,
    swf_size: u32,
    start: c_int,
    stop: c_int,
    is_live: bool,
    timeout: c_long,
}

impl Given {
    /// Shows it, line by line as the reference does, but for secrets, and queries, which may hold some.
    ///
    /// # Safety
    /// Each text is readable.
    unsafe fn say(&self) {
        if !log::enabled(log::Level::Debug) {
            return;
        }
        // SAFETY: the caller's promise.
        let text = |which: TextSetting| unsafe {
            let found = self.texts.iter().find(|(text, _)| *text == which);
            let text = found.map(|(_, text)| text.bytes()).unwrap_or_default();
            Some(without_query(text)).filter(|text| !text.is_empty())
        };
        // SAFETY: the caller's promise.
        let (hostname, swf_hash) =
            unsafe { (self.hostname.unwrap_or(AVal::EMPTY).bytes(), self.swf_hash.bytes()) };
        crate::debug!("Protocol : {}", url::scheme(self.protocol).to_uppercase());
        crate::debug!("Hostname : {}", Text(hostname));
        crate::debug!("Port     : {}", self.port.cast_signed());
        crate::debug!("Playpath : {}", Text(text(TextSetting::Playpath).unwrap_or(b"(null)")));
        for (which, title) in SHOWN {
            if let Some(text) = text(which) {
                crate::debug!("{title}: {}", Text(text));
            }
        }
        for (title, time) in [("StartTime", self.start), ("StopTime", self.stop)] {
            if time > 0 {
                crate::debug!("{title:<14}: {time} msec");
            }
        }
        crate::debug!("live     : {}", if self.is_live { "yes" } else { "no" });
        crate::debug!("timeout  : {} sec", self.timeout);
        if !swf_hash.is_empty() && self.swf_size > 0 {
            let hash = swf_hash.get(..RTMP_SWF_HASHLEN).unwrap_or(swf_hash);
            crate::debug!("SWFSHA256:");
            log::hex::numbers(hash.to_vec()).for_each(|line| crate::debug!("{line}"));
            crate::debug!("SWFSize  : {}", self.swf_size);
        }
    }

    /// Sets the fields.
    ///
    /// # Safety
    /// `r` was prepared by `RTMP_Init`; each text is readable.
    unsafe fn store(&self, r: *mut RTMP) {
        // SAFETY: the caller's promise.
        unsafe {
            let link = &raw mut (*r).Link;
            if let Some(hostname) = self.hostname {
                (*link).hostname = hostname;
            }
            for (which, text) in self.texts {
                set_up_text(r, which, text);
            }
            if (*link).flashVer.av_len == 0 {
                (*link).flashVer = flash_version();
            }
            (*link).protocol = self.protocol;
            (*link).seekTime = self.start;
            (*link).stopTime = self.stop;
            if self.is_live {
                (*link).lFlags |= link_flag::LIVE;
            }
            (*link).timeout = self.timeout as c_int;
            set_swf_hash(r, self.swf_hash.bytes(), self.swf_size);
            proxy::settle(r);
            (*link).port = match self.port as u16 {
                0 => url::default_port(self.protocol),
                port => port,
            };
        }
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
