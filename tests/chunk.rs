//! Messages through the chunk writer, a byte stream cut anywhere, and the chunk reader.

use proptest::prelude::*;
use rtmp::chunk::{Body, Format, Outgoing, Reader, Writer};
use rtmp::message::MessageType;
use rtmp::transport::{Input, Received};
use rtmp::{Error, Result};

/// A body in a vector.
#[derive(Debug, Default)]
struct VecBody {
    bytes: Vec<u8>,
    filled: usize,
}

impl Body for VecBody {
    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }
    fn spare(&mut self, min: usize, max: usize) -> Result<&mut [u8]> {
        if self.bytes.len() < self.filled + min {
            self.bytes.resize(self.filled + max, 0);
        }
        let end = self.bytes.len().min(self.filled + max);
        Ok(&mut self.bytes[self.filled..end])
    }
    fn filled(&mut self, n: usize) {
        self.filled += n;
    }
}

/// Delivers a byte stream in given pieces; a piece of 0 is a time-out.
struct Pieces {
    stream: Vec<u8>,
    at: usize,
    buffer: Vec<u8>,
    pieces: Vec<usize>,
    turn: usize,
}

impl Pieces {
    fn new(stream: Vec<u8>, pieces: Vec<usize>) -> Self {
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
struct Message {
    channel: u32,
    timestamp: u32,
    kind: u8,
    stream: u32,
    body: Vec<u8>,
}

/// Writes one message; the stream it was given counts only where the receiver sees it.
fn write(writer: &mut Writer, message: &Message, format: Format, chunk_size: u32) -> (Format, Vec<Vec<u8>>) {
    let outgoing = Outgoing {
        channel: message.channel,
        format,
        timestamp: message.timestamp,
        kind: MessageType(message.kind),
        stream: message.stream,
        body: &message.body,
    };
    writer
        .write(&outgoing, chunk_size, |slices| {
            Ok(slices.iter().map(|slice| slice.to_vec()).collect::<Vec<_>>())
        })
        .unwrap()
}

/// Reads all messages, with or without lent memory, going on after each time-out.
fn read_all(input: &mut Pieces, chunk_size: u32, lent: &mut [u8]) -> Vec<Message> {
    let mut reader = Reader::<VecBody>::default();
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
    }
}

/// Reads all messages chunk by chunk, and checks that the parts make up the bodies.
fn read_chunks(input: &mut Pieces, chunk_size: u32) -> Vec<Message> {
    let mut reader = Reader::<VecBody>::default();
    let mut messages = Vec::new();
    let mut parts = std::collections::HashMap::<u32, Vec<u8>>::new();
    loop {
        match reader.read_chunk(input, chunk_size, true) {
            Ok(chunk) => {
                let channel = chunk.header.channel;
                let part = parts.entry(channel).or_default();
                part.extend_from_slice(&chunk.part);
                assert_eq!(part.len(), chunk.received as usize);
                if let Some(body) = chunk.message {
                    assert_eq!(body.as_slice(), part);
                    let header = chunk.header;
                    messages.push(Message {
                        channel,
                        timestamp: header.timestamp,
                        kind: header.kind.0,
                        stream: header.stream,
                        body: parts.remove(&channel).unwrap(),
                    });
                }
            }
            Err(Error::TimedOut) => {}
            Err(Error::Closed) => return messages,
            Err(error) => panic!("{error}"),
        }
    }
}

fn channel() -> impl Strategy<Value = u32> {
    prop_oneof![2u32..8, Just(63), Just(64), Just(319), Just(320), Just(65599), 2u32..=65599]
}

fn timestamp() -> impl Strategy<Value = u32> {
    prop_oneof![
        0u32..200,
        0xff_fff0u32..0x100_0010,
        0x7fff_fff0u32..0x8000_0010,
        0xffff_fff0u32..,
        any::<u32>()
    ]
}

fn message() -> impl Strategy<Value = (Message, u8)> {
    let body = prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..600),
        1 => proptest::collection::vec(any::<u8>(), 128..129),
    ];
    (channel(), timestamp(), 1u8..23, any::<u32>(), body, 0u8..4).prop_map(
        |(channel, timestamp, kind, stream, body, format)| {
            (Message { channel, timestamp, kind, stream, body }, format)
        },
    )
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        Just(vec![1, 0]),
        proptest::collection::vec(0usize..40, 1..20).prop_map(|mut pieces| {
            pieces.push(7);
            pieces
        }),
        Just(vec![100_000]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is written arrives, with its time, however the bytes are cut and the channels interleave.
    #[test]
    fn any_messages_arrive(
        sent in proptest::collection::vec(message(), 1..20),
        chunk_size in prop_oneof![1u32..300, Just(128u32), Just(65536)],
        pieces in pieces(),
        lent in prop_oneof![Just(0usize), 0usize..700],
        interleave in any::<bool>(),
    ) {
        let mut writer = Writer::default();
        let mut streams = std::collections::HashMap::<u32, u32>::new();
        let mut expected = Vec::new();
        // Chunks of each channel in order; channels may be interleaved in any way.
        let mut queues: Vec<(u32, std::collections::VecDeque<(Vec<u8>, Option<Message>)>)> = Vec::new();
        for (message, format) in &sent {
            let format = [Format::Full, Format::SameStream, Format::SameLength, Format::Same][usize::from(*format)];
            let (chosen, slices) = write(&mut writer, message, format, chunk_size);
            let stream = if format == Format::Full {
                message.stream
            } else {
                *streams.get(&message.channel).unwrap_or(&message.stream)
            };
            if format == Format::Full {
                prop_assert_eq!(chosen, Format::Full);
            }
            streams.insert(message.channel, stream);
            let arrives = Message { stream, ..message.clone() };
            let mut chunks: Vec<(Vec<u8>, Option<Message>)> =
                slices.chunks(2).map(|chunk| (chunk.concat(), None)).collect();
            chunks.last_mut().unwrap().1 = Some(arrives);
            match queues.iter_mut().find(|(channel, _)| interleave && *channel == message.channel) {
                Some((_, queue)) => queue.extend(chunks),
                None => queues.push((message.channel, chunks.into())),
            }
        }
        let mut stream = Vec::new();
        while queues.iter().any(|(_, queue)| !queue.is_empty()) {
            for (_, queue) in &mut queues {
                while let Some((bytes, message)) = queue.pop_front() {
                    stream.extend(bytes);
                    expected.extend(message);
                    if interleave {
                        break;
                    }
                }
            }
        }
        let mut lent = vec![0; lent];
        let got = read_all(&mut Pieces::new(stream.clone(), pieces.clone()), chunk_size, &mut lent);
        prop_assert_eq!(&got, &expected);
        let got = read_chunks(&mut Pieces::new(stream, pieces), chunk_size);
        prop_assert_eq!(&got, &expected);
    }

    /// No bytes make the reader panic, or give it more than arrived.
    #[test]
    fn any_bytes_are_survived(stream in proptest::collection::vec(any::<u8>(), 0..400), chunk_size in 1u32..200, pieces in pieces()) {
        let mut reader = Reader::<VecBody>::default();
        let mut input = Pieces::new(stream, pieces);
        let mut lent = [0; 64];
        loop {
            match reader.read_message(&mut input, chunk_size, &mut lent) {
                Ok(_) | Err(Error::TimedOut) => {}
                Err(_) => break,
            }
        }
    }
}
