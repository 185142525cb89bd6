//! FLV in: any bytes, in any pieces. What was whole has been sent, what cannot be sent is an error.

use super::case::{Case, run};
use super::ear::{Said, messages};
use super::peer::{Heard, Step};
use super::wire::*;

const FILE_HEADER: &[u8] = b"FLV\x01\x05\0\0\0\x09\0\0\0\0";
/// The marks of 24 and 31 bits, and the last millisecond of 32.
const TIMES: [u32; 8] = [0, 0xff_fffe, 0xff_ffff, 0x100_0000, i32::MAX as u32, 1 << 31, u32::MAX, 40];

fn tag(kind: u8, time: u32, body: &[u8], trailer: u32) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(&(body.len() as u32).to_be_bytes()[1..]);
    bytes.extend(&time.to_be_bytes()[1..]);
    bytes.push((time >> 24) as u8);
    bytes.extend([0; 3]);
    bytes.extend(body);
    bytes.extend(trailer.to_be_bytes());
    bytes
}

fn good(kind: u8, time: u32, size: usize) -> Vec<u8> {
    tag(kind, time, &body(size, time), size as u32 + 11)
}

fn metadata(prefixed: bool) -> Vec<u8> {
    let prefix = if prefixed { text("@setDataFrame") } else { Vec::new() };
    [prefix, text("onMetaData"), ecma(1, &[("encoder", "hostile")])].concat()
}

/// A film with each kind of tag, at the marks of time.
fn film() -> Vec<u8> {
    let media = TIMES.iter().enumerate().map(|(index, time)| {
        let kind = if index % 2 == 0 { VIDEO } else { AUDIO };
        good(kind, *time, [1, 127, 128, 129, 4096, 4097, 70, 300][index])
    });
    let head = [FILE_HEADER.to_vec(), tag(DATA, 0, &metadata(false), 0)].concat();
    [head, media.collect::<Vec<_>>().concat()].concat()
}

/// The media and data messages that a publisher said.
fn published(heard: &Heard) -> Result<Vec<Said>, String> {
    let said = messages(&heard.bytes)?;
    Ok(said.into_iter().filter(|message| [AUDIO, VIDEO, DATA].contains(&message.kind)).collect())
}

fn same(heard: &[Said], wanted: &[(u8, u32, Vec<u8>)]) -> Result<(), String> {
    let told = |said: &Said| format!("type {} at {}, {} bytes", said.kind, said.time, said.body.len());
    if heard.len() != wanted.len() {
        return Err(format!("{} messages: {:?}", heard.len(), heard.iter().map(told).collect::<Vec<_>>()));
    }
    let wrong = heard
        .iter()
        .zip(wanted)
        .find(|(said, (kind, time, body))| said.kind != *kind || said.time != *time || said.body != *body);
    wrong.map_or(Ok(()), |(said, (kind, time, body))| {
        Err(format!("{}, not type {kind} at {time}, {} bytes", told(said), body.len()))
    })
}

fn whole_film(heard: &Heard) -> Result<(), String> {
    let mut wanted = vec![(DATA, 0, metadata(true))];
    for (index, time) in TIMES.iter().enumerate() {
        let kind = if index % 2 == 0 { VIDEO } else { AUDIO };
        wanted.push((kind, *time, body([1, 127, 128, 129, 4096, 4097, 70, 300][index], *time)));
    }
    same(&published(heard)?, &wanted)
}

fn two_tags(heard: &Heard) -> Result<(), String> {
    same(&published(heard)?, &[(VIDEO, 0, body(60, 0)), (AUDIO, 20, body(30, 20))])
}

fn case(
    name: &'static str,
    session: &'static str,
    input: Vec<u8>,
    says: &'static [&'static str],
    heard: fn(&Heard) -> Result<(), String>,
) -> Case {
    Case {
        name,
        session,
        input,
        says,
        script: vec![Step::Say(publishing())],
        heard: Some(heard),
        ..Case::default()
    }
}

#[test]
fn any_pieces() {
    let all: &[&str] = &["refused 0, connected 1"];
    run(vec![
        case("a film at once", "flv", film(), all, whole_film),
        case("a film by the byte", "flv piece=1", film(), all, whole_film),
        case("a film by ten bytes", "flv piece=10", film(), all, whole_film),
        case("a film by eleven bytes", "flv piece=11", film(), all, whole_film),
        case("a film by fourteen bytes", "flv piece=14", film(), all, whole_film),
        case("a film in any pieces", "flv piece=0", film(), all, whole_film),
    ]);
}

#[test]
fn odd_but_whole() {
    let all: &[&str] = &["refused 0, connected 1"];
    let [first, second] = [good(VIDEO, 0, 60), good(AUDIO, 20, 30)];
    let two = |name, between: &[u8]| {
        let input = [FILE_HEADER, &first, between, &second].concat();
        case(name, "flv piece=0", input, all, two_tags)
    };
    let without_header = [&first[..], &second].concat();
    let wrong_sizes = [tag(VIDEO, 0, &body(60, 0), u32::MAX), tag(AUDIO, 20, &body(30, 20), 0)].concat();
    let cut = [FILE_HEADER, &first, &second, &good(VIDEO, 40, 0xff_ffff)[..5000]].concat();
    run(vec![
        two("a second file header", FILE_HEADER),
        two("no oddity", b""),
        case("no file header", "flv piece=3", without_header, all, two_tags),
        case("previous-tag-sizes that are wrong", "flv piece=0", wrong_sizes, all, two_tags),
        case("a last tag that is cut off", "flv piece=0", cut, all, two_tags),
        case(
            "metadata that has its prefix",
            "flv",
            [FILE_HEADER, &tag(DATA, 0, &metadata(true), 0)].concat(),
            all,
            |heard| same(&published(heard)?, &[(DATA, 0, metadata(true))]),
        ),
        case(
            "script tags that are no metadata",
            "flv",
            [FILE_HEADER, &tag(DATA, 0, &text("onCuePoint"), 0), &tag(DATA, 0, b"\x02\xff", 0)].concat(),
            all,
            |heard| same(&published(heard)?, &[(DATA, 0, text("onCuePoint")), (DATA, 0, vec![2, 0xff])]),
        ),
        case("nothing but a file header", "flv piece=1", FILE_HEADER.to_vec(), all, |heard| {
            same(&published(heard)?, &[])
        }),
        case("half a file header", "flv piece=1", FILE_HEADER[..5].to_vec(), all, |heard| {
            same(&published(heard)?, &[])
        }),
    ]);
}

#[test]
fn garbage() {
    let behind = |name, session, garbage: &[u8]| {
        let input = [FILE_HEADER, &good(VIDEO, 0, 60), &good(AUDIO, 20, 30), garbage].concat();
        case(name, session, input, &["log 1 "], two_tags)
    };
    let noise: Vec<u8> =
        (0..60_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x40).collect();
    run(vec![
        behind("a tag of an unknown type", "flv", &tag(0x55, 40, &body(50, 0), 61)),
        behind("a tag of type 0", "flv piece=0", &tag(0, 40, &body(50, 0), 61)),
        behind("a chunk size in a tag's place", "flv piece=1", &tag(1, 40, &[0; 4], 15)),
        behind(
            "a command in a tag's place",
            "flv piece=1",
            &tag(COMMAND, 40, &command_body("x", 0.0, &[]), 0),
        ),
        behind("noise", "flv", &noise),
        behind("noise in any pieces", "flv piece=0", &noise),
        behind("a file header that is none", "flv piece=0", b"FLV\x01\x05\xff\xff\xff\xff"),
        Case {
            heard: None,
            ..case("noise from the beginning", "flv piece=0", noise.clone(), &["log 1 "], two_tags)
        },
    ]);
}
