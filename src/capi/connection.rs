//! What hangs on `struct RTMP` while it is connected: one counted [`Connection`] on `Link.dh`.
//!
//! It is made at the first use of a connected descriptor and let go by `RTMP_Close`. A call takes its own count before
//! it works, so that a close in another thread never pulls the session from under it. No table is keyed by address:
//! the structure may be moved between calls.

use crate::capi::input::SockInput;
use crate::capi::mem::MallocBody;
use crate::capi::owner::Owner;
use crate::capi::types::RTMP;
use crate::session::{Ciphers, Conversation, Reading, Session};
use crate::transport::{Interrupt, Socket, Stream};
use libc::c_int;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The private state of a connected `struct RTMP`.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The core's session.
    pub(crate) session: Session<MallocBody>,
    /// Keeps both halves apart where they share `m_methodCalls`.
    pub(crate) calls: Mutex<()>,
    /// Where the buffered bytes begin in `sb_buf`, should the structure be moved.
    pub(crate) buffer_start: AtomicUsize,
    /// The body bytes of the last chunk, for a program that asked for them with `m_chunk`.
    pub(crate) last_part: Mutex<Vec<u8>>,
    /// The program reads by itself, so sending must not take its messages away.
    pub(crate) program_reads: AtomicBool,
    /// Media was sent, so closing waits until the server has it.
    pub(crate) published: AtomicBool,
    /// The chunk size that the library announced by itself, to be taken back on close; 0 for none.
    pub(crate) announced_chunk_size: AtomicUsize,
    /// When a writing call last listened, in milliseconds since `born`.
    last_listened: AtomicU64,
    born: Instant,
}

/// How often a writing call listens to the server, at most.
const LISTEN_INTERVAL: Duration = Duration::from_millis(10);
/// Loads and stores of `Link.dh` are guarded by one of these locks, held for a few instructions and never longer.
static STRIPES: [Mutex<()>; 16] = [const { Mutex::new(()) }; 16];

fn stripe(r: *const RTMP) -> MutexGuard<'static, ()> {
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
            calls: Mutex::default(),
            buffer_start: AtomicUsize::new(0),
            last_part: Mutex::default(),
            program_reads: AtomicBool::new(false),
            published: AtomicBool::new(false),
            announced_chunk_size: AtomicUsize::new(0),
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
pub(crate) unsafe fn install(r: *mut RTMP, stream: Arc<Stream>, ciphers: Option<Ciphers>) -> Arc<Connection> {
    let connection = Arc::new(Connection::new(stream, ciphers));
    let hung = Arc::into_raw(Arc::clone(&connection));
    let before = {
        let _guard = stripe(r);
        // SAFETY: the caller's promise; `dh` is the library's own member.
        unsafe { std::mem::replace(&mut (*r).Link.dh, hung.cast_mut().cast()) }
    };
    // SAFETY: what hung there came from `Arc::into_raw` above, and its count was the structure's.
    drop(unsafe { from_hung(before.cast()) });
    connection
}

/// Takes the structure's connection away from it.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn take(r: *mut RTMP) -> Option<Arc<Connection>> {
    let _guard = stripe(r);
    // SAFETY: the caller's promise; `dh` is null or came from `install`.
    unsafe { from_hung(std::mem::replace(&mut (*r).Link.dh, std::ptr::null_mut()).cast()) }
}

/// # Safety
/// `hung` is null or came from `Arc::into_raw`, with a count that is now the caller's.
unsafe fn from_hung(hung: *const Connection) -> Option<Arc<Connection>> {
    // SAFETY: the caller's promise.
    (!hung.is_null()).then(|| unsafe { Arc::from_raw(hung) })
}

/// The structure's connection: the one that hangs there, or a new one over a descriptor that the program put into
/// `m_sb.sb_socket`. `None` when there is no descriptor.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
pub(crate) unsafe fn current(r: *mut RTMP) -> Option<Arc<Connection>> {
    // SAFETY: the caller's promise; the count is raised under the stripe, so the block cannot go between both lines.
    let (fd, hung) = unsafe {
        let _guard = stripe(r);
        let hung = (*r).Link.dh.cast_const().cast::<Connection>();
        if !hung.is_null() {
            Arc::increment_strong_count(hung);
        }
        ((*r).m_sb.sb_socket, from_hung(hung))
    };
    match hung {
        _ if fd < 0 => None,
        Some(connection) if connection.fd() == fd => Some(connection),
        // SAFETY: the caller's promise.
        _ => Some(unsafe { install(r, Arc::new(plain_stream(fd)), None) }),
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
    pub(crate) unsafe fn begin(r: *mut RTMP, connection: &'c Connection) -> Option<Self> {
        let reading = connection.session.reading.lock().ok()?;
        // SAFETY: the caller's promise.
        let owner = unsafe { Owner::load(r, connection) };
        Some(Self { owner, reading, connection, r })
    }

    /// As [`Self::begin`], when no other thread is reading.
    ///
    /// # Safety
    /// As [`Self::begin`].
    pub(crate) unsafe fn try_begin(r: *mut RTMP, connection: &'c Connection) -> Option<Self> {
        let reading = connection.session.reading.try_lock().ok()?;
        // SAFETY: the caller's promise.
        let owner = unsafe { Owner::load(r, connection) };
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
            unsafe { SockInput::new(&raw mut (*self.r).m_sb, connection, cipher.as_mut(), waits) };
        let result = work(&mut talk, &mut self.reading, &mut input);
        drop(input);
        self.reading.cipher = cipher;
        result
    }
}
