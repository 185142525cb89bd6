//! The socket and the process around it: signals, partial writes, peers that stop reading, descriptors closed by others.

use super::case::{Case, drive, run};
use super::peer::{Heard, Peer, Step};
use super::wire::*;

fn film() -> Vec<u8> {
    (0..50).flat_map(|index| media(if index % 2 == 0 { VIDEO } else { AUDIO }, index * 20, 3000)).collect()
}

fn play(name: &'static str, session: &'static str) -> Case {
    Case {
        name,
        session,
        script: vec![Step::Say([playing(), film(), stop()].concat()), Step::Wait(50), Step::Fin],
        says: &["tag 8 at 980, 3000 bytes", "rest 0", "status -3"],
        ..Case::default()
    }
}

/// All 200 tags of 3000 bytes, and nothing torn: 200 bodies and the farewell have arrived.
fn whole(heard: &Heard) -> Result<(), String> {
    let farewell = heard.bytes.windows(12).any(|bytes| bytes == b"deleteStream");
    match heard.total {
        600_000.. if farewell => Ok(()),
        total => Err(format!("heard {total} bytes, farewell {farewell}")),
    }
}

fn publish(name: &'static str, session: &'static str) -> Case {
    Case {
        name,
        session,
        script: vec![Step::Say(publishing())],
        says: &["wrote 200 tags", "connected 1"],
        heard: Some(whole),
        ..Case::default()
    }
}

#[test]
fn signals_and_pieces() {
    run(vec![
        play("a play under a storm of signals", "play timer=300 buffer=100"),
        play("a play through a small buffer", "play rcvbuf=2048 buffer=7"),
        play("a play on a non-blocking descriptor", "play nonblock=1"),
        publish("a publish under a storm of signals", "publish tags=200 size=3000 timer=300"),
        publish("a publish through a small buffer", "publish tags=200 size=3000 sndbuf=2048"),
        publish(
            "a publish of packets through a small buffer",
            "send tags=200 size=3000 sndbuf=2048 timer=300",
        ),
        publish(
            "a publish on a non-blocking descriptor",
            "publish tags=200 size=3000 sndbuf=2048 nonblock=1",
        ),
        publish("packets on a non-blocking descriptor", "send tags=200 size=3000 sndbuf=2048 nonblock=1"),
        Case { says: &["cloexec 1"], ..play("close-on-exec", "play") },
    ]);
}

#[test]
fn peers_that_stop() {
    let deaf = vec![
        Step::Say(handshake(3)),
        Step::Heard(HANDSHAKE),
        Step::Say(publishing()[HANDSHAKE..].to_vec()),
        Step::Deaf,
    ];
    let stalls = |name, session| Case {
        name,
        session,
        options: "timeout=1",
        script: deaf.clone(),
        says: &["connected 0", "stopped reading"],
        never: &["wrote 100000 tags"],
        took: 1..=8,
        ..Case::default()
    };
    let no_farewell: fn(&Heard) -> Result<(), String> =
        |heard| match heard.bytes.windows(11).any(|bytes| bytes == b"FCUnpublish") {
            true => Err("a farewell after an error".to_owned()),
            false => Ok(()),
        };
    let broken = |name, session, last: Step| Case {
        name,
        session,
        script: vec![Step::Say(publishing()), Step::Wait(500), last],
        says: &["connected 0"],
        never: &["wrote 100000 tags"],
        heard: Some(no_farewell),
        ..Case::default()
    };
    run(vec![
        stalls("a write to a peer that stops reading", "publish tags=100000 sndbuf=4096"),
        stalls("packets to a peer that stops reading", "send tags=100000 sndbuf=4096"),
        // A signal that comes more often than the time-out does not keep a call.
        stalls(
            "a write to a peer that stops reading, with signals",
            "publish tags=100000 sndbuf=4096 timer=90000",
        ),
        Case {
            name: "a read from a peer that stops sending, with signals",
            session: "play timer=90000",
            options: "timeout=1",
            script: vec![Step::Say(playing()), Step::Deaf],
            says: &["timed out 1, connected 1"],
            took: 1..=8,
            ..Case::default()
        },
        stalls(
            "a non-blocking write to a peer that stops reading",
            "publish tags=100000 sndbuf=4096 nonblock=1",
        ),
        broken("a reset in a publish", "publish tags=100000 pace=500", Step::Reset),
        broken("a reset in a publish, SIGPIPE handled", "publish tags=100000 pace=500 signal=1", Step::Reset),
        broken("a reset in a publish of packets", "send tags=100000 pace=500", Step::Reset),
        broken("the end in a publish", "publish tags=100000 pace=500", Step::Fin),
        broken("the end in a publish of packets", "send tags=100000 pace=500 signal=1", Step::Fin),
    ]);
}

/// A user who wants to end waits for nothing: the deadline of 30 seconds is far away.
#[test]
fn interruptions() {
    let deaf = vec![Step::Say(publishing()), Step::Heard(HANDSHAKE), Step::Deaf];
    let interrupted = |name, session, script: Vec<Step>, says: &'static [&'static str]| Case {
        name,
        session,
        script,
        says,
        never: &["log 1 "],
        took: 0..=5,
        ..Case::default()
    };
    let silent = |bytes: Vec<u8>| vec![Step::Say(bytes)];
    run(vec![
        interrupted(
            "an interruption of a read",
            "play interrupt=300",
            silent([playing(), film()].concat()),
            &["tag 8 at 980, 3000 bytes", "rest 0", "then 0, status -1", "interrupted by the program"],
        ),
        interrupted(
            "an interruption of a read of packets",
            "packets interrupt=300",
            silent([playing(), film()].concat()),
            &["packets 53,", "interrupted by the program"],
        ),
        interrupted(
            "an interruption of a start",
            "play interrupt=300",
            silent([handshake(3), connected()].concat()),
            &["stream 0", "interrupted by the program"],
        ),
        interrupted(
            "an interruption of a handshake",
            "play interrupt=300",
            silent(handshake(3)[..2000].to_vec()),
            &["connect 0", "interrupted by the program"],
        ),
        interrupted(
            "an interruption of a write to a peer that stops reading",
            "publish tags=100000 sndbuf=4096 interrupt=300",
            deaf.clone(),
            &["then -1, connected 0", "interrupted by the program"],
        ),
        interrupted(
            "an interruption of packets to a peer that stops reading",
            "send tags=100000 sndbuf=4096 interrupt=300",
            deaf,
            &["then 0, connected 0", "interrupted by the program"],
        ),
    ]);
}

#[test]
fn other_threads() {
    let silent = |name, session, says: &'static [&'static str]| Case {
        name,
        session,
        script: vec![Step::Say([playing(), film()].concat())],
        says,
        took: 0..=8,
        ..Case::default()
    };
    let publishing = |name, session| Case {
        name,
        session,
        script: vec![Step::Say(publishing())],
        says: &["connected 0"],
        never: &["wrote 100000 tags"],
        took: 0..=8,
        ..Case::default()
    };
    let ended: &[&str] = &["tag 8 at 980, 3000 bytes", "rest 0", "then 0", "connected 0"];
    run(vec![
        silent("shutdown under a read", "play shutdown=300", ended),
        Case { never: &["by the peer"], ..silent("RTMP_Close under a read", "play close=300", ended) },
        // Such a receive waits on for what the kernel may still bring, until its deadline.
        Case {
            options: "timeout=1",
            says: &["tag 8 at 980, 3000 bytes", "rest 0", "then 0"],
            ..silent("a descriptor closed under a read", "play closefd=300", ended)
        },
        Case {
            never: &["by the peer"],
            ..silent(
                "RTMP_Close under a read of packets",
                "packets close=300",
                &["packet 8 at 980, 3000 bytes"],
            )
        },
        publishing("shutdown under a write", "publish tags=100000 pace=100 shutdown=300"),
        publishing("a descriptor closed under a write", "publish tags=100000 pace=100 closefd=300"),
        publishing("a descriptor closed under a write of packets", "send tags=100000 pace=100 closefd=300"),
        publishing("RTMP_Close under a write", "publish tags=100000 pace=100 close=300"),
        publishing("RTMP_Close under a write of packets", "send tags=100000 pace=100 close=300"),
    ]);
}

/// Words that no log line may show: each stands where a secret stands.
const SECRETS: [&str; 6] =
    ["s3cretPass", "s3cretUser", "s3cretToken", "s3cretJtv", "s3cretKey", "s3cretQuery"];

#[test]
fn secrets() {
    let refusal = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] :";
    // Servers say in their own words what was asked for.
    let echo = |code| {
        let description = "app?key=s3cretQuery/stream?key=s3cretKey, s3cretJtv, begins";
        let properties = [("code", code), ("description", description), ("details", "stream?key=s3cretKey")];
        command("onStatus", 0.0, &[NULL.into(), object(&properties)])
    };
    let info = object(&[("code", "NetConnection.Connect.Rejected"), ("description", refusal)]);
    let source = object(&[("source", "rtmp://host/app?key=s3cretQuery/stream?key=s3cretKey")]);
    let described = message(5, 0, DATA, &[text("onMetaData"), source].concat());
    let refused = [handshake(3), command("_error", 1.0, &[NULL.into(), info])].concat();
    let token = command(
        "_result",
        1.0,
        &[
            NULL.into(),
            object(&[("code", "NetConnection.Connect.Success"), ("secureToken", "0011223344556677")]),
        ],
    );
    let played =
        [handshake(3), token, created(2.0), echo("NetStream.Play.Start"), described, film(), stop()].concat();
    let begun = [handshake(3), connected(), created(4.0), echo("NetStream.Publish.Start")].concat();
    let failed = [handshake(3), connected(), created(2.0), echo("NetStream.Play.Failed")].concat();
    let scripts = [
        ("play", played.clone()),
        ("packets", played),
        ("publish", begun.clone()),
        ("send", begun),
        ("publish", refused),
        ("play", failed),
    ];
    for ((mode, bytes), level) in
        scripts.into_iter().flat_map(|script| (0..=6).map(move |level| (script.clone(), level)))
    {
        let peer = Peer::start(vec![Step::Say(bytes), Step::Wait(100), Step::Fin], 3);
        let url = format!(
            "rtmp://127.0.0.1:{}/app?key=s3cretQuery/stream?key=s3cretKey \
             pubUser=s3cretUser pubPasswd=s3cretPass token=s3cretToken jtv=s3cretJtv timeout=2",
            peer.port
        );
        let outcome = drive(&format!("{mode} level={level}"), &url, &[]);
        assert_eq!(outcome.category(), "ended", "{mode}:\n{}", outcome.text);
        let lines = outcome.text.lines().filter(|line| line.starts_with("log ")).count();
        assert!(level < 6 || lines > 5, "the log is on");
        for line in outcome.text.lines() {
            let shown = SECRETS.iter().find(|secret| line.contains(**secret));
            assert!(shown.is_none(), "{mode} at level {level} shows a secret: {line}");
        }
    }
}
