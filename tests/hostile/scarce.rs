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

/// Sessions with too little memory: none may kill the program, or end with something wrong. `mode` and `how` are those of
/// scarce.c, `whole` the bytes that a session gives which has enough.
fn scarce(mode: &str, script: Vec<Step>, whole: usize, how: &[&str]) {
    scarce_at("rtmp", "", mode, script, whole, how);
}

/// The same with any scheme, and with this text in the cache of SWF hashes.
fn scarce_at(scheme: &str, cache: &str, mode: &str, script: Vec<Step>, whole: usize, how: &[&str]) {
    let options = if mode == "swf" { ".swf" } else { " conn=S:text live=1 timeout=5" };
    let url = format!("{scheme}://127.0.0.1:{}/app/stream{options}", anybody(script));
    let (home, mut command) = (Home::with_cache(cache), program("scarce"));
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
    scarce_at("rtmpt", "", "unread", script, 0, &["limited", "256", "12288"]);
}

/// The answer to the request for a SWF file.
fn swf(body: &[u8]) -> Vec<Step> {
    vec![Step::Say(answer(body)), Step::Fin]
}

#[test]
fn inflates_a_swf_file() {
    let size = (SWF_HEADER + ZEROES) as u32;
    let packed = [&ZEROES_PACKED[..LZMA_PROPERTIES], &ZEROES_PACKED[LZMA_HEADER..]].concat();
    let file = [b"ZWS\x09", &size.to_le_bytes()[..], &(packed.len() as u32).to_le_bytes(), &packed].concat();
    scarce_at("http", "", "swf", swf(&file), size as usize, &["limited", "1024", "65536"]);
}

#[test]
fn reads_a_long_cache_of_swf_hashes() {
    let file = b"FWS\x09\x0d\0\0\0hello";
    scarce_at("http", &"\n".repeat(1 << 20), "swf", swf(file), file.len(), &["limited", "1024", "49152"]);
}
