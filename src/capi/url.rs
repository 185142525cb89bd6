//! URLs and the settings of a session: `RTMP_ParseURL`, `RTMP_ParsePlaypath`, `RTMP_SetupURL` and `RTMP_SetupStream`.

use crate::capi::data::flash_version;
use crate::capi::guard::guard;
use crate::capi::texts;
use crate::capi::types::{AVal, RTMP};
use crate::capi::{extra, options};
use crate::log::{self, Text as Shown};
use crate::options::{next_pair, url_end};
use crate::session::{Text, link_flag};
use crate::transport::ProxyKind;
use crate::url;
use libc::{c_char, c_int, c_long, c_uint};
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
        if [
            url.is_null(),
            protocol.is_null(),
            host.is_null(),
            port.is_null(),
            playpath.is_null(),
            app.is_null(),
        ]
        .contains(&true)
        {
            return 0;
        }
        // SAFETY: nothing is null, so the caller's promise holds.
        unsafe {
            *protocol = 0;
            *port = 0;
            *playpath = AVal::EMPTY;
            *app = AVal::EMPTY;
            crate::debug!("Parsing...");
            let parsed = match url::parse(CStr::from_ptr(url).to_bytes()) {
                Ok(parsed) => parsed,
                Err(error) => {
                    crate::error!("{error}");
                    return 0;
                }
            };
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

/// Says what was found, without the query, which may hold a token.
fn log_parsed(parsed: &url::Url<'_>) {
    let app = parsed.app.and_then(|app| app.split(|byte| *byte == b'?').next()).unwrap_or_default();
    crate::debug!("Parsed protocol: {}", parsed.protocol);
    crate::debug!("Parsed host    : {}", Shown(parsed.host.unwrap_or_default()));
    crate::debug!("Parsed app     : {}", Shown(app));
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
        if !set_proxy(r) {
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
            texts::settle(r);
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
        let publisher =
            user_and_password.map(|(user, password)| (url::unescape(user), url::unescape(password)));
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
        if let Some((size, hash)) =
            crate::capi::swf::hash_for_setup(&url, (*link).swfAge, &crate::capi::tls::settings(r))
        {
            (*link).SWFSize = size;
            (*link).SWFHash = hash;
        }
    }
}

/// Reads the `socks` setting: of a SOCKS4 proxy's the host is left in `Link.sockshost`, of another's all of it. False when
/// there is one that cannot be used; connecting fails then, too.
///
/// # Safety
/// `r` was prepared by `RTMP_Init`.
unsafe fn set_proxy(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let link = &raw mut (*r).Link;
        let setting = (*link).sockshost;
        if setting.av_len == 0 {
            (*link).socksport = 0;
            return true;
        }
        let proxy = match extra::proxy(r) {
            Ok(Some(proxy)) => proxy,
            Ok(None) => return true,
            Err(error) => {
                crate::error!("{error}");
                return false;
            }
        };
        crate::debug!("Connecting via {proxy}");
        let bytes = setting.bytes();
        if proxy.kind == ProxyKind::Socks4 && proxy.credentials.is_none() {
            let at = bytes.windows(proxy.host.len().max(1)).rposition(|part| part == proxy.host).unwrap_or(0);
            (*link).sockshost = AVal::borrowing(bytes.get(at..at + proxy.host.len()).unwrap_or_default());
        }
        (*link).socksport = proxy.port;
        true
    }
}

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
            set_proxy(r);
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
            let mut whole = [0; crate::capi::types::RTMP_SWF_HASHLEN];
            whole.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
            (*link).SWFHash = whole;
        }
    }
}
