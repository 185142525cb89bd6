//! The life of a handle: closed twice, freed open, moved, used again; in forks and in many threads.

use super::case::{finish, program};
use super::peer::{Step, serve};
use super::tally::{Ending::AsAsked, note, of_process, other_library};
use super::wire::*;
use std::net::TcpListener;
use std::thread;

/// A peer that plays its script to anybody, and ends with the test's process. Returns its port.
pub(crate) fn anybody(script: Vec<Step>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let port = listener.local_addr().expect("its address").port().to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || serve(stream, &script));
        }
    });
    port
}

/// The last line of a scene.
const LEFT: &str = "left 0 descriptors, little memory";

/// Runs a scene of life.c against a peer that serves anybody a play of one tag.
fn scene(name: &str, lines: &[&str]) {
    let whole = vec![Step::Say([playing(), media(VIDEO, 20, 70), stop()].concat())];
    let endless = vec![Step::Say([playing(), many(200, &media(VIDEO, 20, 70))].concat())];
    let script = match name {
        "three" | "stolen" | "stopped" | "cancelled" => endless,
        "exec" => [whole, vec![Step::Fin]].concat(),
        _ => whole,
    };
    let port = anybody(script);
    let mut command = program("life");
    command.args([name, &port]).env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    let outcome = finish(command);
    if other_library().is_some() {
        let all = outcome.text.lines().eq(lines.iter().chain(&[LEFT]).copied());
        let asked = outcome.category() == "ended" && all;
        return note(if asked { AsAsked } else { of_process(&outcome.category()) }, 1);
    }
    assert_eq!(outcome.category(), "ended", "{name}:\n{}", outcome.text);
    let expected = [lines, &[LEFT]].concat();
    assert_eq!(outcome.text.lines().collect::<Vec<_>>(), expected, "{name}");
    note(AsAsked, 1);
}

#[test]
fn three_hundred_cycles() {
    scene("cycles", &["300 plays"]);
}

#[test]
fn closed_twice_and_never_opened() {
    scene("closes", &["play 98", "play 98"]);
}

#[test]
fn garbage_before_init() {
    scene("garbage", &["play 98"]);
}

#[test]
fn moved_in_memory() {
    scene("moved", &["begin 1", "play 98"]);
}

#[test]
fn set_up_and_connected_again() {
    scene(
        "again",
        &[
            "set up 1",
            "set up 1",
            "set up 1",
            "play 98",
            "reconnect 0",
            "reconnect 0",
            "connect again 1",
            "connect over it 1",
        ],
    );
}

#[test]
fn freed_without_a_close() {
    scene("unclosed", &["begin 1"]);
}

#[test]
fn a_descriptor_taken_away() {
    scene("stolen", &["begin 1", "read 0", "connected 0"]);
}

#[test]
fn a_descriptor_that_is_another_connections_by_now() {
    scene("taken", &["begin 1", "open 1, bytes -1"]);
}

#[test]
fn settings_copied_to_other_handles() {
    scene("link", &["begin 1", "other 1", "again 1"]);
}

#[test]
fn a_thread_that_is_cancelled() {
    scene("cancelled", &["begin 1", "cancelled 1"]);
}

#[test]
fn forked() {
    scene("fork", &["begin 1", "child 0, play 98", "play in a child 0"]);
}

#[test]
fn many_handles_in_many_threads() {
    scene("handles", &["320 plays"]);
}

#[test]
fn a_reader_a_writer_and_four_closers() {
    scene("three", &["200 handles"]);
}

#[test]
fn freed_by_the_reader_that_another_thread_stopped() {
    scene("stopped", &["200 handles, 0 touched after their end"]);
}

#[test]
fn nothing_is_inherited_by_executed_programs() {
    let each = ["inherited 0"; 6];
    scene("exec", &[&each[..], &["inherited at most 0"]].concat());
}

#[test]
fn deep_objects_are_freed() {
    scene("deep", &["left 0 properties"]);
}

#[test]
fn keys_of_rtmpe_are_not_logged() {
    let each = ["connected 1, sent 1, served 1"; 7];
    scene("keys", &[&each[..], &["many lines, 0 keys"]].concat());
}

#[test]
fn calls_that_nobody_answers_are_bounded() {
    scene("calls", &["begin 1", "sent 5000, pending at most 1024: 1"]);
}

#[test]
fn nothing_behind_a_text_is_read() {
    scene("fences", &["504 calls"]);
}
