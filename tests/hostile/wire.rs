//! The bytes a server sends: chunks, commands, and the good beginning of a session.

use std::iter::repeat_n;

/// Our chunk size until one is announced.
pub(crate) const CHUNK: usize = 128;
/// S0, S1 and S2 are as long.
pub(crate) const HANDSHAKE: usize = 3073;

pub(crate) const SET_CHUNK_SIZE: u8 = 1;
pub(crate) const ABORT: u8 = 2;
pub(crate) const REPORT: u8 = 3;
pub(crate) const USER_CONTROL: u8 = 4;
pub(crate) const WINDOW: u8 = 5;
pub(crate) const BANDWIDTH: u8 = 6;
pub(crate) const AUDIO: u8 = 8;
pub(crate) const VIDEO: u8 = 9;
pub(crate) const COMMAND_AMF3: u8 = 17;
pub(crate) const DATA: u8 = 18;
pub(crate) const COMMAND: u8 = 20;
pub(crate) const AGGREGATE: u8 = 22;

/// S0, S1 and S2 of the plain handshake, with a version.
pub(crate) fn handshake(version: u8) -> Vec<u8> {
    let mut bytes = vec![0; HANDSHAKE];
    bytes[0] = version;
    bytes
}

/// A basic header.
pub(crate) fn basic(format: u8, channel: u32) -> Vec<u8> {
    let format = format << 6;
    match channel {
        0..=63 => vec![format | channel as u8],
        64..=319 => vec![format, (channel - 64) as u8],
        _ => vec![format | 1, (channel - 64) as u8, ((channel - 64) >> 8) as u8],
    }
}

/// A header of format 0 with any length announced.
pub(crate) fn header(channel: u32, time: u32, kind: u8, length: u32) -> Vec<u8> {
    let mut bytes = basic(0, channel);
    bytes.extend(&time.min(0xff_ffff).to_be_bytes()[1..]);
    bytes.extend(&length.to_be_bytes()[1..]);
    bytes.push(kind);
    let stream = u32::from(matches!(kind, AUDIO | VIDEO | DATA | AGGREGATE));
    bytes.extend(stream.to_le_bytes());
    if time >= 0xff_ffff {
        bytes.extend(time.to_be_bytes());
    }
    bytes
}

/// A whole message in chunks of `size`; extended times are repeated when `repeats` says so.
pub(crate) fn chunked(channel: u32, time: u32, kind: u8, body: &[u8], size: usize, repeats: bool) -> Vec<u8> {
    let mut bytes = header(channel, time, kind, body.len() as u32);
    for (index, part) in body.chunks(size).enumerate() {
        if index > 0 {
            bytes.extend(basic(3, channel));
            if time >= 0xff_ffff && repeats {
                bytes.extend(time.to_be_bytes());
            }
        }
        bytes.extend(part);
    }
    bytes
}

/// A whole message in chunks of 128 bytes.
pub(crate) fn message(channel: u32, time: u32, kind: u8, body: &[u8]) -> Vec<u8> {
    chunked(channel, time, kind, body, CHUNK, true)
}

/// A protocol control message whose body is one number.
pub(crate) fn control(kind: u8, value: u32) -> Vec<u8> {
    message(2, 0, kind, &value.to_be_bytes())
}

/// A user control event.
pub(crate) fn event(event: u16, value: u32) -> Vec<u8> {
    message(2, 0, USER_CONTROL, &[&event.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [&[2][..], &name(text)].concat()
}

pub(crate) fn name(text: &str) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn number(number: f64) -> Vec<u8> {
    [&[0][..], &number.to_be_bytes()].concat()
}

pub(crate) const NULL: [u8; 1] = [5];
const OBJECT_END: [u8; 3] = [0, 0, 9];

/// An object of texts.
pub(crate) fn object(properties: &[(&str, &str)]) -> Vec<u8> {
    [&[3][..], &properties_of(properties)].concat()
}

/// The same as an ECMA array, its count given.
pub(crate) fn ecma(count: u32, properties: &[(&str, &str)]) -> Vec<u8> {
    [&[8][..], &count.to_be_bytes(), &properties_of(properties)].concat()
}

/// The same as a typed object.
pub(crate) fn typed(properties: &[(&str, &str)]) -> Vec<u8> {
    [&[16][..], &name("a.Class"), &properties_of(properties)].concat()
}

fn properties_of(properties: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in properties {
        bytes.extend(name(key));
        bytes.extend(text(value));
    }
    bytes.extend(OBJECT_END);
    bytes
}

/// A command on channel 3.
pub(crate) fn command(name: &str, transaction: f64, rest: &[Vec<u8>]) -> Vec<u8> {
    message(3, 0, COMMAND, &command_body(name, transaction, rest))
}

pub(crate) fn command_body(name: &str, transaction: f64, rest: &[Vec<u8>]) -> Vec<u8> {
    [text(name), number(transaction), rest.concat()].concat()
}

/// onStatus with a code.
pub(crate) fn status(code: &str) -> Vec<u8> {
    let info = object(&[("level", "status"), ("code", code), ("description", "as asked")]);
    command("onStatus", 0.0, &[NULL.into(), info])
}

/// The answer to connect.
pub(crate) fn connected() -> Vec<u8> {
    let info = object(&[("code", "NetConnection.Connect.Success"), ("description", "welcome")]);
    command("_result", 1.0, &[object(&[("fmsVer", "test")]), info])
}

/// The answer to createStream, whose transaction differs between players and publishers.
pub(crate) fn created(transaction: f64) -> Vec<u8> {
    command("_result", transaction, &[NULL.into(), number(1.0)])
}

/// All that a player needs before media.
pub(crate) fn playing() -> Vec<u8> {
    [handshake(3), connected(), created(2.0), status("NetStream.Play.Start")].concat()
}

/// All that a publisher needs before it sends media.
pub(crate) fn publishing() -> Vec<u8> {
    [handshake(3), connected(), created(4.0), status("NetStream.Publish.Start")].concat()
}

/// A media message: video on channel 6, audio on channel 4.
pub(crate) fn media(kind: u8, time: u32, size: usize) -> Vec<u8> {
    message(if kind == VIDEO { 6 } else { 4 }, time, kind, &body(size, time))
}

/// A body that tells where it stands.
pub(crate) fn body(size: usize, seed: u32) -> Vec<u8> {
    (0..size).map(|index| (index as u32).wrapping_add(seed) as u8).collect()
}

/// The end of a play.
pub(crate) fn stop() -> Vec<u8> {
    status("NetStream.Play.Stop")
}

/// A piece of bytes, again and again.
pub(crate) fn many(count: usize, piece: &[u8]) -> Vec<u8> {
    repeat_n(piece, count).collect::<Vec<_>>().concat()
}

/// A whole answer over HTTP.
pub(crate) fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A tunnel's answer to "open".
pub(crate) fn opened() -> Vec<u8> {
    answer(b"abcd\n")
}

/// Its other answers: a polling interval, and bytes of RTMP.
pub(crate) fn carrying(bytes: &[u8]) -> Vec<u8> {
    answer(&[&[1], bytes].concat())
}
