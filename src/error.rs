//! What can go wrong in the core, in the words the log prints.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;

/// The result of everything in the core that can fail.
///
/// What waits for the network fails with [`Error::TimedOut`], [`Error::Interrupted`], [`Error::Closed`] or [`Error::Io`];
/// what reads a peer's bytes with [`Error::Protocol`]; memory that is out is an [`Error::Io`] anywhere. Functions say only
/// what goes beyond that, or does not go without saying.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation of the core ended.
#[derive(Debug)]
pub enum Error {
    /// Nothing arrived (or could be sent) in time. Nothing is lost: the same call may be made again.
    TimedOut,
    /// The program asked for the end (`RTMP_UserInterrupt`) while a call was waiting.
    Interrupted,
    /// The peer ended the connection, or another thread closed it.
    Closed,
    /// The operating system reported a failure; the text says what could not be done: "connect", "receive".
    Io(&'static str, io::Error),
    /// The peer broke the protocol; the text says how.
    Protocol(String),
    /// The peer, or a proxy, understood and said no; the text has its own words where it gave any.
    Refused(String),
    /// The program asked for something that cannot be done; the text says what and what to do.
    Usage(String),
}

impl Error {
    /// A [`Error::Protocol`] with this text.
    pub fn protocol(text: impl Into<String>) -> Self {
        Error::Protocol(text.into())
    }

    /// An [`Error::Io`] for memory that could not be had.
    pub fn out_of_memory(doing: &'static str) -> Self {
        Error::Io(doing, io::ErrorKind::OutOfMemory.into())
    }

    /// Whether the connection is still good after this error.
    pub fn keeps_connection(&self) -> bool {
        matches!(self, Error::TimedOut)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::TimedOut => f.write_str("timed out"),
            Error::Interrupted => f.write_str("interrupted"),
            Error::Closed => f.write_str("connection closed by the peer"),
            Error::Io(doing, error) => write!(f, "{doing}: {error}"),
            Error::Protocol(text) | Error::Refused(text) | Error::Usage(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}
