//! FLV bytes from a program, whole and in pieces: the tags are the same, and nothing complete is held back.

use crate::Bytes;
use rtmp::flv::{self, Aggregate, Splitter};
use rtmp::message::MessageType;

/// A tag as it came out.
type Tag = (u8, u32, Vec<u8>, bool);

/// The first byte chooses the pieces, the rest is the file.
pub fn flv(data: &[u8]) {
    let pieces = Bytes(data).pieces();
    let whole = split(&[pieces.concat().as_slice()]);
    let parts = split(&pieces);
    assert_eq!(whole, parts, "pieces change what is sent");
    let body = pieces.concat();
    for tag in Aggregate::new(&body, 0xffff_fff0).flatten() {
        let _ = flv::is_too_short(tag.kind, tag.body);
        let _ = flv::is_keyframe(tag.body);
    }
    let _ = (flv::is_too_short(MessageType::VIDEO, &body), flv::is_too_short(MessageType::AUDIO, &body));
}

/// The tags up to the first error.
fn split(pieces: &[&[u8]]) -> (Vec<Tag>, bool) {
    let mut splitter = Splitter::default();
    let mut tags = Vec::new();
    for piece in pieces {
        let result = splitter.feed(piece, |tag| {
            tags.push((tag.kind.0, tag.timestamp, tag.body.to_vec(), tag.prefix_set_data_frame));
            Ok(())
        });
        match result {
            Ok(taken) => assert_eq!(taken, piece.len(), "everything is taken"),
            Err(_) => return (tags, false),
        }
        assert!(splitter.consumed() <= piece.len(), "more is consumed than was given");
    }
    (tags, true)
}
