//! Timestamps and acknowledgements.

use super::case::{Case, run};
use super::ear::{Said, messages};
use super::peer::{Heard, Step};
use super::wire::*;

/// 4 hours, 39 minutes and 37 seconds: where 24 bits of milliseconds end.
const EXTENDED: u32 = 0xff_ffff;

fn play(name: &'static str, bytes: &[Vec<u8>], says: &'static [&'static str]) -> Case {
    let script = vec![Step::Say([playing(), bytes.concat(), stop()].concat()), Step::Wait(20), Step::Fin];
    Case { name, script, says, never: &["status -2"], ..Case::default() }
}

/// A delta on a known channel.
fn delta(channel: u32, delta: u32, size: u32) -> Vec<u8> {
    let mut bytes = basic(1, channel);
    bytes.extend(&delta.min(EXTENDED).to_be_bytes()[1..]);
    bytes.extend(&size.to_be_bytes()[1..]);
    bytes.push(VIDEO);
    if delta >= EXTENDED {
        bytes.extend(delta.to_be_bytes());
    }
    bytes.extend(body(size as usize, delta));
    bytes
}

#[test]
fn marks() {
    let long = |time, repeats| chunked(6, time, VIDEO, &body(400, 1), CHUNK, repeats);
    run(vec![
        play(
            "4 hours 39 minutes",
            &[media(VIDEO, EXTENDED - 1, 60), media(VIDEO, EXTENDED, 60), media(VIDEO, EXTENDED + 1, 60)],
            &["tag 9 at 16777214,", "tag 9 at 16777215,", "tag 9 at 16777216,", "rest 0"],
        ),
        play(
            "24.8 days",
            &[media(VIDEO, i32::MAX as u32, 60), media(VIDEO, 1 << 31, 60), media(AUDIO, (1 << 31) + 20, 60)],
            &["tag 9 at 2147483647,", "tag 9 at 2147483648,", "tag 8 at 2147483668,", "rest 0"],
        ),
        play(
            "the wrap at 2^32",
            &[media(VIDEO, u32::MAX - 9, 60), delta(6, 10, 60), delta(6, 10, 60)],
            &["tag 9 at 4294967286,", "tag 9 at 0,", "tag 9 at 10,", "rest 0"],
        ),
        play(
            "extended times repeated in each chunk",
            &[long(EXTENDED, true), long(u32::MAX, true), media(VIDEO, 5, 60)],
            &["tag 9 at 16777215, 400", "tag 9 at 4294967295, 400", "tag 9 at 5,", "rest 0"],
        ),
        play(
            "extended times left out of later chunks",
            &[long(EXTENDED, false), long(u32::MAX, false), media(VIDEO, 5, 60)],
            &["tag 9 at 16777215, 400", "tag 9 at 4294967295, 400", "tag 9 at 5,", "rest 0"],
        ),
        play(
            "an extended time that would fit",
            &[[&basic(0, 6)[..], &[0xff; 3], &[0, 0, 6, VIDEO, 1, 0, 0, 0], &[0, 0, 0, 9], &body(6, 0)]
                .concat()],
            &["tag 9 at 9, 6 bytes", "rest 0"],
        ),
        play(
            "backwards",
            &[media(VIDEO, 5000, 60), media(VIDEO, 40, 60), media(VIDEO, 0, 60), media(VIDEO, 6000, 60)],
            &["tag 9 at 5000,", "tag 9 at 40,", "tag 9 at 0,", "tag 9 at 6000,", "rest 0"],
        ),
        play(
            "a delta of 2^32 - 1",
            &[media(VIDEO, 100, 60), delta(6, u32::MAX, 60)],
            &["tag 9 at 100,", "tag 9 at 99,", "rest 0"],
        ),
    ]);
}

/// Bytes-read reports in what a client said: chunk headers of type 3 on channel 2, format 1 or 3.
fn reports(heard: &Heard) -> usize {
    let full = [0x42, 0, 0, 0, 0, 0, 4, 3];
    heard.bytes.windows(full.len()).filter(|bytes| *bytes == full).count()
}

fn reported(heard: &Heard) -> Result<(), String> {
    if reports(heard) == 0 { Err("no report was sent for 200 KB".to_owned()) } else { Ok(()) }
}

fn few(heard: &Heard) -> Result<(), String> {
    let said = heard.total.saturating_sub(HANDSHAKE);
    if said > 16 << 10 { Err(format!("heard {said} bytes: a flood")) } else { Ok(()) }
}

/// A server with a window of 3000 bytes waits for no report that never comes.
fn within_3000(heard: &Heard) -> Result<(), String> {
    let reports = messages(&heard.bytes)?.into_iter().filter(|message| message.kind == REPORT);
    let counts = reports.filter_map(|message| Some(u32::from_be_bytes(message.body.try_into().ok()?)));
    let counts: Vec<u32> = counts.collect();
    let furthest = counts.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).max().unwrap_or_default();
    if counts.len() < 60 || furthest > 3000 {
        return Err(format!("{} reports, the furthest {furthest} bytes apart", counts.len()));
    }
    few(heard)
}

#[test]
fn windows() {
    let lots = || -> Vec<u8> { (0..200).flat_map(|index| media(VIDEO, index, 1000)).collect() };
    let window = |name, message: Vec<u8>| Case {
        heard: Some(few),
        ..play(name, &[message, lots()], &["tag 9 at 199,", "rest 0"])
    };
    let bandwidth =
        |value: u32, kind: u8| message(2, 0, BANDWIDTH, &[&value.to_be_bytes()[..], &[kind]].concat());
    run(vec![
        window("a window of 0", [control(WINDOW, 0), bandwidth(0, 2)].concat()),
        window("a window of 1", [control(WINDOW, 1), bandwidth(1, 0)].concat()),
        window("a window of 10", [control(WINDOW, 10), bandwidth(10, 1)].concat()),
        window("a window of 2^31", [control(WINDOW, 1 << 31), bandwidth(1 << 31, 255)].concat()),
        window("a window of 2^32 - 1", [control(WINDOW, u32::MAX), bandwidth(u32::MAX, 2)].concat()),
        window("windows by the thousand", many(1000, &[control(WINDOW, 1), bandwidth(1, 2)].concat())),
        Case {
            heard: Some(within_3000),
            ..play("a window of 3000", &[control(WINDOW, 3000), bandwidth(3000, 2), lots()], &["rest 0"])
        },
        Case {
            heard: Some(reported),
            ..play("a bandwidth that asks for reports", &[bandwidth(100_000, 2), lots()], &["rest 0"])
        },
        Case {
            heard: Some(reported),
            ..play("a window that asks for reports", &[control(WINDOW, 100_000), lots()], &["rest 0"])
        },
        Case {
            heard: Some(reported),
            ..play(
                "a window that asks for reports, within a bandwidth that does not",
                &[bandwidth(1 << 31, 2), control(WINDOW, 100_000), lots()],
                &["rest 0"],
            )
        },
        Case {
            session: "play bytesin=0xffff0000",
            heard: Some(|heard| wraps(heard, 0xffff_0000)),
            ..play(
                "a count that passes 2^32",
                &[control(WINDOW, 10_000), bandwidth(100_000, 2), lots()],
                &["rest 0"],
            )
        },
        Case {
            session: "play bytesin=0x7fff0000",
            heard: Some(|heard| wraps(heard, 0x7fff_0000)),
            ..play(
                "a count that passes 2^31",
                &[control(WINDOW, 10_000), bandwidth(100_000, 2), lots()],
                &["rest 0"],
            )
        },
    ]);
}

/// The reports go on across a mark: each says more than the one before, and at least five lie on each side of it.
fn wraps(heard: &Heard, from: u32) -> Result<(), String> {
    let reports: Vec<u32> = messages(&heard.bytes)?
        .into_iter()
        .filter(|message| message.kind == REPORT)
        .filter_map(|message| Some(u32::from_be_bytes(message.body.try_into().ok()?).wrapping_sub(from)))
        // What was reported before the driver set the counter counts from 0.
        .filter(|count| *count < 1 << 20)
        .collect();
    let (before, after): (Vec<u32>, Vec<u32>) = reports.iter().partition(|count| **count < 0x1_0000);
    if !reports.is_sorted() || before.len() < 5 || after.len() < 5 || reports.len() > 200 {
        return Err(format!("reports {reports:?}"));
    }
    Ok(())
}

/// Automatic answers stand between the messages of a publish, never inside one: the strict ear takes it all apart, and
/// finds every tag whole.
fn answers_between_tags(heard: &Heard) -> Result<(), String> {
    let said = messages(&heard.bytes)?;
    let count = |wanted: fn(&Said) -> bool| said.iter().filter(|message| wanted(message)).count();
    let (pongs, reports) = (
        count(|message| message.kind == USER_CONTROL && message.body[..2] == [0, 7]),
        count(|message| message.kind == REPORT),
    );
    let tags: Vec<&Said> = said.iter().filter(|message| [AUDIO, VIDEO].contains(&message.kind)).collect();
    let good = tags.iter().enumerate().all(|(index, tag)| tag.body == body(20_000, index as u32 * 20));
    if tags.len() != 100 || !good || pongs < 100 || reports == 0 {
        return Err(format!("{} tags, {pongs} pongs, {reports} reports", tags.len()));
    }
    Ok(())
}

#[test]
fn answers_within_a_publish() {
    let chatter = many(10, &[event(6, 1), message(2, 0, 99, &[0; 3000])].concat());
    let mut script =
        vec![Step::Say([publishing(), message(2, 0, BANDWIDTH, &[0, 0, 0x75, 0x30, 2])].concat())];
    for _ in 0..50 {
        script.extend([Step::Say(chatter.clone()), Step::Wait(5)]);
    }
    let session = |name, session| Case {
        name,
        session,
        script: script.clone(),
        says: &["wrote 100 tags", "connected 1"],
        heard: Some(answers_between_tags),
        ..Case::default()
    };
    run(vec![
        session("answers between the tags of a publish", "publish tags=100 size=20000 sndbuf=4096 pace=3000"),
        session("answers between the packets of a publish", "send tags=100 size=20000 sndbuf=4096 pace=3000"),
    ]);
}
