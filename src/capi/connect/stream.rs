//! `RTMP_ConnectStream` and `RTMP_ReconnectStream`: from a connection to a stream that plays or publishes.

#![allow(non_snake_case)]

use super::reconnect;
use crate::capi::call::{InUse, ReadingCall};
use crate::capi::close::{Farewell, end, fail, is_programs_own};
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::reasons::{say_not_begun, time_out_in_words};
use crate::capi::scalar::Scalar;
use crate::capi::types::RTMP;
use crate::chunk::Body;
use crate::session::{Event, Incoming, Scalars};
use crate::transport::Polling;
use crate::{Error, Result};
use libc::c_int;

/// Reads messages, and acts on them, until the stream plays or publishes. `seekTime`, when positive, is where to start, in
/// milliseconds. Returns 1, or 0 after a log line.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ConnectStream(r: *mut RTMP, seekTime: c_int) -> c_int {
    guard(0, || {
        // SAFETY: `r` is null or initialised.
        unsafe { !r.is_null() && connect_stream(r, seekTime) }.into()
    })
}

/// Gives the stream back and asks for a new one, over the same connection; then goes on as [`RTMP_ConnectStream`] does.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ReconnectStream(r: *mut RTMP, seekTime: c_int) -> c_int {
    guard(0, || {
        if r.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised.
        unsafe { reconnect_stream(r, seekTime) }.into()
    })
}

/// Asks for a new stream and awaits its start: one call from beginning to end, so that no other thread ends the session, or
/// begins another, in between.
///
/// # Safety
/// As [`RTMP_ReconnectStream`], `r` not null.
unsafe fn reconnect_stream(r: *mut RTMP, seek_time: c_int) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(call) = connection::required(r, "cannot send") else { return false };
        let asked = call.talk(|talk| {
            talk.delete_stream()?;
            talk.send_create_stream()
        });
        if let Err(error) = asked {
            fail(call, &error, |_| {});
            return false;
        }
        start_at(r, seek_time);
        call.into_reading().is_some_and(|call| begin_stream(call))
    }
}

/// Awaits the start of the stream, over another connection when the server asks for one.
///
/// # Safety
/// As [`RTMP_ConnectStream`], `r` not null.
unsafe fn connect_stream(r: *mut RTMP, seek_time: c_int) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        start_at(r, seek_time);
        ReadingCall::begin(r).is_some_and(|call| begin_stream(call))
    }
}

/// Notes where to start, if the program says.
///
/// # Safety
/// As [`RTMP_ConnectStream`], `r` not null.
unsafe fn start_at(r: *mut RTMP, seek_time: c_int) {
    if seek_time > 0 {
        // SAFETY: the caller's promise.
        unsafe { Scalar::store(&raw mut (*r).Link.seekTime, seek_time) };
    }
}

/// Reads and meets messages until the stream plays or publishes, over another connection where the server asks for one.
///
/// # Safety
/// The texts of the handle are good.
pub(crate) unsafe fn begin_stream(mut call: ReadingCall) -> bool {
    let r = call.handle();
    // SAFETY: the caller's promise; the structure stays while the call lives.
    unsafe {
        (*r).m_mediaChannel = 0;
        loop {
            match await_start(&mut call) {
                Ok(Event::Reconnect) => match reconnect(call).and_then(InUse::into_reading) {
                    Some(next) => call = next,
                    None => return false,
                },
                Ok(Event::Handled | Event::Media) => return Scalar::load(&raw const (*r).m_bPlaying) != 0,
                Ok(Event::Ended | Event::Closed) => {
                    end(call, Farewell::Said, |_| {});
                    return false;
                }
                Err(Error::TimedOut) => {
                    say_not_begun(&call, time_out_in_words(&call));
                    return false;
                }
                Err(error) => {
                    give_up(call, &error);
                    return false;
                }
            }
        }
    }
}

/// Ends a session whose stream did not begin, and says why, unless it was the program's own will.
fn give_up(call: ReadingCall, error: &Error) {
    match error {
        Error::Interrupted => return fail(call, error, |_| {}),
        _ if is_programs_own(&call) => return fail(call, error, |_| {}),
        Error::Closed => say_not_begun(
            &call,
            "the server closed the connection; it may not know the application, or not admit this client",
        ),
        _ => say_not_begun(&call, error),
    }
    end(call, Farewell::Omitted, |_| {});
}

/// Meets messages until the stream plays. What comes with the last of them is the program's, which may ask for the descriptor
/// next, to poll it.
fn await_start(call: &mut ReadingCall) -> Result<Event> {
    call.stream.socket().change_polling(Polling::No, Polling::Starting);
    let started = meet_until_start(call);
    call.rest();
    call.stream.socket().change_polling(Polling::Starting, Polling::Open);
    started
}

fn meet_until_start(call: &mut ReadingCall) -> Result<Event> {
    let met = call.run(|talk, reading, input| {
        while !talk.host.playing() {
            let message = reading.read_message(talk, input, &mut [])?;
            if message.is_empty() {
                continue;
            }
            let body = message.body.as_ref().map(Body::as_slice).unwrap_or_default();
            if message.header.kind.is_media() {
                crate::warning!("received media before the stream began: dropped, {} bytes", body.len());
                continue;
            }
            match talk.handle(&Incoming { header: message.header, body })? {
                Event::Handled | Event::Media => {}
                over => return Ok(over),
            }
        }
        Ok(Event::Handled)
    });
    met.unwrap_or(Err(Error::Closed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::close::RTMP_Close;
    use crate::capi::gate::Gate;
    use crate::capi::testing::Handle;
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    #[test]
    fn a_reconnection_of_the_stream_is_one_call() {
        let (ours, mut peer) = UnixStream::pair().unwrap();
        let handle = Handle::over(ours);
        // SAFETY: the handle is initialised.
        unsafe {
            (*handle.0).m_stream_id = 1;
            let reader = ReadingCall::begin(handle.0).unwrap();
            std::thread::scope(|scope| {
                let reconnect = scope.spawn(move || {
                    let handle = handle;
                    RTMP_ReconnectStream(handle.0, 0)
                });
                let mut said = Vec::new();
                while !said.ends_with(b"\x05") || !said.windows(12).any(|text| text == b"createStream") {
                    let mut byte = [0];
                    peer.read_exact(&mut byte).unwrap();
                    said.extend(byte);
                }
                std::thread::sleep(Duration::from_millis(50));
                assert_eq!(Gate::of(handle.0).inside(), 2, "it waits for the reader inside");
                drop(reader);
                RTMP_Close(handle.0);
                assert_eq!(reconnect.join().unwrap(), 0);
            });
        }
        handle.free();
    }
}
