//! The chunk writer, case by case: which headers it chooses, what it copies, what it refuses.

use crate::wire::{Message, full, write};
use rtmp::Error;
use rtmp::chunk::{Format, Outgoing, Writer};
use rtmp::message::MessageType;

/// A video message on channel 4 that asks for a header of format 0.
fn video(body: &[u8]) -> Outgoing<'_> {
    Outgoing { channel: 4, format: Format::Full, timestamp: 0, kind: MessageType::VIDEO, stream: 1, body }
}

/// The header bytes of an empty message.
fn header(writer: &mut Writer, channel: u32, format: Format, timestamp: u32) -> Vec<u8> {
    let message = Message { channel, timestamp, kind: 8, stream: 1, body: Vec::new() };
    write(writer, &message, format, 128).1.concat()
}

#[test]
fn the_writer_says_what_cannot_be_sent() {
    let mut writer = Writer::default();
    let mut refused = |message: Outgoing<'_>, chunk_size| {
        matches!(writer.write(&message, chunk_size, |_| Ok(())), Err(Error::Usage(_)))
    };
    assert!(refused(video(&vec![0; 0x100_0000]), 128));
    let message = video(b"");
    assert!(refused(message, 0));
    assert!(refused(message, 0x100_0000));
    assert!(refused(Outgoing { channel: 1, ..message }, 128));
    assert!(refused(Outgoing { channel: 65600, ..message }, 128));
    assert!(!refused(message, 128));
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
    let message = Outgoing { timestamp: 1000, stream: 9, ..video(b"abc") };
    assert!(matches!(writer.write::<()>(&message, 128, |_| Err(Error::Closed)), Err(Error::Closed)));
    assert_eq!(header(&mut writer, 4, Format::SameStream, 40), b"\x84\x00\x00\x28");
}

#[test]
fn bodies_are_not_copied() {
    let body = vec![1; 10_000];
    let (_, places) = Writer::default()
        .write(&video(&body), 4000, |slices| {
            Ok(slices.iter().map(|slice| (slice.as_ptr(), slice.len())).collect::<Vec<_>>())
        })
        .unwrap();
    let bodies: Vec<_> = places.iter().skip(1).step_by(2).copied().collect();
    assert_eq!(bodies, [(body.as_ptr(), 4000), (body[4000..].as_ptr(), 4000), (body[8000..].as_ptr(), 2000)]);
}

#[test]
fn small_chunks_are_one_slice() {
    let (_, count) = Writer::default().write(&video(&[1; 1000]), 128, |slices| Ok(slices.len())).unwrap();
    assert_eq!(count, 1);
}
