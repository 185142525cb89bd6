//! Connecting as a client, `RTMP_Connect` and its two steps; as a server; and the stream over a connection.

pub mod serve;
mod step;
pub mod stream;

pub(crate) use stream::begin_stream;

use crate::capi::call::InUse;
use crate::capi::close::{Farewell, OwnSettings, close, end, end_and_dial, is_programs_own};
use crate::capi::connection::{self, Dialling, interrupt};
use crate::capi::guard::guard;
use crate::capi::reasons::{server, show_errno};
use crate::capi::scalar::Scalar;
use crate::capi::send::send_connect_packet;
use crate::capi::types::{AVal, RTMP, RTMPPacket};
use crate::capi::{extra, handle, layers, proxy};
use crate::handshake::Mode;
use crate::session::{self, Established, feature, pausing, read_status};
use crate::transport::{Deadline, Socket, Stream, Target, dial, dial_address};
use crate::{Error, Result};
use libc::{c_int, sockaddr};
use socket2::SockAddr;
use std::sync::Arc;
use std::time::Duration;
use step::Step;

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
            if (*r).Link.hostname.bytes().is_empty() {
                crate::error!(
                    "RTMP_Connect: no host name: the URL has none, or RTMP_SetupURL was not called"
                );
                return 0;
            }
            let Some(dialling) = begin_dialling(r, "RTMP_Connect") else { return 0 };
            let deadline = deadline(r);
            reach(dialling, deadline).and_then(|call| connect1(call, cp, deadline)).is_some().into()
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
        unsafe {
            let Some(dialling) = begin_dialling(r, "RTMP_Connect0") else { return 0 };
            let dial = |target: &Target, is_wanted: &dyn Fn() -> bool| {
                dial_address(&address, target, interrupt(), is_wanted)
            };
            connect0(dialling, deadline(r), dial).is_some().into()
        }
    })
}

/// Goes on from a connected socket in `m_sb.sb_socket`: TLS, tunnel, handshake and the connect command. The
/// program may poll that socket: it is readable for as long as the program has not been given all that came.
///
/// # Safety
/// As [`RTMP_Connect`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Connect1(r: *mut RTMP, cp: *mut RTMPPacket) -> c_int {
    guard(0, || {
        if r.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised, `cp` is the caller's.
        unsafe {
            let Some(call) = connection::current(r) else {
                let text = "no socket: call RTMP_Connect, or put a connected one into m_sb.sb_socket";
                Step::Socket.say_failed(r, &Error::Usage(text.into()), false);
                return 0;
            };
            let Some(call) = connect1(call, cp, deadline(r)) else { return 0 };
            call.stream.socket().expect_polling();
            1
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

/// Begins to dial, once what was connected before is closed; `None`, and a log line, while that cannot be.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
unsafe fn begin_dialling(r: *mut RTMP, caller: &str) -> Option<Dialling> {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(dialling) = Dialling::begin(r) else {
            if connection::is_dialled_elsewhere(r) {
                crate::error!("{caller}: another thread is connecting the handle");
            } else {
                crate::debug!("{caller}: the program is closing the handle");
            }
            return None;
        };
        if Scalar::load(&raw const (*r).m_sb.sb_socket) >= 0 {
            close(r, Farewell::Said, OwnSettings::Needed);
        }
        Some(dialling)
    }
}

/// Resolves and connects: the first part of `RTMP_Connect`.
///
/// # Safety
/// The texts of the handle are good.
unsafe fn reach(dialling: Dialling, deadline: Deadline) -> Option<InUse> {
    let r = dialling.handle();
    // SAFETY: the caller's promise; the structure stays while the calls live.
    unsafe {
        let dial = |target: &Target, is_wanted: &dyn Fn() -> bool| dial(target, interrupt(), is_wanted);
        let call = connect0(dialling, deadline, dial)?;
        (*r).m_bSendCounter = 1;
        Some(call)
    }
}

/// Makes the handle's socket by way of `dial`; when that fails, the log says why.
///
/// # Safety
/// The texts of the handle are good.
unsafe fn connect0(
    dialling: Dialling,
    deadline: Deadline,
    dial: impl FnOnce(&Target, &dyn Fn() -> bool) -> Result<Socket>,
) -> Option<InUse> {
    let r = dialling.handle();
    // SAFETY: the caller's promise; the structure stays while `dialling` lives.
    unsafe {
        Scalar::store(&raw mut (*r).m_sb.sb_timedout, 0);
        Scalar::store(&raw mut (*r).m_pausing, pausing::NONE);
        Scalar::store(&raw mut (*r).m_fDuration, 0.0);
        let dialled = target(r, deadline).and_then(|target| dial(&target, &|| dialling.is_wanted()));
        let error = match dialled.and_then(|socket| dialling.arrive(socket)) {
            Ok(call) => return Some(call),
            Err(error) => error,
        };
        Step::Socket.say_failed(r, &error, !dialling.is_wanted());
        close(r, Farewell::Said, OwnSettings::Needed);
        show_errno(&error);
        None
    }
}

/// TLS, tunnel, handshake and the connect command over a call's socket.
///
/// # Safety
/// As [`RTMP_Connect1`].
unsafe fn connect1(mut call: InUse, cp: *mut RTMPPacket, deadline: Deadline) -> Option<InUse> {
    let r = call.handle();
    // SAFETY: the caller's promise; the structure stays while the call lives.
    unsafe {
        let mut step = Step::Socket;
        let connected = establish(&mut call, deadline, &mut step).and_then(|()| {
            step = Step::Command;
            send_connect(&call, cp)
        });
        let Err(error) = connected else {
            // Of an earlier connection's end nothing is left.
            Scalar::store(&raw mut (*r).m_read.status, read_status::OK);
            return Some(call);
        };
        step.say_failed(r, &error, is_programs_own(&call));
        let has_timed_out = matches!(error, Error::TimedOut);
        end(call, Farewell::Omitted, |r| Scalar::store(&raw mut (*r).m_sb.sb_timedout, has_timed_out.into()));
        show_errno(&error);
        None
    }
}

/// TLS, tunnel and handshake over a call's socket, by the deadline. Tells which `step` it has come to.
///
/// # Safety
/// The texts of the handle are good.
unsafe fn establish(call: &mut InUse, deadline: Deadline, step: &mut Step) -> Result<()> {
    let r = call.handle();
    // SAFETY: the caller's promise; the structure stays while the call lives.
    unsafe {
        let protocol = (*r).Link.protocol;
        *step = Step::Layers(protocol);
        let plain = connection::plain_stream(call.fd());
        plain.socket().set_send_timeout_if_unset(timeout(r));
        let stream = layers::put_over(r, plain, protocol, deadline)?;
        let mode = match (protocol & feature::ENC != 0, (*r).Link.SWFSize) {
            (true, _) => Mode::Encrypted,
            (false, 0) => Mode::Plain,
            (false, _) => Mode::Digest,
        };
        *step = Step::Handshake;
        let shaken = session::handshake(&stream, mode, handle::RTMP_GetTime(), deadline)?;
        begin_session(call, stream, shaken, server(r))
    }
}

/// Makes the session of an established stream, in the place of the call's connection, on which it was established.
fn begin_session(
    call: &mut InUse,
    stream: Arc<Stream>,
    shaken: Established,
    server: Option<String>,
) -> Result<()> {
    let r = call.handle();
    // SAFETY: the structure stays while the call lives.
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
    }
    connection::replace(call, stream, shaken.ciphers, server)
}

/// Sends the connect command, or the program's own packet.
///
/// # Safety
/// As [`RTMP_Connect1`].
unsafe fn send_connect(call: &InUse, cp: *mut RTMPPacket) -> Result<()> {
    if cp.is_null() {
        return call.talk(|talk| talk.send_connect());
    }
    // SAFETY: the caller's promise.
    unsafe { send_connect_packet(call, cp) }
}

/// Ends the session of a call without losing the settings, connects again, and goes on as a call on the new connection.
///
/// # Safety
/// The texts of the handle are good.
pub(crate) unsafe fn reconnect(call: impl Into<InUse>) -> Option<InUse> {
    let call = call.into();
    // SAFETY: the caller's promise; the structure stays while the call, and `dialling` after it, lives.
    unsafe {
        let dialling = Dialling::begin(call.handle())?;
        end_and_dial(call);
        let deadline = deadline(dialling.handle());
        reach(dialling, deadline).and_then(|call| connect1(call, std::ptr::null_mut(), deadline))
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
