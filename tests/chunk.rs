//! Messages through the chunk writer, a byte stream cut anywhere, and the chunk reader.

use proptest::prelude::*;
use rtmp::chunk::{Body, ChunkBytes, Format, Memory, Outgoing, Reader, Writer};
use rtmp::message::MessageType;
use rtmp::transport::{Input, Received};
use rtmp::{Error, Result};

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

/// Chunks that are to be sent, the last of each message with what arrives then.
type Queue = std::collections::VecDeque<(Vec<u8>, Option<Message>)>;

fn outgoing(message: &Message, format: Format) -> Outgoing<'_> {
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
fn write(writer: &mut Writer, message: &Message, format: Format, chunk_size: u32) -> (Format, Vec<Vec<u8>>) {
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
fn read_all(input: &mut Pieces, chunk_size: u32, lent: &mut [u8]) -> Vec<Message> {
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

/// Reads all messages chunk by chunk, and checks that the parts make up the bodies.
fn read_chunks(input: &mut Pieces, chunk_size: u32) -> Vec<Message> {
    let mut reader = Reader::<Memory>::default();
    let mut messages = Vec::new();
    let mut parts = std::collections::HashMap::<u32, Vec<u8>>::new();
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
        let mut writer = Writer::default();
        let (mut appending, mut appended) = (Writer::default(), Vec::new());
        let mut streams = std::collections::HashMap::<u32, u32>::new();
        let mut expected = Vec::new();
        // Chunks of each channel in order; channels may be interleaved in any way.
        let mut queues: Vec<(u32, Queue)> = Vec::new();
        for (message, format) in &sent {
            let format = [Format::Full, Format::SameStream, Format::SameLength, Format::Same][usize::from(*format)];
            let (chosen, slices) = write(&mut writer, message, format, chunk_size);
            let before = appended.len();
            appending.append(&outgoing(message, format), chunk_size, &mut appended).unwrap();
            prop_assert_eq!(&appended[before..], &slices.concat());
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
            let mut chunks: Vec<_> = slices.into_iter().map(|chunk| (chunk, None)).collect();
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

/// Reads until the first error; the times, lengths and streams of what came before it.
fn read_until_error(bytes: &[u8], chunk_size: u32) -> (Vec<(u32, u32, u32)>, Error) {
    let mut input = Pieces::new(bytes.to_vec(), vec![1]);
    let mut reader = Reader::<Memory>::default();
    let mut seen = Vec::new();
    loop {
        match reader.read_message(&mut input, chunk_size, &mut [0; 16]) {
            Ok(complete) => {
                seen.push((complete.header.timestamp, complete.header.length, complete.header.stream))
            }
            Err(error) => return (seen, error),
        }
    }
}

/// A header of format 0 on channel 4 of an audio message on stream 1.
fn full(time: u32, len: u32) -> Vec<u8> {
    let mut bytes = vec![0x04];
    bytes.extend(&time.min(0xff_ffff).to_be_bytes()[1..]);
    bytes.extend(&len.to_be_bytes()[1..]);
    bytes.extend([8, 1, 0, 0, 0]);
    if time >= 0xff_ffff {
        bytes.extend(time.to_be_bytes());
    }
    bytes
}

#[test]
fn a_message_begun_with_format_3_repeats_the_last_time_as_a_delta() {
    let bytes = [&full(100, 0)[..], b"\xc4\xc4", b"\x84\x00\x00\x0a", b"\xc4"].concat();
    let (seen, _) = read_until_error(&bytes, 128);
    assert_eq!(seen.iter().map(|seen| seen.0).collect::<Vec<_>>(), [100, 200, 300, 310, 320]);
}

#[test]
fn times_wrap_and_may_go_back() {
    let bytes =
        [&full(0xffff_fff0, 0)[..], b"\x84\x00\x00\x20", b"\x84\xff\xff\xff\xff\xff\xff\xff"].concat();
    let (seen, _) = read_until_error(&bytes, 128);
    assert_eq!(seen.iter().map(|seen| seen.0).collect::<Vec<_>>(), [0xffff_fff0, 16, 15]);
}

#[test]
fn formats_that_lack_the_length_cannot_begin_a_channel() {
    for first in [&b"\x84\x00\x00\x0a"[..], b"\xc4", b"\x80\x05\x00\x00\x0a", b"\xc1\x05\x05"] {
        let (seen, error) = read_until_error(first, 128);
        assert!(seen.is_empty());
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    }
}

#[test]
fn format_1_may_begin_a_channel_and_means_stream_0() {
    let (seen, _) = read_until_error(b"\x44\x00\x00\x64\x00\x00\x02\x08ab", 128);
    assert_eq!(seen, [(100, 2, 0)]);
}

#[test]
fn a_new_header_in_mid_message_drops_the_old_one() {
    for lent in [0, 100] {
        let bytes = [&full(100, 10)[..], b"abcd", &full(101, 2), b"xy", b"\xc4zw"].concat();
        let got = read_all(&mut Pieces::new(bytes, vec![3]), 4, &mut vec![0; lent]);
        let seen: Vec<_> = got.iter().map(|message| (message.timestamp, &message.body[..])).collect();
        assert_eq!(seen, [(101, &b"xy"[..]), (202, b"zw")]);
    }
}

#[test]
fn an_aborted_message_is_dropped() {
    let mut input = Pieces::new([&full(100, 6)[..], b"abcd", &full(101, 2), b"xy"].concat(), vec![100]);
    let mut reader = Reader::<Memory>::default();
    let chunk = reader.read_chunk(&mut input, 4, true).unwrap();
    assert_eq!((chunk.received, chunk.message.is_none()), (4, true));
    assert_eq!(chunk.header.timestamp, 100);
    assert_eq!(reader.last_chunk(), ChunkBytes { header: &full(100, 6), part: b"abcd" });
    reader.abort(4);
    reader.abort(5);
    let chunk = reader.read_chunk(&mut input, 4, false).unwrap();
    assert_eq!(chunk.message.unwrap().as_slice(), b"xy");
    assert_eq!(reader.last_chunk(), ChunkBytes { header: &full(101, 2), part: b"" });
    assert_eq!(reader.channel_time(4), 101);
    assert_eq!(reader.channel_time(5), 0);
}

#[test]
fn a_message_may_be_aborted_in_the_middle_of_a_chunk() {
    for lent in [0, 100] {
        let stream = [&full(100, 6)[..], b"abcd", &full(101, 6), b"uvwx\xc4yz"].concat();
        let mut input = Pieces::new(stream, vec![14, 0, 100]);
        let mut reader = Reader::<Memory>::default();
        let mut lent = vec![0; lent];
        assert!(matches!(reader.read_message(&mut input, 4, &mut lent), Err(Error::TimedOut)));
        reader.abort(4);
        let complete = reader.read_message(&mut input, 4, &mut lent).unwrap();
        let body = complete.body.as_ref().map_or_else(|| &lent[..6], |body| body.as_slice());
        assert_eq!((complete.header.timestamp, body), (101, &b"uvwxyz"[..]));
    }
}

#[test]
fn an_extended_timestamp_may_be_left_out_of_format_3() {
    let time = 0x0100_0000u32;
    for (repeated, body) in [(true, b"abcdefghi"), (false, b"abcdefghi"), (false, b"abcd\x01\0\0\x05i")] {
        let mut bytes = full(time, 9);
        for (i, part) in body.chunks(4).enumerate() {
            if i > 0 {
                bytes.push(0xc4);
                if repeated {
                    bytes.extend(time.to_be_bytes());
                }
            }
            bytes.extend(part);
        }
        let got = read_all(&mut Pieces::new(bytes, vec![1]), 4, &mut []);
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].timestamp, &got[0].body[..]), (time, &body[..]));
    }
}

#[test]
fn the_chunk_size_may_change_within_a_message() {
    let mut input = Pieces::new([&full(0, 10)[..], b"abcd\xc4efghij"].concat(), vec![100]);
    let mut reader = Reader::<Memory>::default();
    reader.read_chunk(&mut input, 4, false).unwrap();
    let chunk = reader.read_chunk(&mut input, 128, false).unwrap();
    assert_eq!(chunk.message.unwrap().as_slice(), b"abcdefghij");
}

#[test]
fn unfinished_messages_are_bounded_in_sum() {
    let size = 0xff_ffff;
    let mut stream = Vec::new();
    for channel in 4..=8 {
        let mut header = full(0, size);
        header[0] = channel;
        stream.extend(header);
        stream.resize(stream.len() + size as usize - 1, 0);
    }
    let mut input = Pieces::new(stream, vec![1 << 20]);
    let mut reader = Reader::<Memory>::default();
    for _ in 4..=7 {
        assert!(reader.read_chunk(&mut input, size - 1, false).unwrap().message.is_none());
    }
    let error = reader.read_chunk(&mut input, size - 1, false).unwrap_err();
    assert!(matches!(&error, Error::Protocol(text) if text.contains("64 MiB")), "{error}");
}

/// A body that says how much memory it was asked for.
#[derive(Debug, Default)]
struct Counting(Memory);

static ASKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Body for Counting {
    fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
    fn reserve(&mut self, wish: usize) -> Result<usize> {
        ASKED.fetch_add(wish, std::sync::atomic::Ordering::Relaxed);
        self.0.reserve(wish)
    }
    fn append(&mut self, bytes: &[u8]) {
        self.0.append(bytes);
    }
    fn spare(&mut self, n: usize) -> &mut [u8] {
        self.0.spare(n)
    }
    fn filled(&mut self, n: usize) {
        self.0.filled(n);
    }
}

#[test]
fn announced_lengths_reserve_little() {
    let mut stream = Vec::new();
    let channels = 2000;
    for channel in 0..channels {
        let mut header = full(0, 0xff_ffff);
        header.splice(..1, [1, (channel & 0xff) as u8, (channel >> 8) as u8]);
        stream.extend(header);
        stream.push(0);
    }
    let mut input = Pieces::new(stream, vec![4096]);
    let mut reader = Reader::<Counting>::default();
    for _ in 0..channels {
        assert!(reader.read_chunk(&mut input, 1, false).unwrap().message.is_none());
    }
    let asked = ASKED.load(std::sync::atomic::Ordering::Relaxed);
    assert!(asked < 8 * 1024 * 1024 + channels * 4096, "{asked} bytes were asked for");
}

/// A body for which there is no memory.
#[derive(Debug, Default)]
struct NoMemory;

impl Body for NoMemory {
    fn as_slice(&self) -> &[u8] {
        &[]
    }
    fn reserve(&mut self, _wish: usize) -> Result<usize> {
        Err(Error::Io("allocate", std::io::ErrorKind::OutOfMemory.into()))
    }
    fn append(&mut self, _bytes: &[u8]) {}
    fn spare(&mut self, _n: usize) -> &mut [u8] {
        &mut []
    }
    fn filled(&mut self, _n: usize) {}
}

#[test]
fn a_failed_allocation_is_an_error() {
    let mut input = Pieces::new([&full(0, 1)[..], b"a"].concat(), vec![100]);
    let mut reader = Reader::<NoMemory>::default();
    assert!(matches!(reader.read_message(&mut input, 128, &mut []), Err(Error::Io(..))));
    let mut input = Pieces::new([&full(0, 2)[..], b"a"].concat(), vec![100]);
    let mut reader = Reader::<NoMemory>::default();
    assert!(matches!(reader.read_message(&mut input, 128, &mut [0; 2]), Err(Error::Io(..))));
}

#[test]
fn the_writer_says_what_cannot_be_sent() {
    let mut writer = Writer::default();
    let message = Outgoing {
        channel: 4,
        format: Format::Full,
        timestamp: 0,
        kind: MessageType::AUDIO,
        stream: 1,
        body: &vec![0; 0x100_0000],
    };
    let mut refused = |message: Outgoing<'_>, chunk_size| {
        matches!(writer.write(&message, chunk_size, |_| Ok(())), Err(Error::Usage(_)))
    };
    assert!(refused(message, 128));
    let message = Outgoing { body: b"", ..message };
    assert!(refused(message, 0));
    assert!(refused(message, 0x100_0000));
    assert!(refused(Outgoing { channel: 1, ..message }, 128));
    assert!(refused(Outgoing { channel: 65600, ..message }, 128));
    assert!(!refused(message, 128));
}

/// The header bytes of an empty message.
fn header(writer: &mut Writer, channel: u32, format: Format, timestamp: u32) -> Vec<u8> {
    let message = Message { channel, timestamp, kind: 8, stream: 1, body: Vec::new() };
    write(writer, &message, format, 128).1.concat()
}

#[test]
fn basic_headers_have_one_to_three_bytes() {
    for (channel, basic) in [
        (2, &b"\x02"[..]),
        (63, b"\x3f"),
        (64, b"\x00\x00"),
        (319, b"\x00\xff"),
        (320, b"\x01\x00\x01"),
        (65599, b"\x01\xff\xff"),
    ] {
        let bytes = header(&mut Writer::default(), channel, Format::Full, 0);
        assert_eq!(&bytes[..bytes.len() - 11], basic, "channel {channel}");
    }
}

#[test]
fn headers_shrink_only_where_the_receiver_computes_the_right_time() {
    let mut writer = Writer::default();
    // The first on a channel, whatever was asked for.
    assert_eq!(header(&mut writer, 4, Format::Same, 0), full(0, 0));
    // Equal times are a delta of 0, not a repetition of the last delta.
    assert_eq!(header(&mut writer, 4, Format::SameStream, 40), b"\x84\x00\x00\x28");
    assert_eq!(header(&mut writer, 4, Format::SameStream, 40), b"\x84\x00\x00\x00");
    assert_eq!(header(&mut writer, 4, Format::SameStream, 40), b"\xc4");
    assert_eq!(header(&mut writer, 4, Format::SameStream, 80), b"\x84\x00\x00\x28");
    assert_eq!(header(&mut writer, 4, Format::Same, 120), b"\xc4");
    // Backwards is absolute; what follows an absolute time says its delta.
    assert_eq!(header(&mut writer, 4, Format::Same, 100), full(100, 0));
    assert_eq!(header(&mut writer, 4, Format::Same, 200), b"\x84\x00\x00\x64");
    // Other kinds, and large deltas.
    let message = Message { channel: 4, timestamp: 300, kind: 9, stream: 7, body: Vec::new() };
    let (format, slices) = write(&mut writer, &message, Format::SameLength, 128);
    assert_eq!((format, slices.concat()), (Format::SameStream, b"\x44\x00\x00\x64\x00\x00\x00\x09".to_vec()));
    let message = Message { timestamp: 300 + 0xff_ffff, ..message };
    let (_, slices) = write(&mut writer, &message, Format::SameLength, 128);
    assert_eq!(slices.concat(), b"\x84\xff\xff\xff\x00\xff\xff\xff");
    let message = Message { timestamp: 300 + 2 * 0xff_ffff, ..message };
    let (_, slices) = write(&mut writer, &message, Format::SameLength, 128);
    assert_eq!(slices.concat(), b"\x84\xff\xff\xff\x00\xff\xff\xff");
    // An absolute header that was not asked for names the channel's stream.
    let message = Message { timestamp: 0, ..message };
    let (_, slices) = write(&mut writer, &message, Format::SameLength, 128);
    assert_eq!(slices.concat(), b"\x04\x00\x00\x00\x00\x00\x00\x09\x01\x00\x00\x00");
}

#[test]
fn extended_timestamps_stand_in_every_chunk() {
    let message = Message { channel: 4, timestamp: 0x0100_0000, kind: 8, stream: 1, body: b"abcde".to_vec() };
    let (_, slices) = write(&mut Writer::default(), &message, Format::Full, 2);
    let mut expected = full(0x0100_0000, 5);
    expected.extend(b"ab\xc4\x01\0\0\0cd\xc4\x01\0\0\0e");
    assert_eq!(slices.concat(), expected);
}

#[test]
fn a_failed_send_changes_nothing() {
    let mut writer = Writer::default();
    header(&mut writer, 4, Format::Full, 0);
    let message = Outgoing {
        channel: 4,
        format: Format::Full,
        timestamp: 1000,
        kind: MessageType::VIDEO,
        stream: 9,
        body: b"abc",
    };
    assert!(matches!(writer.write::<()>(&message, 128, |_| Err(Error::Closed)), Err(Error::Closed)));
    assert_eq!(header(&mut writer, 4, Format::SameStream, 40), b"\x84\x00\x00\x28");
}

#[test]
fn bodies_are_not_copied() {
    let body = vec![1; 10_000];
    let message = Outgoing {
        channel: 4,
        format: Format::Full,
        timestamp: 0,
        kind: MessageType::VIDEO,
        stream: 1,
        body: &body,
    };
    let (_, places) = Writer::default()
        .write(&message, 4000, |slices| {
            Ok(slices.iter().map(|slice| (slice.as_ptr(), slice.len())).collect::<Vec<_>>())
        })
        .unwrap();
    let bodies: Vec<_> = places.iter().skip(1).step_by(2).copied().collect();
    assert_eq!(bodies, [(body.as_ptr(), 4000), (body[4000..].as_ptr(), 4000), (body[8000..].as_ptr(), 2000)]);
}

#[test]
fn small_chunks_are_one_slice() {
    let message = Outgoing {
        channel: 4,
        format: Format::Full,
        timestamp: 0,
        kind: MessageType::VIDEO,
        stream: 1,
        body: &[1; 1000],
    };
    let (_, count) = Writer::default().write(&message, 128, |slices| Ok(slices.len())).unwrap();
    assert_eq!(count, 1);
}
