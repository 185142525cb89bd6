//! Levels and the one sink of the log. The C layer installs the sink; until then nothing is printed.
#![forbid(unsafe_code)]

pub mod hex;

use crate::bytes::brackets;
use std::fmt::{self, Write};
use std::sync::OnceLock;

/// The severity of a line, with the numbers of `RTMP_LogLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The library itself failed.
    Crit = 0,
    /// The call failed.
    Error = 1,
    /// Something odd that the session survives.
    Warning = 2,
    /// What a user may want to know.
    Info = 3,
    /// What a developer may want to know.
    Debug = 4,
    /// Bytes.
    Debug2 = 5,
    /// Everything.
    All = 6,
}

/// Where lines go.
pub trait Sink: Sync {
    /// Whether a line of this level would be printed; asked before anything is formatted.
    fn enabled(&self, level: Level) -> bool;
    /// Prints one line, given without its newline.
    fn write(&self, level: Level, text: &[u8]);
}

static SINK: OnceLock<&'static dyn Sink> = OnceLock::new();

/// Installs the sink; only the first call counts.
pub fn install(sink: &'static dyn Sink) {
    let _ = SINK.set(sink);
}

/// Whether a line of this level would be printed.
pub fn enabled(level: Level) -> bool {
    SINK.get().is_some_and(|sink| sink.enabled(level))
}

/// Prints bytes as one line; for text that need not be UTF-8.
pub fn write_bytes(level: Level, text: &[u8]) {
    if let Some(sink) = SINK.get()
        && sink.enabled(level)
    {
        sink.write(level, text);
    }
}

/// Formats and prints one line; called through the macros, which check the level first.
pub fn write(level: Level, text: fmt::Arguments<'_>) {
    write_bytes(level, text.to_string().as_bytes());
}

/// At most so many bytes of a text from outside are shown: a line with two of them is still less than the reserve of memory
/// lends at once.
const LONGEST_TEXT: usize = 4096;

/// Shows bytes from the program or the network as text, with replacement characters where they are not UTF-8; of a long
/// one the beginning. It stays within its line, and tells a terminal nothing: no control character is shown.
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.0.get(..LONGEST_TEXT).unwrap_or(self.0));
        text.chars().try_for_each(|c| {
            f.write_char(match c {
                '\n' | '\r' | '\t' => ' ',
                c if c.is_control() => char::REPLACEMENT_CHARACTER,
                c => c,
            })
        })
    }
}

/// Shows a host and its port as a URL has them.
pub struct Place<'a>(pub &'a [u8], pub u16);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(host, port) = self;
        let (open, close) = brackets(host);
        write!(f, "{open}{}{close}:{port}", Text(host))
    }
}

/// Logs at a level, formatting nothing when the level is off.
#[macro_export]
macro_rules! log_at {
    ($level:expr, $($arg:tt)*) => {
        if $crate::log::enabled($level) {
            $crate::log::write($level, format_args!($($arg)*));
        }
    };
}

/// Logs an error: the call in progress fails.
#[macro_export]
macro_rules! error { ($($arg:tt)*) => { $crate::log_at!($crate::log::Level::Error, $($arg)*) }; }

/// Logs a warning: the session goes on.
#[macro_export]
macro_rules! warning { ($($arg:tt)*) => { $crate::log_at!($crate::log::Level::Warning, $($arg)*) }; }

/// Logs what a user may want to know.
#[macro_export]
macro_rules! info { ($($arg:tt)*) => { $crate::log_at!($crate::log::Level::Info, $($arg)*) }; }

/// Logs what a developer may want to know.
#[macro_export]
macro_rules! debug { ($($arg:tt)*) => { $crate::log_at!($crate::log::Level::Debug, $($arg)*) }; }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_within_their_line() {
        assert_eq!(Text(b"a\xffb").to_string(), "a\u{fffd}b");
        assert_eq!(Text("a\nb\x1b[c\0d\u{9b}".as_bytes()).to_string(), "a b\u{fffd}[c\u{fffd}d\u{fffd}");
        assert_eq!(Text(&[b'a'; 3 * LONGEST_TEXT]).to_string(), "a".repeat(LONGEST_TEXT));
    }
}
