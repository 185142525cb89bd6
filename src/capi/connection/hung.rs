//! How a connection hangs on `struct RTMP`, and how it is replaced and taken down. No table is keyed by address: the
//! structure may be moved between calls.

use super::Connection;
use crate::capi::call::InUse;
use crate::capi::gate::Gate;
use crate::capi::private;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::handshake::Ciphers;
use crate::transport::Stream;
use crate::{Error, Result};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whoever changes what hangs on a handle, or resets it, holds one of these locks. No call waits or logs while it does.
static STRIPES: [Mutex<()>; 16] = [const { Mutex::new(()) }; 16];

/// The lock of a structure.
pub(super) fn stripe(r: *const RTMP) -> MutexGuard<'static, ()> {
    let index = r.addr() / align_of::<RTMP>() / 64 % STRIPES.len();
    STRIPES[index].lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that was taken down: freed when it is dropped. Calls that began before may still refer to it until then.
#[derive(Debug)]
pub(super) struct TakenDown(*mut Connection);

/// The compiler vouches for the two promises below: it looks at all that a connection is made of.
const _: () = {
    const fn goes_between_threads<T: Send + Sync>() {}
    goes_between_threads::<Connection>();
};

// SAFETY: a connection may be used and freed in any thread.
unsafe impl Send for TakenDown {}
// SAFETY: nothing can be reached through a shared reference to this.
unsafe impl Sync for TakenDown {}

impl Drop for TakenDown {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box in `hang`, and whoever lets this be dropped knows that no call refers to it.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Hangs a connection over `stream` in the place of the one that the call works on, whose descriptor stays open; the call
/// goes on with the new one. `server` is the peer's name and port, where the peer is a server. Fails when the program has
/// closed the handle.
pub(crate) fn replace(
    call: &mut InUse,
    stream: Arc<Stream>,
    ciphers: Option<Ciphers>,
    server: Option<String>,
) -> Result<()> {
    let r = call.handle();
    let connection = Box::new(Connection { server, ..Connection::new(stream, ciphers) });
    let before = {
        let _guard = stripe(r);
        // SAFETY: the structure stays while the call lives, its gate counts that call, the stripe is held, and the call does
        // not use what hung there any more.
        unsafe {
            if Gate::of(r).is_shut() || call.is_closed_by_program.load(Ordering::Relaxed) {
                return Err(Error::Closed);
            }
            let before = hang(r, connection);
            call.go_on_with(place(r).load(Ordering::Acquire));
            before
        }
    };
    drop(before);
    Ok(())
}

/// Puts a connection in the place of what hangs on the structure. Bytes that are buffered in the old one's memory are
/// forgotten. Returns the old one, for the caller to drop once the lock is free; should other calls be at work on it, the
/// new connection keeps it instead.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds, and whose gate has let the caller in, who does
/// not use what hangs there any more.
pub(super) unsafe fn hang(r: *mut RTMP, mut connection: Box<Connection>) -> Option<TakenDown> {
    // SAFETY: the caller's promise; with the gate shut and nobody else inside, nobody else refers to what hung there.
    unsafe {
        let gate = Gate::of(r);
        gate.shut();
        let mut before = unhang(r);
        if gate.inside() > 1 {
            connection.replaced = before.take();
        }
        place(r).store(Box::into_raw(connection), Ordering::Release);
        gate.open();
        before
    }
}

/// Takes down what hangs on the structure, and forgets the bytes that are buffered in its memory.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds.
pub(super) unsafe fn unhang(r: *mut RTMP) -> Option<TakenDown> {
    // SAFETY: the caller's promise; what hangs there came from `hang` and lives.
    unsafe {
        let hung = place(r).swap(std::ptr::null_mut(), Ordering::AcqRel);
        if hung.is_null() {
            return None;
        }
        (*hung).bulk.leave(&raw mut (*r).m_sb);
        Some(TakenDown(hung))
    }
}

/// Where the connection hangs. Calls read it once the gate has counted them; it changes under the stripe only.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
pub(crate) unsafe fn place<'r>(r: *mut RTMP) -> &'r AtomicPtr<Connection> {
    // SAFETY: the caller's promise; the member is the library's own, and always used as an atomic.
    unsafe { AtomicPtr::from_ptr(private::connection(r).cast()) }
}

/// What hangs on the structure, when it is a connection over the descriptor that stands there.
///
/// # Safety
/// As [`place`]; the gate has let the caller in.
#[inline]
pub(super) unsafe fn hung(r: *mut RTMP) -> Option<*const Connection> {
    // SAFETY: the caller's promise: what hangs there is not freed before the call has left.
    unsafe {
        let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
        let hung = place(r).load(Ordering::Acquire).cast_const();
        (!hung.is_null() && (*hung).fd() == fd).then_some(hung)
    }
}
