//! The proxy of a session: what `Link.sockshost` and `Link.socksport` say.

use crate::bytes::contains;
use crate::capi::types::{AVal, RTMP};
use crate::transport::{Proxy, ProxyKind};
use crate::{Error, Result};

/// What ends the scheme of a proxy.
const SCHEME_END: &[u8] = b"://";

/// The proxy to go through: what the `socks` option said, or a SOCKS4 proxy when host and port stand in the public
/// fields. A setting that cannot be used is an error: going around a proxy that was asked for would be wrong.
///
/// # Safety
/// `r` points to a structure that `RTMP_Init` has prepared, and `Link.sockshost` to readable text.
pub(crate) unsafe fn get(r: *mut RTMP) -> Result<Option<Proxy>> {
    // SAFETY: the caller's promise.
    let (setting, port) = unsafe { ((*r).Link.sockshost.bytes(), (*r).Link.socksport) };
    if setting.is_empty() {
        return Ok(None);
    }
    if port != 0 && !contains(setting, SCHEME_END) {
        return Ok(Some(Proxy { kind: ProxyKind::Socks4, host: setting.to_vec(), port, credentials: None }));
    }
    Proxy::parse(setting).map(Some).map_err(|error| Error::Usage(format!("option socks: {error}")))
}

/// Makes the public fields say what the `socks` setting means. Of a SOCKS4 proxy's setting `Link.sockshost` keeps the host,
/// of any other's all of it. False, with a log line, when the setting cannot be used; connecting fails then, too.
///
/// # Safety
/// As [`get`].
pub(crate) unsafe fn settle(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let link = &raw mut (*r).Link;
        let proxy = match get(r) {
            Ok(Some(proxy)) => proxy,
            Ok(None) => {
                (*link).socksport = 0;
                return true;
            }
            Err(error) => {
                crate::error!("{error}");
                return false;
            }
        };
        crate::debug!("Connecting via {proxy}");
        if proxy.kind == ProxyKind::Socks4 && proxy.credentials.is_none() {
            let setting = (*link).sockshost.bytes();
            let at =
                setting.windows(proxy.host.len().max(1)).rposition(|part| part == proxy.host).unwrap_or(0);
            (*link).sockshost = AVal::borrowing(setting.get(at..at + proxy.host.len()).unwrap_or_default());
        }
        (*link).socksport = proxy.port;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::close::RTMP_Close;
    use crate::capi::options::RTMP_SetOpt;
    use crate::capi::testing::Handle;
    use std::os::unix::net::UnixStream;

    fn set_socks(handle: Handle, value: &[u8]) {
        // SAFETY: the handle is initialised, and the texts are literals.
        unsafe {
            assert_eq!(RTMP_SetOpt(handle.0, &AVal::borrowing(b"socks"), &mut AVal::borrowing(value)), 1);
        };
    }

    #[test]
    fn a_proxy_stays_what_it_is() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        set_socks(handle, b"socks5h://user:secret@proxy.test:99");
        // SAFETY: the handle is initialised.
        unsafe {
            RTMP_Close(handle.0);
            let found = get(handle.0).unwrap().unwrap();
            assert_eq!(
                (found.kind, found.host.as_slice(), found.port),
                (ProxyKind::Socks5h, &b"proxy.test"[..], 99)
            );
            assert!(found.credentials.is_some());
            set_socks(handle, b"127.0.0.1:99999");
            assert!(get(handle.0).is_err(), "and is not gone around when it cannot be used");
        }
        handle.free();
    }
}
