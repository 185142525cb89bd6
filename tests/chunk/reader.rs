//! The chunk reader, case by case: times, dropped messages, memory.

use crate::wire::{Pieces, full, read_all};
use rtmp::chunk::{Body, ChunkBytes, Memory, Reader};
use rtmp::transport::Input;
use rtmp::{Error, Result};
use std::sync::atomic::{AtomicUsize, Ordering};

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
fn a_header_with_a_time_only_continues_a_message() {
    for lent in [0, 100] {
        let bytes =
            [&full(100, 6)[..], b"abcd", &[0x84, 0, 0, 7], b"ef", &[0x84, 0, 0, 9], b"ghij\xc4kl"].concat();
        let got = read_all(&mut Pieces::new(bytes, vec![3]), 4, &mut vec![0; lent]);
        let seen: Vec<_> = got.iter().map(|message| (message.timestamp, &message.body[..])).collect();
        assert_eq!(seen, [(100, &b"abcdef"[..]), (109, b"ghijkl")]);
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

/// Small messages that are buffered whole are read in a shorter way, but not where a chunk goes on. A program may fill the
/// buffer between two calls.
#[test]
fn what_looks_like_a_message_within_a_chunk_is_none() {
    let other = b"\x05\x00\x00\x01\x00\x00\x01\x08\x01\x00\x00\x00m";
    let rest = [&other[..], b"efg"].concat();
    let begun = [&other[..], &full(100, 4 + rest.len() as u32), b"abcd"].concat();
    let mut input = Pieces::new(begun, vec![100]);
    let mut reader = Reader::<Memory>::default();
    let mut lent = [0; 100];
    assert_eq!(reader.read_message(&mut input, 128, &mut lent).unwrap().header.channel, 5);
    assert!(reader.read_message(&mut input, 128, &mut lent).is_err(), "nothing more has come");
    let mut filled = Pieces::new(rest, vec![100]);
    filled.receive(&mut []).unwrap();
    let message = reader.read_message(&mut filled, 128, &mut lent).unwrap();
    assert_eq!(message.header.channel, 4);
    assert_eq!(message.body.unwrap().as_slice(), [b"abcd", &other[..], b"efg"].concat());
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

/// A message on channel 4 whose time is an extended delta.
fn with_extended_delta(delta: u32, length: u8) -> Vec<u8> {
    [&[0x44, 0xff, 0xff, 0xff, 0, 0, length, 9][..], &delta.to_be_bytes()].concat()
}

#[test]
fn an_extended_delta_may_be_repeated_as_such_or_as_the_time_it_makes_or_not_at_all() {
    let (before, delta) = (0x0100_0000u32, 0x0200_0000u32);
    let after = before + delta;
    for repeated in [Some(delta), Some(after), None] {
        for body in [&b"abcdefghi"[..], b"abcd\x02\0\0\x01\x03", b"abcd\x03\0\0\x01\x02"] {
            let mut bytes = [&full(before, 1)[..], b"-", &with_extended_delta(delta, 9)].concat();
            for (i, part) in body.chunks(4).enumerate() {
                if i > 0 {
                    bytes.push(0xc4);
                    bytes.extend(repeated.map(u32::to_be_bytes).iter().flatten());
                }
                bytes.extend(part);
            }
            bytes.extend(full(5, 1).iter().chain(b"+"));
            for split in 1..=bytes.len() {
                for lent in [0, 100] {
                    let mut input = Pieces::new(bytes.clone(), vec![split]);
                    let got = read_all(&mut input, 4, &mut vec![0; lent]);
                    let got: Vec<_> = got.iter().map(|got| (got.timestamp, &got.body[..])).collect();
                    assert_eq!(got, [(before, &b"-"[..]), (after, body), (5, b"+")], "{repeated:?}, {split}");
                }
            }
        }
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

/// Each read is ended by an empty message while a long one is incomplete in the memory that was lent.
#[test]
fn what_moves_out_of_lent_memory_is_bounded_in_sum() {
    let size = 0xff_ffff;
    let mut stream = Vec::new();
    let header = |channel, size| [&[channel], &full(0, size)[1..]].concat();
    for channel in 4..=8 {
        stream.extend(header(channel, size));
        stream.resize(stream.len() + size as usize - 1, 0);
        stream.extend(header(3, 0));
    }
    let mut input = Pieces::new(stream, vec![1 << 20]);
    let mut reader = Reader::<Memory>::default();
    let mut lent = vec![0; size as usize];
    for _ in 4..=7 {
        assert!(reader.read_message(&mut input, size - 1, &mut lent).unwrap().is_empty());
    }
    let error = reader.read_message(&mut input, size - 1, &mut lent).unwrap_err();
    assert!(matches!(&error, Error::Protocol(text) if text.contains("64 MiB")), "{error}");
}

/// A body that says how much memory it was asked for.
#[derive(Debug, Default)]
struct Counting(Memory);

static ASKED: AtomicUsize = AtomicUsize::new(0);

impl Body for Counting {
    fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
    fn reserve(&mut self, wish: usize) -> Result<usize> {
        ASKED.fetch_add(wish, Ordering::Relaxed);
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
    let asked = ASKED.load(Ordering::Relaxed);
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
