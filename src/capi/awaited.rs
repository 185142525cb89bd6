//! Answers that a server owes before the stream begins: those to connect, createStream and publish. It has `Link.timeout`
//! for each, also while other messages come. A play may begin as late as its publisher does.

use crate::capi::arrays;
use crate::capi::connection::Connection;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::log::Text;
use crate::message::command;
use crate::transport::Deadline;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The calls that a server has to answer in time.
const URGENT: [&[u8]; 3] = [command::CONNECT, command::CREATE_STREAM, command::PUBLISH];

/// Whether a connection awaits such an answer, and until when.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    is: AtomicBool,
    clock: Mutex<Clock>,
}

#[derive(Debug, Default)]
struct Clock {
    /// When the answer is due; `None` until somebody waits for it.
    due: Option<Deadline>,
    /// The last wait ended because it was overdue.
    is_overdue: bool,
}

impl Awaited {
    /// Notes that a call was sent.
    pub(crate) fn asked(&self, method: &[u8]) {
        if URGENT.contains(&method) {
            *self.clock() = Clock::default();
            self.is.store(true, Ordering::Relaxed);
        }
    }

    /// Whether an answer may be awaited.
    #[inline]
    pub(crate) fn is(&self) -> bool {
        self.is.load(Ordering::Relaxed)
    }

    /// Notes that none is.
    pub(crate) fn settle(&self) {
        *self.clock() = Clock::default();
        self.is.store(false, Ordering::Relaxed);
    }

    /// When the answer is due, for which a wait begins or goes on.
    pub(crate) fn due(&self, timeout: Option<Duration>) -> Deadline {
        *self.clock().due.get_or_insert_with(|| Deadline::within(timeout))
    }

    /// Notes that a wait has ended with a time-out: another call waits anew.
    pub(crate) fn timed_out(&self) {
        let mut clock = self.clock();
        let is_overdue = clock.due.take().is_some_and(|due| due.left().is_err());
        clock.is_overdue = is_overdue;
    }

    /// Whether the last wait ended because the answer was overdue, and not because nothing came.
    pub(crate) fn is_overdue(&self) -> bool {
        self.clock().is_overdue
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The call whose answer is missing; `None` once the stream has begun, and for a program that meets the answers by itself.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, on which `connection` hangs.
pub(crate) unsafe fn missing(r: *const RTMP, connection: &Connection) -> Option<Text<'static>> {
    // SAFETY: the caller's promise, and the lock keeps other threads out of the list.
    unsafe {
        if connection.program_reads.load(Ordering::Relaxed) || Scalar::load(&raw const (*r).m_bPlaying) != 0 {
            return None;
        }
        let _exclusive = connection.arrays.lock();
        URGENT.into_iter().find(|method| arrays::has_call(r, method)).map(Text)
    }
}
