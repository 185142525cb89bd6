//! How a session takes leave of its peer.

use crate::Error;
use crate::capi::call::InUse;
use crate::capi::connect;
use crate::capi::connection::WAITING_INTERVAL;
use crate::capi::scalar::Scalar;
use crate::transport::Deadline;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long a close waits for the server: to take the farewell, and to have read what was published.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Whether the peer is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// The stream is unpublished and deleted, and what was published is waited for.
    Said,
    /// The connection is broken: nothing more is sent.
    Omitted,
}

impl Farewell {
    /// Tells the peer, unless nothing can be sent any more. A session that another thread of the process which this one
    /// was forked from is at work on goes on there.
    pub(super) fn bid(self, call: &InUse) {
        if self == Farewell::Said && !call.sender.is_broken() && !call.is_shared_with_parent() {
            say(call);
        }
    }
}

fn say(call: &InUse) {
    // SAFETY: the structure stays while the call lives.
    let time = unsafe { connect::timeout(call.handle()) }.map_or(DRAIN_TIME, |time| time.min(DRAIN_TIME));
    let deadline = Deadline::after(time);
    // A peer that has stopped reading does not take this either.
    call.stream.socket().limit_send_timeout(time);
    if call.talk(|talk| talk.leave()).is_err() {
        return;
    }
    let published = call.published.load(Ordering::Relaxed);
    if published || !call.stream.is_plain() {
        call.stream.shutdown_send();
    }
    if published {
        drain(call, deadline);
    }
}

/// Reads the peer's side to its end, so that the kernel does not reset what the peer has not read yet. Where another thread
/// is reading, that comes to the end, and ends the session.
fn drain(call: &InUse, deadline: Deadline) {
    if call.reads() {
        return;
    }
    while !is_taken(call) && deadline.left().is_ok() {
        if call.read_aside(|_, _, _| read_to_end(call, deadline)).is_some() {
            return;
        }
        std::thread::sleep(WAITING_INTERVAL);
    }
}

fn read_to_end(call: &InUse, deadline: Deadline) {
    let mut unwanted = [0; 4096];
    while deadline.left().is_ok() {
        match call.stream.receive_now(&mut unwanted) {
            Ok(_) => {}
            Err(Error::TimedOut) if call.stream.wait_readable(deadline).is_ok() => {}
            _ => return,
        }
    }
}

/// Whether another thread has taken the descriptor, to close it.
fn is_taken(call: &InUse) -> bool {
    // SAFETY: the structure stays while the call lives.
    unsafe { Scalar::load(&raw const (*call.handle()).m_sb.sb_socket) < 0 }
}
