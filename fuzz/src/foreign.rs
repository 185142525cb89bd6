//! The only unsafe code of the fuzz targets: the call of the C program, and the end of a descriptor.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

unsafe extern "C" {
    #[link_name = "drive"]
    fn c_drive(data: *const u8, size: usize);
}

/// Runs the program of `capi/drive.c` that these bytes are.
pub(crate) fn drive(program: &[u8]) {
    // SAFETY: `drive` reads so many bytes there and nothing else of ours.
    unsafe { c_drive(program.as_ptr(), program.len()) }
}

/// Closes a descriptor that a connection left open when it failed: the C programs' rule, whose handles own theirs.
pub(crate) fn close(descriptor: RawFd) {
    // SAFETY: only the caller knows of the descriptor any more, and gives it up here.
    drop(unsafe { OwnedFd::from_raw_fd(descriptor) });
}
