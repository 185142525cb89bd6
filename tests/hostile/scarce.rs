//! Memory that runs out: at each allocation of a session in turn, and for good from each on.

use super::case::{finish, program};
use super::life::anybody;
use super::peer::Step;
use super::wire::*;

/// Every allocation of a session fails in turn; none may kill the program, or let a session end with something wrong.
fn scarce(mode: &str, script: Vec<Step>, how: &str) {
    let port = anybody(script);
    let mut command = program("scarce");
    command.args([mode, &port, how]);
    let outcome = finish(command);
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
