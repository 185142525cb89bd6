//! RTMPT servers and proxies that are broken or mean harm, through a whole session. (The parsers have tests of their own:
//! `src/transport`, `tests/transport_proxy.rs`, `tests/http.rs`.)

use super::case::{Case, run};
use super::peer::{Heard, Step};
use super::wire::*;

fn tunnel(name: &'static str, said: &[Vec<u8>], says: &'static [&'static str]) -> Case {
    Case {
        name,
        scheme: "rtmpt",
        options: "timeout=1",
        script: vec![Step::Say(said.concat()), Step::Wait(50), Step::Fin],
        says,
        took: 0..=8,
        ..Case::default()
    }
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
    let good = [opened(), carrying(&handshake(3)), carrying(&[]), carrying(&rest)];
    let played: &[&str] = &["stream 1", "tag 9 at 40, 70 bytes", "rest 0"];
    let refused: &[&str] = &["connect 0", "log 1 "];
    let open = |name, text: &str| tunnel(name, &[text.as_bytes().to_vec()], refused);
    let endless = many(2000, b"X-Filler: 0123456789\r\n");
    let in_chunks = |body: &[u8]| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for part in body.chunks(100) {
            bytes.extend(format!("{:x}\r\n", part.len()).as_bytes());
            bytes.extend(part);
            bytes.extend(b"\r\n");
        }
        [&bytes[..], b"0\r\n\r\n"].concat()
    };
    let with_id = |name, id: &[u8]| Case {
        heard: Some(nothing_planted),
        ..tunnel(name, &[answer(id), carrying(&handshake(3))], &["log 1 "])
    };
    // What is not asked for yet may not be answered: the first answer would run into the second.
    let in_turn = |name, say: fn(Vec<u8>) -> Step, answers: [Vec<u8>; 2]| {
        let [first, rest] = answers;
        Case {
            script: vec![Step::Heard(1), say(first), Step::Heard(600), say(rest), Step::Heard(usize::MAX)],
            ..tunnel(name, &[], played)
        }
    };
    run(vec![
        in_turn("a good tunnel", Step::Say, [opened(), good[1..].concat()]),
        in_turn("a tunnel by the byte", Step::Dribble, [opened(), good[1..].concat()]),
        in_turn(
            "a tunnel in chunks",
            Step::Say,
            [
                in_chunks(b"abcd\n"),
                [in_chunks(&[&[1][..], &handshake(3)].concat()), in_chunks(&[&[1][..], &rest].concat())]
                    .concat(),
            ],
        ),
        open("a refused tunnel", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        open("no HTTP at all", "\x03\0\0\0\0\0\0\0\0"),
        open("an answer without a length", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n"),
        open("an empty answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        open("a length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabcd\n"),
        open(
            "a length beyond 64 bits",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabcd\n",
        ),
        open("a length of 2^63", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nabcd\n"),
        open("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcd\n"),
        open(
            "a chunk size beyond 64 bits",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
        ),
        open("a body cut off", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabcd"),
        open("a head cut off", "HTTP/1.1 200 OK\r\nContent-Le"),
        tunnel("an endless head", &[b"HTTP/1.1 200 OK\r\n".to_vec(), endless], refused),
        tunnel(
            "a head without line ends",
            &[b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 1 << 20]],
            refused,
        ),
        with_id("an identity with line ends", b"ab\r\nPlanted: 1\r\n"),
        with_id("an identity with a space", b"ab HTTP/1.1 planted\n"),
        with_id("an identity of 64 KiB", &[b'a'; 65536]),
        tunnel("an end after the handshake", &good[..2], &["log 1 "]),
        tunnel(
            "a refusal in the play",
            &[good[..3].concat(), b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec()],
            &["500"],
        ),
        Case { script: vec![Step::Say(opened())], ..tunnel("a tunnel that falls silent", &[], refused) },
    ]);
}

#[test]
fn proxies() {
    let proxy = |name, options, said: &[u8]| Case {
        name,
        options,
        script: vec![Step::Say(said.to_vec()), Step::Wait(50), Step::Fin],
        says: &["connect 0", "log 1 "],
        took: 0..=8,
        ..Case::default()
    };
    const SOCKS4: &str = "timeout=1 socks=127.0.0.1:PORT";
    const SOCKS5: &str = "timeout=1 socks=socks5://s3cretUser:s3cretPass@127.0.0.1:PORT";
    const HTTP: &str = "timeout=1 socks=http://s3cretUser:s3cretPass@127.0.0.1:PORT";
    let endless = [&b"HTTP/1.1 200 OK\r\n"[..], &many(2000, b"X-Filler: 0123456789\r\n")].concat();
    let mut cases = vec![
        proxy("SOCKS4: refused", SOCKS4, &[0, 91, 0, 0, 0, 0, 0, 0]),
        proxy("SOCKS4: cut off", SOCKS4, &[0, 90, 0]),
        proxy("SOCKS4: another protocol", SOCKS4, b"HTTP/1.1 200 OK\r\n\r\n"),
        proxy("SOCKS5: no method", SOCKS5, &[5, 255]),
        proxy("SOCKS5: a method not offered", SOCKS5, &[5, 9]),
        proxy("SOCKS5: a wrong password", SOCKS5, &[5, 2, 1, 1]),
        proxy("SOCKS5: refused", SOCKS5, &[5, 2, 1, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0]),
        proxy("SOCKS5: an address of no kind", SOCKS5, &[5, 2, 1, 0, 5, 0, 0, 77, 255, 255]),
        proxy("SOCKS5: a name cut off", SOCKS5, &[5, 2, 1, 0, 5, 0, 0, 3, 255, b'x']),
        proxy("HTTP: refused", HTTP, b"HTTP/1.1 403 Forbidden\r\n\r\n"),
        proxy("HTTP: a password wanted", HTTP, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
        proxy("HTTP: an endless head", HTTP, &endless),
        proxy("HTTP: a head cut off", HTTP, b"HTTP/1.1 200 Connection est"),
        proxy("HTTP: no HTTP", HTTP, &[0; 5000]),
    ];
    for (name, options) in [("SOCKS4: silence", SOCKS4), ("SOCKS5: silence", SOCKS5), ("HTTP: silence", HTTP)]
    {
        cases.push(Case { script: vec![Step::Say(Vec::new())], took: 1..=8, ..proxy(name, options, b"") });
    }
    for case in &mut cases {
        case.never = &["s3cret"];
    }
    run(cases);
}
