//! A client of the crate librtmp2.
#![forbid(unsafe_code)]

use bytes::Bytes;
use clients_of_other_crates::{Failure, Job, tags};
use librtmp2::client::Client;
use librtmp2::{ErrorCode, Frame, FrameType};
use std::sync::atomic::{AtomicU64, Ordering};

/// How long one poll may wait, milliseconds.
const PATIENCE: i32 = 1000;

/// Body bytes received.
static RECEIVED: AtomicU64 = AtomicU64::new(0);

fn count(frame: &Frame) {
    RECEIVED.fetch_add(frame.size.into(), Ordering::Relaxed);
}

fn play(url: &str) -> Result<(), Failure> {
    let mut client = Client::new();
    client.on_frame_cb = Some(count);
    client.connect(url).map_err(|error| format!("connect: {error:?}"))?;
    client.play().map_err(|error| format!("play: {error:?}"))?;
    let end = loop {
        if let Err(error) = client.poll(PATIENCE) {
            break error;
        }
    };
    println!("{} bytes", RECEIVED.load(Ordering::Relaxed));
    // The server has closed the connection: the stream is over.
    if end == ErrorCode::Io { Ok(()) } else { Err(format!("poll: {end:?}").into()) }
}

fn publish(film: &Bytes, url: &str) -> Result<(), Failure> {
    let mut client = Client::new();
    client.connect(url).map_err(|error| format!("connect: {error:?}"))?;
    client.publish().map_err(|error| format!("publish: {error:?}"))?;
    for tag in tags(film) {
        let kind = match tag.kind {
            8 => FrameType::Audio,
            9 => FrameType::Video,
            _ => FrameType::Script,
        };
        client.send_frame_payload(kind, tag.time, &tag.body).map_err(|error| format!("send: {error:?}"))?;
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    match Job::from_arguments()? {
        Job::Play { url } => play(&url),
        Job::Publish { film, url } => publish(&std::fs::read(film)?.into(), &url),
    }
}
