//! Why a server was not reached, or a stream did not begin: what the log says of it, and errno.

use crate::Error;
use crate::bytes::without_query;
use crate::capi::call::{InUse, ReadingCall};
use crate::capi::types::RTMP;
use crate::capi::{awaited, connect};
use crate::log::{Place, Text};
use crate::session::feature;
use libc::c_int;
use std::fmt::Display;
use std::io;
use std::time::Duration;

/// Leaves the system's reason of a failure in errno, which programs print: what was called since may have changed it.
pub(crate) fn show_errno(error: &Error) {
    let number = match error {
        Error::Io(_, error) => error.raw_os_error().or_else(|| number_of(error.kind())),
        Error::TimedOut => Some(libc::ETIMEDOUT),
        _ => None,
    };
    if let Some(number) = number {
        // SAFETY: the address of this thread's errno is always good.
        unsafe { *libc::__errno_location() = number };
    }
}

/// The system's number of what kept all addresses of a server from being reached.
fn number_of(kind: io::ErrorKind) -> Option<c_int> {
    Some(match kind {
        io::ErrorKind::ConnectionRefused => libc::ECONNREFUSED,
        io::ErrorKind::TimedOut => libc::ETIMEDOUT,
        io::ErrorKind::HostUnreachable => libc::EHOSTUNREACH,
        io::ErrorKind::NetworkUnreachable => libc::ENETUNREACH,
        io::ErrorKind::ConnectionReset => libc::ECONNRESET,
        io::ErrorKind::PermissionDenied => libc::EACCES,
        _ => return None,
    })
}

/// The server of a handle, by name and port; `None` where the program has not named one, as when it serves.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose texts are good.
pub(crate) unsafe fn server(r: *const RTMP) -> Option<String> {
    // SAFETY: the caller's promise.
    let (host, port) = unsafe { ((*r).Link.hostname.bytes(), (*r).Link.port) };
    (!host.is_empty()).then(|| Place(host, port).to_string())
}

/// The server of a call and a colon, to stand before what became of the session.
pub(crate) fn whose(call: &InUse) -> String {
    call.server.as_ref().map(|server| format!("{server}: ")).unwrap_or_default()
}

/// Logs that the stream of a call did not begin, and why. The name that is published is left out, as many servers take
/// it for the key of whoever publishes, and so are queries.
pub(crate) fn say_not_begun(call: &ReadingCall, why: impl Display) {
    let r = call.handle();
    // SAFETY: the structure stays while the call lives, and the texts are those of its settings.
    let (link, publishes) = unsafe { (&raw const (*r).Link, (*r).Link.protocol & feature::WRITE != 0) };
    // SAFETY: the same.
    let (server, app, playpath) = unsafe { (server(r), (*link).app.bytes(), (*link).playpath.bytes()) };
    let shown = |text| Text(without_query(text)).to_string();
    let server = server.map(|server| server + "/").unwrap_or_default();
    let (doing, stream) = match (publishes, playpath) {
        (true, _) => ("publish to", String::new()),
        (false, []) => ("play", String::new()),
        (false, name) => ("play", format!("/{}", shown(name))),
    };
    crate::error!("cannot {doing} {server}{}{stream}: {why}", shown(app));
}

/// Why a stream has not begun that was waited for in vain.
pub(crate) fn time_out_in_words(call: &ReadingCall) -> String {
    let socket = call.stream.socket();
    let time = waited(call).filter(|_| !socket.is_nonblocking()).map(|time| time.as_secs_f32());
    match (missing(call), time) {
        (Some(method), Some(time)) => {
            format!("the server did not answer {method} within {time} s (option timeout)")
        }
        (None, Some(time)) => {
            format!("the server did not start the stream in time: nothing came for {time} s (option timeout)")
        }
        (_, None) => "the server did not start the stream in time".to_owned(),
    }
}

/// How long the wait was that a call has ended with a time-out; `None` is for ever.
pub(crate) fn waited(call: &InUse) -> Option<Duration> {
    if call.awaited.is_overdue() {
        // SAFETY: the structure stays while the call lives.
        return unsafe { connect::timeout(call.handle()) };
    }
    call.stream.socket().receive_timeout()
}

/// The call of ours whose answer is missing, without which the stream does not begin.
pub(crate) fn missing(call: &InUse) -> Option<Text<'static>> {
    // SAFETY: the structure stays while the call lives, and its connection hangs there.
    unsafe { awaited::missing(call.handle(), call) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::handle::{RTMP_Alloc, RTMP_Init};
    use crate::capi::testing::Handle;
    use crate::capi::url::RTMP_SetupURL;

    #[test]
    fn servers_are_named_as_in_urls() {
        for (url, named) in [
            (c"rtmp://host/app/path", Some("host:1935")),
            (c"rtmp://[::1]:7/app/path", Some("[::1]:7")),
            (c"rtmp:///app/path", None),
        ] {
            // SAFETY: the handle is initialised; the URL has no options, so it is not written to, and outlives the handle.
            unsafe {
                let r = RTMP_Alloc();
                RTMP_Init(r);
                RTMP_SetupURL(r, url.as_ptr().cast_mut());
                assert_eq!(server(r).as_deref(), named);
                Handle(r).free();
            }
        }
    }
}
