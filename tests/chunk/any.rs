//! What holds for any messages, any headers and any bytes, in any pieces.

use crate::wire::{Message, Pieces, outgoing, read_all, write};
use proptest::prelude::*;
use rtmp::Error;
use rtmp::chunk::{Body, Format, Memory, Reader, Writer};
use std::collections::{HashMap, VecDeque};

/// By their numbers on the wire.
const FORMATS: [Format; 4] = [Format::Full, Format::SameStream, Format::SameLength, Format::Same];

/// Reads all messages chunk by chunk, and checks that the parts make up the bodies.
fn read_chunks(input: &mut Pieces, chunk_size: u32) -> Vec<Message> {
    let mut reader = Reader::<Memory>::default();
    let mut messages = Vec::new();
    let mut parts = HashMap::<u32, Vec<u8>>::new();
    loop {
        match reader.read_chunk(input, chunk_size, true) {
            Ok(chunk) => {
                let channel = chunk.header.channel;
                let part = parts.entry(channel).or_default();
                part.extend_from_slice(reader.last_chunk().part);
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

/// The chunks of a channel that are to be sent, the last of each message with what arrives then.
type Queue = VecDeque<(Vec<u8>, Option<Message>)>;

/// Writes messages, each with the format asked for: the byte stream, and the messages that arrive, in their order.
fn laid_out(sent: &[(Message, u8)], chunk_size: u32, interleave: bool) -> (Vec<u8>, Vec<Message>) {
    let mut writer = Writer::default();
    let (mut appending, mut appended) = (Writer::default(), Vec::new());
    let mut streams = HashMap::<u32, u32>::new();
    let mut queues: Vec<(u32, Queue)> = Vec::new();
    for (message, format) in sent {
        let format = FORMATS[usize::from(*format)];
        let (chosen, slices) = write(&mut writer, message, format, chunk_size);
        let before = appended.len();
        appending.append(&outgoing(message, format), chunk_size, &mut appended).unwrap();
        assert_eq!(appended[before..], slices.concat());
        let stream = if format == Format::Full {
            assert_eq!(chosen, Format::Full);
            message.stream
        } else {
            *streams.get(&message.channel).unwrap_or(&message.stream)
        };
        streams.insert(message.channel, stream);
        let mut chunks: Vec<_> = slices.into_iter().map(|chunk| (chunk, None)).collect();
        chunks.last_mut().unwrap().1 = Some(Message { stream, ..message.clone() });
        match queues.iter_mut().find(|(channel, _)| interleave && *channel == message.channel) {
            Some((_, queue)) => queue.extend(chunks),
            None => queues.push((message.channel, chunks.into())),
        }
    }
    merged(queues, interleave)
}

/// The chunks of all queues as one stream: one of each queue in turn, or all of one queue before the next.
fn merged(mut queues: Vec<(u32, Queue)>, interleave: bool) -> (Vec<u8>, Vec<Message>) {
    let (mut stream, mut expected) = (Vec::new(), Vec::new());
    while queues.iter().any(|(_, queue)| !queue.is_empty()) {
        for (_, queue) in &mut queues {
            let count = if interleave { queue.len().min(1) } else { queue.len() };
            for (bytes, message) in queue.drain(..count) {
                stream.extend(bytes);
                expected.extend(message);
            }
        }
    }
    (stream, expected)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is written arrives, with its time, however the bytes are cut and the channels interleave.
    #[test]
    fn any_messages_arrive(
        sent in proptest::collection::vec(message(), 1..20),
        chunk_size in prop_oneof![1u32..300, Just(128u32), 512u32..560, Just(65536)],
        pieces in pieces(),
        lent in prop_oneof![Just(0usize), 0usize..700],
        interleave in any::<bool>(),
    ) {
        let (stream, expected) = laid_out(&sent, chunk_size, interleave);
        let mut lent = vec![0; lent];
        let got = read_all(&mut Pieces::new(stream.clone(), pieces.clone()), chunk_size, &mut lent);
        prop_assert_eq!(&got, &expected);
        let got = read_chunks(&mut Pieces::new(stream, pieces), chunk_size);
        prop_assert_eq!(&got, &expected);
    }

    /// Headers of any form in any order, with aborts between: what is said to be complete is as long as its header says.
    #[test]
    fn any_headers_are_survived(
        chunks in proptest::collection::vec((0u8..4, 2u8..5, any::<u32>(), 0u32..30, any::<bool>()), 1..60),
        pieces in pieces(),
        chunk_size in 1u32..20,
        lent in 0usize..40,
        aborts in proptest::collection::vec(0u32..20, 1..5),
    ) {
        let mut stream = Vec::new();
        for channel in 2..5 {
            stream.extend([channel, 0, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0]);
        }
        for (format, channel, time, len, wide) in &chunks {
            stream.push(format << 6 | channel);
            let mut fields = vec![(*time >> 16) as u8, (*time >> 8) as u8, *time as u8, 0, 0, *len as u8, 9, 1, 0, 0, 0];
            if *wide {
                fields[..3].fill(0xff);
            }
            fields.truncate([11, 7, 3, 0][usize::from(*format)]);
            stream.extend(&fields);
            if *wide {
                stream.extend(time.to_be_bytes());
            }
            stream.resize(stream.len() + (*len).min(chunk_size) as usize, 0x83);
        }
        let mut input = Pieces::new(stream, pieces);
        let mut reader = Reader::<Memory>::default();
        let mut lent = vec![0; lent];
        for abort in aborts.iter().cycle() {
            match reader.read_message(&mut input, chunk_size, &mut lent) {
                Ok(complete) => match complete.body {
                    Some(body) => prop_assert_eq!(body.as_slice().len(), complete.header.length as usize),
                    None => prop_assert!(complete.header.length as usize <= lent.len()),
                },
                Err(Error::TimedOut) => {}
                Err(_) => break,
            }
            reader.abort(*abort);
        }
    }

    /// No bytes make the reader panic, or give it more than arrived.
    #[test]
    fn any_bytes_are_survived(stream in proptest::collection::vec(any::<u8>(), 0..400), chunk_size in 1u32..200, pieces in pieces()) {
        let mut reader = Reader::<Memory>::default();
        let mut input = Pieces::new(stream, pieces);
        let mut lent = [0; 64];
        while let Ok(_) | Err(Error::TimedOut) = reader.read_message(&mut input, chunk_size, &mut lent) {}
    }
}
