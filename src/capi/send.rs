//! Sending: packets and chunks of the program's own, and the commands it asks for.

#![allow(non_snake_case)]

use crate::amf;
use crate::capi::call::InUse;
use crate::capi::close::fail;
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::owner::Owner;
use crate::capi::scalar::Scalar;
use crate::capi::types::{RTMP, RTMPChunk, RTMPPacket};
use crate::chunk::{Format, MAX_BODY, MAX_CHANNEL, Outgoing};
use crate::message::MessageType;
use crate::session::{Conversation, Event, Host, Scalars, feature, out_chunk_size, pausing, read_status};
use crate::transport::Portion;
use crate::{Error, Result};
use libc::{c_int, c_short, c_uint};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The lowest channel a message may have: 0 and 1 announce longer basic headers (RTMP 1.0, section 5.3.1.1).
const MIN_CHANNEL: u32 = 2;
/// How long `RTMP_ToggleStream` leaves the stream paused.
const TOGGLE_PAUSE: Duration = Duration::from_secs(1);

/// Sends one message; its body and header stay as they are, but for `m_headerType`, which tells the format sent.
///
/// With `queue`, the name and the transaction of an INVOKE join `m_methodCalls`. Returns 1, or 0 after a log line.
///
/// # Safety
/// `r` is null or initialised; `packet` is null or a packet whose `m_body` points to `m_nBodySize` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendPacket(r: *mut RTMP, packet: *mut RTMPPacket, queue: c_int) -> c_int {
    guard(0, || {
        // SAFETY: `r` is null or initialised; `packet` is null or as `send_packet` needs it.
        unsafe { !r.is_null() && !packet.is_null() && send_packet(r, packet, queue != 0) }.into()
    })
}

/// Sends a chunk's header and body bytes as they are.
///
/// # Safety
/// `r` is null or initialised; `chunk` is null or has `c_headerSize` header bytes and `c_chunkSize` bytes at `c_chunk`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendChunk(r: *mut RTMP, chunk: *mut RTMPChunk) -> c_int {
    guard(0, || {
        if r.is_null() || chunk.is_null() {
            return 0;
        }
        // SAFETY: the header's contract, see above; both lengths are checked.
        unsafe {
            let chunk = chunk.read();
            let header = chunk.c_header.map(|byte| byte as u8);
            let header = usize::try_from(chunk.c_headerSize).ok().and_then(|size| header.get(..size));
            let body = bytes(chunk.c_chunk.cast(), chunk.c_chunkSize.max(0).cast_unsigned());
            let (Some(header), Some(body)) = (header, body) else {
                crate::error!("RTMP_SendChunk: the chunk has no body or an impossible header size");
                return 0;
            };
            let Some(connection) = connection::current(r) else { return 0 };
            let sent =
                connection.talk(|talk| talk.sender.send_raw(&[header, body], out_chunk_size(talk.host)));
            finish(connection, sent).into()
        }
    })
}

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

/// Announces `m_nServerBW` as our window of acknowledgements.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendServerBW(r: *mut RTMP) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_window_ack_size()) }
}

/// Announces `m_nClientBW` and `m_nClientBW2` as what the peer may send unacknowledged.
///
/// # Safety
/// `r` is null or initialised by `RTMP_Init`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendClientBW(r: *mut RTMP) -> c_int {
    // SAFETY: `r` is null or initialised.
    unsafe { talk(r, |talk| talk.send_peer_bandwidth()) }
}

/// Asks the server for a message stream.
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

/// # Safety
/// `r` points to an initialised `struct RTMP`.
unsafe fn toggle(r: *mut RTMP) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        if Scalar::load(&raw const (*r).m_pausing) == pausing::NONE {
            let status = &raw mut (*r).m_read.status;
            if Scalar::load(&raw const (*r).m_sb.sb_timedout) != 0 && Scalar::load(status) == read_status::EOF
            {
                Scalar::store(status, read_status::OK);
            }
            // At the time noted when the server fell silent, which is what the program has played up to.
            if RTMP_SendPause(r, 1, Scalar::load(&raw const (*r).m_pauseStamp).cast_signed()) == 0 {
                return 0;
            }
            Scalar::store(&raw mut (*r).m_pausing, pausing::ASKED);
            std::thread::sleep(TOGGLE_PAUSE);
        }
        let sent = RTMP_Pause(r, 0);
        Scalar::store(&raw mut (*r).m_pausing, pausing::RESUMING);
        sent
    }
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

/// Logs a failure and, when the connection is gone with it, closes the session.
fn finish<T>(call: InUse, result: Result<T>) -> bool {
    match result {
        Ok(_) => return true,
        Err(Error::Usage(text)) => crate::error!("{text}"),
        Err(error) => fail(call, &error, |_| {}),
    }
    false
}

/// The bytes at `start`; `None` for a null pointer with a length.
///
/// # Safety
/// `start` is null or points to `len` bytes that stay as they are while the result lives.
unsafe fn bytes<'a>(start: *const u8, len: u32) -> Option<&'a [u8]> {
    match len {
        0 => Some(&[]),
        _ if start.is_null() => None,
        // SAFETY: the caller's promise.
        len => Some(unsafe { std::slice::from_raw_parts(start, len as usize) }),
    }
}

/// `RTMP_SendPacket`.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, `packet` to a packet whose `m_body` points to `m_nBodySize` bytes.
pub(crate) unsafe fn send_packet(r: *mut RTMP, packet: *mut RTMPPacket, queue: bool) -> bool {
    // SAFETY: the caller's promise; the packet may lie inside `*r` and is copied, so that no reference to it remains.
    unsafe {
        let copy = packet.read();
        let Some(message) = outgoing(&copy) else { return false };
        let Some(connection) = connection::required(r, "RTMP_SendPacket") else { return false };
        let publishes = (*r).Link.protocol & feature::WRITE != 0;
        let sent = send_message(&connection, &message, publishes, queue);
        if let Ok(format) = &sent {
            (*packet).m_headerType = *format as u8;
        }
        finish(connection, sent)
    }
}

/// Checks a packet and views it as a message.
///
/// # Safety
/// `m_body` points to `m_nBodySize` bytes that stay as they are while the result lives.
unsafe fn outgoing(packet: &RTMPPacket) -> Option<Outgoing<'_>> {
    let channel = packet.m_nChannel.cast_unsigned();
    if !(MIN_CHANNEL..=MAX_CHANNEL).contains(&channel) {
        crate::error!(
            "RTMP_SendPacket: channel {} is outside {MIN_CHANNEL} to {MAX_CHANNEL}",
            packet.m_nChannel
        );
        return None;
    }
    let Some(format) = Format::from_number(packet.m_headerType) else {
        crate::error!("RTMP_SendPacket: header type {} is outside 0 to 3", packet.m_headerType);
        return None;
    };
    if packet.m_nBodySize as usize > MAX_BODY {
        crate::error!("RTMP_SendPacket: m_nBodySize is {}, {MAX_BODY} is the most", packet.m_nBodySize);
        return None;
    }
    // SAFETY: the caller's promise.
    let Some(body) = (unsafe { bytes(packet.m_body.cast(), packet.m_nBodySize) }) else {
        crate::error!("RTMP_SendPacket: m_body is null, m_nBodySize is {}", packet.m_nBodySize);
        return None;
    };
    Some(Outgoing {
        channel,
        format,
        timestamp: packet.m_nTimeStamp,
        kind: MessageType(packet.m_packetType),
        stream: packet.m_nInfoField2.cast_unsigned(),
        body,
    })
}

fn send_message(call: &InUse, message: &Outgoing<'_>, publishes: bool, queue: bool) -> Result<Format> {
    let is_media = matches!(message.kind, MessageType::AUDIO | MessageType::VIDEO | MessageType::DATA);
    if is_media && publishes {
        call.published.store(true, Ordering::Relaxed);
        listen_when_due(call)?;
    }
    let sent = call.talk(|talk| {
        if queue && message.kind == MessageType::COMMAND {
            note_call(talk.host, message.body);
        }
        talk.sender.send(message, out_chunk_size(talk.host))
    });
    sent.map_err(|error| reason(call, error))
}

/// A call that the program sent itself awaits its answer like ours.
fn note_call(host: &mut Owner<'_>, body: &[u8]) {
    let values = amf::decode_values(body);
    if let [name, transaction, ..] = values.as_slice()
        && let (Some(name), Some(transaction)) = (name.as_str(), transaction.as_number())
    {
        host.call_sent(name, transaction as i32);
    }
}

/// Hears what the server has to say, without waiting, unless that was done a moment ago or somebody else reads.
pub(crate) fn listen_when_due(call: &InUse) -> Result<()> {
    if call.program_reads.load(Ordering::Relaxed) || !call.listening_is_due() {
        return Ok(());
    }
    listen(call, LISTENED_TO)
}

/// How much of what the server says is heard at a time: one that never stops must not keep a writing call.
const LISTENED_TO: usize = 64 << 10;
/// How much is heard to find out why sending failed: more than a socket holds.
const LAST_WORDS: usize = 8 << 20;

fn listen(call: &InUse, most: usize) -> Result<()> {
    match call.read_aside(|talk, reading, input| reading.listen(talk, &mut Portion::of(input, most))) {
        None | Some(Ok(Event::Handled | Event::Media)) => Ok(()),
        Some(Ok(Event::Ended | Event::Closed | Event::Reconnect)) => {
            Err(Error::Refused("the server ended the stream that is being published".into()))
        }
        // A reader hears of an end by its return value; a publisher would be left with nothing but a failed write.
        Some(Err(Error::Closed)) => {
            Err(Error::Refused("the connection was closed while the stream was being published".into()))
        }
        Some(Err(error)) => Err(error),
    }
}

/// Why sending failed: the server's own words, when it said any before it left.
pub(crate) fn reason(call: &InUse, error: Error) -> Error {
    if matches!(error, Error::Usage(_) | Error::Refused(_)) || call.program_reads.load(Ordering::Relaxed) {
        return error;
    }
    match listen(call, LAST_WORDS) {
        Err(said @ Error::Refused(_)) => said,
        _ => error,
    }
}
