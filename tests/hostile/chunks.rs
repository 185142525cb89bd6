//! Chunk reassembly.

use super::case::{Case, run};
use super::peer::Step;
use super::wire::*;

/// A play in which the server sends these bytes after the start, and then ends the play.
fn playing_then(name: &'static str, bytes: Vec<u8>, says: &'static [&'static str]) -> Case {
    let script = vec![Step::Say([playing(), bytes, stop()].concat()), Step::Wait(20), Step::Fin];
    Case { name, script, says, ..Case::default() }
}

/// A message that begins and goes no further than its first chunk.
fn unfinished(channel: u32, length: u32) -> Vec<u8> {
    [header(channel, 0, VIDEO, length), body(CHUNK.min(length as usize), 0)].concat()
}

/// What a program's user gets to read when the server has gone.
const ENDED: &str = ": connection closed by the peer";

#[test]
fn lengths_announced_again() {
    run(vec![
        playing_then(
            "a longer message in mid-message",
            [unfinished(6, 1000), media(VIDEO, 0, 60000), media(AUDIO, 20, 30)].concat(),
            &[
                "tag 9 at 0, 60000 bytes",
                "tag 8 at 20, 30 bytes",
                "rest 0",
                "status -3",
                "before the last was complete",
            ],
        ),
        playing_then(
            "a shorter message in mid-message",
            [unfinished(6, 60000), media(VIDEO, 0, 50), media(VIDEO, 20, 129)].concat(),
            &["tag 9 at 0, 50 bytes", "tag 9 at 20, 129 bytes", "rest 0", "status -3"],
        ),
        playing_then(
            "an abort in mid-message",
            [unfinished(6, 60000), control(ABORT, 6), media(VIDEO, 0, 200)].concat(),
            &["tag 9 at 0, 200 bytes", "rest 0", "status -3"],
        ),
        playing_then(
            "an abort of nothing, of itself and of no channel",
            [
                control(ABORT, 77),
                control(ABORT, 2),
                control(ABORT, u32::MAX),
                message(2, 0, ABORT, &[1]),
                media(VIDEO, 0, 9),
            ]
            .concat(),
            &["tag 9 at 0, 9 bytes", "rest 0", "status -3"],
        ),
        playing_then(
            "messages without a body",
            [
                message(5, 0, VIDEO, &[]),
                message(5, 0, AUDIO, &[]),
                message(2, 0, 1, &[]),
                message(2, 0, 4, &[0]),
                message(2, 0, 5, &[1]),
                message(2, 0, 6, &[]),
                message(3, 0, 20, &[]),
                message(3, 0, 17, &[]),
                message(3, 0, 18, &[]),
                message(3, 0, 22, &[]),
                media(VIDEO, 0, 70),
            ]
            .concat(),
            &["tag 9 at 0, 70 bytes", "rest 0", "status -3"],
        ),
        playing_then(
            "messages of every type",
            [
                (0..=255)
                    .filter(|kind| ![SET_CHUNK_SIZE, VIDEO, AUDIO, AGGREGATE].contains(kind))
                    .map(|kind| message(5, 0, kind, &[7; 300]))
                    .collect::<Vec<_>>()
                    .concat(),
                media(VIDEO, 40, 70),
            ]
            .concat(),
            &["tag 9 at 40, 70 bytes", "rest 0", "status -3"],
        ),
    ]);
}

#[test]
fn aggregates() {
    let tag = [&[VIDEO, 0, 0, 70, 0, 0, 40, 0, 0, 0, 0][..], &body(70, 40), &[0, 0, 0, 81]].concat();
    run(vec![Case {
        never: &[concat!(
            "log 2 the last 10 bytes of an aggregate message are not a tag and are dropped\n",
            "log 2 the last 10 bytes of an aggregate message are not a tag and are dropped\n"
        )],
        ..playing_then(
            "an end that is no tag is told once",
            message(5, 40, AGGREGATE, &[&tag[..], &[9; 10]].concat()),
            &["tag 9 at 40, 70 bytes", "are not a tag and are dropped", "rest 0", "status -3"],
        )
    }]);
}

#[test]
fn first_formats() {
    let first = |format: u8, rest: &[u8]| [media(VIDEO, 0, 50), basic(format, 40), rest.to_vec()].concat();
    let refused: &[&str] =
        &["tag 9 at 0, 50 bytes", "refers to an earlier one", "then 0, status -2", "connected 0"];
    run(vec![
        playing_then("format 2 first on a channel", first(2, &[0, 0, 9]), refused),
        playing_then("format 3 first on a channel", first(3, &[]), refused),
        playing_then(
            "format 1 first on a channel, as librtmp's own senders do",
            first(1, &[0, 0, 9, 0, 0, 6, VIDEO, 1, 2, 3, 4, 5, 6]),
            &["tag 9 at 9, 6 bytes", "rest 0", "status -3"],
        ),
    ]);
}

#[test]
fn memory() {
    let mib = 1 << 20;
    let piece = vec![7; mib];
    let chunk_size = control(SET_CHUNK_SIZE, mib as u32);
    let part = |channel| {
        let mut bytes = header(channel, 0, VIDEO, 0xff_ffff);
        for index in 0..15 {
            if index > 0 {
                bytes.extend(basic(3, channel));
            }
            bytes.extend(&piece);
        }
        bytes
    };
    let stops = |name, bytes: Vec<u8>, says: &'static [&'static str]| Case {
        session: "play memory=160",
        script: vec![Step::Say([playing(), bytes].concat()), Step::Wait(20), Step::Fin],
        ..playing_then(name, Vec::new(), says)
    };
    let everywhere: Vec<u8> = (2..65_600).flat_map(|channel| unfinished(channel, 0xff_ffff)).collect();
    run(vec![
        stops(
            "75 MiB of unfinished messages",
            [chunk_size.clone(), (5..10).flat_map(part).collect()].concat(),
            &["unfinished messages exceed 64 MiB", "then 0, status -2"],
        ),
        Case {
            session: "play",
            script: vec![Step::Say([playing(), unfinished(6, 1000)].concat()), Step::Wait(500), Step::Reset],
            ..playing_then("a reset in mid-message", Vec::new(), &["then 0, status -1", "connected 0"])
        },
        stops("16 MiB announced on every channel", everywhere, &["read 0, then 0, status -1"]),
        stops(
            "a message of 16 MiB",
            [
                chunk_size.clone(),
                chunked(6, 0, VIDEO, &body(0xff_ffff, 0), mib, true),
                chunked(2, 0, AUDIO, &body(0xff_fff0, 0), mib, true),
            ]
            .concat(),
            &["read 33554458, then 0, status -1"],
        ),
        Case {
            session: "packets memory=160",
            ..stops(
                "75 MiB of unfinished messages, chunk by chunk",
                [chunk_size, (5..10).flat_map(part).collect()].concat(),
                &["unfinished messages exceed 64 MiB"],
            )
        },
    ]);
}

#[test]
fn chunk_sizes() {
    let refused: &[&str] = &["announced a chunk size of", "then 0, status -2", "tag 9 at 0, 50 bytes"];
    let announced =
        |size: u32| [media(VIDEO, 0, 50), control(SET_CHUNK_SIZE, size), media(VIDEO, 20, 500)].concat();
    let sized = |size: usize| {
        [
            control(SET_CHUNK_SIZE, size as u32),
            chunked(6, 20, VIDEO, &body(500, 0), size, true),
            chunked(3, 0, COMMAND, &command_body("close", 0.0, &[]), size, true),
        ]
        .concat()
    };
    run(vec![
        playing_then("a chunk size of 0", announced(0), refused),
        playing_then("a chunk size of 2^31", announced(1 << 31), refused),
        playing_then("a chunk size of 2^32 - 1", announced(u32::MAX), refused),
        playing_then("a chunk size of 2^24", announced(1 << 24), refused),
        playing_then(
            "a chunk size of 1",
            sized(1),
            &["tag 9 at 20, 500 bytes", "rest 0", "requested to close"],
        ),
        playing_then("a chunk size of 2^24 - 1", sized(0xff_ffff), &["tag 9 at 20, 500 bytes", "rest 0"]),
    ]);
}

#[test]
fn ends() {
    let cut = |name, bytes: Vec<u8>, says| Case {
        script: vec![Step::Say([playing(), bytes].concat()), Step::Wait(20), Step::Fin],
        ..playing_then(name, Vec::new(), says)
    };
    run(vec![
        cut(
            "the end in a chunk header",
            [media(VIDEO, 0, 50), vec![6, 0, 0]].concat(),
            &["tag 9 at 0, 50 bytes", "rest 0", "then 0, status -1", ENDED],
        ),
        cut(
            "the end in a body",
            [media(VIDEO, 0, 50), unfinished(6, 1000)].concat(),
            &["tag 9 at 0, 50 bytes", "rest 0", "then 0, status -1", ENDED],
        ),
        cut("the end before any media", Vec::new(), &["read 0, then 0, status -1", ENDED]),
        Case {
            session: "read",
            ..cut("the end before any media, unasked", Vec::new(), &["read 0, then 0, status -1", ENDED])
        },
        Case {
            session: "packets",
            ..cut("the end between packets", media(VIDEO, 0, 50), &["packets 4,", ENDED])
        },
        Case {
            name: "a play by the byte",
            script: vec![
                Step::Dribble([playing(), media(VIDEO, 0, 300), media(AUDIO, 20, 300), stop()].concat()),
                Step::Fin,
            ],
            says: &["tag 9 at 0, 300 bytes", "tag 8 at 20, 300 bytes", "rest 0", "status -3"],
            ..Case::default()
        },
    ]);
}
