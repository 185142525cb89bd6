//! `RTMP_Close`, and how a session ends by itself.

mod farewell;

pub(crate) use farewell::Farewell;

use crate::Error;
use crate::capi::call::InUse;
use crate::capi::connection::{self, Belonging, Busy, Closing, Connection, Wish};
use crate::capi::guard::guard;
use crate::capi::reasons::whose;
use crate::capi::scalar::Scalar;
use crate::capi::types::{AVal, RTMP};
use crate::capi::{arrays, extra, layers, texts};
use crate::session::read_status;
use crate::transport::Stream;
use std::sync::atomic::Ordering;

/// What becomes of the settings that the library itself made, out of a URL or for an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnSettings {
    /// They are freed: the program has called `RTMP_Close`.
    Freed,
    /// They stay: the session is over, and the program may connect again.
    Kept,
    /// They are needed now: the call that closes dials for another connection, by its [`Dialling`](connection::Dialling).
    Needed,
}

/// Ends a session.
///
/// Blocks until the peer has the media that was sent, at most 2 s. Other threads' calls on the handle end first, and while
/// one of them closes it, this returns when that is done: whoever returns from it may free the handle.
///
/// # Safety
/// `r` is null or points to a `struct RTMP` that `RTMP_Init` initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Close(r: *mut RTMP) {
    guard((), || {
        if !r.is_null() {
            // SAFETY: `r` is initialised.
            unsafe { close(r, Farewell::Said, OwnSettings::Freed) };
        }
    });
}

/// Logs why the session of a call ends, and ends it.
pub(crate) fn fail(call: impl Into<InUse>, error: &Error, then: impl FnOnce(*mut RTMP)) {
    let call = call.into();
    let farewell = match error {
        Error::Interrupted => {
            crate::info!("interrupted by the program");
            Farewell::Said
        }
        error if is_programs_own(&call) => {
            crate::debug!("connection closed by the program: {error}");
            Farewell::Omitted
        }
        error => {
            crate::error!("{}{error}", whose(&call));
            Farewell::Omitted
        }
    };
    end(call, farewell, then);
}

/// Whether the program itself has brought about the end that a call has found: it closes the handle in another thread, or
/// has closed it in a log callback. The server may have answered the farewell by then.
pub(crate) fn is_programs_own(call: &InUse) -> bool {
    // SAFETY: the structure stays while the call lives.
    let descriptor = unsafe { Scalar::load(&raw const (*call.handle()).m_sb.sb_socket) };
    descriptor < 0 || call.is_closed_by_program.load(Ordering::Relaxed)
}

/// Ends the session that a call has found to be over. `then` stores what shall be readable afterwards. Nothing is done to
/// the handle once the call has left: another thread may have closed and freed it by then, or begun another session.
pub(crate) fn end(call: impl Into<InUse>, farewell: Farewell, then: impl FnOnce(*mut RTMP)) {
    end_and(call.into(), farewell, OwnSettings::Kept, then);
}

/// Ends the session of a call that dials for another one.
pub(crate) fn end_and_dial(call: InUse) {
    end_and(call, Farewell::Said, OwnSettings::Needed, |_| {});
}

fn end_and(call: InUse, farewell: Farewell, settings: OwnSettings, then: impl FnOnce(*mut RTMP)) {
    let r = call.handle();
    let is_current = call.is_current();
    if is_current {
        farewell.bid(&call);
    }
    // SAFETY: the structure stays while the call lives.
    match is_current.then(|| unsafe { Closing::begin(r) }) {
        // SAFETY: the same; the call is given up with the session.
        Some(Ok(closing)) => unsafe { conclude(closing, Some(call), settings, then) },
        _ => then(r),
    }
}

/// Ends a session: farewell, descriptor, and all per-connection state. Of several threads that end it at once, one does
/// so, and the others return when that is done, as their programs may free the handle then. From within a log callback
/// of a call on the same handle, that call is only made to fail; it ends the session.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn close(r: *mut RTMP, farewell: Farewell, settings: OwnSettings) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(connection) = connection::nested(r) {
            connection.is_closed_by_program.store(true, Ordering::Relaxed);
            return connection.stream.interrupt_all();
        }
        // From within a log callback of a call that dials: what that logs is why it fails.
        if connection::is_dialled_here(r) && settings != OwnSettings::Needed {
            return;
        }
        let mut call = connection::current(r);
        if let Some(call) = &call {
            call.is_closed_by_program.store(true, Ordering::Relaxed);
            call.frees_settings.fetch_or(settings == OwnSettings::Freed, Ordering::Relaxed);
            farewell.bid(call);
        }
        let mut wish = None;
        loop {
            match (Closing::begin(r), settings) {
                (Ok(closing), _) => return conclude(closing, call, settings, |_| {}),
                // The other close waits until this call has left.
                (Err(_), OwnSettings::Needed) => return,
                (Err(Busy::Dialling), _) => {
                    let wish = wish.get_or_insert_with(|| Wish::new(r));
                    drop(call.take());
                    wish.wait();
                }
                (Err(Busy::Closing), _) => {
                    // From then on the handle may be freed.
                    drop(call);
                    drop(wish);
                    return connection::await_closes(r);
                }
            }
        }
    }
}

/// Does what a close has to do once it has begun. `call` is this thread's own.
///
/// # Safety
/// The structure stays until this returns.
unsafe fn conclude(
    closing: Closing,
    call: Option<InUse>,
    settings: OwnSettings,
    then: impl FnOnce(*mut RTMP),
) {
    let dials = settings == OwnSettings::Needed;
    closing.await_others(usize::from(call.is_some()) + usize::from(dials));
    let r = closing.handle();
    // A close in another thread has left by now, and touches the handle no more.
    let frees = call.as_ref().is_some_and(|call| call.frees_settings.load(Ordering::Relaxed));
    let settings = if frees && settings == OwnSettings::Kept { OwnSettings::Freed } else { settings };
    // SAFETY: the caller's promise; the descriptor is the session's, and what is reset is reset under the lock, when no
    // call works on it any more.
    unsafe {
        if closing.fd >= 0 {
            libc::close(closing.fd);
        }
        closing.end(|| {
            layers::take_off(&raw mut (*r).m_sb);
            reset(r, call.as_deref());
            match settings {
                OwnSettings::Freed => free_settings(r),
                OwnSettings::Kept => extra::note_session_over(r),
                OwnSettings::Needed => {}
            }
            then(r);
        });
    }
    // This call leaves the handle before the close is over for other threads.
    drop(call);
    drop(closing);
}

/// Ends a session that the program frees without having closed it. What is not its own any more is left alone: a session
/// that goes on in the process this one was forked from, and a descriptor that stands for something else by now.
///
/// # Safety
/// As [`close`]; no other thread uses the structure.
pub(crate) unsafe fn free_open(r: *mut RTMP) {
    // SAFETY: the caller's promise.
    unsafe {
        let farewell = match connection::belonging(r) {
            Some(Belonging::Ours) => Farewell::Said,
            Some(Belonging::Parents) => Farewell::Omitted,
            Some(Belonging::Gone) => {
                Scalar::store(&raw mut (*r).m_sb.sb_socket, -1);
                Farewell::Omitted
            }
            None if connection::is_dialled_elsewhere(r) => Farewell::Omitted,
            None => return,
        };
        // Texts that `Link` was copied with are another handle's.
        close(r, farewell, if texts::are_at_home(r) { OwnSettings::Freed } else { OwnSettings::Kept });
    }
}

/// Sets the per-connection members back, as the reference does.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that no call is working on and whose lock the caller holds.
unsafe fn reset(r: *mut RTMP, connection: Option<&Connection>) {
    // SAFETY: the caller's promise; the blocks that are freed are the library's own.
    unsafe {
        Scalar::store(&raw mut (*r).m_sb.sb_socket, -1);
        (*r).m_sb.sb_size = 0;
        (*r).m_sb.sb_start = std::ptr::null_mut();
        (*r).m_stream_id = -1;
        (*r).m_nBWCheckCounter = 0;
        (*r).m_nBytesIn = 0;
        (*r).m_nBytesInSent = 0;
        Scalar::store(&raw mut (*r).m_bPlaying, 0);
        (*r).m_numInvokes = 0;
        (*r).m_msgCounter = 0;
        (*r).m_unackd = 0;
        (*r).m_read.dataType = 0;
        (*r).m_read.flags = 0;
        Scalar::store(&raw mut (*r).m_read.status, read_status::OK);
        (*r).m_read.nResumeTS = 0;
        (*r).m_read.nIgnoredFrameCounter = 0;
        (*r).m_read.nIgnoredFlvFrameCounter = 0;
        (*r).m_write.m_nBytesRead = 0;
        if connection.is_some_and(|connection| matches!(&*connection.stream, Stream::Tunnel(_))) {
            libc::free((*r).m_clientID.av_val.cast());
            (*r).m_clientID = AVal::EMPTY;
        }
        arrays::free_calls(r);
        arrays::free_channels(r);
        let announced =
            connection.map_or(0, |connection| connection.announced_chunk_size.load(Ordering::Relaxed));
        if announced != 0 && usize::try_from((*r).m_outChunkSize) == Ok(announced) {
            (*r).m_outChunkSize = crate::chunk::DEFAULT_CHUNK_SIZE.cast_signed();
        }
    }
}

/// Frees the settings that the library made, but for what the `conn` option made, which stays as with the reference.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`; settings flagged as the library's are malloc'ed.
pub(crate) unsafe fn free_settings(r: *mut RTMP) {
    // SAFETY: the caller's promise.
    unsafe {
        texts::free_all_own(r);
        extra::free_block(r);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::handle::RTMP_IsConnected;
    use crate::capi::log::{RTMP_LogSetCallback, RTMP_LogSetLevel};
    use crate::capi::private;
    use crate::capi::receive::RTMP_ReadPacket;
    use crate::capi::receive::flv::RTMP_Read;
    use crate::capi::send::commands::{RTMP_SendCreateStream, RTMP_ToggleStream};
    use crate::capi::send::flv::RTMP_Write;
    use crate::capi::testing::Handle;
    use crate::capi::types::RTMPPacket;
    use libc::{c_char, c_int, c_void};
    use std::cell::Cell;
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::ptr::null_mut;
    use std::time::{Duration, Instant};

    fn read(handle: Handle) -> c_int {
        let mut bytes = [0; 64];
        // SAFETY: the handle is initialised, the memory this thread's.
        unsafe { RTMP_Read(handle.0, bytes.as_mut_ptr(), 64) }
    }

    #[test]
    fn a_close_in_another_thread_ends_reading_and_writing() {
        for round in 0..200 {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let handle = Handle::over(ours);
            let began = Instant::now();
            std::thread::scope(|scope| {
                let reader = move || read(handle);
                // SAFETY: the handle is initialised.
                let writer = move || unsafe {
                    let handle = handle;
                    while RTMP_SendCreateStream(handle.0) == 1 {}
                };
                let (reader, writer) = (scope.spawn(reader), scope.spawn(writer));
                std::thread::sleep(Duration::from_micros(round * 10));
                // SAFETY: the handle is initialised.
                unsafe { RTMP_Close(handle.0) };
                assert!(reader.join().unwrap() <= 0);
                writer.join().unwrap();
            });
            assert!(began.elapsed() < Duration::from_secs(5));
            // SAFETY: the handle is initialised, and used by this thread alone.
            unsafe {
                assert_eq!(RTMP_IsConnected(handle.0), 0);
                assert!((*private::connection(handle.0)).is_null() && (*handle.0).m_methodCalls.is_null());
            }
            drop(theirs);
            handle.free();
        }
    }

    #[test]
    fn a_second_close_returns_when_the_first_has_ended() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        // SAFETY: the handle is initialised; each thread does what the header allows.
        unsafe {
            assert_eq!(RTMP_SendCreateStream(handle.0), 1);
            let at_work = connection::current(handle.0).unwrap();
            std::thread::scope(|scope| {
                let close = move || {
                    let handle = handle;
                    RTMP_Close(handle.0);
                };
                let first = scope.spawn(close);
                while RTMP_IsConnected(handle.0) == 1 {
                    std::thread::yield_now();
                }
                let second = scope.spawn(close);
                std::thread::sleep(Duration::from_millis(50));
                assert!(!first.is_finished() && !second.is_finished());
                assert_eq!((*handle.0).m_numCalls, 1);
                drop(at_work);
                second.join().unwrap();
                assert_eq!((*handle.0).m_numCalls, 0);
                first.join().unwrap();
            });
        }
        handle.free();
    }

    #[test]
    fn a_close_ends_a_stream_that_is_toggled() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let began = Instant::now();
        // SAFETY: the handle is initialised; each thread does what the header allows.
        unsafe {
            std::thread::scope(|scope| {
                let toggle = scope.spawn(move || {
                    let handle = handle;
                    RTMP_ToggleStream(handle.0)
                });
                peer.read_exact(&mut [0; 8]).unwrap();
                RTMP_Close(handle.0);
                assert_eq!(toggle.join().unwrap(), 0);
            });
        }
        assert!(began.elapsed() < Duration::from_millis(800), "the close waits no longer than it must");
        handle.free();
    }

    thread_local! {
        /// The handle that the callback below calls back into, in its own thread only: the callback is the process's, and
        /// other tests log as well.
        static CALLED: Cell<*mut RTMP> = const { Cell::new(null_mut()) };
    }

    extern "C" fn call_back(_: c_int, _: *const c_char, _: *mut c_void) {
        let handle = Handle(CALLED.get());
        // SAFETY: null, which every function refuses, or an initialised handle.
        unsafe {
            read(handle);
            RTMP_Write(handle.0, c"FLV".as_ptr(), 3);
            RTMP_SendCreateStream(handle.0);
            RTMP_Close(handle.0);
        }
    }

    #[test]
    fn a_log_callback_may_use_the_handle_that_logs() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let _peer = theirs;
        CALLED.set(handle.0);
        // SAFETY: the handle is initialised; the callback has the header's type.
        unsafe {
            RTMP_LogSetLevel(crate::log::Level::Debug as u32);
            RTMP_LogSetCallback(Some(call_back));
            assert_eq!(RTMP_SendCreateStream(handle.0), 0);
            RTMP_LogSetCallback(None);
            RTMP_LogSetLevel(crate::log::Level::Error as u32);
            CALLED.set(null_mut());
            let mut packet: RTMPPacket = std::mem::zeroed();
            assert_eq!(RTMP_ReadPacket(handle.0, &raw mut packet), 0);
            assert_eq!(RTMP_IsConnected(handle.0), 0);
        }
        handle.free();
    }
}
