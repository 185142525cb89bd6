//! How a stream is played, in a thread of its own: the connection's thread goes on listening to the client.

use crate::client::{Client, Level};
use crate::film;
use crate::frame::{Class, classify};
use crate::queue::{Item, Queue};
use rtmp::amf::Encoder;
use rtmp::message::{MessageType, control};
use rtmp::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What the client wishes of the film it is watching.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    state: Mutex<Wish>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wish {
    paused: bool,
    /// Milliseconds.
    seek: Option<u32>,
    stop: bool,
}

impl Wishes {
    /// Changes what is wished.
    fn change(&self, change: impl FnOnce(&mut Wish)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Returns when the film may go on; [`Error::Interrupted`] when it is to go elsewhere or to end.
    fn may_go_on(&self) -> Result<()> {
        let mut wish = self.lock();
        loop {
            if wish.stop || wish.seek.is_some() {
                return Err(Error::Interrupted);
            }
            if !wish.paused {
                return Ok(());
            }
            wish = self.changed.wait(wish).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the next seek; `None` when the play is to end.
    fn next_seek(&self) -> Option<u32> {
        let mut wish = self.lock();
        loop {
            if wish.stop {
                return None;
            }
            if let Some(time) = wish.seek.take() {
                return Some(time);
            }
            wish = self.changed.wait(wish).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Wish> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A play in progress, as the connection's thread holds it; dropping it ends the play.
pub(crate) enum Playing {
    Live(Arc<Queue>),
    Film(Arc<Wishes>),
}

impl Playing {
    /// Stops or resumes the media.
    pub(crate) fn pause(&self, paused: bool) {
        match self {
            Playing::Live(queue) => queue.pause(paused),
            Playing::Film(wishes) => wishes.change(|wish| wish.paused = paused),
        }
    }

    /// Goes to another time; `false` where there is none.
    pub(crate) fn seek(&self, time: u32) -> bool {
        match self {
            Playing::Live(_) => false,
            Playing::Film(wishes) => {
                wishes.change(|wish| wish.seek = Some(time));
                true
            }
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        match self {
            Playing::Live(queue) => queue.close(),
            Playing::Film(wishes) => wishes.change(|wish| wish.stop = true),
        }
    }
}

/// Tells the client that its play begins.
fn begin(client: &Client, stream: u32) -> Result<()> {
    client.control(control::STREAM_BEGIN, stream)?;
    client.status(stream, Level::Status, "NetStream.Play.Reset", "The playlist is empty.")?;
    client.status(stream, Level::Status, "NetStream.Play.Start", "The stream begins.")
}

/// Plays a live stream until the client has had enough; publishers may come and go.
pub(crate) fn live(client: &Client, stream: u32, queue: &Queue) -> Result<()> {
    begin(client, stream)?;
    while let Some(item) = queue.pop() {
        match item {
            Item::Begins => {
                client.control(control::STREAM_BEGIN, stream)?;
                client.status(
                    stream,
                    Level::Status,
                    "NetStream.Play.PublishNotify",
                    "A publisher has come.",
                )?;
            }
            Item::Frame(frame) => client.media(stream, frame.kind, frame.timestamp, &frame.body)?,
            Item::Ends => {
                client.control(control::STREAM_EOF, stream)?;
                client.status(
                    stream,
                    Level::Status,
                    "NetStream.Play.UnpublishNotify",
                    "The publisher has gone.",
                )?;
            }
        }
    }
    if queue.is_given_up() { Err(Error::Closed) } else { Ok(()) }
}

/// The part of a film that is to be played.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The file.
    pub(crate) path: PathBuf,
    /// Where to begin, milliseconds; the keyframe before it is the first frame.
    pub(crate) from: u32,
    /// Whether times are counted from that frame, as players expect who ask for a start; after a seek they are the film's.
    pub(crate) from_zero: bool,
    /// How long to play, milliseconds; `None` to the end.
    pub(crate) length: Option<u32>,
}

/// Plays a film as fast as the client reads it, then waits for the client to seek or to leave.
pub(crate) fn film(client: &Client, stream: u32, mut part: Part, wishes: &Wishes) -> Result<()> {
    begin(client, stream)?;
    loop {
        match show(client, stream, &part, wishes) {
            Ok(()) => end(client, stream)?,
            Err(Error::Interrupted) => {}
            Err(error @ (Error::Usage(_) | Error::Io("read a film", _))) => {
                eprintln!("loopback: {}: {error}", part.path.display());
                client.status(stream, Level::Error, "NetStream.Play.Failed", "The film cannot be read.")?;
            }
            Err(error) => return Err(error),
        }
        let Some(time) = wishes.next_seek() else { return Ok(()) };
        (part.from, part.from_zero) = (time, false);
        client.status(stream, Level::Status, "NetStream.Seek.Notify", "The play goes on elsewhere.")?;
        client.status(stream, Level::Status, "NetStream.Play.Start", "The stream begins.")?;
    }
}

fn show(client: &Client, stream: u32, part: &Part, wishes: &Wishes) -> Result<()> {
    let begins = keyframe_before(&part.path, part.from)?;
    let zero = if part.from_zero { begins } else { 0 };
    let ends = part.length.map(|length| part.from.saturating_add(length));
    film::tags(&part.path, |tag| {
        wishes.may_go_on()?;
        let class = classify(tag.kind, tag.body);
        let header = matches!(class, Class::Metadata | Class::AudioHeader | Class::VideoHeader);
        let wanted = tag.timestamp >= begins && ends.is_none_or(|end| tag.timestamp <= end);
        if header || wanted {
            client.media(stream, tag.kind, tag.timestamp.max(begins).saturating_sub(zero), tag.body)?;
        }
        Ok(())
    })
}

/// The time of the last keyframe up to `time`; `time` itself in a film without video.
fn keyframe_before(path: &Path, time: u32) -> Result<u32> {
    if time == 0 {
        return Ok(0);
    }
    let (mut keyframe, mut has_video) = (0, false);
    film::tags(path, |tag| {
        has_video |= tag.kind == MessageType::VIDEO;
        if classify(tag.kind, tag.body) == Class::Keyframe && tag.timestamp <= time {
            keyframe = tag.timestamp;
        }
        Ok(())
    })?;
    Ok(if has_video { keyframe } else { time })
}

/// Tells the client that the film is over, in all the ways that clients listen for.
fn end(client: &Client, stream: u32) -> Result<()> {
    let complete = Encoder::new().string(b"onPlayStatus").object(|object| {
        object.string(b"level", b"status").string(b"code", b"NetStream.Play.Complete");
    });
    client.media(stream, MessageType::DATA, 0, &complete.finish())?;
    client.control(control::STREAM_EOF, stream)?;
    client.status(stream, Level::Status, "NetStream.Play.Stop", "The film is over.")
}
