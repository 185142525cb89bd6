//! Whose a connection is: of which process, and over which file.

use super::notes::is_dialled_by_parent;
use super::{Connection, place};
use crate::capi::gate::Gate;
use crate::capi::types::RTMP;
use libc::c_int;
use std::sync::atomic::Ordering;

/// The process that began a connection, and what its descriptor stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    process: u32,
    /// The file's device and number; `None` for a descriptor that is none.
    file: Option<(libc::dev_t, libc::ino_t)>,
}

impl Origin {
    /// This process and what the descriptor stands for now.
    pub(super) fn of(fd: c_int) -> Self {
        // SAFETY: zeroes are a valid `stat`, which the call may fill.
        let file = unsafe {
            let mut found: libc::stat = std::mem::zeroed();
            (libc::fstat(fd, &raw mut found) == 0).then_some((found.st_dev, found.st_ino))
        };
        Self { process: std::process::id(), file }
    }
}

/// Whose a connection is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belonging {
    /// Still this program's.
    Ours,
    /// The process has been forked since: it goes on in the parent.
    Parents,
    /// The program has closed the descriptor; its number may stand for something else.
    Gone,
}

/// Whose the connection is that hangs on the structure; `None` when there is none.
///
/// # Safety
/// `r` points to a structure that no other thread uses.
pub(crate) unsafe fn belonging(r: *mut RTMP) -> Option<Belonging> {
    // SAFETY: the caller's promise: what hangs there stays.
    let connection = unsafe { place(r).load(Ordering::Acquire).as_ref() }?;
    let (then, now) = (connection.origin, Origin::of(connection.fd()));
    Some(match (then.process == now.process, then.file == now.file) {
        (_, false) => Belonging::Gone,
        (false, true) => Belonging::Parents,
        (true, true) => Belonging::Ours,
    })
}

/// Whether calls are at work on the handle, besides `own`, that belong to the process which this one was forked from: its
/// threads are not here.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose connection stays.
pub(crate) unsafe fn is_shared_with_parent(r: *mut RTMP, own: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let is_parents = |connection: &Connection| connection.origin.process != std::process::id();
        Gate::of(r).inside() > own
            && (place(r).load(Ordering::Acquire).as_ref().is_some_and(is_parents) || is_dialled_by_parent(r))
    }
}
