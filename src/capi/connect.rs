//! Connecting as a client, `RTMP_Connect` and its two steps; as a server; and the stream over a connection.

pub mod serve;
pub mod stream;

pub use stream::RTMP_ConnectStream;

use crate::capi::call::InUse;
use crate::capi::close::{Farewell, Settings, close, end};
use crate::capi::connection::{self, interrupt};
use crate::capi::guard::guard;
use crate::capi::reasons::{Step, say_unreachable, show_errno};
use crate::capi::scalar::Scalar;
use crate::capi::send::send_packet;
use crate::capi::types::{AVal, RTMP, RTMPPacket};
use crate::capi::{extra, handle, layers, proxy};
use crate::handshake::Mode;
use crate::session::{self, Answer, Established, feature, pausing, read_status};
use crate::transport::{Deadline, Socket, Stream, Target, dial, dial_address};
use crate::{Error, Result};
use libc::{c_int, sockaddr};
use socket2::SockAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

/// Connects: resolves the host (or the proxy), connects, shakes hands and sends the connect command.
///
/// `cp` is a connect packet of the program's own, or null. Returns 1, or 0 after a log line.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`; `cp` is null or a packet as for `RTMP_SendPacket`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Connect(r: *mut RTMP, cp: *mut RTMPPacket) -> c_int {
    guard(0, || {
        if r.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised, `cp` is the caller's.
        unsafe {
            let deadline = deadline(r);
            (reach(r, deadline) && connect1(r, cp, deadline)).into()
        }
    })
}

/// Makes the connection's socket: connects to an address, through the SOCKS proxy when one is set.
///
/// # Safety
/// `r` is null or initialised; `service` is null or a socket address of the size that its family has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Connect0(r: *mut RTMP, service: *mut sockaddr) -> c_int {
    guard(0, || {
        if r.is_null() || service.is_null() {
            return 0;
        }
        // SAFETY: `service` is an address of the size that its family has.
        let Some(address) = (unsafe { socket_address(service) }) else {
            crate::error!("RTMP_Connect0: the address is neither IPv4 nor IPv6");
            return 0;
        };
        // SAFETY: `r` is initialised.
        unsafe { connect0(r, deadline(r), |target| dial_address(&address, target, interrupt())) }.into()
    })
}

/// Goes on from a connected socket in `m_sb.sb_socket`: TLS, tunnel, handshake and the connect command. Over plain RTMP
/// and RTMPE the program may poll that socket: it is readable for as long as a complete message is buffered.
///
/// # Safety
/// As [`RTMP_Connect`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Connect1(r: *mut RTMP, cp: *mut RTMPPacket) -> c_int {
    guard(0, || {
        // SAFETY: `r` is null or initialised, `cp` is the caller's.
        unsafe {
            let is_connected = !r.is_null() && connect1(r, cp, deadline(r));
            if is_connected {
                connection::expect_polling(r);
            }
            is_connected.into()
        }
    })
}

/// `Link.timeout` as a duration; `None` is for ever.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn timeout(r: *const RTMP) -> Option<Duration> {
    // SAFETY: the caller's promise.
    let seconds = unsafe { Scalar::load(&raw const (*r).Link.timeout) };
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

/// The moment by which connecting or accepting that begins now must be done.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn deadline(r: *const RTMP) -> Deadline {
    // SAFETY: the caller's promise.
    Deadline::within(unsafe { timeout(r) })
}

/// A copy of a socket address; `None` for one that is neither IPv4 nor IPv6.
///
/// # Safety
/// `address` points to a socket address of the size that its family has.
unsafe fn socket_address(address: *const sockaddr) -> Option<SockAddr> {
    // SAFETY: every socket address begins with its family.
    let length = match c_int::from(unsafe { (*address).sa_family }) {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    // SAFETY: the caller's promise: `length` bytes stand there; the storage is larger than either family's address.
    unsafe {
        SockAddr::try_init(|storage, size| {
            std::ptr::copy_nonoverlapping(address.cast::<u8>(), storage.cast::<u8>(), length);
            *size = length as libc::socklen_t;
            Ok(())
        })
    }
    .ok()
    .map(|((), address)| address)
}

/// Where the settings say to connect to.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn target(r: *mut RTMP, deadline: Deadline) -> Result<Target> {
    // SAFETY: the caller's promise; texts are copied at once.
    unsafe {
        Ok(Target {
            host: (*r).Link.hostname.bytes().to_vec(),
            port: (*r).Link.port,
            proxy: proxy::get(r)?,
            bind: extra::get(r).bind,
            timeout: timeout(r),
            deadline,
        })
    }
}

/// Resolves and connects: the first part of `RTMP_Connect`.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn reach(r: *mut RTMP, deadline: Deadline) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        if (*r).Link.hostname.bytes().is_empty() {
            crate::error!("RTMP_Connect: no host name: the URL has none, or RTMP_SetupURL was not called");
            return false;
        }
        if !connect0(r, deadline, |target| dial(target, interrupt())) {
            return false;
        }
        (*r).m_bSendCounter = 1;
    }
    true
}

/// Ends what was connected before, and makes the socket, by way of `connect`.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn connect0(
    r: *mut RTMP,
    deadline: Deadline,
    connect: impl FnOnce(&Target) -> Result<Socket>,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        Scalar::store(&raw mut (*r).m_sb.sb_timedout, 0);
        Scalar::store(&raw mut (*r).m_pausing, pausing::NONE);
        Scalar::store(&raw mut (*r).m_fDuration, 0.0);
        if Scalar::load(&raw const (*r).m_sb.sb_socket) >= 0 {
            close(r, Farewell::Said, Settings::InUse);
        }
        match target(r, deadline).and_then(|target| connect(&target)) {
            Ok(socket) => {
                Scalar::store(&raw mut (*r).m_sb.sb_socket, socket.as_raw_fd());
                (*r).m_sb.sb_size = 0;
                true
            }
            Err(error) => {
                Scalar::store(&raw mut (*r).m_sb.sb_timedout, matches!(error, Error::TimedOut).into());
                say_unreachable(r, Step::Socket, &error);
                close(r, Farewell::Said, Settings::InUse);
                show_errno(&error);
                false
            }
        }
    }
}

/// All that follows the socket; says why when it fails.
///
/// # Safety
/// As [`RTMP_Connect1`], `r` not null.
unsafe fn connect1(r: *mut RTMP, cp: *mut RTMPPacket, deadline: Deadline) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let mut step = Step::Socket;
        let Err(error) = establish(r, deadline, &mut step).and_then(|()| say_hello(r, cp)) else {
            // Of an earlier connection's end nothing is left.
            Scalar::store(&raw mut (*r).m_read.status, read_status::OK);
            return true;
        };
        say_unreachable(r, step, &error);
        if let Some(call) = connection::current(r) {
            let was_late = matches!(error, Error::TimedOut);
            end(call, Farewell::Omitted, |r| Scalar::store(&raw mut (*r).m_sb.sb_timedout, was_late.into()));
        }
        show_errno(&error);
        false
    }
}

/// TLS, tunnel and handshake over the socket in `m_sb.sb_socket`, by the deadline. Tells which `step` it has come to.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn establish(r: *mut RTMP, deadline: Deadline, step: &mut Step) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe {
        // In use from here on, so that a close in another thread ends the handshake and waits for it.
        let Some(connecting) = connection::current(r) else {
            return Err(Error::Usage(
                "no socket: call RTMP_Connect, or put a connected one into m_sb.sb_socket".into(),
            ));
        };
        let fd = connecting.fd();
        let protocol = (*r).Link.protocol;
        *step = Step::Layers(protocol);
        let plain = connection::plain_stream(fd);
        plain.socket().set_send_timeout_if_unset(timeout(r));
        let stream = layers::put_over(r, plain, protocol, deadline)?;
        let mode = match (protocol & feature::ENC != 0, (*r).Link.SWFSize) {
            (true, _) => Mode::Encrypted,
            (false, 0) => Mode::Plain,
            (false, _) => Mode::Digest,
        };
        *step = Step::Handshake;
        let shaken = session::handshake(&stream, mode, handle::RTMP_GetTime(), deadline)?;
        begin_session(r, connecting, stream, shaken)
    }
}

/// Makes the session of an established stream, in the place of the connection it was established on.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` whose connection is `before`.
unsafe fn begin_session(r: *mut RTMP, before: InUse, stream: Arc<Stream>, shaken: Established) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe {
        (*r).m_nBytesIn = (*r).m_nBytesIn.wrapping_add_unsigned(shaken.received);
        Scalar::store(&raw mut (*r).m_sb.sb_timedout, 0);
        if let (Some(key), size @ 1..) = (shaken.swf_key, (*r).Link.SWFSize) {
            let answer = crate::handshake::swf_answer(size, &(*r).Link.SWFHash, &key)?;
            (*r).Link.SWFVerificationResponse = answer.map(|byte| byte as libc::c_char);
        }
        // Only now, as what ends a session frees it with the tunnel.
        if let Stream::Tunnel(tunnel) = &*stream {
            (*r).m_clientID = AVal::malloced(&tunnel.id());
        }
        connection::succeed(before, stream, shaken.ciphers)
    }
}

/// Sends the connect command, or the program's own packet.
///
/// # Safety
/// As [`RTMP_Connect1`], `r` not null.
unsafe fn say_hello(r: *mut RTMP, cp: *mut RTMPPacket) -> Result<()> {
    // SAFETY: the caller's promise.
    unsafe {
        if !cp.is_null() {
            return if send_packet(r, cp, Answer::Awaited) { Ok(()) } else { Err(Error::Closed) };
        }
        let connection = connection::current(r).ok_or(Error::Closed)?;
        connection.talk(|talk| talk.send_connect())
    }
}

/// Closes without losing the settings, and connects again.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn reconnect(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        close(r, Farewell::Said, Settings::InUse);
        let deadline = deadline(r);
        reach(r, deadline) && connect1(r, std::ptr::null_mut(), deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::handle::RTMP_Alloc;
    use crate::capi::testing::Handle;
    use crate::capi::url::RTMP_SetupURL;
    use std::ffi::CString;
    use std::io;
    use std::net::TcpListener;

    /// Programs print errno after a connect that failed.
    #[test]
    fn errno_says_why_nothing_is_connected() {
        let closed = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap();
        let url = CString::new(format!("rtmp://{closed}/app/path")).unwrap();
        // SAFETY: the handle is initialised; the URL has no options, so it is not written to, and outlives the handle.
        unsafe {
            let r = RTMP_Alloc();
            handle::RTMP_Init(r);
            assert_eq!(RTMP_SetupURL(r, url.as_ptr().cast_mut()), 1);
            assert_eq!(RTMP_Connect(r, std::ptr::null_mut()), 0);
            assert_eq!(io::Error::last_os_error().kind(), io::ErrorKind::ConnectionRefused);
            Handle(r).free();
        }
    }
}
