//! Who is at work on a handle: four bytes of `struct RTMP` itself, which belong to the library alone.
//!
//! A call enters the gate before it looks at what hangs on the handle. Whoever replaces or closes that shuts the gate first,
//! and waits until the other calls have left. A program may move the structure between calls: nobody is inside then.
//!
//! A call that needs a half of the session for itself takes that half's seat. Entering and locking are then one atomic step,
//! and leaving is a plain store: a call whose message is buffered already pays for no more than that.

use crate::capi::private;
use crate::capi::types::RTMP;
use std::sync::atomic::{AtomicU8, AtomicU16, Ordering};

/// The bit of `calls` that says: no call may begin.
const SHUT: u16 = 1;
/// What a call without a seat adds to `calls`.
const CALL: u16 = 2;

/// A half of the session that one call at a time has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    /// Receiving, and the state of `RTMP_Read`.
    Reading,
    /// The state of `RTMP_Write`.
    Publishing,
}

/// Why a call could not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The connection is being replaced or closed.
    Shut,
    /// Another call has the seat.
    Taken,
}

/// The gate of a handle; zeroes are an open one with nobody inside.
///
/// A call that enters writes to one place and then reads another; a close that shuts the gate does so the other way round.
/// All threads agree on the order of these steps (`SeqCst`), so at least one of the two sees the other.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Gate {
    /// [`SHUT`], and [`CALL`] for each call without a seat.
    calls: AtomicU16,
    /// 1 while a call has the seat.
    reading: AtomicU8,
    publishing: AtomicU8,
}

impl Gate {
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
    pub(crate) unsafe fn of<'r>(r: *mut RTMP) -> &'r Self {
        const {
            assert!(size_of::<Self>() <= size_of::<u32>() && align_of::<Self>() <= align_of::<u32>());
        };
        // SAFETY: the caller's promise; the gate fits the member, which nobody but this module uses, always as atomics.
        unsafe { &*private::gate(r).cast_const().cast() }
    }

    fn seat(&self, seat: Seat) -> &AtomicU8 {
        match seat {
            Seat::Reading => &self.reading,
            Seat::Publishing => &self.publishing,
        }
    }

    /// Lets a call in, to a seat or without one.
    #[inline]
    pub(crate) fn enter(&self, seat: Option<Seat>) -> Result<(), Refusal> {
        let calls = match seat {
            Some(seat) if self.seat(seat).swap(1, Ordering::SeqCst) != 0 => return Err(Refusal::Taken),
            Some(_) => self.calls.load(Ordering::SeqCst),
            None => self.calls.fetch_add(CALL, Ordering::SeqCst),
        };
        if calls & SHUT != 0 {
            self.leave(seat);
            return Err(Refusal::Shut);
        }
        Ok(())
    }

    /// Takes a seat for a call that is inside; whether it was free.
    pub(crate) fn take(&self, seat: Seat) -> bool {
        self.seat(seat).swap(1, Ordering::SeqCst) == 0
    }

    /// Lets a call out that entered this way, or gives a seat back. Whoever finds it gone sees what it has done.
    #[inline]
    pub(crate) fn leave(&self, seat: Option<Seat>) {
        match seat {
            Some(seat) => self.seat(seat).store(0, Ordering::Release),
            None => {
                self.calls.fetch_sub(CALL, Ordering::Release);
            }
        }
    }

    /// Lets no further call in.
    pub(crate) fn shut(&self) {
        self.calls.fetch_or(SHUT, Ordering::SeqCst);
    }

    /// Lets calls in again: they see what was done while it was shut.
    pub(crate) fn open(&self) {
        self.calls.fetch_and(!SHUT, Ordering::SeqCst);
    }

    pub(crate) fn is_shut(&self) -> bool {
        self.calls.load(Ordering::SeqCst) & SHUT != 0
    }

    /// How many are inside: calls without a seat, and seats taken.
    pub(crate) fn inside(&self) -> usize {
        let seats = [&self.reading, &self.publishing].map(|seat| usize::from(seat.load(Ordering::SeqCst)));
        usize::from(self.calls.load(Ordering::SeqCst) / CALL) + seats.iter().sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    const WAYS: [Option<Seat>; 3] = [None, Some(Seat::Reading), Some(Seat::Publishing)];

    #[test]
    fn a_shut_gate_lets_nobody_in_and_everybody_out() {
        let gate = Gate::default();
        for way in WAYS {
            assert_eq!(gate.enter(way), Ok(()));
        }
        assert_eq!(gate.enter(None), Ok(()));
        assert_eq!(gate.inside(), 4);
        gate.shut();
        assert!(gate.is_shut());
        assert_eq!(gate.enter(None), Err(Refusal::Shut));
        assert_eq!(gate.enter(Some(Seat::Reading)), Err(Refusal::Taken));
        gate.leave(None);
        for way in WAYS {
            gate.leave(way);
        }
        assert_eq!(gate.inside(), 0);
        assert_eq!(gate.enter(Some(Seat::Reading)), Err(Refusal::Shut));
        assert_eq!(gate.inside(), 0);
        gate.open();
        assert!(!gate.is_shut());
        assert_eq!(gate.enter(Some(Seat::Reading)), Ok(()));
    }

    #[test]
    fn a_seat_is_one_calls_at_a_time() {
        let gate = Gate::default();
        assert_eq!(gate.enter(Some(Seat::Publishing)), Ok(()));
        assert_eq!(gate.enter(Some(Seat::Publishing)), Err(Refusal::Taken));
        assert!(gate.take(Seat::Reading) && !gate.take(Seat::Reading));
        gate.leave(Some(Seat::Reading));
        gate.leave(Some(Seat::Publishing));
        assert_eq!(gate.enter(Some(Seat::Publishing)), Ok(()));
    }

    #[test]
    fn nobody_is_inside_once_it_is_shut_and_empty() {
        let gate = Gate::default();
        let inside = AtomicUsize::new(0);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for way in WAYS.into_iter().chain(WAYS) {
                let (gate, inside, over) = (&gate, &inside, &over);
                scope.spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        if gate.enter(way).is_ok() {
                            inside.fetch_add(1, Ordering::Relaxed);
                            inside.fetch_sub(1, Ordering::Relaxed);
                            gate.leave(way);
                        }
                        std::thread::yield_now();
                    }
                });
            }
            for _ in 0..500 {
                gate.shut();
                while gate.inside() > 0 {
                    std::thread::yield_now();
                }
                assert_eq!(inside.load(Ordering::Relaxed), 0);
                gate.open();
            }
            over.store(true, Ordering::Relaxed);
        });
    }
}
