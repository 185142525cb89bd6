//! Handshakes that stop, are too short or too long, or are of another version.

use super::case::{Case, run};
use super::peer::Step;
use super::wire::*;

/// A play, whatever its handshake looked like.
const PLAYED: &[&str] = &["connect 1", "stream 1", "tag 9 at 40, 70 bytes", "rest 0", "status -3"];

fn rest() -> Vec<u8> {
    [connected(), created(2.0), status("NetStream.Play.Start"), media(VIDEO, 40, 70), stop()].concat()
}

#[test]
fn silence() {
    let places = [0, 1, 2, 8, 9, 1536, 1537, 1538, 3072];
    let cases = places.map(|place| Case {
        name: "silence in the handshake",
        options: "timeout=1",
        script: vec![Step::Say(handshake(3)[..place].to_vec())],
        says: &["connect 0", "cannot connect"],
        took: 1..=6,
        ..Case::default()
    });
    run(cases.into());
}

#[test]
fn ends() {
    let places = [0, 1, 2, 8, 9, 1536, 1537, 1538, 3072];
    let ended = |name, step: Step| {
        places.map(|place| Case {
            name,
            script: vec![Step::Say(handshake(3)[..place].to_vec()), Step::Wait(20), step.clone()],
            says: &["connect 0", "cannot connect"],
            took: 0..=8,
            ..Case::default()
        })
    };
    run(ended("the end in the handshake", Step::Fin).into());
    run(ended("a reset in the handshake", Step::Reset).into());
}

/// The wrong port, or the wrong scheme: the log says what the server may be.
#[test]
fn other_services() {
    let other = |name, scheme, answer: &[u8], says: &'static [&'static str]| Case {
        name,
        scheme,
        options: "timeout=1",
        script: vec![Step::Say(answer.to_vec()), Step::Wait(20), Step::Fin],
        says,
        ..Case::default()
    };
    run(vec![
        other("no answer", "rtmp", b"", &["connect 0", "may not serve RTMP on this port, or only over TLS"]),
        other("no answer to RTMPE", "rtmpe", b"", &["connect 0", "may not speak RTMPE"]),
        other("HTTP", "rtmp", b"HTTP/1.1 400 Bad Request\r\n\r\n", &["connect 0", "it answers in HTTP"]),
        other("a TLS alert", "rtmp", b"\x15\x03\x01\x00\x02\x02\x46", &["connect 0", "use rtmps"]),
        Case {
            script: Vec::new(),
            took: 1..=6,
            ..other(
                "silence to TLS",
                "rtmps",
                b"",
                &["connect 0", "timed out", "may not speak TLS on this port"],
            )
        },
        Case {
            script: Vec::new(),
            took: 1..=6,
            ..other(
                "silence to HTTP",
                "rtmpt",
                b"",
                &["connect 0", "timed out", "may not speak HTTP on this port"],
            )
        },
        other("a mail server", "rtmp", b"220 ESMTP\r\n", &["connect 0", "another service has this port"]),
        Case {
            script: vec![Step::Say(b"220 ESMTP\r\n".into())],
            took: 1..=6,
            ..other(
                "a mail server that waits",
                "rtmp",
                b"",
                &["connect 0", "timed out; its answer begins with 0x32"],
            )
        },
    ]);
}

#[test]
fn versions() {
    let with = |name, hello: Vec<u8>| Case {
        name,
        script: vec![Step::Say([hello, rest()].concat()), Step::Wait(20), Step::Fin],
        says: PLAYED,
        ..Case::default()
    };
    let mut cases: Vec<Case> =
        [0, 1, 4, 6, 8, 9, 31, 255].map(|version| with("another version", handshake(version))).into();
    let mut claims_a_digest = handshake(3);
    claims_a_digest[5..9].copy_from_slice(&[3, 5, 1, 1]);
    cases.push(with("a server's version without a digest", claims_a_digest));
    cases.push(Case {
        name: "a server that speaks HTTP",
        options: "timeout=1",
        script: vec![Step::Say(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".into()), Step::Fin],
        says: &["connect 0", "cannot connect"],
        ..Case::default()
    });
    cases.push(Case {
        name: "a byte too many in the handshake",
        options: "timeout=1",
        script: vec![Step::Say([handshake(3), vec![0xff]].concat()), Step::Fin],
        says: &["stream 0"],
        ..Case::default()
    });
    run(cases);
}
