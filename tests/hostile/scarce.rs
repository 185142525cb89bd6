//! Memory that runs out: at each allocation of a session in turn, and for good from each on; or a large message is too much.

use super::case::{finish, program};
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

/// Sessions with too little memory: none may kill the program, or end with something wrong. `mode` and `how` are those of
/// scarce.c, `whole` the bytes that a session gives which has enough.
fn scarce(mode: &str, script: Vec<Step>, whole: usize, how: &[&str]) {
    let url = format!("rtmp://127.0.0.1:{}/app/stream conn=S:text live=1 timeout=5", anybody(script));
    let mut command = program("scarce");
    command.args([mode, &url, &whole.to_string()]).args(how);
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
