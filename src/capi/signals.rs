//! Threads of the library's own take no signals: a program's handlers run in its own threads.

use libc::sigset_t;
use std::mem::MaybeUninit;

/// Runs `work`, which starts a thread, with all signals blocked: a thread begins with the mask of the one that starts it.
pub(crate) fn blocked(work: &mut dyn FnMut()) {
    let _blocked = Blocked::begin();
    work();
}

/// While it lives, this thread takes no signals. It has the mask from before.
struct Blocked(sigset_t);

impl Blocked {
    fn begin() -> Self {
        let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: both masks are writable; the first call fills `all`, the second `before`.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr());
            Self(before.assume_init())
        }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the mask is one that the function has returned.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, std::ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn takes(signal: libc::c_int) -> bool {
        let mut mask = MaybeUninit::uninit();
        // SAFETY: without a new mask the call only fills `mask`.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr());
            libc::sigismember(mask.as_ptr(), signal) == 0
        }
    }

    #[test]
    fn a_thread_started_within_takes_no_signals() {
        let mut started = None;
        blocked(&mut || started = Some(thread::spawn(|| takes(libc::SIGINT) || takes(libc::SIGALRM))));
        assert!(!started.unwrap().join().unwrap());
        assert!(takes(libc::SIGINT) && takes(libc::SIGALRM), "the mask is as it was");
    }
}
