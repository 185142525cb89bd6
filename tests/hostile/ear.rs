//! What a client said, taken apart as a strict server does: nothing may stand inside another message.

use super::wire::{CHUNK, HANDSHAKE, SET_CHUNK_SIZE};
use std::collections::BTreeMap;

/// A whole message of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub kind: u8,
    pub time: u32,
    pub body: Vec<u8>,
}

#[derive(Clone, Default)]
struct Channel {
    time: u32,
    delta: u32,
    length: usize,
    kind: u8,
    extended: bool,
    body: Vec<u8>,
}

/// The messages of a client, behind its handshake. A message cut off at the end is left out.
///
/// A message must be whole before the next one begins: no sender has a reason to mix them.
pub(crate) fn messages(heard: &[u8]) -> Result<Vec<Said>, String> {
    let mut rest = heard.get(HANDSHAKE..).unwrap_or_default();
    let mut channels: BTreeMap<u8, Channel> = BTreeMap::new();
    let (mut said, mut size, mut open) = (Vec::new(), CHUNK, None);
    while let Some(message) = chunk(&mut rest, &mut channels, size, &mut open)? {
        let Some(message) = message else { continue };
        if message.kind == SET_CHUNK_SIZE {
            size = u32::from_be_bytes(message.body[..4].try_into().expect("four bytes")) as usize;
        }
        said.push(message);
    }
    Ok(said)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, later) = rest.split_at_checked(count)?;
    *rest = later;
    Some(taken)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// One chunk: `None` at the end, and a message when the chunk completes one.
fn chunk(
    rest: &mut &[u8],
    channels: &mut BTreeMap<u8, Channel>,
    size: usize,
    open: &mut Option<u8>,
) -> Result<Option<Option<Said>>, String> {
    let Some(first) = take(rest, 1) else { return Ok(None) };
    let (format, id) = (first[0] >> 6, first[0] & 63);
    if id < 2 {
        return Err(format!("a channel above 63, with {} bytes to come", rest.len()));
    }
    if open.is_some_and(|open| open != id || format != 3) {
        return Err(format!("a message on channel {id} begins inside one on {open:?}"));
    }
    let channel = channels.entry(id).or_default();
    let Some(header) = take(rest, [11, 7, 3, 0][usize::from(format)]) else { return Ok(None) };
    if let Some(delta) = header.get(..3) {
        channel.delta = number(delta);
        channel.extended = channel.delta == 0xff_ffff;
    }
    if let Some(fields) = header.get(3..7) {
        channel.length = number(&fields[..3]) as usize;
        channel.kind = fields[3];
    }
    if channel.extended {
        let Some(time) = take(rest, 4) else { return Ok(None) };
        channel.delta = number(time);
    }
    if open.is_none() {
        channel.time = if format == 0 { channel.delta } else { channel.time.wrapping_add(channel.delta) };
    }
    let Some(part) = take(rest, size.min(channel.length - channel.body.len())) else { return Ok(None) };
    channel.body.extend(part);
    *open = (channel.body.len() < channel.length).then_some(id);
    let whole = open.is_none().then(|| Said {
        kind: channel.kind,
        time: channel.time,
        body: std::mem::take(&mut channel.body),
    });
    Ok(Some(whole))
}
