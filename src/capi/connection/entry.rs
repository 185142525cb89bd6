//! How a call comes by the connection of its handle.

use super::hung::{hang, hung, place, stripe};
use super::{Connection, WAITING_INTERVAL, plain_stream};
use crate::capi::call::{InUse, is_working_on};
use crate::capi::gate::{Gate, Refusal, Seat};
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How often a call looks for a seat before it sleeps in between: calls that have one usually leave soon.
const PATIENCE: u64 = 64;

/// The structure's connection: the one that hangs there, or a new one over a descriptor that the program put into
/// `m_sb.sb_socket`. `None` when there is no descriptor, and for a call from within a call on the same handle.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
pub(crate) unsafe fn current(r: *mut RTMP) -> Option<InUse> {
    // SAFETY: the caller's promise.
    unsafe { enter(r, None) }
}

/// [`current`] by way of a seat, which is waited for.
///
/// # Safety
/// As [`current`].
#[inline]
pub(crate) unsafe fn enter(r: *mut RTMP, seat: Option<Seat>) -> Option<InUse> {
    // SAFETY: the caller's promise.
    unsafe {
        if Gate::of(r).enter(seat).is_ok() {
            if let Some(connection) = hung(r) {
                return InUse::begin(r, connection, seat);
            }
            Gate::of(r).leave(seat);
        }
        enter_when_free(r, seat)
    }
}

/// [`enter`] for a handle that has no connection over its descriptor, whose connection is being replaced, or whose seat
/// is taken.
///
/// # Safety
/// As [`current`].
#[cold]
unsafe fn enter_when_free(r: *mut RTMP, seat: Option<Seat>) -> Option<InUse> {
    for attempt in 0_u64.. {
        // SAFETY: the caller's promise.
        unsafe {
            match attempt_entry(r, seat) {
                Attempt::Inside(connection) => return InUse::begin(r, connection, seat),
                Attempt::Closed => return None,
                Attempt::Taken if nested(r).is_some() => return None,
                Attempt::Taken => {}
            }
        }
        if attempt < PATIENCE { std::thread::yield_now() } else { std::thread::sleep(WAITING_INTERVAL) }
    }
    None
}

/// What an attempt to enter has come to.
enum Attempt {
    /// The gate has let the call in, and this hangs on the structure.
    Inside(*const Connection),
    /// There is no descriptor, or the handle is being closed.
    Closed,
    /// Another call has the seat.
    Taken,
}

/// Enters under the lock of the structure, and hangs a connection there when there is none over its descriptor.
///
/// # Safety
/// As [`current`]; a call that got inside leaves by [`InUse`].
unsafe fn attempt_entry(r: *mut RTMP, seat: Option<Seat>) -> Attempt {
    let guard = stripe(r);
    // SAFETY: the caller's promise, and the stripe is held.
    unsafe {
        let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
        if fd < 0 {
            return Attempt::Closed;
        }
        match Gate::of(r).enter(seat) {
            Err(Refusal::Shut) => return Attempt::Closed,
            Err(Refusal::Taken) => return Attempt::Taken,
            Ok(()) => {}
        }
        if let Some(connection) = hung(r) {
            return Attempt::Inside(connection);
        }
        let connection = Connection::new(Arc::new(plain_stream(fd)), None);
        // The program's own, until a handshake of the library's makes another connection of it.
        connection.stream.socket().expect_polling();
        let before = hang(r, Box::new(connection));
        let connection = place(r).load(Ordering::Acquire);
        // What hung there may take long to free, and the lock is other handles' as well.
        drop(guard);
        drop(before);
        Attempt::Inside(connection)
    }
}

/// Notes that the program may poll the descriptor of the connection that hangs on the structure, if one does.
///
/// # Safety
/// As [`current`].
pub(crate) unsafe fn expect_polling(r: *mut RTMP) {
    // SAFETY: the caller's promise; what hangs there is not freed before the gate has let this call out.
    unsafe {
        let gate = Gate::of(r);
        if gate.enter(None).is_ok() {
            if let Some(connection) = hung(r) {
                (*connection).stream.socket().expect_polling();
            }
            gate.leave(None);
        }
    }
}

/// [`current`], with a log line when there is none. A call from within a log callback gets no line: it would call back
/// again, for ever.
///
/// # Safety
/// As [`current`].
pub(crate) unsafe fn required(r: *mut RTMP, caller: &str) -> Option<InUse> {
    // SAFETY: the caller's promise.
    unsafe {
        let found = current(r);
        if found.is_none() {
            say_unconnected(r, caller);
        }
        found
    }
}

/// Logs that a call found no connection, unless it is nested in another.
///
/// # Safety
/// As [`current`].
#[cold]
pub(crate) unsafe fn say_unconnected(r: *mut RTMP, caller: &str) {
    // SAFETY: the caller's promise.
    if unsafe { nested(r) }.is_none() {
        crate::error!("{caller}: not connected");
    }
}

/// The structure's connection when this very thread is working on it, further up its stack.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`; the result does not outlive the call that this one is nested in.
pub(crate) unsafe fn nested<'c>(r: *mut RTMP) -> Option<&'c Connection> {
    // SAFETY: the caller's promise; the call that this thread is in keeps what it works on.
    unsafe {
        let hung = place(r).load(Ordering::Acquire).cast_const();
        is_working_on(hung).then(|| &*hung)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::call::ReadingCall;
    use crate::capi::close::RTMP_Close;
    use crate::capi::testing::Handle;
    use std::os::fd::{AsRawFd, IntoRawFd};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicI32;
    use std::time::{Duration, Instant};

    #[test]
    fn a_replaced_connection_stays_for_the_call_that_uses_it() {
        let (first, _peer) = UnixStream::pair().unwrap();
        let (second, _other_peer) = UnixStream::pair().unwrap();
        let (first_fd, second_fd) = (first.as_raw_fd(), second.into_raw_fd());
        let handle = Handle::over(first);
        // SAFETY: the handle is initialised; each descriptor is closed once.
        unsafe {
            let at_work = current(handle.0).unwrap();
            (*handle.0).m_sb.sb_socket = second_fd;
            assert_eq!(handle.elsewhere(|r| current(r).unwrap().fd()), second_fd);
            assert_eq!(at_work.fd(), first_fd);
            let hung = place(handle.0).load(Ordering::Acquire);
            assert!((*hung).replaced.is_some(), "kept, as a call is at work on it");
            drop(at_work);
            (*handle.0).m_sb.sb_socket = first_fd;
            assert_eq!(current(handle.0).unwrap().fd(), first_fd);
            let hung = place(handle.0).load(Ordering::Acquire);
            assert!((*hung).replaced.is_none(), "freed, as no call is at work on it");
            handle.free();
            libc::close(second_fd);
        }
    }

    #[test]
    fn readers_take_turns() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let readers = AtomicI32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let readers = &readers;
                scope.spawn(move || {
                    let handle = handle;
                    for _ in 0..200 {
                        // SAFETY: the handle is initialised.
                        let mut call = unsafe { ReadingCall::begin(handle.0) }.unwrap();
                        call.run(|_, _, _| {
                            assert_eq!(readers.fetch_add(1, Ordering::SeqCst), 0);
                            std::thread::yield_now();
                            readers.fetch_sub(1, Ordering::SeqCst);
                        });
                    }
                });
            }
        });
        handle.free();
    }

    #[test]
    fn a_reader_that_waits_for_its_turn_hears_of_a_close() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let began = Instant::now();
        // SAFETY: the handle is initialised.
        unsafe {
            let first = ReadingCall::begin(handle.0).unwrap();
            std::thread::scope(|scope| {
                let second = scope.spawn(move || {
                    let handle = handle;
                    ReadingCall::begin(handle.0).is_none()
                });
                let close = scope.spawn(move || {
                    let handle = handle;
                    RTMP_Close(handle.0);
                });
                assert!(second.join().unwrap());
                assert!(!close.is_finished(), "it waits for the first reader");
                drop(first);
                close.join().unwrap();
            });
        }
        handle.free();
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_call_waits_for_the_reading_half_without_leaving() {
        for is_closed in [false, true] {
            let (ours, _peer) = UnixStream::pair().unwrap();
            let handle = Handle::over(ours);
            // SAFETY: the handle is initialised.
            unsafe {
                let first = ReadingCall::begin(handle.0).unwrap();
                std::thread::scope(|scope| {
                    let second = scope.spawn(move || {
                        let handle = handle;
                        current(handle.0).unwrap().into_reading().is_some()
                    });
                    while Gate::of(handle.0).inside() < 2 {
                        std::thread::yield_now();
                    }
                    if is_closed {
                        scope.spawn(move || {
                            let handle = handle;
                            RTMP_Close(handle.0);
                        });
                        assert!(!second.join().unwrap(), "it hears of the close");
                        drop(first);
                    } else {
                        drop(first);
                        assert!(second.join().unwrap());
                    }
                });
                assert_eq!(Gate::of(handle.0).inside(), 0);
            }
            handle.free();
        }
    }

    #[test]
    fn a_nested_call_fails_at_once() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        // SAFETY: the handle is initialised.
        unsafe {
            let mut outer = ReadingCall::begin(handle.0).unwrap();
            outer.run(|_, _, _| {
                for seat in [None, Some(Seat::Reading), Some(Seat::Publishing)] {
                    assert!(enter(handle.0, seat).is_none());
                }
                assert!(nested(handle.0).is_some());
                assert!(handle.elsewhere(|r| nested(r).is_none() && current(r).is_some()));
            });
            drop(outer);
            assert!(nested(handle.0).is_none() && current(handle.0).is_some());
            assert_eq!(Gate::of(handle.0).inside(), 0);
        }
        handle.free();
    }
}
