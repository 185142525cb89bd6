//! Memory that runs out: at each allocation of a session in turn, and for good from each on; or a large message is too much.

use super::case::{Home, finish, program};
use super::life::anybody;
use super::peer::Step;
use super::tally::{Ending, note, of_process, other_library};
use super::wire::*;

/// Bytes of the file that a play gives: header, tag header, body and size.
const WHOLE: usize = 13 + 11 + 70 + 4;

/// A message whose values would take more than twice its bytes, and which is itself a burden.
const LARGE: usize = 12 << 20;
/// More memory than a session with a large message needs, in KiB, and the steps on the way there.
const ENOUGH: &str = "98304";
const STEP: &str = "4096";
/// Objects of eight bytes: their list alone is more than the reserve lends at once.
const VALUES: usize = 8 * 2000;

/// A SWF file of so many zeroes, and what `head -c 3145728 /dev/zero | xz --format=lzma` makes of them.
const ZEROES: usize = 3 << 20;
const ZEROES_PACKED: &[u8] = include_bytes!("zeros.lzma");
/// The header of a SWF file has 8 bytes; that of an LZMA file 5 of properties and 8 that a SWF file leaves out.
const SWF_HEADER: usize = 8;
const LZMA_PROPERTIES: usize = 5;
const LZMA_HEADER: usize = 13;

/// Where a session goes, and what it finds there.
struct Place<'a> {
    scheme: &'a str,
    /// What follows the URL.
    options: &'a str,
    /// The cache of SWF hashes.
    cache: &'a str,
}

const USUAL: Place<'_> = Place { scheme: "rtmp", options: " conn=S:text live=1 timeout=5", cache: "" };

/// Sessions with too little memory: none may kill the program, or end with something wrong. `mode` and `how` are those of
/// scarce.c, `whole` the bytes that a session gives which has enough.
fn scarce(mode: &str, script: Vec<Step>, whole: usize, how: &[&str]) {
    scarce_at(&USUAL, mode, script, whole, how);
}

/// The same at any place.
fn scarce_at(place: &Place<'_>, mode: &str, script: Vec<Step>, whole: usize, how: &[&str]) {
    let url = format!("{}://127.0.0.1:{}/app/stream{}", place.scheme, anybody(script), place.options);
    let (home, mut command) = (Home::with_cache(place.cache), program("scarce"));
    command.args([mode, &url, &whole.to_string()]).args(how).env("HOME", home.path());
    let outcome = finish(command);
    let count = |word: &str| -> usize {
        let (_, rest) = outcome.text.split_once(&format!("{word} ")).unwrap_or_default();
        rest.split([',', '\n']).next().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    note(Ending::Crashed, count(": killed"));
    note(Ending::Otherwise, count(", wrong"));
    note(Ending::AsAsked, count(", failed") + count(", whole"));
    if other_library().is_some() {
        return note(of_process(&outcome.category()), usize::from(outcome.category() != "ended"));
    }
    assert_eq!(outcome.category(), "ended", "{mode} {how:?}:\n{}", outcome.text);
    assert!(outcome.text.contains(" killed 0, wrong 0, "), "{mode} {how:?}:\n{}", outcome.text);
    assert!(outcome.text.contains("at last whole 1\n"), "{mode} {how:?}:\n{}", outcome.text);
}

/// Every allocation fails in turn, alone and with all that follow.
fn each_allocation(mode: &str, script: Vec<Step>, whole: usize) {
    ["once", "onwards"].iter().for_each(|how| scarce(mode, script.clone(), whole, &[how, "1"]));
}

#[test]
fn plays() {
    let script = vec![Step::Say([playing(), media(VIDEO, 20, 70), stop()].concat())];
    each_allocation("play", script, WHOLE);
}

#[test]
fn plays_beside_many_channels() {
    let others = (64..1064).flat_map(|channel| message(channel, 0, AUDIO, &[]));
    let script = [playing(), others.collect(), media(VIDEO, 20, 70), stop()].concat();
    scarce("play", vec![Step::Say(script)], WHOLE, &["onwards", "1"]);
}

#[test]
fn publishes() {
    each_allocation("publish", vec![Step::Say(publishing())], 0);
}

#[test]
fn publishes_a_large_message() {
    scarce("send", vec![Step::Say(publishing())], 0, &["onwards", "3"]);
}

#[test]
fn resumes_behind_a_large_frame() {
    const FRAME: usize = 100_000;
    let frame = chunked(6, 20, VIDEO, &[0x17; FRAME], FRAME, true);
    let script = [playing(), control(SET_CHUNK_SIZE, FRAME as u32), frame, media(VIDEO, 40, 70), stop()];
    each_allocation("resume", vec![Step::Say(script.concat())], FRAME);
}

#[test]
fn plays_a_large_message() {
    let mut metadata = text("onMetaData");
    metadata.resize(LARGE, NULL[0]);
    let message = chunked(5, 0, DATA, &metadata, LARGE, true);
    let script =
        vec![Step::Say([playing(), control(SET_CHUNK_SIZE, LARGE as u32), message].concat()), Step::Fin];
    ["media", "chunks"]
        .iter()
        .for_each(|mode| scarce(mode, script.clone(), LARGE, &["limited", STEP, ENOUGH]));
}

/// What precedes a tag's body and what follows it.
const AROUND: usize = 11 + 4;

/// A play of one message in one chunk, of which RTMP_Read gives so many bytes behind the file header.
fn plays_one(kind: u8, body: &[u8], given: usize) {
    let message = chunked(6, 20, kind, body, LARGE, true);
    let script =
        vec![Step::Say([playing(), control(SET_CHUNK_SIZE, LARGE as u32), message].concat()), Step::Fin];
    scarce("play", script, 13 + given, &["limited", STEP, ENOUGH]);
}

#[test]
fn reads_a_large_tag() {
    plays_one(VIDEO, &vec![0x17; LARGE], LARGE + AROUND);
}

#[test]
fn reads_a_large_aggregate() {
    let size = (LARGE - AROUND) as u32;
    let head = [&[VIDEO][..], &size.to_be_bytes()[1..], &[0; 7]].concat();
    let tag = [&head[..], &vec![0x17; size as usize], &(size + 11).to_be_bytes()].concat();
    plays_one(AGGREGATE, &tag, LARGE);
}

/// Until the time goes on, what comes is collected before the file header.
#[test]
fn collects_the_first_tags() {
    const FIRST: usize = 30_000;
    let first: Vec<u8> = (0..4).flat_map(|_| chunked(4, 0, AUDIO, &body(FIRST, 0), FIRST, true)).collect();
    let begin = [playing(), control(SET_CHUNK_SIZE, FIRST as u32), first];
    let script = [begin.concat(), chunked(6, 20, VIDEO, &body(70, 20), FIRST, true)].concat();
    let whole = 13 + 4 * (FIRST + AROUND) + 70 + AROUND;
    scarce("play", vec![Step::Say(script), Step::Fin], whole, &["onwards", "1"]);
}

#[test]
fn publishes_large_metadata_in_pieces() {
    scarce("metadata", vec![Step::Say(publishing())], 0, &["limited", STEP, ENOUGH]);
}

/// All that connect says besides goes into one object, which is longer than what the reserve lends at once.
#[test]
fn connects_with_long_arguments() {
    let long = format!(" conn=S:{0} conn=S:{0} timeout=5", "x".repeat(60_000));
    let script = vec![Step::Say([playing(), media(VIDEO, 20, 70), stop()].concat())];
    scarce_at(&Place { options: &long, ..USUAL }, "play", script, WHOLE, &["onwards", "1"]);
}

#[test]
fn many_values() {
    ["once", "onwards"].iter().for_each(|how| scarce("values", Vec::new(), VALUES, &[how, "29"]));
}

/// A tunnel's answers pile up while the program only writes, as it reads by itself what the server sends.
#[test]
fn publishes_beside_answers_that_nobody_reads() {
    let much = many(3 << 13, &message(2, 0, 99, &[7; 120]));
    let answers = [carrying(&publishing()[HANDSHAKE..]), carrying(&much), many(4000, &carrying(&[]))];
    let script = vec![
        Step::Heard(1),
        Step::Say(opened()),
        Step::Heard(600),
        Step::Listen,
        Step::Say([carrying(&handshake(3)), answers.concat()].concat()),
    ];
    let place = Place { scheme: "rtmpt", ..USUAL };
    scarce_at(&place, "unread", script, 0, &["limited", "256", "12288"]);
}

const SWF: Place<'_> = Place { scheme: "http", options: ".swf", cache: "" };

/// The answer to the request for a SWF file.
fn swf(body: &[u8]) -> Vec<Step> {
    vec![Step::Say(answer(body)), Step::Fin]
}

#[test]
fn inflates_a_swf_file() {
    let size = (SWF_HEADER + ZEROES) as u32;
    let packed = [&ZEROES_PACKED[..LZMA_PROPERTIES], &ZEROES_PACKED[LZMA_HEADER..]].concat();
    let file = [b"ZWS\x09", &size.to_le_bytes()[..], &(packed.len() as u32).to_le_bytes(), &packed].concat();
    scarce_at(&SWF, "swf", swf(&file), size as usize, &["limited", "1024", "65536"]);
}

#[test]
fn reads_a_long_cache_of_swf_hashes() {
    let file = b"FWS\x09\x0d\0\0\0hello";
    let place = Place { cache: &"\n".repeat(1 << 20), ..SWF };
    scarce_at(&place, "swf", swf(file), file.len(), &["limited", "1024", "49152"]);
}
