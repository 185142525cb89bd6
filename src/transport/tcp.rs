//! A TCP socket whose descriptor may belong to a C program: it is closed when asked, never by being dropped.
#![forbid(unsafe_code)]

use super::wait::{retry_waiting, timespec};
use super::{Deadline, Interrupt, retry};
use crate::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{RecvFlags, SendFlags};
use std::io::{self, IoSlice};
use std::mem::ManuallyDrop;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

/// Sends never raise SIGPIPE in the program (`MSG_NOSIGNAL`).
const NO_SIGNAL: i32 = SendFlags::NOSIGNAL.bits() as i32;
/// The same without waiting.
const NO_SIGNAL_NO_WAIT: i32 = SendFlags::NOSIGNAL.union(SendFlags::DONTWAIT).bits() as i32;
/// How many slices one system call takes (`IOV_MAX` of Linux).
const SLICES_PER_CALL: usize = 1024;
/// How long a send to a non-blocking descriptor without a time-out may wait for progress.
const SEND_PATIENCE: Duration = Duration::from_secs(30);

/// A connected socket. Dropping it leaves the descriptor open: see [`Socket::close`].
///
/// A program that polls the descriptor must find it readable for as long as it has not been given all that came, also what
/// the layers above have decoded. For such a one the last byte of each receive is *lent*: it is handed up and yet stays in
/// the kernel, until the next receive or until the layers above have nothing left.
#[derive(Debug)]
pub struct Socket {
    socket: ManuallyDrop<socket2::Socket>,
    interrupt: Interrupt,
    /// Whether the program polls the descriptor: a [`Polling`].
    polling: AtomicU8,
    /// Whether the next byte in the kernel has been handed up already.
    has_lent: AtomicBool,
}

/// Whether the program polls the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Polling {
    /// It does not.
    No,
    /// Its stream begins, and it has not said yet how it will read: it is taken for one that does.
    Starting,
    /// The stream has begun: unless it says otherwise before its first read has ended, it does not.
    Open,
    /// It does.
    Yes,
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Something can be received, or the stream has ended.
    Readable,
    /// Something can be sent.
    Writable,
    /// One of the two.
    Either,
}

impl Socket {
    /// Takes over a connected descriptor.
    pub fn new(fd: OwnedFd, interrupt: Interrupt) -> Self {
        Self {
            socket: ManuallyDrop::new(fd.into()),
            interrupt,
            polling: AtomicU8::new(Polling::No as u8),
            has_lent: AtomicBool::new(false),
        }
    }

    /// Notes that the program polls the descriptor, from the next receive on.
    pub fn expect_polling(&self) {
        self.polling.store(Polling::Yes as u8, Ordering::Relaxed);
    }

    /// Goes on from one state of [`Polling`] to another; whether it was in that one.
    pub fn change_polling(&self, from: Polling, to: Polling) -> bool {
        self.polling.compare_exchange(from as u8, to as u8, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether the program polls the descriptor, or may do so.
    pub fn is_polled(&self) -> bool {
        self.polling.load(Ordering::Relaxed) != Polling::No as u8
    }

    /// How many bytes wait in the kernel that have not been handed up.
    pub fn waiting(&self) -> usize {
        self.take_back();
        rustix::io::ioctl_fionread(&*self.socket).unwrap_or(0) as usize
    }

    /// Takes the lent byte out of the kernel, if there is one.
    pub fn take_back(&self) {
        if self.has_lent.swap(false, Ordering::Relaxed) {
            let _ = self.receive_with(&mut [0], RecvFlags::DONTWAIT);
        }
    }

    /// Sets how long one receive and one send may wait; `None` is for ever.
    pub fn set_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let failed = |error| Error::Io("set socket time-out", error);
        self.socket.set_read_timeout(timeout).map_err(failed)?;
        self.socket.set_write_timeout(timeout).map_err(failed)
    }

    /// Sets a direction's time-out where the program has set none on a descriptor of its own.
    pub fn set_timeout_if_unset(&self, timeout: Option<Duration>) {
        if self.socket.read_timeout().is_ok_and(|set| set.is_none()) {
            let _ = self.socket.set_read_timeout(timeout);
        }
        self.set_send_timeout_if_unset(timeout);
    }

    /// Sets the time-out of sends where the program has set none on a descriptor of its own.
    pub fn set_send_timeout_if_unset(&self, timeout: Option<Duration>) {
        if self.socket.write_timeout().is_ok_and(|set| set.is_none()) {
            let _ = self.socket.set_write_timeout(timeout);
        }
    }

    /// Makes sends wait no longer than this.
    pub fn limit_send_timeout(&self, most: Duration) {
        if self.socket.write_timeout().is_ok_and(|set| set.is_none_or(|set| set > most)) {
            let _ = self.socket.set_write_timeout(Some(most));
        }
    }

    /// Whether the program has made the descriptor non-blocking.
    pub fn is_nonblocking(&self) -> bool {
        self.socket.nonblocking().unwrap_or(false)
    }

    /// How long one receive may wait; `None` is for ever.
    pub fn receive_timeout(&self) -> Option<Duration> {
        self.socket.read_timeout().ok().flatten()
    }

    /// The deadline of a receive that begins now, as the program has set the socket: its time-out, or at once when the
    /// descriptor is non-blocking.
    pub fn receive_deadline(&self) -> Result<Deadline> {
        let failed = |error| Error::Io("read the socket's settings", error);
        if self.socket.nonblocking().map_err(failed)? {
            return Ok(Deadline::after(Duration::ZERO));
        }
        let timeout = self.socket.read_timeout().map_err(failed)?;
        Ok(Deadline::within(timeout))
    }

    /// The deadline of a send that waits from now: the socket's own time-out, also on a non-blocking descriptor, where the
    /// kernel does not count it. Such a descriptor without a time-out has one of half a minute.
    pub fn send_deadline(&self) -> Result<Deadline> {
        let failed = |error| Error::Io("read the socket's settings", error);
        match self.socket.write_timeout().map_err(failed)? {
            Some(timeout) => Ok(Deadline::after(timeout)),
            None if self.socket.nonblocking().map_err(failed)? => Ok(Deadline::after(SEND_PATIENCE)),
            None => Ok(Deadline::NEVER),
        }
    }

    /// The socket with all its options.
    pub fn options(&self) -> &socket2::Socket {
        &self.socket
    }

    /// The program's wish to end, as this socket's calls honour it.
    pub fn interrupt(&self) -> Interrupt {
        self.interrupt
    }

    /// Runs a receive until it is not interrupted. Signals, however many, prolong its wait by no more than the socket's
    /// time-out.
    pub fn receiving<T>(&self, receive: impl FnMut() -> io::Result<T>) -> Result<T> {
        retry_waiting(self.interrupt, "receive", || self.receive_timeout(), receive)
    }

    /// Receives once, waiting at most as long as the socket's own time-out.
    pub fn receive_once(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive_lending(buffer, RecvFlags::empty())
    }

    /// Receives what is there now, without waiting; nothing there is [`Error::TimedOut`].
    pub fn receive_now(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive_lending(buffer, RecvFlags::DONTWAIT)
    }

    /// Looks at what is there now without taking it; nothing there is [`Error::TimedOut`].
    pub fn peek_now(&self, buffer: &mut [u8]) -> Result<usize> {
        self.receive_with(buffer, RecvFlags::DONTWAIT | RecvFlags::PEEK)
    }

    /// One receive, whose last byte is lent where the descriptor is polled.
    fn receive_lending(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<usize> {
        if !self.is_polled() {
            return self.receive_with(buffer, flags);
        }
        self.take_back();
        let there = self.receive_with(buffer, flags | RecvFlags::PEEK)?;
        let taken = there.saturating_sub(1);
        self.receive_with(buffer.get_mut(..taken).unwrap_or_default(), RecvFlags::DONTWAIT)?;
        self.has_lent.store(there > 0, Ordering::Relaxed);
        Ok(there)
    }

    /// One receive; the end of the stream is [`Error::Closed`].
    fn receive_with(&self, buffer: &mut [u8], flags: RecvFlags) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let (received, _) = self.receiving(|| Ok(rustix::net::recv(&*self.socket, &mut *buffer, flags)?))?;
        if received == 0 { Err(Error::Closed) } else { Ok(received) }
    }

    /// Sends once, as much as fits, waiting at most as long as the socket's own time-out. Never raises SIGPIPE.
    pub fn send(&self, slices: &[IoSlice<'_>]) -> Result<usize> {
        let time_out = || self.socket.write_timeout().ok().flatten();
        let send = || self.socket.send_vectored_with_flags(slices, NO_SIGNAL);
        retry_waiting(self.interrupt, "send", time_out, send)
    }

    /// Sends what fits now, without waiting; nothing fits is [`Error::TimedOut`]. Never raises SIGPIPE.
    pub fn send_now(&self, bytes: &[u8]) -> Result<usize> {
        retry(self.interrupt, "send", || self.socket.send_with_flags(bytes, NO_SIGNAL_NO_WAIT))
    }

    /// Sends of the slices what fits now, without waiting, and advances them; true when all has left.
    pub fn send_some(&self, rest: &mut &mut [IoSlice<'_>]) -> Result<bool> {
        IoSlice::advance_slices(rest, 0);
        while !rest.is_empty() {
            let part = rest.get(..SLICES_PER_CALL).unwrap_or(rest);
            let call = || self.socket.send_vectored_with_flags(part, NO_SIGNAL_NO_WAIT);
            match retry(self.interrupt, "send", call) {
                Ok(n) => IoSlice::advance_slices(rest, n),
                Err(Error::TimedOut) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Sends all of the slices, in as few system calls as there can be. A peer that takes nothing for the socket's send
    /// time-out is an error.
    pub fn send_all(&self, slices: &mut [IoSlice<'_>]) -> Result<()> {
        let mut rest = slices;
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            let part = rest.get(..SLICES_PER_CALL).unwrap_or(rest);
            match self.send(part) {
                Ok(n) => {
                    if self.interrupt.requested() && self.was_interrupted(part, n) {
                        return Err(Error::Interrupted);
                    }
                    IoSlice::advance_slices(&mut rest, n);
                }
                Err(Error::TimedOut) => self.wait_to_send()?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a signal has ended a send of which `sent` bytes had left: the kernel then returns their number and not EINTR.
    /// On a non-blocking descriptor a short count only says that no more fitted.
    fn was_interrupted(&self, slices: &[IoSlice<'_>], sent: usize) -> bool {
        sent < slices.iter().map(|slice| slice.len()).sum() && !self.is_nonblocking()
    }

    /// After a send that found no room: waits for it on a non-blocking descriptor; on a blocking one the send itself has
    /// waited long enough.
    fn wait_to_send(&self) -> Result<()> {
        let nonblocking =
            self.socket.nonblocking().map_err(|error| Error::Io("read the socket's settings", error))?;
        if nonblocking { self.wait_for_room() } else { Err(stalled()) }
    }

    /// Waits until something can be sent, as long as the socket's settings allow ([`Socket::send_deadline`]).
    pub(super) fn wait_for_room(&self) -> Result<()> {
        self.wait(Ready::Writable, self.send_deadline()?).map_err(|error| match error {
            Error::TimedOut => stalled(),
            other => other,
        })
    }

    /// Waits until the socket is ready or the deadline has passed.
    pub fn wait(&self, ready: Ready, deadline: Deadline) -> Result<()> {
        let flags = match ready {
            Ready::Readable => PollFlags::IN,
            Ready::Writable => PollFlags::OUT,
            Ready::Either => PollFlags::IN | PollFlags::OUT,
        };
        let n = retry(self.interrupt, "wait for the network", || {
            let left = deadline.left().unwrap_or(Some(Duration::ZERO));
            Ok(poll(&mut [PollFd::new(&*self.socket, flags)], timespec(left).as_ref())?)
        })?;
        if n == 0 { Err(Error::TimedOut) } else { Ok(()) }
    }

    /// Tells the peer that nothing more will be sent.
    pub fn shutdown_send(&self) {
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// Ends both directions, which wakes every thread that waits on the socket.
    pub fn interrupt_all(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Closes the descriptor.
    pub fn close(self) {
        drop(ManuallyDrop::into_inner(self.socket));
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// The error of a send whose peer has stopped reading. Not [`Error::TimedOut`], as part of a message may have left.
pub(super) fn stalled() -> Error {
    let text = "the peer has stopped reading: nothing could be sent for the length of the time-out";
    Error::Io("send", io::Error::new(io::ErrorKind::TimedOut, text))
}
