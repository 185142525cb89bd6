//! What hangs on `struct RTMP` while it is connected: one counted [`Connection`] on `Link.dh`.
//!
//! It is made at the first use of a connected descriptor and let go by `RTMP_Close`. A call works on it through an
//! [`InUse`], a count of its own, so that a close in another thread never pulls the session from under it, and waits
//! until the call has left. No table is keyed by address: the structure may be moved between calls.

use crate::capi::input::{Bulk, SockInput};
use crate::capi::mem::MallocBody;
use crate::capi::owner::Owner;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::session::{Ciphers, Conversation, PublishAhead, Reading, Session};
use crate::transport::{Interrupt, Socket, Stream};
use libc::c_int;
use std::cell::Cell;
use std::ops::Deref;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The private state of a connected `struct RTMP`.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The core's session.
    pub(crate) session: Session<MallocBody>,
    /// Keeps threads apart where they share the arrays `m_methodCalls` and `m_channelTimestamp`.
    pub(crate) arrays: Mutex<()>,
    /// Where the buffered bytes begin in `sb_buf`, should the structure be moved.
    pub(crate) buffer_start: AtomicUsize,
    /// Where bytes are buffered that arrive faster than `sb_buf` takes them; the reading half's lock guards it.
    pub(crate) bulk: Bulk,
    /// The body bytes of the last chunk, for a program that asked for them with `m_chunk`.
    pub(crate) last_part: Mutex<Vec<u8>>,
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
    /// When a writing call last listened, in milliseconds since `born`.
    last_listened: AtomicU64,
    born: Instant,
}

/// How often a writing call listens to the server, at most.
const LISTEN_INTERVAL: Duration = Duration::from_millis(10);
/// How often a close looks whether other threads' calls have ended.
const LEAVING_INTERVAL: Duration = Duration::from_millis(1);
/// `Link.dh` and what a close resets are guarded by one of these locks. No call waits or logs while it holds one.
static STRIPES: [Mutex<()>; 16] = [const { Mutex::new(()) }; 16];
/// Connections that one thread may be working on: more than one only where a log callback uses another handle.
const MAX_NESTED: usize = 8;

/// The connections that a thread is working on, outermost call first.
struct Working {
    /// Where they stand.
    places: [Cell<usize>; MAX_NESTED],
    depth: Cell<usize>,
}

thread_local! {
    static WORKING_ON: Working =
        const { Working { places: [const { Cell::new(0) }; MAX_NESTED], depth: Cell::new(0) } };
}

impl Working {
    fn has(&self, connection: usize) -> bool {
        self.places.iter().take(self.depth.get()).any(|place| place.get() == connection)
    }

    /// Notes a connection; whether it could be: it must not be there already, and a place must be left.
    fn begin(&self, connection: usize) -> bool {
        let depth = self.depth.get();
        if depth == MAX_NESTED || self.has(connection) {
            return false;
        }
        self.places[depth].set(connection);
        self.depth.set(depth + 1);
        true
    }

    /// Forgets the connection of the innermost call.
    fn end(&self) {
        self.depth.set(self.depth.get() - 1);
    }
}

/// A connection that the current call works on. While one lives, a close in another thread waits.
#[derive(Debug)]
pub(crate) struct InUse {
    connection: Arc<Connection>,
}

impl InUse {
    /// `None` when this thread is working on it already: a log callback has called back. The inner call must fail, as
    /// the outer one may hold the halves' locks.
    fn begin(connection: Arc<Connection>) -> Option<Self> {
        WORKING_ON.with(|working| working.begin(Arc::as_ptr(&connection).addr())).then(|| Self { connection })
    }

    /// Makes the calls of other threads end, and waits until they have. The connection must be detached.
    pub(crate) fn await_others(&mut self) {
        // `get_mut` acquires: what the others did to the structure before they let go of their counts is seen here.
        if Arc::get_mut(&mut self.connection).is_none() {
            self.session.stream.interrupt_all();
        }
        while Arc::get_mut(&mut self.connection).is_none() {
            std::thread::sleep(LEAVING_INTERVAL);
        }
    }
}

impl Deref for InUse {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        WORKING_ON.with(Working::end);
    }
}

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
        Self {
            session: Session::new(stream, ciphers),
            arrays: Mutex::default(),
            buffer_start: AtomicUsize::new(0),
            bulk: Bulk::default(),
            last_part: Mutex::default(),
            program_reads: AtomicBool::new(false),
            published: AtomicBool::new(false),
            announced_chunk_size: AtomicUsize::new(0),
            bandwidth_checks: AtomicU32::new(0),
            publish_ahead: Mutex::default(),
            last_listened: AtomicU64::new(0),
            born: Instant::now(),
        }
    }

    /// The descriptor under it.
    pub(crate) fn fd(&self) -> c_int {
        self.session.stream.socket().as_raw_fd()
    }

    /// Whether it is time for a writing call to listen again.
    pub(crate) fn listening_is_due(&self) -> bool {
        let now = self.born.elapsed().as_millis() as u64;
        let last = self.last_listened.load(Ordering::Relaxed);
        let due = now.wrapping_sub(last) >= LISTEN_INTERVAL.as_millis() as u64;
        if due {
            self.last_listened.store(now, Ordering::Relaxed);
        }
        due
    }
}

/// A stream over the descriptor that stands in `m_sb.sb_socket`.
pub(crate) fn plain_stream(fd: c_int) -> Stream {
    // SAFETY: the descriptor is the connection's, which is the library's to use and close from here on, as the header
    // says; `Socket` closes it only when told to, so a descriptor that the program closed by itself does no harm.
    Stream::Tcp(Socket::new(unsafe { OwnedFd::from_raw_fd(fd) }, interrupt()))
}

/// Hangs a new connection over `stream` on the structure; one that hung there is let go, its descriptor left open.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn install(r: *mut RTMP, stream: Arc<Stream>, ciphers: Option<Ciphers>) {
    let connection = Arc::new(Connection::new(stream, ciphers));
    let before = {
        let _guard = stripe(r);
        // SAFETY: the caller's promise, and the stripe is held.
        unsafe { hang(r, connection) }
    };
    drop(before);
}

/// Hangs a connection on the structure. Returns the one that hung there, for the caller to drop once the lock is free.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds.
unsafe fn hang(r: *mut RTMP, connection: Arc<Connection>) -> Option<Arc<Connection>> {
    // SAFETY: the caller's promise.
    unsafe { replace(r, Arc::into_raw(connection)) }
}

/// Puts `hung` in the place of what hangs on the structure, and forgets the bytes that are buffered in the memory of
/// what hung there.
///
/// # Safety
/// As [`hang`]; `hung` is null or has a count that is given away.
unsafe fn replace(r: *mut RTMP, hung: *const Connection) -> Option<Arc<Connection>> {
    // SAFETY: the caller's promise; `dh` is the library's own member, null or with a count from `Arc::into_raw`.
    unsafe {
        let before = from_hung(std::mem::replace(&mut (*r).Link.dh, hung.cast_mut().cast()).cast());
        if let Some(before) = &before {
            before.bulk.leave(&raw mut (*r).m_sb);
        }
        before
    }
}

/// # Safety
/// `hung` is null or came from `Arc::into_raw`, with a count that is now the caller's.
unsafe fn from_hung(hung: *const Connection) -> Option<Arc<Connection>> {
    // SAFETY: the caller's promise.
    (!hung.is_null()).then(|| unsafe { Arc::from_raw(hung) })
}

/// The structure's connection: the one that hangs there, or a new one over a descriptor that the program put into
/// `m_sb.sb_socket`. `None` when there is no descriptor, and for a call from within a call on the same handle.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn current(r: *mut RTMP) -> Option<InUse> {
    let (connection, before) = {
        let _guard = stripe(r);
        // SAFETY: the caller's promise; the count is raised under the stripe, so the block cannot go in between.
        unsafe {
            let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
            if fd < 0 {
                return None;
            }
            match counted(r).filter(|connection| connection.fd() == fd) {
                Some(connection) => (connection, None),
                None => {
                    let connection = Arc::new(Connection::new(Arc::new(plain_stream(fd)), None));
                    (Arc::clone(&connection), hang(r, connection))
                }
            }
        }
    };
    drop(before);
    InUse::begin(connection)
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
        if found.is_none() && nested(r).is_none() {
            crate::error!("{caller}: not connected");
        }
        found
    }
}

/// The connection that hangs on the structure, counted.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds.
unsafe fn counted(r: *mut RTMP) -> Option<Arc<Connection>> {
    // SAFETY: the caller's promise: what hangs there is live while the stripe is held.
    unsafe {
        let hung = (*r).Link.dh.cast_const().cast::<Connection>();
        if !hung.is_null() {
            Arc::increment_strong_count(hung);
        }
        from_hung(hung)
    }
}

/// The structure's connection when this very thread is working on it, further up its stack.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn nested(r: *mut RTMP) -> Option<Arc<Connection>> {
    let _guard = stripe(r);
    // SAFETY: the caller's promise, and the stripe is held.
    let hung = unsafe { counted(r) };
    hung.filter(|connection| WORKING_ON.with(|working| working.has(Arc::as_ptr(connection).addr())))
}

/// Takes the connection and its descriptor away from the structure: no call begins to use them any more, and until
/// [`forget`] the structure is being closed. Returns the descriptor; `None` when another thread was faster.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn detach(r: *mut RTMP, connection: &InUse) -> Option<c_int> {
    let _guard = stripe(r);
    // SAFETY: the caller's promise; the count that hung there is let go, and `connection` holds another.
    unsafe {
        if !std::ptr::addr_eq((*r).Link.dh, Arc::as_ptr(&connection.connection)) {
            return None;
        }
        drop(from_hung(std::mem::replace(&mut (*r).Link.dh, std::ptr::null_mut()).cast()));
        (*r).Link.rc4keyOut = r.cast();
        let fd = Scalar::load(&raw const (*r).m_sb.sb_socket);
        Scalar::store(&raw mut (*r).m_sb.sb_socket, -1);
        Some(fd)
    }
}

/// Whether a thread that has detached the connection is still waiting for the calls at work on it, which may use the
/// structure.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds.
pub(crate) unsafe fn is_being_closed(r: *mut RTMP) -> bool {
    // SAFETY: the caller's promise.
    unsafe { !(*r).Link.rc4keyOut.is_null() }
}

/// Ends a close. A connection may still hang on a structure without a descriptor, when the program has put -1 there.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, whose stripe the caller holds.
pub(crate) unsafe fn forget(r: *mut RTMP) {
    // SAFETY: the caller's promise; `dh` is null or holds a count.
    unsafe {
        drop(replace(r, std::ptr::null()));
        (*r).Link.rc4keyOut = std::ptr::null_mut();
    }
}

/// A call that works on the reading half, with its lock held.
pub(crate) struct ReadingCall<'c> {
    /// The public fields.
    pub(crate) owner: Owner<'c>,
    /// The reading half.
    pub(crate) reading: MutexGuard<'c, Reading<MallocBody>>,
    /// The connection.
    pub(crate) connection: &'c Connection,
    r: *mut RTMP,
}

impl<'c> ReadingCall<'c> {
    /// Waits for the reading half; `None` when a panic has ended it.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is while the call lives.
    #[inline]
    pub(crate) unsafe fn begin(r: *mut RTMP, connection: &'c Connection) -> Option<Self> {
        let reading = connection.session.reading.lock().ok()?;
        // SAFETY: the caller's promise.
        let owner = unsafe { Owner::new(r, connection) };
        Some(Self { owner, reading, connection, r })
    }

    /// As [`Self::begin`], when no other thread is reading.
    ///
    /// # Safety
    /// As [`Self::begin`].
    pub(crate) unsafe fn try_begin(r: *mut RTMP, connection: &'c Connection) -> Option<Self> {
        let reading = connection.session.reading.try_lock().ok()?;
        // SAFETY: the caller's promise.
        let owner = unsafe { Owner::new(r, connection) };
        Some(Self { owner, reading, connection, r })
    }

    /// Runs the core with the conversation, the reading half and the input at hand. `waits` tells whether receiving may
    /// wait.
    pub(crate) fn run<T>(
        &mut self,
        waits: bool,
        work: impl FnOnce(&mut Conversation<'_, Owner<'c>>, &mut Reading<MallocBody>, &mut SockInput<'_>) -> T,
    ) -> T {
        let connection = self.connection;
        let mut cipher = self.reading.cipher.take();
        let mut talk = Conversation { host: &mut self.owner, sender: &connection.session.sender };
        // SAFETY: `begin`'s caller promised that `r` stays; the reading half's lock is held, so nobody else is in the
        // buffer.
        let mut input =
            unsafe { SockInput::new(&raw mut (*self.r).m_sb, connection, cipher.as_deref_mut(), waits) };
        let result = work(&mut talk, &mut self.reading, &mut input);
        drop(input);
        self.reading.cipher = cipher;
        result
    }
}
