//! The commands and control messages that a program asks for: pauses, seeks, streams, bandwidths.

#![allow(non_snake_case)]

use super::finish;
use crate::capi::call::InUse;
use crate::capi::close::is_programs_own;
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::owner::Owner;
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::session::{Conversation, Host, Scalars, pausing, read_status};
use crate::transport::Deadline;
use crate::{Error, Result};
use libc::{c_int, c_short, c_uint};
use std::time::Duration;

/// How long `RTMP_ToggleStream` leaves the stream paused.
const TOGGLE_PAUSE: Duration = Duration::from_secs(1);
/// How often it looks meanwhile whether the program closes the session.
const TOGGLE_SLICE: Duration = Duration::from_millis(20);

/// Sends a user control message; `nTime` counts for event 3 only.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendCtrl(
    r: *mut RTMP,
    nType: c_short,
    nObject: c_uint,
    nTime: c_uint,
) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_control(nType.cast_unsigned(), nObject, nTime)) }
}

/// Asks the server to acknowledge each time that it has received `m_nServerBW` bytes.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendServerBW(r: *mut RTMP) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_window_ack_size()) }
}

/// Tells the server how many bytes it may send unacknowledged: `m_nClientBW`, with the limit type in `m_nClientBW2`.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendClientBW(r: *mut RTMP) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_peer_bandwidth()) }
}

/// Asks the server for a message stream, which `RTMP_ConnectStream` awaits.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendCreateStream(r: *mut RTMP) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_create_stream()) }
}

/// Asks the server to go on from `dTime` milliseconds.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendSeek(r: *mut RTMP, dTime: c_int) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_seek(dTime)) }
}

/// Asks the server to pause (`DoPause` not 0) or to go on, at `dTime` milliseconds.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendPause(r: *mut RTMP, DoPause: c_int, dTime: c_int) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_pause(DoPause != 0, dTime)) }
}

/// Pauses the play where it is, or goes on from there.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_Pause(r: *mut RTMP, DoPause: c_int) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| pause(talk, DoPause != 0)) }
}

fn pause(talk: &mut Conversation<'_, Owner<'_>>, on: bool) -> Result<()> {
    if on {
        let channel = talk.host.media_channel();
        talk.host.set_pause_stamp(talk.host.channel_time(channel));
    }
    let time = talk.host.pause_stamp();
    talk.send_pause(on, time.cast_signed())
}

/// Pauses for a second and goes on, which wakes some servers.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ToggleStream(r: *mut RTMP) -> c_int {
    guard(0, || {
        if r.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised.
        unsafe { toggle(r) }
    })
}

/// Pauses, unless a pause is under way, and goes on.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn toggle(r: *mut RTMP) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        // One call from beginning to end, so that a close in another thread ends it and waits for it.
        let Some(call) = connection::required(r, "cannot send") else { return 0 };
        if Scalar::load(&raw const (*r).m_pausing) == pausing::NONE {
            let status = &raw mut (*r).m_read.status;
            if Scalar::load(&raw const (*r).m_sb.sb_timedout) != 0 && Scalar::load(status) == read_status::EOF
            {
                Scalar::store(status, read_status::OK);
            }
            // At the time noted when the server fell silent, which is what the program has played up to.
            let time = Scalar::load(&raw const (*r).m_pauseStamp).cast_signed();
            if let Err(error) = call.talk(|talk| talk.send_pause(true, time)) {
                return finish::<()>(call, Err(error)).into();
            }
            Scalar::store(&raw mut (*r).m_pausing, pausing::ASKED);
            if let Err(error) = stay_paused(&call) {
                return finish::<()>(call, Err(error)).into();
            }
        }
        let sent = call.talk(|talk| pause(talk, false));
        Scalar::store(&raw mut (*r).m_pausing, pausing::RESUMING);
        finish(call, sent).into()
    }
}

/// Waits while the stream is paused, unless the program closes the session meanwhile.
fn stay_paused(call: &InUse) -> Result<()> {
    let until = Deadline::after(TOGGLE_PAUSE);
    while until.left().is_ok() {
        std::thread::sleep(TOGGLE_SLICE);
        if is_programs_own(call) {
            return Err(Error::Closed);
        }
    }
    Ok(())
}

/// Tells the server the buffer's length in `m_nBufferMS`.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_UpdateBufferMS(r: *mut RTMP) {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_buffer_length()) };
}

/// Gives the message stream back to the server.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_DeleteStream(r: *mut RTMP) {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.delete_stream()) };
}

/// Runs a sending conversation as the body of an export.
///
/// # Safety
/// `r` is null or points to an initialised `struct RTMP`.
unsafe fn talk(r: *mut RTMP, work: impl FnOnce(&mut Conversation<'_, Owner<'_>>) -> Result<()>) -> c_int {
    guard(0, || {
        if r.is_null() {
            return 0;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let Some(connection) = connection::required(r, "cannot send") else { return 0 };
            let sent = connection.talk(work);
            finish(connection, sent).into()
        }
    })
}
