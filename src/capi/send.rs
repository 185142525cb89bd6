//! Sending: messages and chunks of the program's own. Commands are in `send::commands`, FLV bytes in `send::flv`.

pub mod commands;
pub mod flv;
mod listen;

use crate::amf;
use crate::capi::call::InUse;
use crate::capi::close::fail;
use crate::capi::connection;
use crate::capi::guard::guard;
use crate::capi::owner::Owner;
use crate::capi::types::{RTMP, RTMPChunk, RTMPPacket};
use crate::chunk::{Format, MAX_BODY, MAX_CHANNEL, MIN_CHANNEL, Outgoing};
use crate::message::MessageType;
use crate::session::{Answer, Host, feature, out_chunk_size};
use crate::{Error, Result};
use libc::c_int;
use listen::{listen_when_due, reason};
use std::sync::atomic::Ordering;

/// Sends one message; its body and header stay as they are, but for `m_headerType`, which tells the format sent.
///
/// With a `queue` other than 0, the name and the transaction of an INVOKE are added to `m_methodCalls`. Returns 1, or 0 after a log line.
///
/// # Safety
/// `r` is null or initialised; `packet` is null or a packet whose `m_body` points to `m_nBodySize` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RTMP_SendPacket(r: *mut RTMP, packet: *mut RTMPPacket, queue: c_int) -> c_int {
    guard(0, || {
        let answer = if queue == 0 { Answer::Ignored } else { Answer::Awaited };
        // SAFETY: `r` is null or initialised; `packet` is null or as `send_packet` needs it.
        unsafe { !r.is_null() && !packet.is_null() && send_packet(r, packet, answer) }.into()
    })
}

/// Sends a chunk's header and body bytes as they are. Returns 1, or 0.
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

/// `RTMP_SendPacket`; `answer` counts for an INVOKE only.
///
/// # Safety
/// `r` points to an initialised `struct RTMP`, `packet` to a packet whose `m_body` points to `m_nBodySize` bytes.
unsafe fn send_packet(r: *mut RTMP, packet: *mut RTMPPacket, answer: Answer) -> bool {
    // SAFETY: the caller's promise; the packet may lie inside `*r` and is copied, so that no reference to it remains.
    unsafe {
        let copy = packet.read();
        let Some(message) = outgoing(&copy) else { return false };
        let Some(connection) = connection::required(r, "RTMP_SendPacket") else { return false };
        let publishes = (*r).Link.protocol & feature::WRITE != 0;
        let sent = send_message(&connection, &message, publishes, answer);
        if let Ok(format) = &sent {
            (*packet).m_headerType = *format as u8;
        }
        finish(connection, sent)
    }
}

/// Sends a connect packet of the program's, within the call that connects.
///
/// # Safety
/// `packet` points to a packet whose `m_body` points to `m_nBodySize` bytes.
#[cold]
pub(crate) unsafe fn send_connect_packet(call: &InUse, packet: *mut RTMPPacket) -> Result<()> {
    // SAFETY: the caller's promise; as in `send_packet`.
    unsafe {
        let copy = packet.read();
        let unfit = || Error::Usage("the program's connect packet cannot be sent".into());
        let message = outgoing(&copy).ok_or_else(unfit)?;
        let sent = call.talk(|talk| {
            if message.kind == MessageType::COMMAND {
                note_call(talk.host, message.body);
            }
            talk.sender.send(&message, out_chunk_size(talk.host))
        });
        (*packet).m_headerType = sent? as u8;
    }
    Ok(())
}

/// Checks a packet and views it as a message.
///
/// # Safety
/// `m_body` points to `m_nBodySize` bytes that stay as they are while the result lives.
#[inline(always)]
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
        crate::error!("RTMP_SendPacket: m_nBodySize is {}; the most is {MAX_BODY}", packet.m_nBodySize);
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

fn send_message(call: &InUse, message: &Outgoing<'_>, publishes: bool, answer: Answer) -> Result<Format> {
    if message.kind.is_media() {
        // Also by a server: what it has sent is to arrive as well.
        call.published.store(true, Ordering::Relaxed);
        if publishes {
            listen_when_due(call)?;
        }
    }
    let sent = call.talk(|talk| {
        if answer == Answer::Awaited && message.kind == MessageType::COMMAND {
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
