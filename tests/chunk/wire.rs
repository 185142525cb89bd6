//! What the cases share: a byte stream in pieces, messages as they are sent and arrive, and headers written by hand.

use rtmp::chunk::{Body, Format, Memory, Outgoing, Reader, Writer};
use rtmp::message::MessageType;
use rtmp::transport::{Input, Received};
use rtmp::{Error, Result};

/// Delivers a byte stream in given pieces; a piece of 0 is a time-out.
pub(super) struct Pieces {
    stream: Vec<u8>,
    /// How much of the stream was received.
    at: usize,
    buffer: Vec<u8>,
    /// The lengths, used in turn.
    pieces: Vec<usize>,
    turn: usize,
}

impl Pieces {
    pub(super) fn new(stream: Vec<u8>, pieces: Vec<usize>) -> Self {
        Self { stream, at: 0, buffer: Vec::new(), pieces, turn: 0 }
    }
}

impl Input for Pieces {
    fn buffered(&self) -> &[u8] {
        &self.buffer
    }
    fn consume(&mut self, n: usize) {
        self.buffer.drain(..n.min(self.buffer.len()));
    }
    fn receive(&mut self, direct: &mut [u8]) -> Result<Received> {
        assert!(
            direct.is_empty() || self.buffer.is_empty(),
            "direct memory is only given when nothing is buffered"
        );
        if self.at == self.stream.len() {
            return Err(Error::Closed);
        }
        let piece = self.pieces[self.turn % self.pieces.len()];
        self.turn += 1;
        if piece == 0 {
            return Err(Error::TimedOut);
        }
        let end = (self.at + piece).min(self.stream.len());
        let bytes = &self.stream[self.at..end];
        let n = direct.len().min(bytes.len());
        direct[..n].copy_from_slice(&bytes[..n]);
        self.buffer.extend_from_slice(&bytes[n..]);
        self.at = end;
        Ok(Received { direct: n, buffered: bytes.len() - n })
    }
}

/// A message as sent and as it should arrive.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) channel: u32,
    /// Milliseconds, absolute.
    pub(super) timestamp: u32,
    pub(super) kind: u8,
    pub(super) stream: u32,
    pub(super) body: Vec<u8>,
}

pub(super) fn outgoing(message: &Message, format: Format) -> Outgoing<'_> {
    Outgoing {
        channel: message.channel,
        format,
        timestamp: message.timestamp,
        kind: MessageType(message.kind),
        stream: message.stream,
        body: &message.body,
    }
}

/// Writes one message: the format chosen and the bytes of each chunk.
pub(super) fn write(
    writer: &mut Writer,
    message: &Message,
    format: Format,
    chunk_size: u32,
) -> (Format, Vec<Vec<u8>>) {
    let (format, bytes) = writer
        .write(&outgoing(message, format), chunk_size, |slices| {
            Ok(slices.iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>())
        })
        .unwrap();
    let basic = match message.channel {
        ..64 => 1,
        64..320 => 2,
        320.. => 3,
    };
    let extended = format != Format::Same && bytes[basic..].starts_with(b"\xff\xff\xff");
    let extended = if extended { 4 } else { 0 };
    let mut chunks = Vec::new();
    let mut rest = &bytes[..];
    let mut header = basic + [11, 7, 3, 0][format as usize] + extended;
    let mut left = message.body.len();
    loop {
        let part = left.min(chunk_size as usize);
        let (chunk, later) = rest.split_at(header + part);
        chunks.push(chunk.to_vec());
        left -= part;
        rest = later;
        header = basic + extended;
        if left == 0 {
            assert!(rest.is_empty());
            return (format, chunks);
        }
    }
}

/// Reads all messages, with or without lent memory, going on after each time-out.
pub(super) fn read_all(input: &mut Pieces, chunk_size: u32, lent: &mut [u8]) -> Vec<Message> {
    let mut reader = Reader::<Memory>::default();
    let mut messages = Vec::new();
    loop {
        match reader.read_message(input, chunk_size, lent) {
            Ok(complete) => {
                let header = complete.header;
                let body = match &complete.body {
                    Some(body) => body.as_slice().to_vec(),
                    None => lent[..header.length as usize].to_vec(),
                };
                assert_eq!(reader.channel_time(header.channel), header.timestamp);
                messages.push(Message {
                    channel: header.channel,
                    timestamp: header.timestamp,
                    kind: header.kind.0,
                    stream: header.stream,
                    body,
                });
            }
            Err(Error::TimedOut) => {}
            Err(Error::Closed) => return messages,
            Err(error) => panic!("{error}"),
        }
        // What was lent is the caller's again.
        lent.fill(0xee);
    }
}

/// A header of format 0 on channel 4 of an audio message on stream 1.
pub(super) fn full(time: u32, len: u32) -> Vec<u8> {
    let mut bytes = vec![0x04];
    bytes.extend(&time.min(0xff_ffff).to_be_bytes()[1..]);
    bytes.extend(&len.to_be_bytes()[1..]);
    bytes.extend([8, 1, 0, 0, 0]);
    if time >= 0xff_ffff {
        bytes.extend(time.to_be_bytes());
    }
    bytes
}
