//! `RTMP_Close`, and how a session ends by itself.

use crate::Error;
use crate::capi::calls;
use crate::capi::connection::{self, Connection};
use crate::capi::guard::guard;
use crate::capi::owner::Owner;
use crate::capi::types::{AVal, RTMP};
use crate::capi::{extra, texts};
use crate::session::{Conversation, Text, read_status};
use crate::transport::{Deadline, Stream};
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, TryLockError};
use std::time::Duration;

/// How long a close waits for the server to have read what was published.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Whether the peer is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// The stream is unpublished and deleted, and what was published is waited for.
    Said,
    /// The connection is broken: nothing more is sent.
    Omitted,
    /// Another connection follows within the same call, so settings that the library made stay.
    ToReconnect,
}

/// Ends a session.
///
/// Blocks until the server has what was published, at most 2 s. Other threads' calls on the handle end first.
///
/// # Safety
/// `r` is null or points to a `struct RTMP` that `RTMP_Init` initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Close(r: *mut RTMP) {
    guard((), || {
        if !r.is_null() {
            // SAFETY: `r` is initialised.
            unsafe { close(r, Farewell::Said) };
        }
    });
}

/// Logs why a session ends, and ends it.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`; no lock of its connection is held by this thread.
pub(crate) unsafe fn fail(r: *mut RTMP, error: &Error) {
    match error {
        Error::Closed => crate::debug!("connection closed by the peer"),
        Error::Interrupted => crate::info!("interrupted by the program"),
        error => crate::error!("{error}"),
    }
    // SAFETY: the caller's promise.
    unsafe { close(r, Farewell::Omitted) };
}

/// Ends a session: farewell, descriptor, and all per-connection state.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`; no lock of its connection is held by this thread.
pub(crate) unsafe fn close(r: *mut RTMP, farewell: Farewell) {
    // SAFETY: the caller's promise.
    unsafe {
        let fd = (*r).m_sb.sb_socket;
        let connection = if fd >= 0 { connection::current(r) } else { None };
        if let Some(connection) = &connection {
            if farewell != Farewell::Omitted && !connection.session.sender.is_broken() {
                say_farewell(r, connection);
            }
            end_other_calls(connection);
        }
        drop(connection::take(r));
        if fd >= 0 && (*r).m_sb.sb_socket == fd {
            libc::close(fd);
        }
        crate::capi::sockbuf::drop_layered(&raw mut (*r).m_sb);
        reset(r, connection.as_deref());
        if farewell != Farewell::ToReconnect {
            free_settings(r);
        }
    }
}

/// # Safety
/// `r` points to an initialised `struct RTMP` whose connection is `connection`.
unsafe fn say_farewell(r: *mut RTMP, connection: &Connection) {
    // SAFETY: the caller's promise.
    let mut owner = unsafe { Owner::load(r, connection) };
    let timeout = owner_timeout(&owner);
    let stream = &connection.session.stream;
    let mut talk = Conversation { host: &mut owner, sender: &connection.session.sender };
    if talk.leave().is_err() {
        return;
    }
    let published = connection.published.load(Ordering::Relaxed);
    if published || !stream.is_plain() {
        stream.shutdown_send();
    }
    if published {
        drain(connection, DRAIN_TIME.min(timeout));
    }
}

fn owner_timeout(owner: &Owner<'_>) -> Duration {
    use crate::session::Host as _;
    match u64::try_from(owner.fields().link.timeout) {
        Ok(seconds) if seconds > 0 => Duration::from_secs(seconds),
        _ => DRAIN_TIME,
    }
}

/// Reads the peer's side to its end, so that the kernel does not reset what the server has not read yet.
fn drain(connection: &Connection, time: Duration) {
    let Ok(_reading) = connection.session.reading.try_lock() else { return };
    let deadline = Deadline::after(time);
    let mut unwanted = [0; 4096];
    loop {
        match connection.session.stream.receive_now(&mut unwanted) {
            Ok(_) if deadline.left().is_ok() => {}
            Err(Error::TimedOut) if connection.session.stream.wait_readable(deadline).is_ok() => {}
            _ => return,
        }
    }
}

/// Makes other threads' calls on this connection end, and waits until they have.
fn end_other_calls(connection: &Connection) {
    let session = &connection.session;
    if matches!(session.reading.try_lock(), Err(TryLockError::WouldBlock)) || session.sender.is_busy() {
        session.stream.interrupt_all();
    }
    drop(session.reading.lock().unwrap_or_else(PoisonError::into_inner));
    session.sender.quiesce();
}

/// Sets the per-connection members back, as the reference does.
///
/// # Safety
/// `r` points to an initialised `struct RTMP` that no other thread is working on.
unsafe fn reset(r: *mut RTMP, connection: Option<&Connection>) {
    // SAFETY: the caller's promise; the blocks that are freed are the library's own.
    unsafe {
        (*r).m_sb.sb_socket = -1;
        (*r).m_sb.sb_size = 0;
        (*r).m_sb.sb_start = std::ptr::null_mut();
        (*r).m_stream_id = -1;
        (*r).m_nBWCheckCounter = 0;
        (*r).m_nBytesIn = 0;
        (*r).m_nBytesInSent = 0;
        (*r).m_bPlaying = 0;
        (*r).m_numInvokes = 0;
        (*r).m_msgCounter = 0;
        (*r).m_resplen = 0;
        (*r).m_unackd = 0;
        (*r).m_read.buf = std::ptr::null_mut();
        (*r).m_read.dataType = 0;
        (*r).m_read.flags = 0;
        (*r).m_read.status = read_status::OK;
        (*r).m_read.nResumeTS = 0;
        (*r).m_read.nIgnoredFrameCounter = 0;
        (*r).m_read.nIgnoredFlvFrameCounter = 0;
        (*r).m_write.m_nBytesRead = 0;
        if connection.is_some_and(|connection| matches!(&*connection.session.stream, Stream::Tunnel(_))) {
            libc::free((*r).m_clientID.av_val.cast());
            (*r).m_clientID = AVal::EMPTY;
        }
        calls::free_calls(r);
        calls::free_channels(r);
        let announced =
            connection.map_or(0, |connection| connection.announced_chunk_size.load(Ordering::Relaxed));
        if announced != 0 && usize::try_from((*r).m_outChunkSize) == Ok(announced) {
            (*r).m_outChunkSize = crate::chunk::DEFAULT_CHUNK_SIZE.cast_signed();
        }
    }
}

/// Frees the settings that the library made.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`; settings flagged as the library's are malloc'ed.
unsafe fn free_settings(r: *mut RTMP) {
    // SAFETY: the caller's promise.
    unsafe {
        let link = &raw mut (*r).Link;
        texts::free_own(r, Text::TcUrl);
        texts::free_own(r, Text::App);
        libc::free((*link).playpath0.av_val.cast());
        if (*link).playpath.av_val == (*link).playpath0.av_val {
            (*link).playpath = AVal::EMPTY;
        }
        (*link).playpath0.av_val = std::ptr::null_mut();
        extra::free(r);
    }
}
