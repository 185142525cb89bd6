//! A close of a handle, from its beginning to its end, and who waits for that.
//!
//! Which handles are being closed, and by whom, is not noted in the handles themselves: a thread that waits for the end of
//! another's close frees the structure next, or finds it freed.

use super::WAITING_INTERVAL;
use super::hung::{place, stripe, unhang};
use super::origin::is_shared_with_parent;
use crate::capi::gate::Gate;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use libc::c_int;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A close of a handle that has begun: its gate is shut, and its descriptor taken out of the structure. When this is
/// dropped, other threads' closes of the handle return, and their programs may free it.
#[derive(Debug)]
pub(crate) struct Closing {
    r: *mut RTMP,
    /// The descriptor that stood there, or a negative number.
    pub(crate) fd: c_int,
    _noted: Noted,
}

impl Closing {
    /// The handle.
    pub(crate) fn handle(&self) -> *mut RTMP {
        self.r
    }

    /// Begins a close; `None` when another thread was faster.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
    pub(crate) unsafe fn begin(r: *mut RTMP) -> Option<Self> {
        let _guard = stripe(r);
        // SAFETY: the caller's promise, and the stripe is held.
        unsafe {
            if Gate::of(r).is_shut() {
                return None;
            }
            let noted = Noted::begin(r);
            Gate::of(r).shut();
            let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
            Scalar::store(&raw mut (*r).m_sb.sb_socket, -1);
            Some(Self { r, fd, _noted: noted })
        }
    }

    /// Makes all calls at work end, but for `own` of this thread's, and waits until they have left. Those of threads that
    /// were left behind by a fork never will.
    pub(crate) fn await_others(&self, own: usize) {
        // SAFETY: `begin`'s caller promised that the structure stays; what hangs there is taken down by `end` only, and
        // no reference to the structure lives while this waits.
        unsafe {
            if is_shared_with_parent(self.r, own) {
                return;
            }
            if Gate::of(self.r).inside() > own
                && let Some(connection) = place(self.r).load(Ordering::Acquire).as_ref()
            {
                connection.stream.interrupt_all();
            }
            while Gate::of(self.r).inside() > own {
                std::thread::sleep(WAITING_INTERVAL);
            }
        }
    }

    /// Ends the close: runs `reset`, lets go of what hung on the structure, and lets calls begin again. No other call is
    /// at work any more.
    ///
    /// # Safety
    /// This thread does not use what hangs on the structure after `reset`.
    pub(crate) unsafe fn end(&self, reset: impl FnOnce()) {
        let before = {
            let _guard = stripe(self.r);
            reset();
            // SAFETY: `begin`'s caller promised that the structure stays, and the stripe is held.
            unsafe {
                let before = unhang(self.r);
                Gate::of(self.r).open();
                before
            }
        };
        drop(before);
    }
}

static CLOSES: Mutex<Vec<Close>> = Mutex::new(Vec::new());
/// Told when one of them has ended.
static ENDED: Condvar = Condvar::new();

/// A close in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Close {
    /// Where the handle stands.
    place: usize,
    thread: libc::pthread_t,
}

fn closes() -> MutexGuard<'static, Vec<Close>> {
    CLOSES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn this_thread() -> libc::pthread_t {
    // SAFETY: it has no precondition.
    unsafe { libc::pthread_self() }
}

/// A close of this thread's, noted until this is dropped.
#[derive(Debug)]
struct Noted(Close);

impl Noted {
    /// Notes that this thread closes the handle.
    fn begin(r: *const RTMP) -> Self {
        let close = Close { place: r.addr(), thread: this_thread() };
        closes().push(close);
        Self(close)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let mut closes = closes();
        if let Some(index) = closes.iter().position(|close| *close == self.0) {
            closes.swap_remove(index);
        }
        drop(closes);
        ENDED.notify_all();
    }
}

/// Waits until no other thread closes the handle. Nothing of the handle is read: it may be gone.
pub(crate) fn await_closes(r: *const RTMP) {
    let (place, thread) = (r.addr(), this_thread());
    let is_others = |close: &Close| close.place == place && close.thread != thread;
    let waited = ENDED.wait_while(closes(), |closes| closes.iter().any(is_others));
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}
