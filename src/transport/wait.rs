//! The one rule for interrupted, timed-out and failed system calls, and deadlines.
#![forbid(unsafe_code)]

use crate::{Error, Result};
use rustix::event::Timespec;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// The program's wish to end (`RTMP_ctrlC`): while it is not 0, an interrupted call ends instead of being retried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Interrupt(pub Option<&'static AtomicI32>);

impl Interrupt {
    /// Whether the program wants to end.
    pub fn requested(self) -> bool {
        self.0.is_some_and(|flag| flag.load(Ordering::Relaxed) != 0)
    }
}

/// Runs a system call until it is not interrupted. EAGAIN, from a time-out or a non-blocking descriptor, is
/// [`Error::TimedOut`]; EINTR under a requested [`Interrupt`] is [`Error::Interrupted`]; a peer that reset or closed
/// is told by the error of the operating system, with `doing` before it.
pub fn retry<T>(interrupt: Interrupt, doing: &'static str, call: impl FnMut() -> io::Result<T>) -> Result<T> {
    retry_waiting(interrupt, doing, || None, call)
}

/// [`retry`] for a call that waits in the kernel, for as long as `time_out` says: with each signal that wait begins anew,
/// so that it is over once the first came that long ago.
pub(super) fn retry_waiting<T>(
    interrupt: Interrupt,
    doing: &'static str,
    time_out: impl FnOnce() -> Option<Duration>,
    mut call: impl FnMut() -> io::Result<T>,
) -> Result<T> {
    let mut time_out = Some(time_out);
    let mut deadline = Deadline::NEVER;
    loop {
        match call() {
            Ok(value) => return Ok(value),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted if interrupt.requested() => return Err(Error::Interrupted),
                ErrorKind::Interrupted => match time_out.take() {
                    Some(time_out) => deadline = Deadline::within(time_out()),
                    None => drop(deadline.left()?),
                },
                ErrorKind::WouldBlock => return Err(Error::TimedOut),
                _ => return Err(Error::Io(doing, error)),
            },
        }
    }
}

/// The moment by which something must be done.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// No deadline.
    pub const NEVER: Self = Self(None);

    /// A deadline `time` from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }

    /// A deadline `time` from now, where there is a time.
    pub fn within(time: Option<Duration>) -> Self {
        time.map_or(Self::NEVER, Self::after)
    }

    /// The earlier of two deadlines.
    pub fn earlier(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(other)) => Self(Some(one.min(other))),
            (one, other) => Self(one.or(other)),
        }
    }

    /// This deadline, or a moment `time` from now where that is earlier.
    pub fn capped(self, time: Duration) -> Self {
        self.earlier(Self::after(time))
    }

    /// This deadline, put off by `time`.
    pub fn later(self, time: Duration) -> Self {
        Self(self.0.and_then(|at| at.checked_add(time)))
    }

    /// How long is left; an error once nothing is. `None` when there is no deadline.
    pub fn left(self) -> Result<Option<Duration>> {
        match self.0.map(|at| at.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => Err(Error::TimedOut),
            left => Ok(left),
        }
    }
}

/// How often a wait while dialling looks whether the connection still is wanted.
const SLICE: Duration = Duration::from_millis(50);

/// How long dialling may go on. It has no descriptor that another thread could end, so it asks from time to time.
#[derive(Clone, Copy)]
pub(super) struct Patience<'a> {
    /// By when it must be done.
    pub deadline: Deadline,
    /// The program's wish to end.
    pub interrupt: Interrupt,
    /// Whether that stood when the dialling began: a program that has ended one wait and connects again does not end this.
    was_interrupted: bool,
    /// Whether the connection still is wanted.
    pub is_wanted: &'a dyn Fn() -> bool,
}

impl<'a> Patience<'a> {
    pub(super) fn new(deadline: Deadline, interrupt: Interrupt, is_wanted: &'a dyn Fn() -> bool) -> Self {
        Self { deadline, interrupt, was_interrupted: interrupt.requested(), is_wanted }
    }

    /// Until when to wait before asking again. [`Error::Closed`] once the connection is not wanted any more,
    /// [`Error::Interrupted`] once the program has come to want the end, and [`Error::TimedOut`] once it is too late.
    pub(super) fn slice(&self) -> Result<Deadline> {
        if !(self.is_wanted)() {
            return Err(Error::Closed);
        }
        if self.interrupt.requested() && !self.was_interrupted {
            return Err(Error::Interrupted);
        }
        self.deadline.left()?;
        Ok(self.deadline.capped(SLICE))
    }
}

/// A time to wait in the form the system calls take it; `None` is for ever.
pub(super) fn timespec(time: Option<Duration>) -> Option<Timespec> {
    let time = time?;
    let tv_sec = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Some(Timespec { tv_sec, tv_nsec: i64::from(time.subsec_nanos()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialling_hears_of_a_wish_to_end_that_comes_meanwhile() {
        static WISH: AtomicI32 = AtomicI32::new(0);
        let begin = || Patience::new(Deadline::NEVER, Interrupt(Some(&WISH)), &|| true);
        let patience = begin();
        assert!(patience.slice().is_ok());
        WISH.store(1, Ordering::Relaxed);
        assert!(matches!(patience.slice(), Err(Error::Interrupted)));
        assert!(begin().slice().is_ok(), "it stood before");
    }
}
