//! What a client asks for: connect, streams, play and publish (RTMP 1.0, section 7.2).

use crate::Server;
use crate::client::{Client, Level};
use crate::film;
use crate::frame::{Frame, clears_metadata, without_command};
use crate::hub::{Name, Publication};
use crate::play::{self, Part, Playing, Wishes};
use crate::recorder::Recorder;
use rtmp::amf::{self, Encoder, Value};
use rtmp::chunk::MessageHeader;
use rtmp::flv::Aggregate;
use rtmp::message::{MessageType, command, control};
use rtmp::{Error, Result};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread::{self, Scope};

/// Streams that one connection may have at a time.
const MAX_STREAMS: u32 = 16;
/// The window that clients are told, both ways, bytes.
const WINDOW: u32 = 2_500_000;
/// The limit type "dynamic" (RTMP 1.0, section 5.4.5).
const DYNAMIC: u8 = 2;
/// What `connect` is told of the server.
const VERSION: &[u8] = b"FMS/3,5,7,7009";
/// `capabilities` of that version.
const CAPABILITIES: f64 = 31.0;
/// `play`: begin live, or else with the file (milliseconds in some clients, seconds in the specification).
const LIVE_OR_FILE: [f64; 2] = [-2.0, -2000.0];
/// `play`: live only.
const LIVE: [f64; 2] = [-1.0, -1000.0];

/// What a client has asked for so far.
pub(crate) struct Session<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    server: &'env Server,
    client: &'env Client,
    /// The application, once connected.
    app: Option<Vec<u8>>,
    streams: BTreeMap<u32, Role<'env>>,
}

/// What a stream is used for.
enum Role<'env> {
    Idle,
    Publishes(Box<Publishing<'env>>),
    Plays(Playing),
}

/// A publish in progress.
struct Publishing<'env> {
    /// Complete when players hear of the end.
    recorder: Option<Recorder>,
    live: Publication<'env>,
    client: &'env Client,
}

impl Drop for Publishing<'_> {
    fn drop(&mut self) {
        self.recorder = None;
        self.client.note("has published", self.live.name());
    }
}

/// A command as it came.
struct Call<'a> {
    stream: u32,
    name: &'a [u8],
    transaction: f64,
    /// After the command object.
    arguments: &'a [Value<'a>],
}

impl Call<'_> {
    fn text(&self, index: usize) -> Option<&[u8]> {
        self.arguments.get(index)?.as_str()
    }

    fn number(&self, index: usize) -> Option<f64> {
        self.arguments.get(index)?.as_number().filter(|number| number.is_finite())
    }
}

impl<'scope, 'env> Session<'scope, 'env> {
    /// A client that has asked for nothing yet.
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        server: &'env Server,
        client: &'env Client,
    ) -> Self {
        Self { scope, server, client, app: None, streams: BTreeMap::new() }
    }

    /// Meets a command.
    pub(crate) fn command(&mut self, stream: u32, body: &[u8]) -> Result<()> {
        let values = amf::decode_values(body);
        let [Value::String(name), rest @ ..] = values.as_slice() else {
            return Err(Error::protocol("a command without a name"));
        };
        let transaction = rest.first().and_then(Value::as_number).unwrap_or(0.0);
        let object = rest.get(1);
        let call = Call { stream, name, transaction, arguments: rest.get(2..).unwrap_or_default() };
        if self.app.is_none() && call.name != command::CONNECT {
            return Err(Error::protocol("a command before connect"));
        }
        match call.name {
            command::CONNECT => self.connect(&call, object),
            command::CREATE_STREAM => self.create_stream(&call),
            command::DELETE_STREAM => self.delete_stream(call.number(0).map_or(stream, |id| id as u32)),
            b"closeStream" => self.close_stream(stream),
            command::PUBLISH => self.publish(&call),
            command::PLAY => self.play(&call),
            command::PAUSE => self.pause(&call),
            command::SEEK => self.seek(&call),
            command::FC_PUBLISH => self.notify(&call, b"onFCPublish", "NetStream.Publish.Start"),
            command::FC_UNPUBLISH => self.notify(&call, b"onFCUnpublish", "NetStream.Unpublish.Success"),
            command::FC_SUBSCRIBE => self.notify(&call, command::ON_FC_SUBSCRIBE, "NetStream.Play.Start"),
            command::PING => self.answer(&call, |body| body.string(command::PONG)),
            command::SET_PLAYLIST => {
                self.client.command(Encoder::new().string(command::PLAYLIST_READY).number(0.0))
            }
            command::RELEASE_STREAM | command::CHECK_BW => self.answer(&call, Encoder::null),
            _ if call.transaction > 0.0 => self.refuse(&call, "NetConnection.Call.Failed", "Not known here."),
            _ => Ok(()),
        }
    }

    /// Answers a call, when an answer was asked for.
    fn answer(&self, call: &Call<'_>, value: impl FnOnce(Encoder) -> Encoder) -> Result<()> {
        if call.transaction <= 0.0 {
            return Ok(());
        }
        let body = Encoder::new().string(command::RESULT).number(call.transaction).null();
        self.client.command(value(body))
    }

    fn refuse(&self, call: &Call<'_>, code: &str, description: &str) -> Result<()> {
        let body = Encoder::new().string(command::ERROR).number(call.transaction).null();
        self.client.command(body.object(|object| {
            object.string(b"level", b"error").string(b"code", code.as_bytes());
            object.string(b"description", description.as_bytes());
        }))
    }

    fn connect(&mut self, call: &Call<'_>, object: Option<&Value<'_>>) -> Result<()> {
        let app = object.and_then(|object| object.as_object()?.get(b"app")?.as_str()).unwrap_or_default();
        self.app = Some(without_query(app).to_vec());
        self.client.protocol(MessageType::WINDOW_ACK_SIZE, &WINDOW.to_be_bytes())?;
        let bandwidth = [&WINDOW.to_be_bytes()[..], &[DYNAMIC]].concat();
        self.client.protocol(MessageType::SET_PEER_BANDWIDTH, &bandwidth)?;
        self.client.control(control::STREAM_BEGIN, 0)?;
        self.client.announce_chunk_size(self.server.arguments.chunk_size)?;
        let body = Encoder::new().string(command::RESULT).number(call.transaction).object(|object| {
            object.string(b"fmsVer", VERSION).number(b"capabilities", CAPABILITIES);
        });
        self.client.command(body.object(|object| {
            object.string(b"level", b"status").string(b"code", b"NetConnection.Connect.Success");
            object.string(b"description", b"Connection succeeded.").number(b"objectEncoding", 0.0);
        }))
    }

    fn create_stream(&mut self, call: &Call<'_>) -> Result<()> {
        let Some(id) = (1..=MAX_STREAMS).find(|id| !self.streams.contains_key(id)) else {
            return self.refuse(call, "NetConnection.Call.Failed", "There are too many streams.");
        };
        self.streams.insert(id, Role::Idle);
        self.answer(call, |body| body.number(f64::from(id)))
    }

    fn delete_stream(&mut self, id: u32) -> Result<()> {
        self.close_stream(id)?;
        self.streams.remove(&id);
        Ok(())
    }

    fn close_stream(&mut self, id: u32) -> Result<()> {
        let Some(role) = self.streams.get_mut(&id) else { return Ok(()) };
        if let Role::Publishes(publishing) = std::mem::replace(role, Role::Idle) {
            drop(publishing);
            self.client.status(id, Level::Status, "NetStream.Unpublish.Success", "The stream has ended.")?;
        }
        Ok(())
    }

    /// Answers a call that other servers answer with a call of their own.
    fn notify(&self, call: &Call<'_>, name: &[u8], code: &str) -> Result<()> {
        self.client.command(Encoder::new().string(name).number(0.0).null().object(|object| {
            object.string(b"level", b"status").string(b"code", code.as_bytes());
            object.string(b"description", call.text(0).unwrap_or_default());
        }))?;
        self.answer(call, Encoder::null)
    }

    /// The full name of the stream that a call names.
    fn name(&self, call: &Call<'_>) -> Name {
        let stream = without_query(call.text(0).unwrap_or_default()).to_vec();
        Name { app: self.app.clone().unwrap_or_default(), stream }
    }

    fn publish(&mut self, call: &Call<'_>) -> Result<()> {
        let id = call.stream;
        if !matches!(self.streams.get(&id), Some(Role::Idle)) {
            return self.client.status(
                id,
                Level::Error,
                "NetStream.Publish.Denied",
                "The stream is not free.",
            );
        }
        let name = self.name(call);
        let shown = String::from_utf8_lossy(&name.stream).into_owned();
        let refuse = |why: &str| {
            let description = format!("{shown}: {why}.");
            self.client.status(id, Level::Error, "NetStream.Publish.BadName", &description)
        };
        if name.stream.is_empty() {
            return refuse("a stream needs a name");
        }
        let Some(live) = self.server.hub.publish(name.clone()) else { return refuse("already publishing") };
        let recorder = self.server.arguments.record.as_deref().map(|to| Recorder::create(to, &name.stream));
        let recorder = match recorder.transpose() {
            Ok(recorder) => recorder,
            Err(error) => return refuse(&format!("cannot be recorded: {error}")),
        };
        self.client.control(control::STREAM_BEGIN, id)?;
        self.client.status(
            id,
            Level::Status,
            "NetStream.Publish.Start",
            &format!("{shown} is published."),
        )?;
        self.client.note("publishes", &name);
        let publishing = Publishing { recorder, live, client: self.client };
        self.streams.insert(id, Role::Publishes(Box::new(publishing)));
        Ok(())
    }

    fn play(&mut self, call: &Call<'_>) -> Result<()> {
        let id = call.stream;
        if !self.streams.contains_key(&id) {
            return self.client.status(id, Level::Error, "NetStream.Play.Failed", "There is no such stream.");
        }
        self.streams.insert(id, Role::Idle);
        let name = self.name(call);
        let start = call.number(1).unwrap_or(LIVE_OR_FILE[0]);
        let path = self.server.arguments.directory.as_deref().and_then(|at| film::path(at, &name.stream));
        let path = path.filter(|path| path.is_file() && !LIVE.contains(&start));
        let waits = LIVE.contains(&start) || LIVE_OR_FILE.contains(&start);
        let live = self.server.hub.is_live(&name);
        let playing = match path {
            Some(path) if !live => {
                self.client.note("plays the film", &name);
                let length = call.number(2).filter(|length| *length > 0.0).map(|length| length as u32);
                self.play_film(id, Part { path, from: start.max(0.0) as u32, from_zero: true, length })
            }
            _ if live || waits => self.play_live(id, name),
            _ => {
                let description = format!("{} is not here.", String::from_utf8_lossy(&name.stream));
                return self.client.status(id, Level::Error, "NetStream.Play.StreamNotFound", &description);
            }
        };
        let playing = playing.map_err(|error| Error::Io("start a thread", error))?;
        self.streams.insert(id, Role::Plays(playing));
        Ok(())
    }

    fn play_live(&self, id: u32, name: Name) -> io::Result<Playing> {
        let (client, subscription) = (self.client, self.server.hub.subscribe(name.clone()));
        client.note("plays live", &name);
        let queue = Arc::clone(subscription.queue());
        thread::Builder::new().spawn_scoped(self.scope, move || {
            let played = play::live(client, id, subscription.queue());
            drop(subscription);
            hang_up_after(client, played);
        })?;
        Ok(Playing::Live(queue))
    }

    fn play_film(&self, id: u32, part: Part) -> io::Result<Playing> {
        let (client, wishes) = (self.client, Arc::<Wishes>::default());
        let theirs = Arc::clone(&wishes);
        thread::Builder::new().spawn_scoped(self.scope, move || {
            hang_up_after(client, play::film(client, id, part, &theirs));
        })?;
        Ok(Playing::Film(wishes))
    }

    fn pause(&mut self, call: &Call<'_>) -> Result<()> {
        let paused = call.arguments.first().and_then(Value::as_bool).unwrap_or(false);
        if let Some(Role::Plays(playing)) = self.streams.get(&call.stream) {
            playing.pause(paused);
        }
        let code = if paused { "NetStream.Pause.Notify" } else { "NetStream.Unpause.Notify" };
        self.client.status(call.stream, Level::Status, code, "")
    }

    fn seek(&mut self, call: &Call<'_>) -> Result<()> {
        let time = call.number(0).unwrap_or(0.0).max(0.0) as u32;
        match self.streams.get(&call.stream) {
            Some(Role::Plays(playing)) if playing.seek(time) => Ok(()),
            _ => self.client.status(
                call.stream,
                Level::Error,
                "NetStream.Seek.Failed",
                "Only films have times.",
            ),
        }
    }

    /// Meets media: passed on and recorded when the stream is being published, else ignored.
    pub(crate) fn media(&mut self, header: &MessageHeader, body: Vec<u8>) -> Result<()> {
        let Some(Role::Publishes(publishing)) = self.streams.get_mut(&header.stream) else { return Ok(()) };
        match header.kind {
            MessageType::AGGREGATE => {
                for tag in Aggregate::new(&body, header.timestamp) {
                    let tag = tag?;
                    publishing.take(tag.kind, tag.timestamp, tag.body.to_vec())?;
                }
                Ok(())
            }
            MessageType::DATA_AMF3 => {
                // One byte says how the rest is encoded; clients send AMF0 there.
                publishing.take(
                    MessageType::DATA,
                    header.timestamp,
                    body.get(1..).unwrap_or_default().to_vec(),
                )
            }
            kind => publishing.take(kind, header.timestamp, body),
        }
    }
}

impl Publishing<'_> {
    fn take(&mut self, kind: MessageType, timestamp: u32, mut body: Vec<u8>) -> Result<()> {
        if kind == MessageType::DATA {
            if clears_metadata(&body) {
                self.live.clear_metadata();
                return Ok(());
            }
            body.drain(..body.len() - without_command(&body).len());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.write(kind, timestamp, &body).map_err(|error| Error::Io("record", error))?;
        }
        self.live.send(Frame { kind, timestamp, body });
        Ok(())
    }
}

/// Ends the connection when a play could not go on: a torn message cannot be mended.
fn hang_up_after(client: &Client, played: Result<()>) {
    if played.is_err() {
        client.stream.interrupt_all();
    }
}

/// A name without what follows the question mark: keys and tokens are not looked at.
fn without_query(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'?').next().unwrap_or_default()
}
