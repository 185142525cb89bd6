//! Receiving: chunks and media packets, and what a packet means for the session. FLV bytes are in `receive::flv`.

pub mod flv;

use crate::Error;
use crate::capi::call::{InUse, ReadingCall};
use crate::capi::close::{Farewell, end, fail};
use crate::capi::connect::{self, begin_stream, reconnect};
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::mem::MallocBody;
use crate::capi::reasons::{missing, waited, whose};
use crate::capi::scalar::Scalar;
use crate::capi::types::{RTMP, RTMPChunk, RTMPPacket};
use crate::chunk::{ChunkBytes, Format, MAX_BODY, MAX_CHANNEL, MessageHeader};
use crate::message::MessageType;
use crate::session::{Event, Incoming, Media};
use libc::{c_char, c_int};
use std::sync::atomic::Ordering;

/// What `RTMP_ClientPacket` and `RTMP_GetNextMediaPacket` return for the end of a play.
const PLAY_ENDED: c_int = 2;

/// Reads one chunk. `packet` describes its message; `m_body` is null until the message is complete
/// (`RTMPPacket_IsReady`); then the caller frees it with `RTMPPacket_Free`. Returns 1; 0 when the connection is gone (the
/// session is then closed) or on a time-out (`RTMP_IsTimedout`; the next call goes on).
///
/// # Safety
/// `r` is null or initialised; `packet` is null or writable, its `m_chunk` null or pointing to a `RTMPChunk`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ReadPacket(r: *mut RTMP, packet: *mut RTMPPacket) -> c_int {
    guard(0, || {
        if r.is_null() || packet.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised, `packet` is the caller's.
        unsafe {
            let Some(mut call) = ReadingCall::begin(r) else { return 0 };
            call.program_reads.store(true, Ordering::Relaxed);
            let place = (*packet).m_chunk;
            let chunk = call.run(|talk, reading, input| {
                let chunk = reading.read_chunk(talk, input, !place.is_null())?;
                if !place.is_null() {
                    describe_chunk(place, &reading.last_chunk());
                }
                Ok(chunk)
            });
            match chunk.unwrap_or(Err(Error::Closed)) {
                Ok(chunk) => {
                    call.rest();
                    drop(call);
                    describe_message(packet, &chunk.header, chunk.received, chunk.message);
                    1
                }
                Err(error) => {
                    end_unless_timed_out(call, &error);
                    0
                }
            }
        }
    })
}

/// Describes a chunk to C: its body bytes are the session's, until the next chunk is read.
///
/// # Safety
/// `chunk` points to a writable `RTMPChunk`.
unsafe fn describe_chunk(chunk: *mut RTMPChunk, bytes: &ChunkBytes<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        (*chunk).c_headerSize = bytes.header.len() as c_int;
        for (to, from) in (*chunk).c_header.iter_mut().zip(bytes.header) {
            *to = *from as c_char;
        }
        (*chunk).c_chunkSize = bytes.part.len() as c_int;
        (*chunk).c_chunk = bytes.part.as_ptr().cast_mut().cast();
    }
}

/// Describes a message to C, handing its body over when it is complete.
///
/// # Safety
/// `packet` points to a writable packet.
unsafe fn describe_message(
    packet: *mut RTMPPacket,
    header: &MessageHeader,
    received: u32,
    body: Option<MallocBody>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        (*packet).m_headerType = header.format as u8;
        (*packet).m_packetType = header.kind.0;
        (*packet).m_hasAbsTimestamp = u8::from(header.format.is_absolute());
        (*packet).m_nChannel = header.channel.cast_signed();
        (*packet).m_nTimeStamp = header.timestamp;
        (*packet).m_nInfoField2 = header.stream.cast_signed();
        (*packet).m_nBodySize = header.length;
        (*packet).m_nBytesRead = received;
        // An empty message has no body: programs do not free it.
        let body = body.filter(|_| header.length > 0);
        (*packet).m_body = body.map_or(std::ptr::null_mut(), MallocBody::into_raw);
    }
}

fn end_unless_timed_out(call: ReadingCall, error: &Error) {
    if error.keeps_connection() {
        say_timed_out(&call);
    } else {
        fail(call, error, |_| {});
    }
}

/// Logs that nothing came in time. A program that polls a non-blocking descriptor, or has set a short time-out of its own on
/// it, knows, and does so often: whether it is non-blocking the socket is asked once.
fn say_timed_out(call: &InUse) {
    let socket = call.stream.socket();
    if call.is_nonblocking.load(Ordering::Relaxed) || socket.is_nonblocking() {
        call.is_nonblocking.store(true, Ordering::Relaxed);
        return crate::debug!("no data yet");
    }
    // SAFETY: the structure stays while the call lives.
    let link_timeout = unsafe { connect::timeout(call.handle()) };
    let Some(time) = waited(call) else { return };
    let seconds = time.as_secs_f32();
    if link_timeout.is_none_or(|most| time < most) {
        return crate::debug!("no data for {seconds} s");
    }
    let server = whose(call);
    match missing(call) {
        Some(method) => {
            crate::error!("{server}the server did not answer {method} within {seconds} s (option timeout)")
        }
        None => crate::error!("{server}the server has sent nothing for {seconds} s (option timeout)"),
    }
}

/// Reads until a media packet is there. Other packets are acted on, as by `RTMP_ClientPacket`. Returns 1, 2 when the play
/// has ended, or 0 as [`RTMP_ReadPacket`] does.
///
/// # Safety
/// `r` is null or initialised; `packet` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_GetNextMediaPacket(r: *mut RTMP, packet: *mut RTMPPacket) -> c_int {
    guard(0, || {
        if r.is_null() || packet.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised, `packet` is the caller's.
        unsafe {
            let Some(mut call) = ReadingCall::begin(r) else { return 0 };
            let media = call
                .run(|talk, reading, input| reading.next_media(talk, input, &mut []))
                .unwrap_or(Err(Error::Closed));
            match media {
                Ok(Media::Message(message)) => {
                    call.rest();
                    drop(call);
                    describe_message(packet, &message.header, message.header.length, message.body);
                    1
                }
                Ok(Media::Over(Event::Ended)) => {
                    // As the reference leaves it: what was played did play.
                    end(call, Farewell::Said, |r| Scalar::store(&raw mut (*r).m_bPlaying, 1));
                    PLAY_ENDED
                }
                Ok(Media::Over(event)) => act(call, event),
                Err(error) => {
                    end_unless_timed_out(call, &error);
                    0
                }
            }
        }
    })
}

/// Acts on a received packet: does what a protocol message or a command asks for. Returns 1 for media, 2 when it ended the
/// play, else 0.
///
/// # Safety
/// `r` is null or initialised; `packet` is null or a complete packet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_ClientPacket(r: *mut RTMP, packet: *mut RTMPPacket) -> c_int {
    guard(0, || {
        if r.is_null() || packet.is_null() {
            return 0;
        }
        // SAFETY: `r` is initialised; the packet is complete, and copied, so that no reference to it remains.
        unsafe {
            let copy = packet.read();
            let Some(message) = incoming(&copy) else { return 0 };
            let Some(connection) = connection::current(r) else { return 0 };
            match connection.talk(|talk| talk.handle(&message)) {
                Ok(event) => act(connection, event),
                Err(error) => {
                    fail(connection, &error, |_| {});
                    0
                }
            }
        }
    })
}

/// Views a packet as a message; one without a body, whatever its size says, is an empty one.
///
/// # Safety
/// `m_body` is null or points to `m_nBodySize` bytes that stay as they are while the result lives.
unsafe fn incoming(packet: &RTMPPacket) -> Option<Incoming<'_>> {
    let len = if packet.m_body.is_null() { 0 } else { packet.m_nBodySize as usize };
    let body = match len {
        0 => &[],
        // SAFETY: the caller's promise.
        1..=MAX_BODY => unsafe { std::slice::from_raw_parts(packet.m_body.cast::<u8>(), len) },
        _ => {
            crate::error!("RTMP_ClientPacket: m_nBodySize is {len}; the most is {MAX_BODY}");
            return None;
        }
    };
    let header = MessageHeader {
        channel: packet.m_nChannel.cast_unsigned().min(MAX_CHANNEL),
        format: Format::from_number(packet.m_headerType).unwrap_or_default(),
        timestamp: packet.m_nTimeStamp,
        length: packet.m_nBodySize,
        kind: MessageType(packet.m_packetType),
        stream: packet.m_nInfoField2.cast_unsigned(),
    };
    Some(Incoming { header, body })
}

/// Acts on what a message meant, outside all locks.
fn act(call: impl Into<InUse>, event: Event) -> c_int {
    match event {
        Event::Handled => 0,
        Event::Media => 1,
        Event::Ended => {
            end(call, Farewell::Said, |_| {});
            PLAY_ENDED
        }
        Event::Closed => {
            end(call, Farewell::Said, |_| {});
            0
        }
        Event::Reconnect => {
            // SAFETY: the texts of the handle are the program's to keep for as long as its call that has met this lasts.
            unsafe {
                if let Some(call) = reconnect(call).and_then(InUse::into_reading) {
                    begin_stream(call);
                }
            }
            0
        }
    }
}
