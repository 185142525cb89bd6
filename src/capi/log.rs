//! `log.h`: the level, the callback and the output file of the program, and the sink through which the core's lines
//! reach them. No lock is held while a callback runs, so that it may call back into the library.

use crate::bytes::contains;
use crate::capi::guard::guard;
use crate::log::{Level, Sink, hex};
use libc::{FILE, c_char, c_int, c_uint, c_ulong, c_void};
use std::cell::Cell;
use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

/// The highest level that is printed (`RTMP_debuglevel`). Programs assign it directly.
#[unsafe(no_mangle)]
pub static RTMP_debuglevel: AtomicI32 = AtomicI32::new(Level::Error as i32);

/// A `va_list` argument: an array that decays to a pointer, a pointer, or a structure passed by reference, depending
/// on the platform; one pointer in each case.
type VaList = *mut c_void;

/// An enumeration in C; any number may stand in memory, so it is a number here.
#[allow(non_camel_case_types)]
pub type RTMP_LogLevel = c_uint;

/// `RTMP_LogCallback`
#[allow(non_camel_case_types)]
pub type RTMP_LogCallback = extern "C" fn(level: c_int, format: *const c_char, arguments: VaList);

unsafe extern "C" {
    /// Defined in varargs.c.
    fn RTMP_Log(level: c_int, format: *const c_char, ...);
    fn vsnprintf(buffer: *mut c_char, size: usize, format: *const c_char, arguments: VaList) -> c_int;
    static stderr: *mut FILE;
}

/// The program's callback, null for the default one.
static CALLBACK: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
/// Where the default callback prints, null for stderr.
static OUTPUT: AtomicPtr<FILE> = AtomicPtr::new(null_mut());
/// Whether the cursor stands behind a status text, so that the next line first needs a newline.
static STATUS_PENDING: AtomicBool = AtomicBool::new(false);

/// Room for one formatted line with its NUL: what is longer is cut.
const LINE_ROOM: usize = 2047;
/// Lines with this text are of no use to anybody but a developer who asked for everything.
const UNNAMED: &[u8] = b"no-name";
const LEVEL_NAMES: [&str; 7] = ["CRIT", "ERROR", "WARNING", "INFO", "DEBUG", "DEBUG2", "ALL"];

/// The level of now, as the reference compares it: without a sign.
fn level_now() -> c_uint {
    RTMP_debuglevel.load(Ordering::Relaxed) as c_uint
}

fn is_printed(level: c_int) -> bool {
    level as c_uint <= level_now()
}

/// The core's way to the program's log.
struct ProgramLog;

impl Sink for ProgramLog {
    fn enabled(&self, level: Level) -> bool {
        is_printed(level as c_int)
    }

    /// A line that a program's callback provokes by calling the library is not logged: it would call back for ever.
    fn write(&self, level: Level, text: &[u8]) {
        if !LOGGING.replace(true) {
            log_text(level as c_int, text);
            LOGGING.set(false);
        }
    }
}

thread_local! {
    /// Whether this thread is in the middle of logging one of our lines.
    static LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// Makes the core's log lines go through `RTMP_Log`.
pub(crate) fn install_sink() {
    crate::log::install(&ProgramLog);
}

/// Logs text as the one argument of the format "%s"; a NUL ends it.
fn log_text(level: c_int, text: &[u8]) {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let Ok(text) = CString::new(text) else { return };
    // SAFETY: both strings end with a NUL and live through the call, and "%s" takes one of them.
    unsafe { RTMP_Log(level, c"%s".as_ptr(), text.as_ptr()) };
}

/// Formats into at most [`LINE_ROOM`] bytes; what cannot be formatted is empty.
///
/// # Safety
/// `format` is a printf format ending with a NUL, and `arguments` holds what it asks for.
unsafe fn format_text(format: *const c_char, arguments: VaList) -> Vec<u8> {
    let mut text = vec![0_u8; LINE_ROOM];
    // SAFETY: the buffer has the size that is given; the rest is the caller's promise.
    let length = unsafe { vsnprintf(text.as_mut_ptr().cast(), text.len(), format, arguments) };
    text.truncate(usize::try_from(length).unwrap_or(0).min(LINE_ROOM - 1));
    text
}

/// Prints text as it is, behind a pending status text on a line of its own.
fn print(text: &mut Vec<u8>, flush: bool) {
    if STATUS_PENDING.swap(false, Ordering::Relaxed) {
        text.insert(0, b'\n');
    }
    print_at_cursor(text, flush);
}

fn print_at_cursor(text: &[u8], flush: bool) {
    // SAFETY: `stderr` is libc's and always valid; any other file was given to RTMP_LogSetOutput by the program, which
    // keeps it open as long as it is set.
    unsafe {
        let file = match OUTPUT.load(Ordering::Acquire) {
            file if file.is_null() => stderr,
            file => file,
        };
        libc::fwrite(text.as_ptr().cast(), 1, text.len(), file);
        if flush {
            libc::fflush(file);
        }
    }
}

/// The default callback: one line with the level's name before it.
fn print_line(level: c_int, mut text: Vec<u8>) {
    if level_now() < Level::All as c_uint && contains(&text, UNNAMED) {
        return;
    }
    let name = usize::try_from(level).ok().and_then(|level| LEVEL_NAMES.get(level)).unwrap_or(&"ALL");
    let mut line = format!("{name}: ").into_bytes();
    line.append(&mut text);
    line.push(b'\n');
    print(&mut line, false);
}

/// What `RTMP_Log` does; called by varargs.c alone.
///
/// # Safety
/// As for `vprintf`: `format` ends with a NUL and `arguments` holds what it asks for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtmp_log_line(level: c_int, format: *const c_char, arguments: VaList) {
    guard((), || {
        if format.is_null() || !is_printed(level) {
            return;
        }
        let callback = CALLBACK.load(Ordering::Acquire);
        if callback.is_null() {
            // SAFETY: the caller's promise.
            print_line(level, unsafe { format_text(format, arguments) });
        } else {
            // SAFETY: what is not null was stored by RTMP_LogSetCallback from a function of this very type.
            let callback = unsafe { std::mem::transmute::<*mut c_void, RTMP_LogCallback>(callback) };
            callback(level, format, arguments);
        }
    });
}

/// What `RTMP_LogPrintf` does; called by varargs.c alone.
///
/// # Safety
/// As for `vprintf`: `format` ends with a NUL and `arguments` holds what it asks for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtmp_log_printf(format: *const c_char, arguments: VaList) {
    guard((), || {
        if format.is_null() || level_now() == Level::Crit as c_uint {
            return;
        }
        // SAFETY: the caller's promise.
        let mut text = unsafe { format_text(format, arguments) };
        let ends_line = text.ends_with(b"\n");
        print(&mut text, ends_line);
    });
}

/// What `RTMP_LogStatus` does; called by varargs.c alone.
///
/// # Safety
/// As for `vprintf`: `format` ends with a NUL and `arguments` holds what it asks for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtmp_log_status(format: *const c_char, arguments: VaList) {
    guard((), || {
        if format.is_null() || level_now() == Level::Crit as c_uint {
            return;
        }
        // SAFETY: the caller's promise.
        print_at_cursor(&unsafe { format_text(format, arguments) }, true);
        STATUS_PENDING.store(true, Ordering::Relaxed);
    });
}

/// Sends every line to `callback`; null restores the default, which prints to the output file.
///
/// # Safety
/// `callback` is null or a function of the header's type, which stays callable from every thread that uses the library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LogSetCallback(callback: Option<RTMP_LogCallback>) {
    guard((), || {
        CALLBACK.store(callback.map_or(null_mut(), |f| f as *mut c_void), Ordering::Release);
    });
}

/// Sets where the default callback prints; null is stderr.
///
/// # Safety
/// `file` is null or an open file, which stays open until another one is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LogSetOutput(file: *mut FILE) {
    guard((), || OUTPUT.store(file, Ordering::Release));
}

/// Sets the highest level that is printed.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LogSetLevel(level: RTMP_LogLevel) {
    guard((), || RTMP_debuglevel.store(level as i32, Ordering::Relaxed));
}

/// The highest level that is printed.
///
/// # Safety
/// Always safe; `unsafe` only for being called from C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LogGetLevel() -> RTMP_LogLevel {
    guard(Level::Error as c_uint, level_now)
}

/// Logs bytes as hexadecimal numbers, 16 a line.
///
/// # Safety
/// `data` is null or points to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LogHex(level: c_int, data: *const u8, length: c_ulong) {
    // SAFETY: the caller's promise.
    guard((), || unsafe { dump(level, data, length, hex::numbers) });
}

/// Logs bytes as a dump: offset, hexadecimal numbers, text, 16 bytes a line.
///
/// # Safety
/// `data` is null or points to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_LogHexString(level: c_int, data: *const u8, length: c_ulong) {
    // SAFETY: the caller's promise.
    guard((), || unsafe { dump(level, data, length, hex::dump) });
}

/// Logs the lines that `lines` makes of the bytes, when the level is on.
///
/// # Safety
/// `data` is null or points to `length` readable bytes.
unsafe fn dump<L: Iterator<Item = String>>(
    level: c_int,
    data: *const u8,
    length: c_ulong,
    lines: impl FnOnce(Vec<u8>) -> L,
) {
    if data.is_null() || !is_printed(level) {
        return;
    }
    let Ok(length) = usize::try_from(length) else { return };
    // A copy: the callback may change what is being dumped.
    // SAFETY: the caller's promise; the slice ends before the callback runs.
    let data = unsafe { std::slice::from_raw_parts(data, length) }.to_vec();
    for line in lines(data) {
        log_text(level, line.as_bytes());
    }
}
