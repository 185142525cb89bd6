//! The wall every export stands behind: no panic crosses it, and no thread is cancelled behind it.

use crate::capi::{log, signals};
use crate::transport;
use libc::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Runs the body of an export. A panic is logged at CRIT and turned into the export's failure value.
/// The session is dead then: the half it happened in is left torn, which ends the next call on it.
pub(crate) fn guard<T>(failure: T, body: impl FnOnce() -> T) -> T {
    install();
    let _uncancelled = Uncancelled::begin();
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            crate::log_at!(crate::log::Level::Crit, "internal error, please report it: {text}");
            failure
        }
    }
}

/// Tells the core, once, how this layer logs and starts threads.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::install_sink();
        transport::start_threads_within(signals::blocked);
    });
}

/// Glibc's and musl's number of the state in which `pthread_cancel` takes no effect yet.
const CANCEL_DISABLE: c_int = 1;

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// While it lives, a cancellation of this thread waits: it would unwind the frames of Rust, which ends the process.
struct Uncancelled(c_int);

impl Uncancelled {
    fn begin() -> Self {
        let mut before = 0;
        // SAFETY: `before` is writable.
        unsafe { pthread_setcancelstate(CANCEL_DISABLE, &raw mut before) };
        Self(before)
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: the state is one that the function has returned.
        unsafe { pthread_setcancelstate(self.0, std::ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::call::{PublishingCall, ReadingCall};
    use crate::capi::connection;
    use crate::capi::handle::RTMP_IsConnected;
    use crate::capi::receive::flv::RTMP_Read;
    use crate::capi::send::commands::RTMP_SendCreateStream;
    use crate::capi::send::flv::RTMP_Write;
    use crate::capi::testing::Handle;
    use crate::capi::types::RTMP;
    use libc::c_int;
    use std::os::fd::IntoRawFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_panic_gives_the_failure_value() {
        assert_eq!(guard(-7, || 3), 3);
        assert_eq!(guard(-7, || panic!("words")), -7);
        assert_eq!(guard(-7, || panic!("words and {}", 1)), -7);
        assert_eq!(guard(-7, || std::panic::panic_any(1.5)), -7);
    }

    /// A panic while a half is at work ends the session at its next use, and nothing else.
    #[test]
    fn a_panic_ends_the_session() {
        type Call = unsafe fn(*mut RTMP) -> c_int;
        let reading: Call = |r| {
            // SAFETY: `r` is an initialised handle.
            let mut call = unsafe { ReadingCall::begin(r) }.unwrap();
            call.run(|_, _, _| panic!("in mid-message"));
            1
        };
        let publishing: Call = |r| {
            // SAFETY: as above.
            let mut call = unsafe { PublishingCall::begin(r) }.unwrap();
            call.run(|_, _| panic!("in mid-tag"));
            1
        };
        let sending: Call = |r| {
            // SAFETY: as above.
            let call = unsafe { connection::current(r) }.unwrap();
            let _group = call.sender.group(128).unwrap();
            panic!("in mid-message")
        };
        let read: Call = |r| {
            let mut bytes = [0; 64];
            // SAFETY: as above; the memory has 64 bytes.
            unsafe { RTMP_Read(r, bytes.as_mut_ptr(), 64) }
        };
        // SAFETY: as above; the bytes are those of the literal.
        let write: Call = |r| unsafe { RTMP_Write(r, c"FLV".as_ptr(), 3) };
        // SAFETY: as above.
        let send: Call = |r| unsafe { RTMP_SendCreateStream(r) };
        for (panics, next) in [(reading, read), (publishing, write), (sending, send)] {
            let (ours, _theirs) = UnixStream::pair().unwrap();
            let handle = Handle::over(ours);
            let r = handle.0;
            // SAFETY: the handle is initialised and this thread's own; the memory has 64 bytes.
            unsafe {
                assert_eq!(RTMP_SendCreateStream(r), 1);
                assert_eq!(guard(-7, || panics(r)), -7);
                assert!(next(r) <= 0);
                assert_eq!(RTMP_IsConnected(r), 0);
                let (ours, _theirs) = UnixStream::pair().unwrap();
                (*r).m_sb.sb_socket = ours.into_raw_fd();
                assert_eq!(RTMP_SendCreateStream(r), 1, "the handle is good for another session");
            }
            handle.free();
        }
    }
}
