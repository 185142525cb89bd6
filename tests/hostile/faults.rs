//! Good sessions cut at every byte: by an end, by a reset and by silence; and delivered in pieces. What comes out is the
//! prefix that was there, an error, and nothing left behind.

use super::case::{finish, program};
use super::peer::{Step, serve};
use super::tally::{Ending, Ending::AsAsked, note_as, other_library};
use super::wire::*;
use std::collections::VecDeque;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex};
use std::thread::{self, JoinHandle};

/// With another library, one place in so many is tried: each session has a process of its own there.
const OTHERS_STEP: usize = 25;
/// Processes at the same time.
const WORKERS: usize = 8;
/// Sessions at the same time in each process, when most of them wait.
const SILENT: usize = 40;

/// Runs a session with each script, `side_by_side` at a time; returns what the program printed and the peer heard.
fn sessions(
    mode: &str,
    timeout: u32,
    buffer: u32,
    side_by_side: usize,
    scripts: Vec<Vec<Step>>,
) -> Vec<(String, Vec<u8>)> {
    let count = scripts.len();
    let mut command = program("faults");
    command.args([mode, &timeout.to_string(), &buffer.to_string()]);
    let mut peers = Vec::new();
    for scripts in scripts.chunks(count.div_ceil(side_by_side).max(1)) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("its address").port();
        command.arg(format!("{port}:{}", scripts.len()));
        let scripts = scripts.to_vec();
        peers.push(thread::spawn(move || serve_each(&listener, scripts)));
    }
    // Blocks that the allocator keeps at hand would count as left behind, and those of other arenas would not count.
    command.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1");
    let threads = peers.len() as i64;
    let outcome = finish(command);
    assert_eq!(outcome.category(), "ended", "{}", outcome.text);
    let heard = peers.into_iter().flat_map(|peer| peer.join().expect("the peer"));
    let mut lines: Vec<String> = outcome.text.lines().map(str::to_owned).collect();
    let left = lines.pop().expect("a last line");
    let bytes: i64 = left.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a number of bytes");
    // The lines themselves, and what the C library keeps of a thread.
    let printed = 2 * outcome.text.len() as i64 + 2048 * threads;
    assert!(bytes < 4096 + printed && left.ends_with(", 0 descriptors"), "{count} sessions {left}");
    assert_eq!(lines.len(), count);
    lines.into_iter().zip(heard).collect()
}

/// Plays each script to another client, one coming after the other. A peer that does not notice yet that its client has left
/// does not keep the next one waiting.
fn serve_each(listener: &TcpListener, scripts: Vec<Vec<Step>>) -> Vec<Vec<u8>> {
    let mut heard = Vec::with_capacity(scripts.len());
    let mut serving: VecDeque<JoinHandle<_>> = VecDeque::new();
    for script in scripts {
        let stream = listener.accept().expect("a client").0;
        serving.push_back(thread::spawn(move || serve(stream, &script).bytes));
        // A thread that has ended keeps its stack until somebody asks for its result.
        while serving.front().is_some_and(JoinHandle::is_finished) {
            heard.extend(serving.pop_front().map(|peer| peer.join().expect("a connection")));
        }
    }
    heard.extend(serving.into_iter().map(|peer| peer.join().expect("a connection")));
    heard
}

/// Runs a session for each place in the stream, in several processes, and checks what came of it.
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
                if other_library().is_some() {
                    return told(mine.into_iter().step_by(OTHERS_STEP), run, check);
                }
                for (place, (line, heard)) in mine.iter().zip(run(&mine)) {
                    check(*place, &line, &heard);
                }
                note_as("faults", AsAsked, mine.len());
            });
        }
    });
}

/// Another library's sessions, each in a process of its own, by what became of them.
fn told(
    places: impl Iterator<Item = usize>,
    run: impl Fn(&[usize]) -> Vec<(String, Vec<u8>)>,
    check: impl Fn(usize, &str, &[u8]),
) {
    for place in places {
        let session = catch_unwind(AssertUnwindSafe(|| {
            let (line, heard) = run(&[place]).remove(0);
            check(place, &line, &heard);
        }));
        let why =
            session.err().map(|why| why.downcast::<String>().map_or_else(|_| String::new(), |why| *why));
        let result = match why {
            None => AsAsked,
            Some(why) if why.contains("left: \"hangs\"") || why.contains("left: \"spins\"") => Ending::Hung,
            Some(why) if why.contains("right: \"ended\"") => Ending::Crashed,
            Some(_) => Ending::Otherwise,
        };
        note_as("faults", result, 1);
    }
}

/// The same for peers that fall silent: many sessions wait for their time-outs side by side. On a busy machine a peer
/// may speak too late for one of a second, so a session that went wrong gets another chance, with a longer one.
fn at_each_silence(
    mode: &str,
    places: impl Iterator<Item = usize>,
    script: impl Fn(usize) -> Vec<Step> + Sync,
    check: impl Fn(usize, &str) -> Result<(), String> + Sync,
) {
    let again = Mutex::new(Vec::new());
    at_each(
        places,
        |places| sessions(mode, 1, 65536, SILENT, places.iter().map(|place| script(*place)).collect()),
        |place, line, _| {
            let checked = check(place, line);
            assert!(other_library().is_none() || checked.is_ok(), "silent after byte {place}");
            if checked.is_err() {
                again.lock().expect("the list").push(place);
            }
        },
    );
    let again = again.into_inner().expect("the list");
    assert!(
        again.len() < 300,
        "{} sessions went wrong, the first at byte {:?}",
        again.len(),
        again.iter().min()
    );
    if !again.is_empty() {
        let scripts = again.iter().map(|place| script(*place)).collect();
        for (place, (line, _)) in again.iter().zip(sessions(mode, 5, 65536, SILENT, scripts)) {
            check(*place, &line).unwrap_or_else(|why| panic!("silent after byte {place}: {line}, not {why}"));
        }
    }
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
            sessions("play", 30, 65536, 1, scripts)
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
            sessions("play", 30, 65536, 1, scripts)
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
    // The first read waits for a second message, to learn what the file header must say; what came is kept.
    let (first, second) = (FILM.steps[3].0, FILM.steps[4].0);
    at_each_silence(
        "play",
        0..FILM.bytes.len(),
        |place| say(&FILM.bytes[..place], &[]),
        |place, line| {
            let whole = FILM.by(if (first..second).contains(&place) { first - 1 } else { place });
            let silent = whole.replace("connected 0", "connected 1");
            if line == silent { Ok(()) } else { Err(silent) }
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
        at_each(
            0..scripts.len(),
            |places| {
                sessions("play", 30, buffer, 1, places.iter().map(|place| scripts[*place].clone()).collect())
            },
            |place, line, _| assert_eq!(line, whole, "script {place}, read by {buffer} bytes"),
        );
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
                sessions("publish", 30, 0, 1, scripts)
            },
            |place, got, _| {
                let early =
                    matches!(last, Step::Reset) && [line(0), line(HANDSHAKE), line(place)].contains(&got);
                assert!(got == line(place) || early, "cut after byte {place}: {got}");
            },
        );
    }
}

#[test]
fn publishes_cut_by_silence() {
    let bytes = publishing();
    at_each_silence(
        "publish",
        0..bytes.len(),
        |place| say(&bytes[..place], &[]),
        |place, line| {
            let silent = if place < HANDSHAKE { "connect 0 stream 0" } else { "connect 1 stream 0" };
            if line == silent { Ok(()) } else { Err(silent.to_owned()) }
        },
    );
}

/// How much of a publish is heard before it is cut: handshake, commands and the first tags.
const HEARD: usize = HANDSHAKE + 2600;

/// What a publisher says, up to there.
fn spoken() -> Vec<u8> {
    let script = vec![Step::Say(publishing()), Step::Heard(HEARD), Step::Reset];
    let (_, whole) = sessions("publish", 30, 0, 1, vec![script]).remove(0);
    assert_eq!(whole.len(), HEARD);
    whole
}

/// A publisher whose server hears so many bytes and then only says that it has ended.
#[test]
fn publishes_ended_on_the_way_out() {
    let whole = spoken();
    let hear =
        |place: usize| vec![Step::Say(publishing()), Step::Heard(place), Step::Fin, Step::Heard(usize::MAX)];
    at_each(
        0..HEARD,
        |places| sessions("publish", 30, 0, 1, places.iter().map(|place| hear(*place)).collect()),
        |place, line, heard| {
            // What the server had said before its end arrives before it.
            assert_eq!(line, "connect 1 stream 1 wrote -1 connected 0", "ended after {place} bytes");
            let same = heard.len().min(whole.len());
            assert!(same >= place && heard[HANDSHAKE..same] == whole[HANDSHAKE..same], "after {place} bytes");
        },
    );
}

/// A publisher whose server hears so many bytes and then no more: the kernel takes some, and then the write ends at its
/// deadline. Where in a buffer of the kernel the server stopped cannot be seen from here, so every byte is tried only in the
/// long form, with `HOSTILE_LONG` in the environment (`make soak`); else as many as wait for their deadlines at once.
#[test]
fn publishes_unheard() {
    let hear = |place: usize| vec![Step::Say(publishing()), Step::Heard(place), Step::Deaf];
    let step = if std::env::var_os("HOSTILE_LONG").is_some() { 1 } else { HEARD.div_ceil(WORKERS * SILENT) };
    at_each_silence("fill", (0..HEARD).step_by(step), hear, |_, line| {
        let wanted = "connect 1 stream 1 wrote -1 connected 0";
        if line == wanted { Ok(()) } else { Err(wanted.to_owned()) }
    });
}

/// Tags handed to RTMP_Write by the byte and in any pieces, to a server that speaks by the byte: the same bytes go out.
#[test]
fn publishes_in_pieces() {
    let whole = spoken();
    let bytes = publishing();
    let script = vec![Step::Dribble(bytes[..HANDSHAKE].into()), Step::Dribble(bytes[HANDSHAKE..].into())];
    for size in [0, 1] {
        at_each(
            0..80,
            |places| sessions("pieces", 30, size, 1, vec![script.clone(); places.len()]),
            |_, line, heard| {
                assert!(line.ends_with(" connected 1") && !line.contains("wrote -1"), "{line}");
                assert_eq!(heard[HANDSHAKE..HEARD], whole[HANDSHAKE..]);
            },
        );
    }
}

/// A publisher whose server hears so many bytes and resets.
#[test]
fn publishes_cut_on_the_way_out() {
    let hear = |place: usize| vec![Step::Say(publishing()), Step::Heard(place), Step::Reset];
    let whole = spoken();
    at_each(
        0..HEARD,
        |places| sessions("publish", 30, 0, 1, places.iter().map(|place| hear(*place)).collect()),
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
