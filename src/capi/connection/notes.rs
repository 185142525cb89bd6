//! Who closes or dials which handle. It is not noted in the handles themselves: a thread that waits for the end of
//! another's close frees the structure next, or finds it freed.

use crate::capi::types::RTMP;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What a thread does with a handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It closes it.
    Closing,
    /// It makes a connection for it.
    Dialling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note {
    /// Where the handle stands.
    place: usize,
    doing: Doing,
    thread: libc::pthread_t,
    /// After a fork the notes of the parent's other threads are left behind.
    process: u32,
}

static NOTES: Mutex<Vec<Note>> = Mutex::new(Vec::new());
/// Told when one of them has gone.
static ENDED: Condvar = Condvar::new();

fn notes() -> MutexGuard<'static, Vec<Note>> {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Note {
    /// That this thread does it.
    fn new(r: *const RTMP, doing: Doing) -> Self {
        // SAFETY: it has no precondition.
        let thread = unsafe { libc::pthread_self() };
        Self { place: r.addr(), doing, thread, process: std::process::id() }
    }

    /// Whether the other note is of another thread of this process, which does the same with the same handle.
    fn is_same_elsewhere(&self, other: &Note) -> bool {
        *other == Note { thread: other.thread, ..*self } && other.thread != self.thread
    }
}

/// What this thread does, noted until this is dropped.
#[derive(Debug)]
pub(super) struct Noted(Note);

impl Noted {
    /// Notes that this thread does it from now on.
    pub(super) fn begin(r: *const RTMP, doing: Doing) -> Self {
        let note = Note::new(r, doing);
        notes().push(note);
        Self(note)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let mut notes = notes();
        if let Some(index) = notes.iter().position(|note| *note == self.0) {
            notes.swap_remove(index);
        }
        drop(notes);
        ENDED.notify_all();
    }
}

/// Whether another thread closes the handle, or waits to.
pub(super) fn is_closed_elsewhere(r: *const RTMP) -> bool {
    let own = Note::new(r, Doing::Closing);
    notes().iter().any(|note| own.is_same_elsewhere(note))
}

/// Whether another thread dials for the handle.
pub(crate) fn is_dialled_elsewhere(r: *const RTMP) -> bool {
    let own = Note::new(r, Doing::Dialling);
    notes().iter().any(|note| own.is_same_elsewhere(note))
}

/// Whether this very thread dials for the handle, further up its stack.
pub(crate) fn is_dialled_here(r: *const RTMP) -> bool {
    let own = Note::new(r, Doing::Dialling);
    notes().contains(&own)
}

/// Whether a thread of the process that this one was forked from dials for the handle: it is not here.
pub(super) fn is_dialled_by_parent(r: *const RTMP) -> bool {
    let own = Note::new(r, Doing::Dialling);
    notes()
        .iter()
        .any(|note| (note.place, note.doing) == (own.place, own.doing) && note.process != own.process)
}

/// Waits until no other thread closes the handle. Nothing of the handle is read: it may be gone.
pub(crate) fn await_closes(r: *const RTMP) {
    let own = Note::new(r, Doing::Closing);
    let waited = ENDED.wait_while(notes(), |notes| notes.iter().any(|note| own.is_same_elsewhere(note)));
    drop(waited.unwrap_or_else(PoisonError::into_inner));
}
