//! What became of the sessions, by subject: for the table in docs/robustness.md.
//!
//! With `HOSTILE_TALLY` naming a file, each result is appended to it: subject, outcome, how many. With `HOSTILE_LIBRARY`
//! naming the directory of another library, the sessions run on that, and nothing is asserted.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

/// The directory of the library to report on instead of ours.
pub(crate) fn other_library() -> Option<PathBuf> {
    std::env::var_os("HOSTILE_LIBRARY").map(PathBuf::from)
}

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    AsAsked,
    Otherwise,
    Crashed,
    Hung,
    /// Crashed for want of memory: with much more of it, the session ends.
    OutOfMemory,
}

/// The same for a process, of which it is known how it ended.
pub(crate) fn of_process(category: &str) -> Ending {
    match category {
        "ended" => Ending::Otherwise,
        "hangs" | "spins" => Ending::Hung,
        _ => Ending::Crashed,
    }
}

/// Notes results of the running test, whose module is the subject.
pub(crate) fn note(result: Ending, count: usize) {
    let thread = std::thread::current();
    note_as(thread.name().and_then(|name| name.split("::").next()).unwrap_or("other"), result, count);
}

/// Notes results of a subject.
pub(crate) fn note_as(subject: &str, result: Ending, count: usize) {
    static FILE: Mutex<()> = Mutex::new(());
    let Some(path) = std::env::var_os("HOSTILE_TALLY") else { return };
    let _turn = FILE.lock();
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the tally");
    writeln!(file, "{subject} {result:?} {count}").expect("the tally");
}
