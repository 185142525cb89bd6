//! What hangs on `struct RTMP` while it is connected: a [`Connection`].
//!
//! It is made at the first use of a connected descriptor and let go by `RTMP_Close`. A call works on it through an
//! [`InUse`](crate::capi::call::InUse), for which the handle's gate counts it, so that a close in another thread never
//! pulls the session from under it, and waits until the call has left.

mod closing;
mod dialling;
mod entry;
mod hung;
mod notes;
mod origin;

pub(crate) use closing::{Busy, Closing, Wish};
pub(crate) use dialling::Dialling;
pub(crate) use entry::{current, enter, expect_polling, nested, required, say_unconnected};
pub(crate) use hung::{place, replace};
pub(crate) use notes::{await_closes, is_dialled_elsewhere, is_dialled_here};
pub(crate) use origin::{Belonging, belonging, is_shared_with_parent};

use crate::capi::awaited::Awaited;
use crate::capi::call::Seated;
use crate::capi::input::Bulk;
use crate::capi::mem::MallocBody;
use crate::handshake::Ciphers;
use crate::session::{PublishAhead, Publisher, Reading, Sender, Session};
use crate::transport::{Interrupt, Socket, Stream};
use hung::TakenDown;
use libc::c_int;
use origin::Origin;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The private state of a connected `struct RTMP`.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The stream; `interrupt_all` on it wakes all calls at work.
    pub(crate) stream: Arc<Stream>,
    /// The server that it was made to, by name and port: a program may free the text once it is connected.
    pub(crate) server: Option<String>,
    /// The writing half, which has a lock of its own.
    pub(crate) sender: Sender,
    /// The reading half.
    pub(crate) reading: Seated<Reading<MallocBody>>,
    /// The state of `RTMP_Write`.
    pub(crate) publisher: Seated<Publisher>,
    /// The lock of the arrays `m_methodCalls` and `m_channelTimestamp`.
    pub(crate) arrays: Mutex<()>,
    /// Where the buffered bytes begin in `sb_buf`, should the structure be moved.
    pub(crate) buffer_start: AtomicUsize,
    /// How many of the buffered bytes are deciphered (RTMPE): what stands behind them the program has received by itself.
    pub(crate) deciphered: AtomicUsize,
    /// Where bytes are buffered that arrive faster than `sb_buf` takes them; whoever has the reading half's seat uses it.
    pub(crate) bulk: Bulk,
    /// The last `RTMP_Read` ended with a time-out.
    pub(crate) read_timed_out: AtomicBool,
    /// The program has made the descriptor non-blocking, and knows when nothing comes.
    pub(crate) is_nonblocking: AtomicBool,
    /// The program reads by itself, so sending must not take its messages away.
    pub(crate) program_reads: AtomicBool,
    /// Media was sent, so closing waits until the peer has it.
    pub(crate) published: AtomicBool,
    /// The program has called `RTMP_Close`: what other calls meet from then on is of its own making.
    pub(crate) is_closed_by_program: AtomicBool,
    /// `RTMP_Close` wants the settings freed as well, whichever call ends the session.
    pub(crate) frees_settings: AtomicBool,
    /// The chunk size that the library announced by itself, to be taken back on close; 0 for none.
    pub(crate) announced_chunk_size: AtomicUsize,
    /// How often a bandwidth check was asked for.
    pub(crate) bandwidth_checks: AtomicU32,
    /// Whether the server owes an answer without which the stream does not begin.
    pub(crate) awaited: Awaited,
    /// What became of a `publish` sent ahead.
    pub(crate) publish_ahead: Mutex<PublishAhead>,
    /// Who connected what.
    origin: Origin,
    /// What this connection replaced while other calls were at work on it: they may be still.
    replaced: Option<TakenDown>,
    /// When a writing call last listened, by [`coarse_ms`].
    last_listened: AtomicU64,
}

/// How often a writing call listens to the server, at most.
const LISTEN_INTERVAL: Duration = Duration::from_millis(10);
/// How often a close looks whether other threads' calls have left, and a call whether a seat is free.
pub(crate) const WAITING_INTERVAL: Duration = Duration::from_millis(1);

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
            server: None,
            sender,
            reading: Seated::new(reading),
            publisher: Seated::new(publisher),
            arrays: Mutex::default(),
            buffer_start: AtomicUsize::new(0),
            deciphered: AtomicUsize::new(0),
            bulk: Bulk::default(),
            read_timed_out: AtomicBool::new(false),
            is_nonblocking: AtomicBool::new(false),
            program_reads: AtomicBool::new(false),
            is_closed_by_program: AtomicBool::new(false),
            frees_settings: AtomicBool::new(false),
            published: AtomicBool::new(false),
            announced_chunk_size: AtomicUsize::new(0),
            bandwidth_checks: AtomicU32::new(0),
            awaited: Awaited::default(),
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

/// Milliseconds of a clock that goes on by a few at a time, and that costs little to look at.
fn coarse_ms() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    Duration::try_from(now).map_or(0, |now| now.as_millis() as u64)
}

/// A stream over the descriptor that stands in `m_sb.sb_socket`.
///
/// # Safety
/// `fd` is not negative, and the library's to use: that of a connection, or of a buffer that the program hands over.
pub(crate) unsafe fn plain_stream(fd: c_int) -> Stream {
    // SAFETY: the caller's promise; `Socket` closes it only when told to, so a descriptor that the program closed by
    // itself does no harm.
    Stream::Tcp(Socket::new(unsafe { OwnedFd::from_raw_fd(fd) }, interrupt()))
}
