//! Which handles are being closed, and by whom. This is not noted in the handles themselves: a thread that waits for the
//! end of another's close frees the structure next, or finds it freed.

use crate::capi::types::RTMP;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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

/// A close of this thread's; it has ended when this is dropped.
#[derive(Debug)]
pub(crate) struct AtWork(Close);

impl AtWork {
    /// Notes that this thread closes the handle.
    pub(crate) fn begin(r: *const RTMP) -> Self {
        let close = Close { place: r.addr(), thread: this_thread() };
        closes().push(close);
        Self(close)
    }
}

impl Drop for AtWork {
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
pub(crate) fn await_others(r: *const RTMP) {
    let (place, thread) = (r.addr(), this_thread());
    let is_others = |close: &Close| close.place == place && close.thread != thread;
    let waited = ENDED.wait_while(closes(), |closes| closes.iter().any(is_others));
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}
