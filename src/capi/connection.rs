//! What hangs on `struct RTMP` while it is connected: a [`Connection`].
//!
//! It is made at the first use of a connected descriptor and let go by `RTMP_Close`. A call works on it through an
//! [`InUse`], for which the handle's gate counts it, so that a close in another thread never pulls the session from under
//! it, and waits until the call has left. No table is keyed by address: the structure may be moved between calls.

use crate::capi::call::{InUse, Seated, is_working_on};
use crate::capi::closes::AtWork;
use crate::capi::gate::{Gate, Refusal, Seat};
use crate::capi::input::Bulk;
use crate::capi::mem::MallocBody;
use crate::capi::private;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::session::{Ciphers, PublishAhead, Publisher, Reading, Sender, Session};
use crate::transport::{Interrupt, Socket, Stream};
use crate::{Error, Result};
use libc::c_int;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The private state of a connected `struct RTMP`.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The stream; `interrupt_all` on it wakes all calls at work.
    pub(crate) stream: Arc<Stream>,
    /// The writing half, which has a lock of its own.
    pub(crate) sender: Sender,
    /// The reading half.
    pub(crate) reading: Seated<Reading<MallocBody>>,
    /// The state of `RTMP_Write`.
    pub(crate) publisher: Seated<Publisher>,
    /// Keeps threads apart where they share the arrays `m_methodCalls` and `m_channelTimestamp`.
    pub(crate) arrays: Mutex<()>,
    /// Where the buffered bytes begin in `sb_buf`, should the structure be moved.
    pub(crate) buffer_start: AtomicUsize,
    /// Where bytes are buffered that arrive faster than `sb_buf` takes them; whoever has the reading half's seat uses it.
    pub(crate) bulk: Bulk,
    /// The last `RTMP_Read` ended with a time-out.
    pub(crate) read_was_late: AtomicBool,
    /// The program reads by itself, so sending must not take its messages away.
    pub(crate) program_reads: AtomicBool,
    /// Media was sent, so closing waits until the server has it.
    pub(crate) published: AtomicBool,
    /// The chunk size that the library announced by itself, to be taken back on close; 0 for none.
    pub(crate) announced_chunk_size: AtomicUsize,
    /// How often a bandwidth check was asked for.
    pub(crate) bandwidth_checks: AtomicU32,
    /// What became of a `publish` sent ahead.
    pub(crate) publish_ahead: Mutex<PublishAhead>,
    /// Who connected what.
    origin: Origin,
    /// What this connection replaced while other calls were at work on it: they may be still.
    replaced: Option<Hung>,
    /// When a writing call last listened, by [`coarse_ms`].
    last_listened: AtomicU64,
}

/// How often a writing call listens to the server, at most.
const LISTEN_INTERVAL: Duration = Duration::from_millis(10);
/// How often a close looks whether other threads' calls have left, and a call whether a seat is free.
const WAITING_INTERVAL: Duration = Duration::from_millis(1);
/// How often a call looks for a seat before it sleeps in between: calls that have one usually leave soon.
const PATIENCE: u64 = 64;
/// Whoever changes what hangs on a handle, or resets it, holds one of these locks. No call waits or logs while it does.
static STRIPES: [Mutex<()>; 16] = [const { Mutex::new(()) }; 16];

/// The lock of a structure.
pub(crate) fn stripe(r: *const RTMP) -> MutexGuard<'static, ()> {
    let index = r.addr() / align_of::<RTMP>() / 64 % STRIPES.len();
    STRIPES[index].lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program's wish to end, as every socket of ours honours it.
pub(crate) fn interrupt() -> Interrupt {
    Interrupt(Some(&crate::capi::data::RTMP_ctrlC))
}

impl Connection {
    fn new(stream: Arc<Stream>, ciphers: Option<Ciphers>) -> Self {
        let Session { stream, sender, reading, publisher } = Session::new(stream, ciphers);
        let fd = stream.socket().as_raw_fd();
        Self {
            stream,
            sender,
            reading: Seated::new(reading),
            publisher: Seated::new(publisher),
            arrays: Mutex::default(),
            buffer_start: AtomicUsize::new(0),
            bulk: Bulk::default(),
            read_was_late: AtomicBool::new(false),
            program_reads: AtomicBool::new(false),
            published: AtomicBool::new(false),
            announced_chunk_size: AtomicUsize::new(0),
            bandwidth_checks: AtomicU32::new(0),
            publish_ahead: Mutex::default(),
            origin: Origin::of(fd),
            replaced: None,
            last_listened: AtomicU64::new(coarse_ms()),
        }
    }

    /// The descriptor under it.
    pub(crate) fn fd(&self) -> c_int {
        self.stream.socket().as_raw_fd()
    }

    /// Whether it is time for a writing call to listen again.
    pub(crate) fn listening_is_due(&self) -> bool {
        let now = coarse_ms();
        let last = self.last_listened.load(Ordering::Relaxed);
        let due = now.wrapping_sub(last) >= LISTEN_INTERVAL.as_millis() as u64;
        if due {
            self.last_listened.store(now, Ordering::Relaxed);
        }
        due
    }
}

/// The process that began a connection, and what its descriptor stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    process: u32,
    /// The file's device and number; `None` for a descriptor that is none.
    file: Option<(libc::dev_t, libc::ino_t)>,
}

impl Origin {
    /// This process and what the descriptor stands for now.
    fn of(fd: c_int) -> Self {
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
        Gate::of(r).inside() > own
            && place(r)
                .load(Ordering::Acquire)
                .as_ref()
                .is_some_and(|connection| connection.origin.process != std::process::id())
    }
}

/// Milliseconds of a clock that goes on by a few at a time, and that costs little to look at.
fn coarse_ms() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    Duration::try_from(now).map_or(0, |now| now.as_millis() as u64)
}

/// A stream over the descriptor that stands in `m_sb.sb_socket`.
pub(crate) fn plain_stream(fd: c_int) -> Stream {
    // SAFETY: the descriptor is the connection's, which is the library's to use and close from here on, as the header
    // says; `Socket` closes it only when told to, so a descriptor that the program closed by itself does no harm.
    Stream::Tcp(Socket::new(unsafe { OwnedFd::from_raw_fd(fd) }, interrupt()))
}

/// A connection that was taken down: freed when it is dropped. Calls that began before may still refer to it until then.
#[derive(Debug)]
struct Hung(*mut Connection);

// SAFETY: a connection may be used and freed in any thread.
unsafe impl Send for Hung {}
// SAFETY: nothing can be reached through a shared reference to this.
unsafe impl Sync for Hung {}

impl Drop for Hung {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box in `hang`, and whoever lets this be dropped knows that no call refers to it.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// Hangs a connection over `stream` in the place of `before`, whose descriptor stays open. Fails when another thread is
/// closing the handle.
pub(crate) fn succeed(before: InUse, stream: Arc<Stream>, ciphers: Option<Ciphers>) -> Result<()> {
    let r = before.handle();
    let connection = Box::new(Connection::new(stream, ciphers));
    let unused = {
        let _guard = stripe(r);
        // SAFETY: the structure stays while `before` lives, its gate counts that call, the stripe is held, and `before` is
        // not used any more.
        unsafe {
            if Gate::of(r).is_shut() {
                return Err(Error::Closed);
            }
            hang(r, connection)
        }
    };
    drop(unused);
    Ok(())
}

/// Puts a connection in the place of what hangs on the structure, and forgets the bytes that are buffered in the memory of
/// what hung there. Returns that for the caller to drop once the lock is free; should other calls be at work on it, the
/// new connection keeps it instead.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds, and whose gate has let the caller in, who does
/// not use what hangs there any more.
unsafe fn hang(r: *mut RTMP, mut connection: Box<Connection>) -> Option<Hung> {
    // SAFETY: the caller's promise; with the gate shut and nobody else inside, nobody else refers to what hung there.
    unsafe {
        let gate = Gate::of(r);
        gate.shut();
        let mut before = unhang(r);
        if gate.inside() > 1 {
            connection.replaced = before.take();
        }
        place(r).store(Box::into_raw(connection), Ordering::Release);
        gate.open();
        before
    }
}

/// Takes down what hangs on the structure, and forgets the bytes that are buffered in its memory.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds.
unsafe fn unhang(r: *mut RTMP) -> Option<Hung> {
    // SAFETY: the caller's promise; what hangs there came from `hang` and lives.
    unsafe {
        let hung = place(r).swap(std::ptr::null_mut(), Ordering::AcqRel);
        if hung.is_null() {
            return None;
        }
        (*hung).bulk.leave(&raw mut (*r).m_sb);
        Some(Hung(hung))
    }
}

/// Where the connection hangs. Calls read it once the gate has counted them; it changes under the stripe only.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
pub(crate) unsafe fn place<'r>(r: *mut RTMP) -> &'r AtomicPtr<Connection> {
    // SAFETY: the caller's promise; the member is the library's own, and always used as an atomic.
    unsafe { AtomicPtr::from_ptr(private::connection(r).cast()) }
}

/// What hangs on the structure, when it is a connection over the descriptor that stands there.
///
/// # Safety
/// As [`place`]; the gate has let the caller in.
#[inline]
unsafe fn hung(r: *mut RTMP) -> Option<*const Connection> {
    // SAFETY: the caller's promise: what hangs there is not freed before the call has left.
    unsafe {
        let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
        let hung = place(r).load(Ordering::Acquire).cast_const();
        (!hung.is_null() && (*hung).fd() == fd).then_some(hung)
    }
}

/// The structure's connection: the one that hangs there, or a new one over a descriptor that the program put into
/// `m_sb.sb_socket`. `None` when there is no descriptor, and for a call from within a call on the same handle.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
pub(crate) unsafe fn current(r: *mut RTMP) -> Option<InUse> {
    // SAFETY: the caller's promise.
    unsafe { entered(r, None) }
}

/// [`current`] by way of a seat, which is waited for.
///
/// # Safety
/// As [`current`].
#[inline]
pub(crate) unsafe fn entered(r: *mut RTMP, seat: Option<Seat>) -> Option<InUse> {
    // SAFETY: the caller's promise.
    unsafe {
        if Gate::of(r).enter(seat).is_ok() {
            if let Some(connection) = hung(r) {
                return InUse::begin(r, connection, seat);
            }
            Gate::of(r).leave(seat);
        }
        renewed(r, seat)
    }
}

/// [`entered`] for a handle that has no connection over its descriptor, whose connection is being replaced, or whose seat
/// is taken.
///
/// # Safety
/// As [`current`].
#[cold]
unsafe fn renewed(r: *mut RTMP, seat: Option<Seat>) -> Option<InUse> {
    for attempt in 0_u64.. {
        let mut before = None;
        let guard = stripe(r);
        // SAFETY: the caller's promise, and the stripe is held.
        unsafe {
            if Scalar::load(&raw const (*r).m_sb.sb_socket) < 0 {
                return None;
            }
            match Gate::of(r).enter(seat) {
                Err(Refusal::Shut) => return None,
                Err(Refusal::Taken) => {}
                Ok(()) => {
                    let connection = hung(r).unwrap_or_else(|| {
                        let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
                        before = hang(r, Box::new(Connection::new(Arc::new(plain_stream(fd)), None)));
                        place(r).load(Ordering::Acquire)
                    });
                    drop(guard);
                    drop(before);
                    return InUse::begin(r, connection, seat);
                }
            }
            drop(guard);
            if nested(r).is_some() {
                return None;
            }
        }
        if attempt < PATIENCE { std::thread::yield_now() } else { std::thread::sleep(WAITING_INTERVAL) }
    }
    None
}

/// [`current`], with a log line when there is none. A call from within a log callback gets no line: it would call back
/// again, for ever.
///
/// # Safety
/// As [`current`].
pub(crate) unsafe fn required(r: *mut RTMP, caller: &str) -> Option<InUse> {
    // SAFETY: the caller's promise.
    unsafe {
        let found = current(r);
        if found.is_none() {
            say_unconnected(r, caller);
        }
        found
    }
}

/// Logs that a call found no connection, unless it is nested in another.
///
/// # Safety
/// As [`current`].
#[cold]
pub(crate) unsafe fn say_unconnected(r: *mut RTMP, caller: &str) {
    // SAFETY: the caller's promise.
    if unsafe { nested(r) }.is_none() {
        crate::error!("{caller}: not connected");
    }
}

/// The structure's connection when this very thread is working on it, further up its stack.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`; the result does not outlive the call that this one is nested in.
pub(crate) unsafe fn nested<'c>(r: *mut RTMP) -> Option<&'c Connection> {
    // SAFETY: the caller's promise; the call that this thread is in keeps what it works on.
    unsafe {
        let hung = place(r).load(Ordering::Acquire).cast_const();
        is_working_on(hung).then(|| &*hung)
    }
}

/// A close of a handle that has begun: its gate is shut, and its descriptor taken out of the structure. When this is
/// dropped, other threads' closes of the handle return, and their programs may free it.
#[derive(Debug)]
pub(crate) struct Closing {
    r: *mut RTMP,
    /// The descriptor that stood there, or a negative number.
    pub(crate) fd: c_int,
    _at_work: AtWork,
}

impl Closing {
    /// The handle.
    pub(crate) fn handle(&self) -> *mut RTMP {
        self.r
    }

    /// Begins a close; `None` when another thread was faster.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the result lives.
    pub(crate) unsafe fn begin(r: *mut RTMP) -> Option<Self> {
        let _guard = stripe(r);
        // SAFETY: the caller's promise, and the stripe is held.
        unsafe {
            if Gate::of(r).is_shut() {
                return None;
            }
            let at_work = AtWork::begin(r);
            Gate::of(r).shut();
            let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
            Scalar::store(&raw mut (*r).m_sb.sb_socket, -1);
            Some(Self { r, fd, _at_work: at_work })
        }
    }

    /// Makes all calls at work end, but for `own` of this thread's, and waits until they have left. Those of threads that
    /// were left behind by a fork never will.
    pub(crate) fn await_others(&self, own: usize) {
        // SAFETY: `begin`'s caller promised that the structure stays; what hangs there is taken down by `end` only, and
        // no reference to the structure lives while this waits.
        unsafe {
            if is_shared_with_parent(self.r, own) {
                return;
            }
            if Gate::of(self.r).inside() > own
                && let Some(connection) = place(self.r).load(Ordering::Acquire).as_ref()
            {
                connection.stream.interrupt_all();
            }
            while Gate::of(self.r).inside() > own {
                std::thread::sleep(WAITING_INTERVAL);
            }
        }
    }

    /// Ends the close: runs `reset`, lets go of what hung on the structure, and lets calls begin again. No other call is
    /// at work any more.
    ///
    /// # Safety
    /// This thread does not use what hangs on the structure after `reset`.
    pub(crate) unsafe fn end(&self, reset: impl FnOnce()) {
        let before = {
            let _guard = stripe(self.r);
            reset();
            // SAFETY: `begin`'s caller promised that the structure stays, and the stripe is held.
            unsafe {
                let before = unhang(self.r);
                Gate::of(self.r).open();
                before
            }
        };
        drop(before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::call::ReadingCall;
    use crate::capi::close::RTMP_Close;
    use crate::capi::testing::Handle;
    use std::os::fd::IntoRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicI32;
    use std::time::Instant;

    #[test]
    fn a_replaced_connection_stays_for_the_call_that_uses_it() {
        let (first, _peer) = UnixStream::pair().unwrap();
        let (second, _other_peer) = UnixStream::pair().unwrap();
        let (first_fd, second_fd) = (first.as_raw_fd(), second.into_raw_fd());
        let handle = Handle::over(first);
        // SAFETY: the handle is initialised; each descriptor is closed once.
        unsafe {
            let at_work = current(handle.0).unwrap();
            (*handle.0).m_sb.sb_socket = second_fd;
            assert_eq!(handle.elsewhere(|r| current(r).unwrap().fd()), second_fd);
            assert_eq!(at_work.fd(), first_fd);
            let hung = place(handle.0).load(Ordering::Acquire);
            assert!((*hung).replaced.is_some(), "kept, as a call is at work on it");
            drop(at_work);
            (*handle.0).m_sb.sb_socket = first_fd;
            assert_eq!(current(handle.0).unwrap().fd(), first_fd);
            let hung = place(handle.0).load(Ordering::Acquire);
            assert!((*hung).replaced.is_none(), "freed, as no call is at work on it");
            handle.free();
            libc::close(second_fd);
        }
    }

    #[test]
    fn readers_take_turns() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let readers = AtomicI32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let readers = &readers;
                scope.spawn(move || {
                    let handle = handle;
                    for _ in 0..200 {
                        // SAFETY: the handle is initialised.
                        let mut call = unsafe { ReadingCall::begin(handle.0) }.unwrap();
                        call.run(|_, _, _| {
                            assert_eq!(readers.fetch_add(1, Ordering::SeqCst), 0);
                            std::thread::yield_now();
                            readers.fetch_sub(1, Ordering::SeqCst);
                        });
                    }
                });
            }
        });
        handle.free();
    }

    #[test]
    fn a_reader_that_waits_for_its_turn_hears_of_a_close() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        let began = Instant::now();
        // SAFETY: the handle is initialised.
        unsafe {
            let first = ReadingCall::begin(handle.0).unwrap();
            std::thread::scope(|scope| {
                let second = scope.spawn(move || {
                    let handle = handle;
                    ReadingCall::begin(handle.0).is_none()
                });
                let close = scope.spawn(move || {
                    let handle = handle;
                    RTMP_Close(handle.0);
                });
                assert!(second.join().unwrap());
                assert!(!close.is_finished(), "it waits for the first reader");
                drop(first);
                close.join().unwrap();
            });
        }
        handle.free();
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_nested_call_fails_at_once() {
        let (ours, _peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        // SAFETY: the handle is initialised.
        unsafe {
            let mut outer = ReadingCall::begin(handle.0).unwrap();
            outer.run(|_, _, _| {
                for seat in [None, Some(Seat::Reading), Some(Seat::Publishing)] {
                    assert!(entered(handle.0, seat).is_none());
                }
                assert!(nested(handle.0).is_some());
                assert!(handle.elsewhere(|r| nested(r).is_none() && current(r).is_some()));
            });
            drop(outer);
            assert!(nested(handle.0).is_none() && current(handle.0).is_some());
            assert_eq!(Gate::of(handle.0).inside(), 0);
        }
        handle.free();
    }
}
