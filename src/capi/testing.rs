//! What the tests of this layer share.

use crate::capi::handle::{RTMP_Alloc, RTMP_Free, RTMP_Init};
use crate::capi::types::RTMP;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;

/// A handle that several threads use, as C programs do.
#[derive(Clone, Copy)]
pub(crate) struct Handle(pub(crate) *mut RTMP);

// SAFETY: what the tests do with it in several threads is what the header allows.
unsafe impl Send for Handle {}

impl Handle {
    /// A handle over a connected socket of its own.
    pub(crate) fn over(socket: UnixStream) -> Self {
        // SAFETY: memory from RTMP_Alloc is initialised, and given a connected descriptor.
        unsafe {
            let r = RTMP_Alloc();
            RTMP_Init(r);
            (*r).m_sb.sb_socket = socket.into_raw_fd();
            Self(r)
        }
    }

    /// Runs something on the handle in another thread, to its end.
    pub(crate) fn elsewhere<T: Send>(self, work: impl FnOnce(*mut RTMP) -> T + Send) -> T {
        let work = move || {
            let handle = self;
            work(handle.0)
        };
        std::thread::scope(|scope| scope.spawn(work).join().unwrap())
    }

    /// Closes and frees it: no thread uses it any more.
    pub(crate) fn free(self) {
        // SAFETY: the caller's promise.
        unsafe { RTMP_Free(self.0) };
    }
}
