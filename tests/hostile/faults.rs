//! Good sessions cut at every byte: by an end, by a reset and by silence; and delivered in pieces. What comes out is the
//! prefix that was there, an error, and nothing left behind.

use super::case::{finish, program};
use super::peer::{Step, serve};
use super::wire::*;
use std::net::TcpListener;
use std::sync::LazyLock;
use std::thread;

/// Processes at the same time, each with a peer of its own.
const WORKERS: usize = 8;

/// A session with each script in turn; returns what the program printed for each.
fn sessions(mode: &str, timeout: u32, buffer: u32, scripts: Vec<Vec<Step>>) -> Vec<(String, Vec<u8>)> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let port = listener.local_addr().expect("its address").port().to_string();
    let count = scripts.len();
    let peer = thread::spawn(move || {
        let serve_next = |script: &Vec<Step>| serve(listener.accept().expect("a client").0, script).bytes;
        scripts.iter().map(serve_next).collect::<Vec<_>>()
    });
    let mut command = program("faults");
    command.args([mode, &port, &count.to_string(), &timeout.to_string(), &buffer.to_string()]);
    // Blocks that the allocator keeps at hand would count as left behind.
    command.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    let outcome = finish(command);
    assert_eq!(outcome.category(), "ended", "{}", outcome.text);
    let heard = peer.join().expect("the peer");
    let mut lines: Vec<String> = outcome.text.lines().map(str::to_owned).collect();
    let left = lines.pop().expect("a last line");
    let bytes: i64 = left.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a number of bytes");
    assert!(bytes < 4096 && left.ends_with(", 0 descriptors"), "{count} sessions {left}");
    assert_eq!(lines.len(), count);
    lines.into_iter().zip(heard).collect()
}

/// Runs a session for each place in the stream, side by side, and checks what came of it.
fn at_each(
    places: impl Iterator<Item = usize>,
    run: impl Fn(&[usize]) -> Vec<(String, Vec<u8>)> + Sync,
    check: impl Fn(usize, &str, &[u8]) + Sync,
) {
    let places: Vec<usize> = places.collect();
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let mine: Vec<usize> = places.iter().skip(worker).step_by(WORKERS).copied().collect();
            let (run, check) = (&run, &check);
            scope.spawn(move || {
                for (place, (line, heard)) in mine.iter().zip(run(&mine)) {
                    check(*place, &line, &heard);
                }
            });
        }
    });
}

/// A play and, for each byte of it, what a program has got by then.
struct Film {
    bytes: Vec<u8>,
    /// Where each message ends, and the line of a session that ended there.
    steps: Vec<(usize, String)>,
}

static FILM: LazyLock<Film> = LazyLock::new(|| {
    let mut bytes = handshake(3);
    let mut steps =
        vec![(0, "connect 0 stream 0".to_owned()), (bytes.len(), "connect 1 stream 0".to_owned())];
    bytes = playing();
    let mut flv = b"FLV\x01\x05\0\0\0\x09\0\0\0\0".to_vec();
    let got = |flv: &[u8], then: &str| {
        let sum =
            flv.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        format!("connect 1 stream 1 read {} sum {sum:08x} then 0 {then}", flv.len())
    };
    const GONE: &str = "status -1 connected 0";
    steps.push((bytes.len(), got(&[], GONE)));
    for (index, size) in [30, 7, 128, 129, 300, 2, 256].into_iter().enumerate() {
        let kind = if index % 2 == 0 { VIDEO } else { AUDIO };
        let time = index as u32 * 20;
        bytes.extend(media(kind, time, size));
        flv.push(kind);
        flv.extend(&(size as u32).to_be_bytes()[1..]);
        flv.extend(&time.to_be_bytes()[1..]);
        flv.extend([0; 4]);
        flv.extend(body(size, time));
        flv.extend((size as u32 + 11).to_be_bytes());
        // What both kinds are is known after the second message; the file header says what has come by then.
        let mut so_far = flv.clone();
        so_far[4] = if index == 0 { 1 } else { 5 };
        steps.push((bytes.len(), got(&so_far, GONE)));
    }
    bytes.extend(stop());
    steps.push((bytes.len(), got(&flv, "status -3 connected 1")));
    Film { bytes, steps }
});

impl Film {
    fn by(&self, place: usize) -> &str {
        &self.steps.iter().rev().find(|(end, _)| *end <= place).expect("the first is at 0").1
    }
}

fn say(bytes: &[u8], last: &[Step]) -> Vec<Step> {
    [&[Step::Say(bytes.into())], last].concat()
}

#[test]
fn plays_cut_by_an_end() {
    at_each(
        0..=FILM.bytes.len(),
        |places| {
            let scripts = places.iter().map(|place| say(&FILM.bytes[..*place], &[Step::Fin])).collect();
            sessions("play", 30, 65536, scripts)
        },
        |place, line, _| assert_eq!(line, FILM.by(place), "cut after byte {place}"),
    );
}

#[test]
fn plays_cut_by_a_reset() {
    at_each(
        0..=FILM.bytes.len(),
        |places| {
            let scripts = places.iter().map(|place| say(&FILM.bytes[..*place], &[Step::Reset])).collect();
            sessions("play", 30, 65536, scripts)
        },
        // A reset may overtake what was sent before it: anything that could have been got until then will do.
        |place, line, _| {
            let possible = FILM.steps.iter().filter(|(end, _)| *end <= place).any(|(_, step)| step == line);
            assert!(possible, "reset after byte {place}: {line}");
        },
    );
}

#[test]
fn plays_cut_by_silence() {
    let len = FILM.bytes.len();
    let places =
        (0..len).step_by(len / 40).chain(FILM.steps.iter().flat_map(|(end, _)| [*end, (end + 1).min(len)]));
    at_each(
        places,
        |places| {
            let scripts = places.iter().map(|place| say(&FILM.bytes[..*place], &[])).collect();
            sessions("play", 1, 65536, scripts)
        },
        |place, line, _| {
            // The first read waits for a second message, to learn what the file header must say; what came is kept.
            let (first, second) = (&FILM.steps[3].0, &FILM.steps[4].0);
            let whole = FILM.by(if (first..second).contains(&&place) { first - 1 } else { place });
            let silent = whole.replace("connected 0", "connected 1");
            assert!(line == silent, "silent after byte {place}: {line}, not {silent}");
        },
    );
}

#[test]
fn plays_in_pieces() {
    let whole = FILM.by(FILM.bytes.len());
    let mut seed = 1_u32;
    let mut pieces = || {
        let mut steps = Vec::new();
        let mut rest = &FILM.bytes[..];
        while !rest.is_empty() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (piece, after) = rest.split_at(rest.len().min(1 + (seed >> 16) as usize % 500));
            steps.push(Step::Say(piece.into()));
            rest = after;
        }
        steps
    };
    let mut scripts: Vec<Vec<Step>> = (0..60).map(|_| pieces()).collect();
    scripts.extend([1, 2].map(|_| vec![Step::Dribble(FILM.bytes.clone())]));
    for buffer in [65536, 100, 1] {
        for (line, _) in sessions("play", 30, buffer, scripts.clone()) {
            assert_eq!(line, whole, "read by {buffer} bytes");
        }
    }
}

#[test]
fn publishes_cut_on_the_way_in() {
    let bytes = publishing();
    let line = |place: usize| match place {
        _ if place < HANDSHAKE => "connect 0 stream 0",
        _ if place < bytes.len() => "connect 1 stream 0",
        _ => "connect 1 stream 1 wrote -1 connected 0",
    };
    for last in [Step::Fin, Step::Reset] {
        at_each(
            0..=bytes.len(),
            |places| {
                let scripts =
                    places.iter().map(|place| say(&bytes[..*place], std::slice::from_ref(&last))).collect();
                sessions("publish", 30, 0, scripts)
            },
            |place, got, _| {
                let early =
                    matches!(last, Step::Reset) && [line(0), line(HANDSHAKE), line(place)].contains(&got);
                assert!(got == line(place) || early, "cut after byte {place}: {got}");
            },
        );
    }
}

/// A publisher whose server hears so many bytes and resets.
#[test]
fn publishes_cut_on_the_way_out() {
    let hear = |place: usize| vec![Step::Say(publishing()), Step::Heard(place), Step::Reset];
    let most = HANDSHAKE + 2600;
    let (_, whole) = sessions("publish", 30, 0, vec![hear(most)]).remove(0);
    assert_eq!(whole.len(), most);
    at_each(
        0..most,
        |places| sessions("publish", 30, 0, places.iter().map(|place| hear(*place)).collect()),
        |place, line, heard| {
            let ended =
                ["connect 0 stream 0", "connect 1 stream 0", "connect 1 stream 1 wrote -1 connected 0"];
            assert!(ended.contains(&line), "reset after {place} bytes: {line}");
            assert_eq!(heard.len(), place);
            let after_handshake = HANDSHAKE.min(place);
            assert_eq!(heard[after_handshake..], whole[after_handshake..place], "the first {place} bytes");
        },
    );
}
