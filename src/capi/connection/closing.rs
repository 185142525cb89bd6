//! A close of a handle, from its beginning to its end.

use super::WAITING_INTERVAL;
use super::hung::{place, stripe, unhang};
use super::notes::{Doing, Noted, is_dialled_elsewhere};
use super::origin::is_shared_with_parent;
use crate::capi::gate::Gate;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use libc::c_int;
use std::sync::atomic::Ordering;

/// A close of a handle that has begun: its gate is shut, and its descriptor taken out of the structure. When this is
/// dropped, other threads' closes of the handle return, and their programs may free it.
#[derive(Debug)]
pub(crate) struct Closing {
    r: *mut RTMP,
    /// The descriptor that stood there, or a negative number.
    pub(crate) fd: c_int,
    _noted: Noted,
}

/// Why a close cannot begin: another thread was faster.
#[derive(Debug)]
pub(crate) enum Busy {
    /// It closes the handle for good.
    Closing,
    /// It makes a new connection, and what it closes is the old one.
    Dialling,
}

/// Notes that this thread wants to close the handle, until it is dropped: who dials for it gives up, and who frees it waits.
#[derive(Debug)]
pub(crate) struct Wish {
    _noted: Noted,
}

impl Wish {
    pub(crate) fn new(r: *mut RTMP) -> Self {
        Self { _noted: Noted::begin(r, Doing::Closing) }
    }

    /// Waits a little.
    pub(crate) fn wait(&self) {
        std::thread::sleep(WAITING_INTERVAL);
    }
}

impl Closing {
    /// The handle.
    pub(crate) fn handle(&self) -> *mut RTMP {
        self.r
    }

    /// Begins a close.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
    pub(crate) unsafe fn begin(r: *mut RTMP) -> Result<Self, Busy> {
        let _guard = stripe(r);
        // SAFETY: the caller's promise, and the stripe is held.
        unsafe {
            if Gate::of(r).is_shut() {
                return Err(if is_dialled_elsewhere(r) { Busy::Dialling } else { Busy::Closing });
            }
            let noted = Noted::begin(r, Doing::Closing);
            Gate::of(r).shut();
            let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
            Scalar::store(&raw mut (*r).m_sb.sb_socket, -1);
            Ok(Self { r, fd, _noted: noted })
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
