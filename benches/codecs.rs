//! How fast the formats are, without any I/O: AMF, chunks and FLV tags. `cargo bench --bench codecs` runs it.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use rtmp::amf::{Decoder, Encoder, Value, decode_values};
use rtmp::chunk::{Format, Memory, Outgoing, Reader, Writer};
use rtmp::flv::{self, Splitter};
use rtmp::message::MessageType;
use rtmp::transport::BufferedInput;
use std::io::IoSlice;

/// Body sizes of messages: audio, small video, a keyframe.
const BODIES: [usize; 3] = [400, 4096, 30_000];
/// Bytes of a stream that is read or split in one go.
const STREAM: usize = 1 << 20;
const CHUNK_SIZES: [u32; 2] = [128, 4096];

fn main() {
    divan::main();
}

/// What a player sends first.
fn connect() -> Vec<u8> {
    Encoder::new()
        .string(b"connect")
        .number(1.0)
        .object(|o| {
            o.string(b"app", b"live").string(b"flashVer", b"LNX 10,0,32,18");
            o.string(b"tcUrl", b"rtmp://media.example.org:1935/live").boolean(b"fpad", false);
            o.number(b"capabilities", 15.0).number(b"audioCodecs", 4071.0).number(b"videoCodecs", 252.0);
        })
        .finish()
}

/// An AMF3 object of the same kind, as it stands behind its marker: traits with seven sealed names, then their values.
fn amf3_object() -> Vec<u8> {
    fn text(out: &mut Vec<u8>, text: &str) {
        out.push((text.len() as u8) << 1 | 1);
        out.extend_from_slice(text.as_bytes());
    }
    let mut out = vec![0x0a, 7 << 4 | 0x03, 0x01];
    for name in ["app", "flashVer", "tcUrl", "fpad", "capabilities", "audioCodecs", "videoCodecs"] {
        text(&mut out, name);
    }
    for value in ["live", "LNX 10,0,32,18", "rtmp://media.example.org:1935/live"] {
        out.push(0x06);
        text(&mut out, value);
    }
    out.extend([0x02, 0x04, 15, 0x04, 0x9f, 0x67, 0x04, 0x81, 0x7c]);
    out
}

#[divan::bench]
fn amf0_encode(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::new(connect().len())).bench(connect);
}

#[divan::bench]
fn amf0_decode(bencher: Bencher<'_, '_>) {
    let body = connect();
    bencher.counter(BytesCount::new(body.len())).bench(|| decode_values(black_box(&body)).len());
}

#[divan::bench]
fn amf0_encode_again(bencher: Bencher<'_, '_>) {
    let body = connect();
    let values = decode_values(&body);
    bencher.counter(BytesCount::new(body.len())).bench(|| {
        let encode = |encoder: Encoder, value: &Value<'_>| encoder.value(value);
        black_box(&values).iter().fold(Encoder::new(), encode).finish()
    });
}

#[divan::bench]
fn amf3_decode(bencher: Bencher<'_, '_>) {
    let body = amf3_object();
    let properties = |value: &Value<'_>| value.as_object().map(|object| object.properties.len());
    assert_eq!(Decoder::new(&body).amf3_value().as_ref().map(properties), Ok(Some(7)));
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| Decoder::new(black_box(&body)).amf3_value().is_ok());
}

fn message(body: &[u8], timestamp: u32) -> Outgoing<'_> {
    let kind = MessageType::VIDEO;
    Outgoing { channel: 4, format: Format::SameStream, timestamp, kind, stream: 1, body }
}

#[divan::bench(args = BODIES, consts = CHUNK_SIZES)]
fn chunk_write<const CHUNK: u32>(bencher: Bencher<'_, '_>, size: usize) {
    let body = vec![0x27; size];
    let (mut writer, mut time) = (Writer::default(), 0);
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        time += 1;
        writer.write(&message(&body, time), CHUNK, |slices| Ok(black_box(slices).len())).is_ok()
    });
}

/// Messages in chunks.
fn chunks(size: usize, chunk: u32) -> Vec<u8> {
    let body = vec![0x27; size];
    let (mut writer, mut stream) = (Writer::default(), Vec::new());
    let mut time = 0;
    while stream.len() < STREAM {
        time += 1;
        let lay_out = |slices: &mut [IoSlice<'_>]| {
            slices.iter().for_each(|slice| stream.extend_from_slice(slice));
            Ok(())
        };
        writer.write(&message(&body, time), chunk, lay_out).expect("a valid message");
    }
    stream
}

#[divan::bench(args = BODIES, consts = CHUNK_SIZES)]
fn chunk_read<const CHUNK: u32>(bencher: Bencher<'_, '_>, size: usize) {
    let stream = chunks(size, CHUNK);
    let mut memory = vec![0; size];
    bencher.counter(BytesCount::new(stream.len())).bench_local(|| {
        let mut input = BufferedInput::new(stream.as_slice());
        let mut reader = Reader::<Memory>::default();
        let mut messages = 0;
        while reader.read_message(&mut input, CHUNK, &mut memory).is_ok() {
            messages += 1;
        }
        messages
    });
}

/// An FLV file.
fn tags(size: usize) -> Vec<u8> {
    let body = vec![0x27; size];
    let mut file = flv::file_header(1).to_vec();
    for time in 0.. {
        file.extend(flv::tag_header(MessageType::VIDEO, size as u32, time));
        file.extend(&body);
        file.extend(flv::previous_tag_size(size as u32));
        if file.len() >= STREAM {
            break;
        }
    }
    file
}

#[divan::bench(args = BODIES)]
fn flv_split_whole_tags(bencher: Bencher<'_, '_>, size: usize) {
    split_in_pieces(bencher, size, STREAM);
}

#[divan::bench(args = BODIES)]
fn flv_split_pieces_of_1000(bencher: Bencher<'_, '_>, size: usize) {
    split_in_pieces(bencher, size, 1000);
}

fn split_in_pieces(bencher: Bencher<'_, '_>, size: usize, piece: usize) {
    let file = tags(size);
    bencher.counter(BytesCount::new(file.len())).bench_local(|| {
        let mut splitter = Splitter::default();
        let mut found = 0;
        for piece in file.chunks(piece) {
            let fed = splitter.feed(piece, |tag| {
                found += black_box(tag.body).len();
                Ok(())
            });
            fed.expect("a valid file");
        }
        found
    });
}
