//! Commands and status messages with anything missing, wrong, or too often.

use super::case::{Case, run};
use super::ear::messages;
use super::peer::{Heard, Step};
use super::wire::*;

fn session(name: &'static str, bytes: &[Vec<u8>], says: &'static [&'static str]) -> Case {
    Case { name, script: vec![Step::Say(bytes.concat()), Step::Wait(20), Step::Fin], says, ..Case::default() }
}

/// A play that goes on after something odd.
fn odd(name: &'static str, bytes: Vec<u8>) -> Case {
    session(
        name,
        &[playing(), bytes, media(VIDEO, 40, 70), stop()],
        &["tag 9 at 40, 70 bytes", "rest 0", "status -3"],
    )
}

#[test]
fn answers() {
    let created_as = |id: Vec<u8>| [handshake(3), connected(), command("_result", 2.0, &[NULL.into(), id])];
    let unusable: &[&str] = &["an impossible stream id", "stream 0"];
    run(vec![
        session("createStream answers NaN", &created_as(number(f64::NAN)), unusable),
        session("createStream answers infinity", &created_as(number(f64::INFINITY)), unusable),
        session("createStream answers -1", &created_as(number(-1.0)), unusable),
        session("createStream answers 1e300", &created_as(number(1e300)), unusable),
        session("createStream answers a text", &created_as(text("1")), unusable),
        session(
            "createStream answers nothing",
            &[
                handshake(3),
                connected(),
                command("_result", 2.0, &[]),
                status("NetStream.Play.Start"),
                media(VIDEO, 40, 70),
                stop(),
            ],
            &["without a stream id: stream 0 is taken", "tag 9 at 40, 70 bytes", "rest 0", "status -3"],
        ),
        session(
            "an end in place of an answer",
            &[handshake(3), connected()],
            &["stream 0", "closed the connection"],
        ),
        session("no answer at all", &[handshake(3)], &["stream 0"]),
        Case {
            name: "silence in place of an answer",
            options: "timeout=1",
            script: vec![Step::Say([handshake(3), connected()].concat())],
            says: &[
                "stream 0",
                "cannot play 127.0.0.1:",
                "did not answer createStream within 1 s (option timeout)",
            ],
            took: 1..=6,
            ..Case::default()
        },
    ]);
}

#[test]
fn refusals() {
    let info = |code: &'static str| [("level", "error"), ("code", code), ("description", "not for you")];
    let refused = |name, how: fn(&[(&str, &str)]) -> Vec<u8>| {
        session(
            name,
            &[
                handshake(3),
                command("_error", 1.0, &[NULL.into(), how(&info("NetConnection.Connect.Rejected"))]),
            ],
            &["stream 0", "refused connect", "not for you"],
        )
    };
    let status_as = |name, how: fn(&[(&str, &str)]) -> Vec<u8>| {
        session(
            name,
            &[
                handshake(3),
                connected(),
                created(2.0),
                command("onStatus", 0.0, &[NULL.into(), how(&info("NetStream.Play.StreamNotFound"))]),
            ],
            &["stream 0", "not for you"],
        )
    };
    let publisher = |name, code| Case {
        session: "publish tags=100000 pace=100",
        ..session(
            name,
            &[publishing(), command("onStatus", 0.0, &[NULL.into(), object(&info(code))])],
            &["then -1, connected 0", "not for you"],
        )
    };
    run(vec![
        refused("a refusal as an object", object),
        refused("a refusal as an ECMA array", |properties| ecma(3, properties)),
        refused("a refusal as an ECMA array of 2^32", |properties| ecma(u32::MAX, properties)),
        refused("a refusal as a typed object", typed),
        status_as("a status as an object", object),
        status_as("a status as an ECMA array", |properties| ecma(0, properties)),
        status_as("a status as a typed object", typed),
        session(
            "a refusal without words",
            &[handshake(3), command("_error", 1.0, &[])],
            &["stream 0", "refused connect"],
        ),
        session(
            "a refusal of createStream",
            &[handshake(3), connected(), command("_error", 2.0, &[NULL.into(), NULL.into()])],
            &["stream 0", "refused createStream"],
        ),
        publisher("a bad name", "NetStream.Publish.BadName"),
        publisher("a denial", "NetStream.Publish.Denied"),
        publisher("a rejection", "NetStream.Publish.Rejected"),
        publisher("a failure", "NetStream.Failed"),
    ]);
}

#[test]
fn arguments() {
    let all = [
        "_result",
        "_error",
        "onStatus",
        "onBWDone",
        "_onbwcheck",
        "_onbwdone",
        "ping",
        "playlist_ready",
        "x",
        "",
    ];
    let each = |rest: &[Vec<u8>]| -> Vec<u8> {
        all.iter().flat_map(|name| message(3, 0, COMMAND, &[text(name), rest.concat()].concat())).collect()
    };
    run(vec![
        odd("no arguments", each(&[])),
        odd("a transaction that is a text", each(&[text("1"), text("2"), text("3")])),
        odd("a transaction that is NaN", each(&[number(f64::NAN), NULL.into(), number(f64::NAN)])),
        odd("a transaction below zero", each(&[number(-1e18), NULL.into()])),
        odd("a transaction beyond 2^31", each(&[number(1e18), NULL.into(), object(&[])])),
        odd("info that is a number", each(&[number(77.0), NULL.into(), number(1.0)])),
        odd("info without a code", each(&[number(77.0), NULL.into(), object(&[("level", "error")])])),
        odd("info whose code is empty", each(&[number(77.0), NULL.into(), object(&[("code", "")])])),
        odd("commands that begin with a number", message(3, 0, COMMAND, &number(1.0))),
        odd(
            "unknown transactions",
            (100..200).flat_map(|t| command("_result", f64::from(t), &[NULL.into()])).collect(),
        ),
        odd(
            "control events of every kind",
            (0..64).filter(|kind| *kind != 0x1a).flat_map(|kind| event(kind, u32::MAX)).collect(),
        ),
        odd("SWF verification without a SWF", message(2, 0, USER_CONTROL, &[0, 0x1a])),
        odd("SWF verification of an unknown kind", message(2, 0, USER_CONTROL, &[0, 0x1a, 9])),
        odd("the answer to connect again", connected()),
        odd("a name of 60000 bytes with controls in it", command(&"\r\n\x1b[2J\0".repeat(7500), 0.0, &[])),
    ]);
}

/// The challenge of a SecureToken is answered when it is as long as this, and not when it is longer.
const LONGEST_CHALLENGE: usize = 4096;

/// An answer to connect with a challenge of so many digits.
fn challenging(digits: usize) -> Vec<u8> {
    let challenge = "0f".repeat(digits / 2);
    let info = [("code", "NetConnection.Connect.Success"), ("secureToken", &challenge)];
    command("_result", 1.0, &[object(&[("fmsVer", "test")]), object(&info)])
}

/// How many bytes of a command with this name were heard; 0 without one.
fn length_of(heard: &Heard, name: &str) -> Result<usize, String> {
    let said = messages(&heard.bytes)?;
    let body = said.iter().map(|message| &message.body).find(|body| body.starts_with(&text(name)));
    Ok(body.map_or(0, Vec::len))
}

#[test]
fn challenges() {
    let challenged = |name, digits, says| Case {
        options: "token=x",
        ..session(
            name,
            &[
                handshake(3),
                challenging(digits),
                created(2.0),
                status("NetStream.Play.Start"),
                media(VIDEO, 40, 70),
                stop(),
            ],
            says,
        )
    };
    run(vec![
        Case {
            heard: Some(|heard| match length_of(heard, "secureTokenResponse")? {
                length if length > LONGEST_CHALLENGE / 2 => Ok(()),
                length => Err(format!("an answer of {length} bytes")),
            }),
            ..challenged("a long SecureToken", LONGEST_CHALLENGE, &["tag 9 at 40, 70 bytes", "status -3"])
        },
        Case {
            heard: Some(|heard| match length_of(heard, "secureTokenResponse")? {
                0 => Ok(()),
                length => Err(format!("an answer of {length} bytes")),
            }),
            ..challenged(
                "a SecureToken of absurd length",
                LONGEST_CHALLENGE + 2,
                &["stream 0", "SecureToken challenge has"],
            )
        },
    ]);
}

fn bounded(heard: &Heard) -> Result<(), String> {
    if heard.total > 2 << 20 { Err(format!("heard {} bytes", heard.total)) } else { Ok(()) }
}

/// A server that never stops does not keep a publisher, which listens while it writes.
#[test]
fn endless_floods_of_a_publisher() {
    let tiny = [header(5, 0, 99, 1), many(100_000, &[b'x', 0xc5]), vec![b'x']].concat();
    let flood = |name, session, bytes| Case {
        name,
        session,
        script: vec![Step::Say(publishing()), Step::Flood(bytes, 0)],
        says: &["wrote 20 tags", "connected 1"],
        ..Case::default()
    };
    run(vec![
        flood("endless messages to a publisher", "publish tags=20 pace=11000", tiny.clone()),
        flood("endless messages to a publisher of packets", "send tags=20 pace=11000", tiny),
        Case {
            says: &["wrote 5 tags", "connected 1"],
            ..flood("endless pings to a publisher", "publish tags=5 pace=11000", many(1000, &event(6, 1)))
        },
    ]);
}

#[test]
fn floods() {
    let flood = |name, bytes: &[u8]| Case {
        session: "play level=1",
        heard: Some(bounded),
        ..odd(name, many(20_000, bytes))
    };
    run(vec![
        flood("pings", &event(6, 1)),
        flood("ping commands", &command("ping", 1.0, &[NULL.into()])),
        flood("bandwidth checks", &command("_onbwcheck", 1.0, &[NULL.into()])),
        flood("results of nothing", &command("_result", 99.0, &[NULL.into()])),
        flood("starts", &status("NetStream.Play.Start")),
        Case {
            heard: Some(|heard| {
                let checks = heard.bytes.windows(8).filter(|bytes| *bytes == b"_checkbw").count();
                if checks > 1024 { Err(format!("{checks} bandwidth checks were asked for")) } else { Ok(()) }
            }),
            ..flood("bandwidth measurements done", &command("onBWDone", 0.0, &[NULL.into()]))
        },
        Case {
            session: "play",
            says: &["requested to close", "then 0"],
            ..flood("closes", &command("close", 0.0, &[NULL.into()]))
        },
        Case {
            name: "pings to a client that nobody hears",
            session: "read sndbuf=4096",
            options: "timeout=1",
            script: vec![
                Step::Say(handshake(3)),
                Step::Heard(HANDSHAKE),
                Step::Say([connected(), many(60_000, &event(6, 1))].concat()),
                Step::Deaf,
            ],
            // The answers stop at the deadline; or the kernel, busy with them, brings no more pings until the read's.
            says: &["read 0, then 0, status -1"],
            took: 1..=10,
            ..Case::default()
        },
    ]);
}
