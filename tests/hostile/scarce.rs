//! Memory that runs out: at each allocation of a session in turn, and for good from each on.

use super::case::{finish, program};
use super::life::anybody;
use super::peer::Step;
use super::tally::{Ending, note, of_process, other_library};
use super::wire::*;

/// Bytes of the file that a play gives: header, tag header, body and size.
const WHOLE: usize = 13 + 11 + 70 + 4;

/// Every allocation of a session fails in turn; none may kill the program, or let a session end with something wrong.
fn scarce(mode: &str, script: Vec<Step>, how: &str) {
    let url = format!("rtmp://127.0.0.1:{}/app/stream conn=S:text live=1 timeout=5", anybody(script));
    let mut command = program("scarce");
    command.args([mode, &url, &WHOLE.to_string(), how, "1"]);
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
    assert_eq!(outcome.category(), "ended", "{mode} {how}:\n{}", outcome.text);
    assert!(outcome.text.contains(" killed 0, wrong 0, "), "{mode} {how}:\n{}", outcome.text);
    assert!(outcome.text.contains("at last whole 1\n"), "{mode} {how}:\n{}", outcome.text);
}

#[test]
fn plays() {
    let script = vec![Step::Say([playing(), media(VIDEO, 20, 70), stop()].concat())];
    ["once", "onwards"].iter().for_each(|how| scarce("play", script.clone(), how));
}

#[test]
fn publishes() {
    let script = vec![Step::Say(publishing())];
    ["once", "onwards"].iter().for_each(|how| scarce("publish", script.clone(), how));
}
