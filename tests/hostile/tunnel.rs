//! RTMPT servers and proxies that are broken or mean harm, through a whole session. (The parsers have tests of their own:
//! `src/transport`, `tests/transport_proxy.rs`, `tests/http.rs`.)

use super::case::{Case, run};
use super::peer::{Heard, Step};
use super::wire::*;

fn tunnel(name: &'static str, script: Vec<Step>, says: &'static [&'static str]) -> Case {
    Case { name, scheme: "rtmpt", options: "timeout=1", script, says, took: 0..=8, ..Case::default() }
}

/// More than the request to open a tunnel: the client has sent its handshake, too.
const GREETED: usize = 600;

/// What answers the request to open, and what answers the client's handshake; then the end. What is not asked for yet may
/// not be answered: the first answer would run into the second.
fn in_turn(opening: Vec<u8>, rest: Vec<u8>) -> Vec<Step> {
    vec![
        Step::Heard(1),
        Step::Say(opening),
        Step::Heard(GREETED),
        Step::Say(rest),
        Step::Wait(50),
        Step::Fin,
        Step::Heard(usize::MAX),
    ]
}

/// Nothing that a server planted has become a line of ours.
fn nothing_planted(heard: &Heard) -> Result<(), String> {
    let planted = heard.bytes.windows(7).any(|bytes| bytes == b"Planted" || bytes == b"planted");
    if planted { Err("a planted line was sent".to_owned()) } else { Ok(()) }
}

#[test]
fn answers() {
    let rest =
        [connected(), created(2.0), status("NetStream.Play.Start"), media(VIDEO, 40, 70), stop()].concat();
    let good = [carrying(&handshake(3)), carrying(&[]), carrying(&rest)];
    let played: &[&str] = &["stream 1", "tag 9 at 40, 70 bytes", "rest 0"];
    let open =
        |name, text: &[u8], says| tunnel(name, vec![Step::Say(text.into()), Step::Wait(50), Step::Fin], says);
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), many(2000, b"X-Filler: 0123456789\r\n")].concat();
    let endless_line = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 1 << 20]].concat();
    let in_chunks = |body: &[u8]| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for part in body.chunks(100) {
            bytes.extend(format!("{:x}\r\n", part.len()).as_bytes());
            bytes.extend(part);
            bytes.extend(b"\r\n");
        }
        [&bytes[..], b"0\r\n\r\n"].concat()
    };
    let with_id = |name, id: &[u8], says| Case {
        heard: Some(nothing_planted),
        ..tunnel(name, in_turn(answer(id), carrying(&handshake(3))), says)
    };
    // The server's half of the play, each answer said in the way given.
    let plays = |name, say: fn(Vec<u8>) -> Step, opening, rest| {
        let script =
            vec![Step::Heard(1), say(opening), Step::Heard(GREETED), say(rest), Step::Heard(usize::MAX)];
        tunnel(name, script, played)
    };
    let refusal = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec();
    run(vec![
        plays("a good tunnel", Step::Say, opened(), good.concat()),
        plays("a tunnel by the byte", Step::Dribble, opened(), good.concat()),
        plays(
            "a tunnel in chunks",
            Step::Say,
            in_chunks(b"abcd\n"),
            [in_chunks(&[&[1][..], &handshake(3)].concat()), in_chunks(&[&[1][..], &rest].concat())].concat(),
        ),
        open(
            "a refused tunnel",
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            &["connect 0", "HTTP status 404 (Not Found)"],
        ),
        open("no HTTP at all", b"\x03\0\0\0\0\0\0\0\0", &["connect 0", "in the middle of an answer"]),
        open(
            "an answer without a length",
            b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n",
            &["connect 0", "opening the RTMPT tunnel: connection closed"],
        ),
        open(
            "an empty answer",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            &["connect 0", "a session id that cannot be used (0 bytes)"],
        ),
        open(
            "a length below zero",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabcd\n",
            &["connect 0", "whose Content-Length is not a number"],
        ),
        open(
            "a length beyond 64 bits",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabcd\n",
            &["connect 0", "whose Content-Length is not a number"],
        ),
        open(
            "a length of 2^63",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nabcd\n",
            &["connect 0", "in the middle of an answer"],
        ),
        open(
            "two lengths",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcd\n",
            &["connect 0", "two different Content-Lengths"],
        ),
        open(
            "a chunk size beyond 64 bits",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
            &["connect 0", "a chunk's size has too many digits"],
        ),
        open(
            "a body cut off",
            b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabcd",
            &["connect 0", "in the middle of an answer"],
        ),
        open(
            "a head cut off",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            &["connect 0", "in the middle of an answer"],
        ),
        open("an endless head", &endless, &["connect 0", "more than 16 KiB of headers"]),
        open("a head without line ends", &endless_line, &["connect 0", "more than 16 KiB of headers"]),
        with_id(
            "an identity with line ends",
            b"ab\r\nPlanted: 1\r\n",
            &["connect 0", "cannot be used (14 bytes)"],
        ),
        with_id(
            "an identity with a space",
            b"ab HTTP/1.1 planted\n",
            &["connect 0", "cannot be used (19 bytes)"],
        ),
        with_id("an identity of 64 KiB", &[b'a'; 65536], &["connect 0", "answer to \"open\" is too long"]),
        tunnel(
            "an end after the handshake",
            in_turn(opened(), good[0].clone()),
            &["connect 1", "stream 0", "ended the HTTP connection of the tunnel"],
        ),
        tunnel(
            "a refusal in the play",
            in_turn(opened(), [good[0].clone(), refusal].concat()),
            &["connect 1", "stream 0", "HTTP status 500 (Oops)"],
        ),
        tunnel(
            "a tunnel that is not opened",
            vec![Step::Say(Vec::new())],
            &["connect 0", "opening the RTMPT tunnel: timed out"],
        ),
        tunnel(
            "a tunnel that falls silent",
            vec![Step::Say(opened())],
            &["connect 0", "RTMP handshake: timed out"],
        ),
    ]);
}

/// A server that talks on and on, and does not listen, ends no deadline.
#[test]
fn endless_answers() {
    let begun = |bytes: Vec<u8>| {
        let rest = [carrying(&handshake(3)), carrying(&[]), carrying(&bytes)].concat();
        vec![Step::Heard(1), Step::Say(opened()), Step::Heard(GREETED), Step::Say(rest)]
    };
    let play = [connected(), created(2.0), status("NetStream.Play.Start")].concat();
    let publish = [connected(), created(4.0), status("NetStream.Publish.Start")].concat();
    let endless = |name, session, first, flood| Case {
        session,
        script: [first, vec![flood]].concat(),
        took: 1..=8,
        ..tunnel(name, Vec::new(), &["read 0, then 0, status -1, timed out 1"])
    };
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n\x01";
    let long = [begun(publish), vec![Step::Say(head.into())]].concat();
    let continues = many(1000, b"HTTP/1.1 100 Continue\r\n\r\n");
    run(vec![
        endless(
            "empty answers without end",
            "play",
            begun(play.clone()),
            Step::Flood(many(1000, &carrying(&[])), 0),
        ),
        endless("100 Continue without end", "play", begun(play), Step::Flood(continues, 0)),
        Case {
            says: &["stopped reading", "then -1, connected 0"],
            ..endless(
                "an answer without end to a publisher that is not heard",
                "publish tags=100000 sndbuf=4096",
                long,
                Step::Flood(vec![5], 100),
            )
        },
    ]);
}

#[test]
fn proxies() {
    let proxy = |name, options, said: &[u8], says| Case {
        name,
        options,
        script: vec![Step::Say(said.to_vec()), Step::Wait(50), Step::Fin],
        says,
        took: 0..=8,
        ..Case::default()
    };
    const SOCKS4: &str = "timeout=1 socks=127.0.0.1:PORT";
    const SOCKS5: &str = "timeout=1 socks=socks5://s3cretUser:s3cretPass@127.0.0.1:PORT";
    const HTTP: &str = "timeout=1 socks=http://s3cretUser:s3cretPass@127.0.0.1:PORT";
    let endless = [&b"HTTP/1.1 200 OK\r\n"[..], &many(2000, b"X-Filler: 0123456789\r\n")].concat();
    let mut cases = vec![
        proxy("SOCKS4: refused", SOCKS4, &[0, 91, 0, 0, 0, 0, 0, 0], &["connect 0", "SOCKS4 code 91"]),
        proxy(
            "SOCKS4: cut off",
            SOCKS4,
            &[0, 90, 0],
            &["connect 0", "it closed the connection; is it a SOCKS4 proxy?"],
        ),
        proxy(
            "SOCKS4: another protocol",
            SOCKS4,
            b"HTTP/1.1 200 OK\r\n\r\n",
            &["connect 0", "it does not speak SOCKS4"],
        ),
        proxy(
            "SOCKS5: no method",
            SOCKS5,
            &[5, 255],
            &["connect 0", "it accepts neither a log-in by name and password nor a connection without one"],
        ),
        proxy(
            "SOCKS5: a method not offered",
            SOCKS5,
            &[5, 9],
            &["connect 0", "log-in method 9, which was not offered"],
        ),
        proxy("SOCKS5: a wrong password", SOCKS5, &[5, 2, 1, 1], &["connect 0", "wrong user or password"]),
        proxy(
            "SOCKS5: refused",
            SOCKS5,
            &[5, 2, 1, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
            &["connect 0", "SOCKS5 code 5"],
        ),
        proxy(
            "SOCKS5: an address of no kind",
            SOCKS5,
            &[5, 2, 1, 0, 5, 0, 0, 77, 255, 255],
            &["connect 0", "an address of unknown kind 77"],
        ),
        proxy(
            "SOCKS5: a name cut off",
            SOCKS5,
            &[5, 2, 1, 0, 5, 0, 0, 3, 255, b'x'],
            &["connect 0", "it closed the connection; is it a SOCKS5 proxy?"],
        ),
        proxy(
            "HTTP: refused",
            HTTP,
            b"HTTP/1.1 403 Forbidden\r\n\r\n",
            &["connect 0", "HTTP status 403 (Forbidden)"],
        ),
        proxy(
            "HTTP: a password wanted",
            HTTP,
            b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            &["connect 0", "wrong user or password (HTTP status 407)"],
        ),
        proxy("HTTP: an endless head", HTTP, &endless, &["connect 0", "more than 16 KiB of headers"]),
        proxy(
            "HTTP: a head cut off",
            HTTP,
            b"HTTP/1.1 200 Connection est",
            &["connect 0", "it closed the connection; is it a HTTP proxy?"],
        ),
        proxy(
            "HTTP: no HTTP",
            HTTP,
            &[0; 5000],
            &["connect 0", "it closed the connection; is it a HTTP proxy?"],
        ),
    ];
    for (name, options) in [("SOCKS4: silence", SOCKS4), ("SOCKS5: silence", SOCKS5), ("HTTP: silence", HTTP)]
    {
        cases.push(Case {
            script: vec![Step::Say(Vec::new())],
            took: 1..=8,
            ..proxy(name, options, b"", &["connect 0", "no answer in time"])
        });
    }
    for case in &mut cases {
        case.never = &["s3cret"];
    }
    run(cases);
}
