//! FLV bytes cut anywhere give the same tags, and no bytes make the splitter panic.

use proptest::prelude::*;
use rtmp::amf::Encoder;
use rtmp::flv::{self, Aggregate, Splitter};
use rtmp::message::{MessageType, command};
use rtmp::{Error, Result};

#[derive(Clone, Debug, PartialEq)]
struct Owned {
    kind: u8,
    timestamp: u32,
    body: Vec<u8>,
    prefix: bool,
}

/// Feeds the pieces one after another and collects the tags.
fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Owned>, Result<()>) {
    let mut splitter = Splitter::default();
    let mut tags = Vec::new();
    for piece in pieces {
        let fed = splitter.feed(piece, |tag| {
            tags.push(Owned {
                kind: tag.kind.0,
                timestamp: tag.timestamp,
                body: tag.body.to_vec(),
                prefix: tag.prefix_set_data_frame,
            });
            Ok(())
        });
        match fed {
            Ok(n) => {
                assert_eq!(n, piece.len());
                assert_eq!(splitter.consumed(), n);
            }
            Err(error) => {
                assert!(splitter.consumed() <= piece.len());
                return (tags, Err(error));
            }
        }
    }
    (tags, Ok(()))
}

fn encode(tag: &Owned, trailer: u32) -> Vec<u8> {
    let header = flv::tag_header(MessageType(tag.kind), tag.body.len() as u32, tag.timestamp);
    [&header[..], &tag.body, &trailer.to_be_bytes()].concat()
}

fn tag() -> impl Strategy<Value = Owned> {
    let kind = prop_oneof![Just(8u8), Just(9), Just(18)];
    (kind, any::<u32>(), proptest::collection::vec(any::<u8>(), 0..60))
        .prop_map(|(kind, timestamp, body)| Owned { kind, timestamp, body, prefix: false })
}

fn any_stream() -> impl Strategy<Value = (Vec<Owned>, Vec<u8>)> {
    let item = (tag(), any::<bool>(), 9u32..20, any::<u32>());
    proptest::collection::vec(item, 1..12).prop_map(|items| {
        let mut bytes = Vec::new();
        let mut tags = Vec::new();
        for (tag, header_first, offset, trailer) in items {
            if header_first {
                bytes.extend(b"FLV\x01\x05");
                bytes.extend(offset.to_be_bytes());
                bytes.resize(bytes.len() + offset as usize - 9 + 4, b'F');
            }
            bytes.extend(encode(&tag, trailer));
            tags.push(tag);
        }
        (tags, bytes)
    })
}

proptest! {
    #[test]
    fn any_split_gives_the_same_tags((tags, bytes) in any_stream(), sizes in proptest::collection::vec(1usize..50, 1..10)) {
        let (whole, result) = split([&bytes[..]]);
        prop_assert!(result.is_ok());
        prop_assert_eq!(&whole, &tags);
        let (single, result) = split(bytes.chunks(1));
        prop_assert!(result.is_ok());
        prop_assert_eq!(&single, &tags);
        let mut rest = &bytes[..];
        let mut pieces = Vec::new();
        for size in sizes.iter().cycle() {
            let (piece, later) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        let (cut, result) = split(pieces);
        prop_assert!(result.is_ok());
        prop_assert_eq!(&cut, &tags);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300), size in 1usize..50, first in 0u8..24) {
        let mut bytes = bytes;
        bytes.insert(0, first);
        let (whole, end) = split([&bytes[..]]);
        let (cut, cut_end) = split(bytes.chunks(size));
        prop_assert_eq!(whole, cut);
        prop_assert_eq!(end.is_ok(), cut_end.is_ok());
        for kind in [MessageType::AUDIO, MessageType::VIDEO, MessageType::DATA] {
            flv::is_too_short(kind, &bytes);
        }
        flv::is_keyframe(&bytes);
        let total: usize = Aggregate::new(&bytes, 0).filter_map(|tag| tag.ok()).map(|tag| tag.body.len()).sum();
        prop_assert!(total <= bytes.len());
    }

    /// A failing send loses nothing and sends nothing twice, wherever the pieces are cut.
    #[test]
    fn a_failed_send_can_be_repeated((tags, bytes) in any_stream(), size in 1usize..80) {
        let mut splitter = Splitter::default();
        let mut sent = Vec::new();
        for piece in bytes.chunks(size) {
            let mut rest = piece;
            let mut fail = true;
            loop {
                let fed = splitter.feed(rest, |tag| {
                    fail = !fail;
                    if !fail {
                        return Err(Error::TimedOut);
                    }
                    sent.push((tag.kind.0, tag.timestamp, tag.body.to_vec()));
                    Ok(())
                });
                if fed.is_ok() {
                    break;
                }
                rest = &rest[splitter.consumed()..];
            }
        }
        let expected: Vec<_> = tags.into_iter().map(|tag| (tag.kind, tag.timestamp, tag.body)).collect();
        prop_assert_eq!(sent, expected);
    }
}

#[test]
fn a_whole_tag_is_not_copied() {
    let tag = Owned { kind: 9, timestamp: 40, body: vec![7; 100], prefix: false };
    let bytes = [&flv::file_header(1)[..], &encode(&tag, 111)].concat();
    let mut seen = None;
    Splitter::default()
        .feed(&bytes, |tag| {
            seen = Some(tag.body.as_ptr());
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, Some(bytes[24..].as_ptr()));
}

/// Known only for the tag that a piece ends with, its size included or not.
#[test]
fn the_last_tag_of_a_piece_is_said_to_be_that() {
    let tag = Owned { kind: 9, timestamp: 40, body: vec![7; 100], prefix: false };
    let bytes = [encode(&tag, 111), encode(&tag, 111)].concat();
    let last = |bytes: &[u8]| {
        let mut seen = Vec::new();
        let mut note = |tag: flv::Tag<'_>| {
            seen.push(tag.is_last);
            Ok(())
        };
        Splitter::default().feed(bytes, &mut note).unwrap();
        seen
    };
    assert_eq!(last(&bytes), [false, true]);
    assert_eq!(last(&bytes[..bytes.len() - 4]), [false, true]);
    assert_eq!(last(&bytes[..bytes.len() - 5]), [false], "the second tag is not all there, yet something is");
    assert_eq!(last(&bytes[..115]), [true]);
}

#[test]
fn the_marks_of_metadata_are_the_protocols_names() {
    let named = |name: &[u8]| Encoder::new().string(name).finish();
    assert_eq!(flv::SET_DATA_FRAME, named(command::SET_DATA_FRAME));
    let metadata = Owned { kind: 18, timestamp: 0, body: named(command::ON_META_DATA), prefix: true };
    assert_eq!(split([&encode(&metadata, 0)[..]]).0, [metadata]);
}

#[test]
fn only_bare_metadata_gets_the_prefix() {
    let script = |body: &[u8]| Owned { kind: 18, timestamp: 0, body: body.to_vec(), prefix: false };
    let set = [flv::SET_DATA_FRAME, b"\x02\x00\x0aonMetaData\x08"].concat();
    let bytes = [
        encode(&script(b"\x02\x00\x0aonMetaData\x08"), 0),
        encode(&script(&set), 0),
        encode(&script(b"\x02\x00\x0aonCuePoint\x08"), 0),
        encode(&Owned { kind: 9, ..script(b"\x02\x00\x0aonMetaData") }, 0),
    ]
    .concat();
    for size in [1, bytes.len()] {
        let (tags, result) = split(bytes.chunks(size));
        result.unwrap();
        assert_eq!(tags.iter().map(|tag| tag.prefix).collect::<Vec<_>>(), [true, false, false, false]);
    }
}

#[test]
fn garbage_is_named_and_what_was_complete_has_been_sent() {
    let tag = Owned { kind: 8, timestamp: 0, body: vec![1, 2], prefix: false };
    for garbage in [&b"\x00\x00\x00"[..], b"GIF89a", b"FLX\x01", b"\x29\0\0"] {
        let bytes = [&encode(&tag, 13)[..], garbage].concat();
        let (tags, result) = split([&bytes[..]]);
        assert_eq!(tags, std::slice::from_ref(&tag));
        let Err(Error::Usage(text)) = result else { panic!("{result:?}") };
        assert!(text.contains(&format!("have {} where", garbage[0])), "{text}");
    }
}

#[test]
fn a_file_header_of_absurd_length_is_refused() {
    for offset in [0u32, 8, 65537, u32::MAX] {
        let bytes = [b"FLV\x01\x05", &offset.to_be_bytes()[..]].concat();
        let (_, result) = split([&bytes[..]]);
        assert!(matches!(result, Err(Error::Usage(text)) if text.contains(&offset.to_string())));
    }
}

#[test]
fn after_garbage_the_next_piece_may_begin_anew() {
    let tag = Owned { kind: 8, timestamp: 0, body: vec![1, 2], prefix: false };
    let mut splitter = Splitter::default();
    assert!(splitter.feed(b"junk", |_| Ok(())).is_err());
    assert_eq!(splitter.consumed(), 0);
    let mut count = 0;
    splitter
        .feed(&encode(&tag, 13), |_| {
            count += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(count, 1);
}
