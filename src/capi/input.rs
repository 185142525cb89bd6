//! The input buffer of a C program's session: `m_sb.sb_buf` itself, so that `sb_size` is always true.

use crate::capi::connection::Connection;
use crate::capi::scalar::Scalar;
use crate::capi::types::{RTMP_BUFFER_CACHE_SIZE, RTMPSockBuf};
use crate::crypto::Rc4;
use crate::transport::{Input, Received, Stream, retry};
use crate::{Error, Result};
use libc::c_int;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;

/// `m_sb` as an [`Input`]. No reference into it lives while a receive waits.
pub(crate) struct SockInput<'a> {
    sb: *mut RTMPSockBuf,
    connection: &'a Connection,
    cipher: Option<&'a mut Rc4>,
    waits: bool,
    start: usize,
    size: usize,
}

impl<'a> SockInput<'a> {
    /// Takes up what is buffered. The program may have moved the structure, and with it the buffer that `sb_start`
    /// points into; what is out of bounds is no buffered data.
    ///
    /// # Safety
    /// `sb` points to an initialised `RTMPSockBuf` that stays where it is and is used by nobody else while this lives.
    pub(crate) unsafe fn new(
        sb: *mut RTMPSockBuf,
        connection: &'a Connection,
        cipher: Option<&'a mut Rc4>,
        waits: bool,
    ) -> Self {
        // SAFETY: the caller's promise; only addresses are compared, nothing is read through `sb_start`.
        let (size, offset) = unsafe {
            let base = (&raw const (*sb).sb_buf).addr();
            ((*sb).sb_size, (*sb).sb_start.addr().wrapping_sub(base))
        };
        let size = usize::try_from(size).unwrap_or(0).min(RTMP_BUFFER_CACHE_SIZE);
        let moved = connection.buffer_start.load(Ordering::Relaxed);
        let fits = |start: &usize| *start <= RTMP_BUFFER_CACHE_SIZE - size;
        let start = Some(offset).filter(fits).or(Some(moved).filter(fits)).unwrap_or(0);
        Self { sb, connection, cipher, waits, start, size }
    }

    fn base(&self) -> *mut u8 {
        // SAFETY: `new`'s caller promised that `sb` is good; only an address is taken.
        unsafe { (&raw mut (*self.sb).sb_buf).cast() }
    }

    /// Makes the public fields say what is buffered.
    fn publish(&mut self) {
        // SAFETY: `new`'s caller promised that `sb` is good; `start` lies inside the buffer.
        unsafe {
            (*self.sb).sb_start = self.base().add(self.start).cast();
            (*self.sb).sb_size = self.size as c_int;
        }
        self.connection.buffer_start.store(self.start, Ordering::Relaxed);
    }

    /// Moves what is buffered to the front, so that there is room behind it.
    fn compact(&mut self) {
        if self.start > 0 {
            // SAFETY: both ranges lie inside the buffer; `copy` allows them to overlap.
            unsafe { std::ptr::copy(self.base().add(self.start), self.base(), self.size) };
            self.start = 0;
        }
    }

    /// One receive of a plain socket into `direct` and the room behind what is buffered, straight from the kernel.
    fn receive_plain(&mut self, direct: &mut [u8]) -> Result<usize> {
        let end = self.start + self.size;
        // SAFETY: `end` is at most the buffer's size, so the room lies inside it.
        let room = unsafe { self.base().add(end) };
        let mut parts = [
            libc::iovec { iov_base: direct.as_mut_ptr().cast(), iov_len: direct.len() },
            libc::iovec { iov_base: room.cast(), iov_len: RTMP_BUFFER_CACHE_SIZE - end },
        ];
        let first = usize::from(direct.is_empty());
        let socket = self.connection.session.stream.socket();
        let flags = if self.waits { 0 } else { libc::MSG_DONTWAIT };
        retry(socket.interrupt(), "receive", || {
            // SAFETY: a zeroed msghdr is a valid one; both parts point to writable memory of the given lengths, which
            // nothing else refers to while the call runs (`direct` is borrowed, the buffer is used through raw pointers).
            let received = unsafe {
                let mut message: libc::msghdr = std::mem::zeroed();
                message.msg_iov = parts.as_mut_ptr().add(first);
                message.msg_iovlen = (2 - first) as _;
                libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags)
            };
            usize::try_from(received).map_err(|_| io::Error::last_os_error())
        })
    }

    /// One receive of a layered stream (TLS, tunnel): into `direct`, and the room behind what is buffered.
    fn receive_layered(&mut self, direct: &mut [u8]) -> Result<usize> {
        let stream = &self.connection.session.stream;
        let mut deadline = None;
        loop {
            match self.receive_layered_now(stream, direct) {
                Err(Error::TimedOut) if self.waits => {}
                result => return result,
            }
            let deadline = match deadline {
                Some(deadline) => deadline,
                None => *deadline.insert(stream.socket().receive_deadline()?),
            };
            stream.wait_readable(deadline)?;
        }
    }

    fn receive_layered_now(&self, stream: &Stream, direct: &mut [u8]) -> Result<usize> {
        let end = self.start + self.size;
        // SAFETY: the room lies inside the buffer; the reference lives for this call only, which does not wait.
        let room =
            unsafe { std::slice::from_raw_parts_mut(self.base().add(end), RTMP_BUFFER_CACHE_SIZE - end) };
        stream.receive_parts_now(direct, room)
    }

    fn decipher(&mut self, direct: &mut [u8], buffered: usize) -> Result<()> {
        let end = self.start + self.size;
        let base = self.base();
        let Some(cipher) = &mut self.cipher else { return Ok(()) };
        cipher.apply(direct)?;
        // SAFETY: the receive has just filled `buffered` bytes behind `end`; the reference does not outlive this line.
        cipher.apply(unsafe { std::slice::from_raw_parts_mut(base.add(end), buffered) })
    }
}

impl Input for SockInput<'_> {
    fn buffered(&self) -> &[u8] {
        // SAFETY: `size` initialised bytes from `start` on lie inside the buffer; the result borrows from self, and
        // receiving needs self exclusively.
        unsafe { std::slice::from_raw_parts(self.base().add(self.start), self.size) }
    }

    fn consume(&mut self, n: usize) {
        let n = n.min(self.size);
        self.size -= n;
        self.start = if self.size == 0 { 0 } else { self.start + n };
    }

    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        self.compact();
        let plain = self.connection.session.stream.is_plain();
        let received = if plain { self.receive_plain(direct) } else { self.receive_layered(direct) };
        // SAFETY: `new`'s caller promised that `sb` is good.
        unsafe {
            let timed_out = matches!(received, Err(Error::TimedOut)) && self.waits;
            Scalar::store(&raw mut (*self.sb).sb_timedout, c_int::from(timed_out));
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
