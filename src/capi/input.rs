//! The input buffer of a C program's session: `m_sb.sb_buf` itself, and, while more arrives at once than it holds, memory
//! of the connection's. `sb_start` and `sb_size` always tell what is buffered, wherever it lies.

use crate::capi::connection::Connection;
use crate::capi::scalar::Scalar;
use crate::capi::types::{RTMP, RTMP_BUFFER_CACHE_SIZE, RTMPSockBuf};
use crate::capi::{awaited, connect};
use crate::crypto::Rc4;
use crate::transport::{Deadline, Input, Polling, Received};
use crate::{Error, Result};
use libc::c_int;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicPtr, Ordering};

/// How much the connection's memory takes in one receive. Each receive makes the kernel send an acknowledgement and wake
/// the sender, which costs far more than copying what it brought (measured: 64 KiB at a time cost a fifth more processor
/// time than this, twice as much brings nothing).
const BULK_SIZE: usize = 256 * 1024;

/// Memory of the connection's for what arrives faster than `sb_buf` can take it. It is there only while that is so: an
/// idle connection has none.
#[derive(Debug, Default)]
pub(crate) struct Bulk(AtomicPtr<u8>);

impl Bulk {
    fn get(&self) -> Option<*mut u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|memory| !memory.is_null())
    }

    /// Makes it be there; without memory it is not, and `sb_buf` does.
    fn allocate(&self) {
        if self.get().is_none() {
            // SAFETY: any size may be asked for.
            self.0.store(unsafe { libc::malloc(BULK_SIZE) }.cast(), Ordering::Relaxed);
        }
    }

    /// Lets it go. Nothing may be buffered there.
    fn free(&self) {
        // SAFETY: the pointer is null or came from `allocate`, and null is left behind.
        unsafe { libc::free(self.0.swap(std::ptr::null_mut(), Ordering::Relaxed).cast()) };
    }

    /// Where in it an address lies.
    fn offset(&self, address: usize) -> Option<usize> {
        self.get().map(|memory| address.wrapping_sub(memory.addr())).filter(|offset| *offset < BULK_SIZE)
    }

    /// Makes the structure forget what is buffered here, as the connection leaves it.
    ///
    /// # Safety
    /// `sb` points to an initialised `RTMPSockBuf`.
    pub(crate) unsafe fn leave(&self, sb: *mut RTMPSockBuf) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.offset((*sb).sb_start.addr()).is_some() {
                (*sb).sb_start = std::ptr::null_mut();
                (*sb).sb_size = 0;
            }
        }
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        self.free();
    }
}

/// Whether a receive that finds nothing may wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// As long as the socket's settings say.
    Allowed,
    /// It may not: nothing there is a time-out at once.
    Forbidden,
}

/// `m_sb` as an [`Input`]. No reference into it lives while a receive waits.
pub(crate) struct SockInput<'a> {
    r: *mut RTMP,
    connection: &'a Connection,
    cipher: Option<&'a mut Rc4>,
    wait: Wait,
    /// Where what is buffered lies: `sb_buf` or the connection's memory, and how long that is.
    base: *mut u8,
    capacity: usize,
    start: usize,
    size: usize,
}

impl<'a> SockInput<'a> {
    /// Takes up what is buffered. The program may have moved the structure, and with it the buffer that `sb_start`
    /// points into; what is out of bounds is no buffered data.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP` that stays where it is, and whose `m_sb` nobody else uses, while this
    /// lives; `connection` hangs on it.
    pub(crate) unsafe fn new(
        r: *mut RTMP,
        connection: &'a Connection,
        cipher: Option<&'a mut Rc4>,
        wait: Wait,
    ) -> Self {
        // SAFETY: the caller's promise; only addresses are compared, nothing is read through `sb_start`.
        let (own, size, at) = unsafe {
            let sb = &raw mut (*r).m_sb;
            let own: *mut u8 = (&raw mut (*sb).sb_buf).cast();
            (own, usize::try_from((*sb).sb_size).unwrap_or(0), (*sb).sb_start.addr())
        };
        let bulk = connection.bulk.offset(at).filter(|start| size <= BULK_SIZE - *start);
        if let (Some(start), Some(base)) = (bulk, connection.bulk.get()) {
            return Self { r, connection, cipher, wait, base, capacity: BULK_SIZE, start, size };
        }
        let capacity = RTMP_BUFFER_CACHE_SIZE;
        let size = size.min(capacity);
        let moved = connection.buffer_start.load(Ordering::Relaxed);
        let fits = |start: &usize| *start <= capacity - size;
        let offset = at.wrapping_sub(own.addr());
        let start = Some(offset).filter(fits).or(Some(moved).filter(fits)).unwrap_or(0);
        let mut input = Self { r, connection, cipher, wait, base: own, capacity, start, size };
        if input.cipher.is_some() {
            input.decipher_filled();
        }
        input
    }

    /// Deciphers what the program has put behind what was buffered, by `RTMPSockBuf_Fill`.
    #[cold]
    fn decipher_filled(&mut self) {
        let known = self.connection.deciphered.load(Ordering::Relaxed).min(self.size);
        let filled = std::mem::replace(&mut self.size, known) - known;
        match self.decipher(&mut [], filled) {
            Ok(()) => self.size += filled,
            Err(error) => {
                crate::error!("{error}");
                self.connection.stream.interrupt_all();
            }
        }
    }

    /// Ends a call of a program that polls the descriptor, or may do so; `has_more` tells whether it has not been given all
    /// but what is buffered.
    #[cold]
    pub(crate) fn rest(&self, has_more: bool) {
        let stream = &self.connection.stream;
        if self.size == 0 && !has_more {
            stream.rest();
        }
        if stream.socket().change_polling(Polling::Open, Polling::No) {
            stream.socket().take_back();
        }
    }

    fn own(&self) -> *mut u8 {
        // SAFETY: `new`'s caller promised that `r` is good; only an address is taken.
        unsafe { (&raw mut (*self.r).m_sb.sb_buf).cast() }
    }

    /// Makes the public fields say what is buffered.
    fn publish(&mut self) {
        // SAFETY: `new`'s caller promised that `r` is good; `start` lies inside the buffer.
        unsafe {
            (*self.r).m_sb.sb_start = self.base.add(self.start).cast();
            (*self.r).m_sb.sb_size = self.size as c_int;
        }
        self.connection.buffer_start.store(self.start, Ordering::Relaxed);
        if self.cipher.is_some() {
            self.connection.deciphered.store(self.size, Ordering::Relaxed);
        }
    }

    /// Moves what is buffered to the front of the memory that the next receive is to fill, so that there is room behind
    /// it: the connection's while more arrives at once than `sb_buf` holds, else `sb_buf`.
    fn make_room(&mut self) {
        let (base, capacity) = match self.connection.bulk.get() {
            Some(bulk) => (bulk, BULK_SIZE),
            None => (self.own(), RTMP_BUFFER_CACHE_SIZE),
        };
        if self.size > 0 && (base != self.base || self.start > 0) {
            // SAFETY: what is buffered lies inside its memory and fits the other (see `leave_bulk`); `copy` allows both
            // to overlap.
            unsafe { std::ptr::copy(self.base.add(self.start), base, self.size) };
        }
        (self.base, self.capacity, self.start) = (base, capacity, 0);
    }

    /// Goes back to `sb_buf`, when what is buffered fits there; whether it did.
    fn leave_bulk(&mut self) -> bool {
        let leaves = self.connection.bulk.get().is_some() && self.size < RTMP_BUFFER_CACHE_SIZE;
        if leaves {
            let own = self.own();
            // SAFETY: what is buffered fits `sb_buf`, with room to spare; `copy` allows both to overlap.
            unsafe { std::ptr::copy(self.base.add(self.start), own, self.size) };
            (self.base, self.capacity, self.start) = (own, RTMP_BUFFER_CACHE_SIZE, 0);
            self.connection.bulk.free();
        }
        leaves
    }

    /// Receives from a plain socket. Large receives never wait: when nothing is there, the stream is no longer faster
    /// than its reader, and the wait is for `sb_buf`.
    fn receive_plain(&mut self, direct: &mut [u8], ahead: usize) -> Result<usize> {
        let in_bulk = self.connection.bulk.get().is_some();
        let wait = if in_bulk { Wait::Forbidden } else { self.wait };
        let received = match self.receive_once(direct, ahead, wait) {
            Err(Error::TimedOut) if in_bulk && self.leave_bulk() => {
                self.receive_once(direct, ahead, self.wait)
            }
            received => received,
        }?;
        if received == direct.len() + self.capacity - self.size {
            self.connection.bulk.allocate();
        }
        Ok(received)
    }

    /// One receive of a plain socket into `direct` and at most `ahead` bytes of the room behind what is buffered, straight
    /// from the kernel.
    fn receive_once(&mut self, direct: &mut [u8], ahead: usize, wait: Wait) -> Result<usize> {
        let end = self.start + self.size;
        let ahead = ahead.min(self.capacity - end);
        // SAFETY: `end` is at most the memory's size, so the room lies inside it.
        let room = unsafe { self.base.add(end) };
        let mut parts = [
            libc::iovec { iov_base: direct.as_mut_ptr().cast(), iov_len: direct.len() },
            libc::iovec { iov_base: room.cast(), iov_len: ahead },
        ];
        let first = usize::from(direct.is_empty());
        let socket = self.connection.stream.socket();
        let flags = match wait {
            Wait::Allowed => 0,
            Wait::Forbidden => libc::MSG_DONTWAIT,
        };
        socket.receiving(|| {
            // SAFETY: a zeroed msghdr is a valid one; both parts point to writable memory of the given lengths, which
            // nothing else refers to while the call runs (`direct` is borrowed, the rest is used through raw pointers).
            let received = unsafe {
                let mut message: libc::msghdr = std::mem::zeroed();
                message.msg_iov = parts.as_mut_ptr().add(first);
                message.msg_iovlen = (2 - first) as _;
                libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags)
            };
            usize::try_from(received).map_err(|_| io::Error::last_os_error())
        })
    }

    /// How much of a plain socket may be received behind `direct` bytes: as much as there is room for. A program that polls
    /// the descriptor must find it readable while a complete message is buffered: for such a one a byte of what has come
    /// stays in the kernel, so that the last message is complete only when it is asked for. `None` when that byte is what is
    /// asked for, and for layered streams: then the socket lends it.
    fn ahead_of(&self, direct: usize) -> Option<usize> {
        let stream = &self.connection.stream;
        if !stream.is_plain() {
            return None;
        }
        if !stream.socket().is_polled() {
            return Some(self.capacity);
        }
        let spare = stream.socket().waiting().checked_sub(direct + 1)?;
        (direct > 0 || spare > 0).then_some(spare)
    }

    /// One receive, however the stream is made.
    #[inline(always)]
    fn receive_any(&mut self, direct: &mut [u8]) -> Result<usize> {
        match self.ahead_of(direct.len()) {
            Some(ahead) => self.receive_plain(direct, ahead),
            None => {
                self.leave_bulk();
                self.receive_from_stream(direct, Deadline::NEVER)
            }
        }
    }

    /// One receive while the server may owe an answer, for which it has so long whatever else it sends.
    #[cold]
    fn receive_awaiting(&mut self, direct: &mut [u8]) -> Result<usize> {
        let awaited = &self.connection.awaited;
        // SAFETY: `new`'s caller promised that `r` is good, and that the connection hangs on it.
        let (missing, timeout) =
            unsafe { (awaited::missing(self.r, self.connection), connect::timeout(self.r)) };
        if missing.is_none() {
            awaited.settle();
            return self.receive_any(direct);
        }
        let due = awaited.due(timeout);
        // Also while something comes all the time.
        let received = due.left().and_then(|_| {
            self.leave_bulk();
            self.receive_from_stream(direct, due)
        });
        if matches!(received, Err(Error::TimedOut)) {
            awaited.timed_out();
        }
        received
    }

    /// One receive of a layered stream (TLS, tunnel), of a socket that lends its last byte, or of one that must be ready by
    /// `latest`: into `direct`, and the room behind what is buffered.
    fn receive_from_stream(&mut self, direct: &mut [u8], latest: Deadline) -> Result<usize> {
        let stream = &self.connection.stream;
        let mut receive_now = || {
            let end = self.start + self.size;
            // SAFETY: the room lies inside the buffer; the reference lives for this call only, which does not wait.
            let room = unsafe { std::slice::from_raw_parts_mut(self.base.add(end), self.capacity - end) };
            stream.receive_parts_now(direct, room)
        };
        match self.wait {
            Wait::Allowed => stream.receive_waiting(latest, receive_now),
            Wait::Forbidden => receive_now(),
        }
    }

    fn decipher(&mut self, direct: &mut [u8], buffered: usize) -> Result<()> {
        let end = self.start + self.size;
        let base = self.base;
        let Some(cipher) = &mut self.cipher else { return Ok(()) };
        cipher.apply(direct)?;
        // SAFETY: the receive has just filled `buffered` bytes behind `end`; the reference does not outlive this line.
        cipher.apply(unsafe { std::slice::from_raw_parts_mut(base.add(end), buffered) })
    }
}

impl Input for SockInput<'_> {
    fn buffered(&self) -> &[u8] {
        // SAFETY: `size` initialised bytes from `start` on lie inside the memory; the result borrows from self, and
        // receiving needs self exclusively.
        unsafe { std::slice::from_raw_parts(self.base.add(self.start), self.size) }
    }

    fn consume(&mut self, n: usize) {
        let n = n.min(self.size);
        self.size -= n;
        self.start = if self.size == 0 { 0 } else { self.start + n };
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        self.make_room();
        let received = if self.wait == Wait::Allowed && self.connection.awaited.is() {
            self.receive_awaiting(direct)
        } else {
            self.receive_any(direct)
        };
        // SAFETY: `new`'s caller promised that `r` is good.
        unsafe {
            let timed_out = matches!(received, Err(Error::TimedOut)) && self.wait == Wait::Allowed;
            Scalar::store(&raw mut (*self.r).m_sb.sb_timedout, c_int::from(timed_out));
        };
        let received = match received? {
            0 => return Err(Error::Closed),
            n => n,
        };
        let straight = received.min(direct.len());
        let buffered = received - straight;
        self.decipher(direct.get_mut(..straight).unwrap_or_default(), buffered)?;
        self.size += buffered;
        Ok(Received { direct: straight, buffered })
    }
}

impl Drop for SockInput<'_> {
    fn drop(&mut self) {
        self.publish();
    }
}
