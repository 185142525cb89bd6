//! A TCP socket whose descriptor may belong to a C program: it is closed when asked, never by being dropped.
#![forbid(unsafe_code)]

use super::{Deadline, Interrupt, retry};
use crate::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendFlags};
use socket2::{Domain, Protocol, SockAddr, Type};
use std::io::{IoSlice, IoSliceMut};
use std::mem::ManuallyDrop;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

/// Sends never raise SIGPIPE in the program (`MSG_NOSIGNAL`).
const NO_SIGNAL: i32 = SendFlags::NOSIGNAL.bits() as i32;

/// A connected socket. Dropping it leaves the descriptor open: see [`Socket::close`].
#[derive(Debug)]
pub struct Socket {
    socket: ManuallyDrop<socket2::Socket>,
    interrupt: Interrupt,
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Something can be received, or the stream has ended.
    Readable,
    /// Something can be sent.
    Writable,
}

impl Socket {
    /// Takes over a connected descriptor.
    pub fn new(fd: OwnedFd, interrupt: Interrupt) -> Self {
        Self { socket: ManuallyDrop::new(fd.into()), interrupt }
    }

    /// Connects to one address by the deadline. The socket is close-on-exec and does not delay small writes.
    pub fn connect(address: &SockAddr, deadline: Deadline, interrupt: Interrupt) -> Result<Self> {
        let failed = |error| Error::Io("connect", error);
        let socket = socket2::Socket::new(
            Domain::from(i32::from(address.family())),
            Type::STREAM,
            Some(Protocol::TCP),
        )
        .map_err(|error| Error::Io("create socket", error))?;
        match deadline.left()? {
            Some(left) => socket.connect_timeout(address, left).map_err(failed)?,
            None => socket.connect(address).map_err(failed)?,
        }
        socket.set_tcp_nodelay(true).map_err(|error| Error::Io("set TCP_NODELAY", error))?;
        Ok(Self { socket: ManuallyDrop::new(socket), interrupt })
    }

    /// Sets how long one receive and one send may wait; `None` is for ever.
    pub fn set_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let failed = |error| Error::Io("set socket time-out", error);
        self.socket.set_read_timeout(timeout).map_err(failed)?;
        self.socket.set_write_timeout(timeout).map_err(failed)
    }

    /// The socket with all its options.
    pub fn options(&self) -> &socket2::Socket {
        &self.socket
    }

    /// The program's wish to end, as this socket's calls honour it.
    pub fn interrupt(&self) -> Interrupt {
        self.interrupt
    }

    /// Receives once, waiting at most as long as the socket's own time-out.
    pub fn receive(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
        match retry(self.interrupt, "receive", || std::io::Read::read_vectored(&mut &*self.socket, buffers))?
        {
            0 => Err(Error::Closed),
            n => Ok(n),
        }
    }

    /// Receives what is there now, without waiting; nothing there is [`Error::TimedOut`].
    pub fn receive_now(&self, buffer: &mut [u8]) -> Result<usize> {
        let (received, _) = retry(self.interrupt, "receive", || {
            Ok(rustix::net::recv(&*self.socket, &mut *buffer, RecvFlags::DONTWAIT)?)
        })?;
        if received == 0 { Err(Error::Closed) } else { Ok(received) }
    }

    /// Sends once, as much as fits, waiting at most as long as the socket's own time-out. Never raises SIGPIPE.
    pub fn send(&self, slices: &[IoSlice<'_>]) -> Result<usize> {
        retry(self.interrupt, "send", || self.socket.send_vectored_with_flags(slices, NO_SIGNAL))
    }

    /// Waits until the socket is ready or the deadline has passed.
    pub fn wait(&self, ready: Ready, deadline: Deadline) -> Result<()> {
        let flags = match ready {
            Ready::Readable => PollFlags::IN,
            Ready::Writable => PollFlags::OUT,
        };
        let mut left = deadline.left()?;
        let n = retry(self.interrupt, "wait for the network", || {
            let time =
                left.map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: i64::from(t.subsec_nanos()) });
            let polled = poll(&mut [PollFd::new(&*self.socket, flags)], time.as_ref());
            left = deadline.left().unwrap_or(Some(Duration::ZERO));
            Ok(polled?)
        })?;
        if n == 0 { Err(Error::TimedOut) } else { Ok(()) }
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
