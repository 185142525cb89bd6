//! A whole session fed by the fuzzer: what is promised about answers, memory and tags holds whatever the server says.

use crate::Bytes;
use crate::peer::{Peer, Script};
use rtmp::Error;
use rtmp::chunk::{Body, Memory};
use rtmp::flv;
use rtmp::message::MessageType;
use rtmp::session::{
    Conversation, MAX_CALLS, Media, Publisher, ReadOutcome, Reading, Session, Settings, TextSetting, feature,
    link_flag, pausing, read_flag, read_status,
};

/// Answers to one byte from the server, at most: the shortest question has a byte of header, some of a name and a
/// transaction, and the longest answer to one is a play or publish command.
const MAX_ANSWER: usize = 64;
/// Sent whatever the server says: connect, farewell, and the calls that the target makes by itself.
const MAX_OWN: usize = 16 * 1024;
/// Calls that the target makes once the server has nothing more to say.
const CALLS_AT_END: usize = 3;

/// What the program does with the session.
#[derive(Clone, Copy)]
enum Job {
    Read,
    Media,
    Chunks,
    Publish,
}

/// The first bytes choose settings, what the program does, pieces and memory; the rest is what the server sends.
pub fn session(data: &[u8]) {
    let mut bytes = Bytes(data);
    let (choice, flags, piece, room) = (bytes.u8(), bytes.u8(), bytes.u8(), bytes.u16());
    let job = match choice & 3 {
        0 => Job::Read,
        1 => Job::Media,
        2 => Job::Chunks,
        _ => Job::Publish,
    };
    let mut settings = settings(job, choice, flags);
    let mut peer = Peer::new(Script::new(bytes.0, piece));
    let Session { stream, sender, reading, publisher } = Session::<Memory>::new(peer.stream(), None);
    let mut halves = (reading, publisher);
    let mut talk = Conversation { host: &mut settings, sender: &sender };
    talk.send_connect().expect("there is room");
    let mut out = vec![0; usize::from(room).max(1)];
    let mut left = CALLS_AT_END;
    let mut turn = 0_u8;
    while left > 0 {
        let goes_on = step(&mut halves, &mut talk, &mut peer, job, &mut out);
        peer.hear();
        turn = turn.wrapping_add(1);
        if flags & 0x40 != 0 && turn % 16 == 7 {
            let _ = commands(&mut talk, turn);
        }
        if !goes_on || peer.script.is_over() {
            left -= 1;
        }
        assert!(talk.host.pending_calls() <= MAX_CALLS, "calls without an answer are bounded");
    }
    let _ = talk.leave();
    peer.hear();
    let bound = MAX_ANSWER * data.len() + MAX_OWN + usize::from(turn) * 1024;
    assert!(peer.heard <= bound, "{} bytes answered to {}", peer.heard, data.len());
    drop((stream, sender, halves));
    peer.close();
}

fn settings(job: Job, choice: u8, flags: u8) -> Settings {
    let mut settings = Settings::default();
    let texts: [(TextSetting, &[u8]); 8] = [
        (TextSetting::App, b"live"),
        (TextSetting::TcUrl, b"rtmp://example.com/live"),
        (TextSetting::Playpath, b"mp4:stream?a=b"),
        (TextSetting::Token, b"token"),
        (TextSetting::SubscribePath, if choice & 0x10 == 0 { b"" } else { b"sub" }),
        (TextSetting::UsherToken, if choice & 0x20 == 0 { b"" } else { b"jtv" }),
        (TextSetting::PubUser, b"user"),
        (TextSetting::PubPasswd, b"secret"),
    ];
    for (which, text) in texts {
        settings.texts.insert(which, text.to_vec());
    }
    let fields = &mut settings.fields;
    fields.send_counter = choice & 4 == 0;
    fields.encoding = if choice & 8 == 0 { 0.0 } else { 3.0 };
    if matches!(job, Job::Publish) {
        fields.link.protocol |= feature::WRITE;
    }
    for (bit, flag) in
        [(1, link_flag::LIVE), (2, link_flag::PLST), (4, link_flag::BUFX), (8, link_flag::SWFV)]
    {
        if flags & bit != 0 {
            fields.link.flags |= flag;
        }
    }
    if flags & 0x10 != 0 {
        fields.read.flags |= read_flag::RESUME;
        fields.read.initial_frame_type = MessageType::VIDEO.0;
        fields.read.resume_ts = 40;
        settings.resumed.metadata = b"\x02\0\x0aonMetaData\x05".to_vec();
        settings.resumed.frame = b"\x17\x01\0\0\0frame".to_vec();
    }
    if flags & 0x20 != 0 {
        settings.fields.pausing = pausing::RESUMING;
        settings.fields.link.swf_size = 1;
    }
    settings
}

/// One call of the program's; whether more may come.
fn step(
    (reading, publisher): &mut (Reading<Memory>, Publisher),
    talk: &mut Conversation<'_, Settings>,
    peer: &mut Peer<'_>,
    job: Job,
    out: &mut [u8],
) -> bool {
    let error = match job {
        Job::Read => match reading.read_flv(talk, peer, out) {
            ReadOutcome::Bytes(n) => {
                assert!(n <= out.len(), "more bytes than memory");
                return true;
            }
            ReadOutcome::Ended(_) => {
                assert_eq!(talk.host.fields.read.status, read_status::COMPLETE);
                return false;
            }
            ReadOutcome::Failed(error) => error,
        },
        Job::Media => match reading.next_media(talk, peer, out) {
            Ok(Media::Message(message)) => {
                let length = message.header.length as usize;
                let held = message.body.as_ref().map_or(out.len(), |body| body.as_slice().len());
                assert!(length <= held, "a message without all of its body");
                return true;
            }
            Ok(Media::Over(_)) => return false,
            Err(error) => error,
        },
        Job::Chunks => match reading.read_chunk(talk, peer, out.len().is_multiple_of(2)) {
            Ok(chunk) => {
                let Some(body) = chunk.message else { return true };
                let message = rtmp::session::Incoming { header: chunk.header, body: body.as_slice() };
                match talk.handle(&message) {
                    Ok(_) => return true,
                    Err(error) => error,
                }
            }
            Err(error) => error,
        },
        Job::Publish => {
            let heard = reading.listen(talk, peer).map(drop);
            match heard.and_then(|()| publish(publisher, talk)) {
                Ok(()) => return true,
                Err(error) => error,
            }
        }
    };
    matches!(error, Error::TimedOut)
}

/// A small tag.
fn publish(publisher: &mut Publisher, talk: &mut Conversation<'_, Settings>) -> rtmp::Result<()> {
    let body = b"\xaf\x01audio";
    let length = body.len() as u32;
    let head = flv::tag_header(MessageType::AUDIO, length, 40);
    let tag = [&head[..], body, &flv::previous_tag_size(length)].concat();
    let taken = publisher.write(talk, &tag)?;
    assert_eq!(taken, tag.len(), "everything is taken");
    Ok(())
}

/// What programs send in the middle of a play.
fn commands(talk: &mut Conversation<'_, Settings>, turn: u8) -> rtmp::Result<()> {
    match turn / 16 % 6 {
        0 => talk.send_pause(true, 1000),
        1 => talk.send_pause(false, -1),
        2 => talk.send_seek(i32::MAX),
        3 => talk.send_buffer_length(),
        4 => talk.send_create_stream(),
        _ => talk.delete_stream(),
    }
}
