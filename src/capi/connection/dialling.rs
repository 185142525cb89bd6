//! A call that makes a connection. The gate counts it although there is no connection yet that it could work on, so that
//! a close in another thread waits until it has given up.

use super::Connection;
use super::hung::{hang, place, stripe};
use super::notes::{Doing, Noted, is_closed_elsewhere, is_dialled_elsewhere, is_dialled_here};
use crate::capi::call::InUse;
use crate::capi::gate::Gate;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::transport::{Socket, Stream};
use crate::{Error, Result};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A call that dials. While one lives, a close in another thread waits.
#[derive(Debug)]
pub(crate) struct Dialling {
    r: *mut RTMP,
    _noted: Noted,
}

impl Dialling {
    /// `None` while the handle is closed by another thread, or another call dials for it: one that this is nested in, too.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
    pub(crate) unsafe fn begin(r: *mut RTMP) -> Option<Self> {
        let _guard = stripe(r);
        // SAFETY: the caller's promise.
        let is_refused =
            is_dialled_here(r) || is_dialled_elsewhere(r) || unsafe { Gate::of(r) }.enter(None).is_err();
        (!is_refused).then(|| Self { r, _noted: Noted::begin(r, Doing::Dialling) })
    }

    /// The handle.
    pub(crate) fn handle(&self) -> *mut RTMP {
        self.r
    }

    /// Whether the connection still is wanted: no other thread closes the handle.
    pub(crate) fn is_wanted(&self) -> bool {
        !is_closed_elsewhere(self.r)
    }

    /// Makes the socket the handle's, and goes on as a call that works on it. Closes it instead when it is not wanted any
    /// more.
    pub(crate) fn arrive(&self, socket: Socket) -> Result<InUse> {
        let r = self.r;
        let guard = stripe(r);
        // SAFETY: `begin`'s caller promised that the structure stays while this lives; the stripe is held, and what hung
        // there is not used by this call.
        unsafe {
            if !self.is_wanted() || Gate::of(r).enter(None).is_err() {
                drop(guard);
                socket.close();
                return Err(Error::Closed);
            }
            Scalar::store(&raw mut (*r).m_sb.sb_socket, socket.as_raw_fd());
            (*r).m_sb.sb_size = 0;
            let before = hang(r, Box::new(Connection::new(Arc::new(Stream::Tcp(socket)), None)));
            let connection = place(r).load(Ordering::Acquire);
            drop(guard);
            drop(before);
            InUse::begin(r, connection, None).ok_or(Error::Closed)
        }
    }
}

impl Drop for Dialling {
    fn drop(&mut self) {
        // SAFETY: `begin`'s caller promised that the structure stays while this lives.
        unsafe { Gate::of(self.r) }.leave(None);
    }
}
