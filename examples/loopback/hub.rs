//! The live streams: who publishes, who plays, and what a player who joins must get first.

use crate::frame::{Class, Frame};
use crate::queue::{Item, Queue};
use rtmp::message::MessageType;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes kept since the last keyframe; a longer group of pictures is not kept, and players wait for the next.
const MAX_GROUP: usize = 16 * 1024 * 1024;
/// Frames kept since the last keyframe.
const MAX_GROUP_FRAMES: usize = 16 * 1024;

/// The application and the name of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) app: Vec<u8>,
    pub(crate) stream: Vec<u8>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app.escape_ascii(), self.stream.escape_ascii())
    }
}

/// All streams that have a publisher or a player. Lock order: `streams`, then a stream.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    streams: Mutex<HashMap<Name, Arc<Live>>>,
}

/// One stream.
#[derive(Debug, Default)]
struct Live(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    published: bool,
    players: Vec<Arc<Queue>>,
    metadata: Option<Arc<Frame>>,
    audio_header: Option<Arc<Frame>>,
    video_header: Option<Arc<Frame>>,
    /// Everything since the last keyframe, beginning with it.
    group: Vec<Arc<Frame>>,
    group_bytes: usize,
    has_video: bool,
    /// Time of the last frame, milliseconds.
    now: u32,
}

/// A publisher's hold on its stream, given up when dropped.
pub(crate) struct Publication<'a> {
    hub: &'a Hub,
    name: Name,
    live: Arc<Live>,
}

/// A player's place at a stream, given up when dropped.
pub(crate) struct Subscription<'a> {
    hub: &'a Hub,
    name: Name,
    live: Arc<Live>,
    queue: Arc<Queue>,
}

impl Hub {
    /// Takes the name for a publisher; `None` when another has it.
    pub(crate) fn publish(&self, name: Name) -> Option<Publication<'_>> {
        let live = self.find_or_create(&name, |state| {
            if state.published {
                return false;
            }
            *state =
                State { published: true, players: std::mem::take(&mut state.players), ..State::default() };
            true
        })?;
        let publication = Publication { hub: self, name, live };
        publication.distribute(&Item::Begins);
        Some(publication)
    }

    /// Whether the stream has a publisher.
    pub(crate) fn is_live(&self, name: &Name) -> bool {
        lock(&self.streams).get(name).is_some_and(|live| live.lock().published)
    }

    /// Adds a player, whether there is a publisher or not.
    pub(crate) fn subscribe(&self, name: Name) -> Subscription<'_> {
        let mut queue = Arc::default();
        let live = self.find_or_create(&name, |state| {
            queue = Arc::new(state.joining());
            state.players.push(Arc::clone(&queue));
            true
        });
        Subscription { hub: self, name, live: live.unwrap_or_default(), queue }
    }

    /// Finds a stream, or makes it when `enter` accepts.
    fn find_or_create(&self, name: &Name, enter: impl FnOnce(&mut State) -> bool) -> Option<Arc<Live>> {
        let mut streams = lock(&self.streams);
        let live = streams.get(name).cloned().unwrap_or_default();
        let entered = enter(&mut live.lock());
        if entered {
            streams.entry(name.clone()).or_insert_with(|| Arc::clone(&live));
        }
        entered.then_some(live)
    }

    /// Lets `leave` change a stream and forgets it when nobody is left.
    fn leave(&self, name: &Name, live: &Live, leave: impl FnOnce(&mut State)) {
        let mut streams = lock(&self.streams);
        let mut state = live.lock();
        leave(&mut state);
        if !state.published && state.players.is_empty() {
            streams.remove(name);
        }
    }
}

impl Publication<'_> {
    /// The stream.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// Passes a frame on to all players and keeps what later ones will need.
    pub(crate) fn send(&self, frame: Frame) {
        let frame = Arc::new(frame);
        self.live.lock().keep(&frame);
        self.distribute(&Item::Frame(frame));
    }

    /// Forgets the metadata.
    pub(crate) fn clear_metadata(&self) {
        self.live.lock().metadata = None;
    }

    /// Gives an item to all players. Nothing is locked meanwhile, as it may take long; there is one publisher, so the
    /// order stays.
    fn distribute(&self, item: &Item) {
        let players = self.live.lock().players.clone();
        for player in players {
            player.push(item);
        }
    }
}

impl Drop for Publication<'_> {
    fn drop(&mut self) {
        self.distribute(&Item::Ends);
        self.hub.leave(&self.name, &self.live, |state| {
            *state = State { players: std::mem::take(&mut state.players), ..State::default() };
        });
    }
}

impl Subscription<'_> {
    /// The player's queue.
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }
}

impl Drop for Subscription<'_> {
    fn drop(&mut self) {
        self.queue.close();
        self.hub.leave(&self.name, &self.live, |state| {
            state.players.retain(|player| !Arc::ptr_eq(player, &self.queue));
        });
    }
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl State {
    /// Keeps what later players will need.
    fn keep(&mut self, frame: &Arc<Frame>) {
        self.now = frame.timestamp;
        self.has_video |= frame.kind == MessageType::VIDEO;
        match frame.class() {
            Class::Metadata => self.metadata = Some(Arc::clone(frame)),
            Class::AudioHeader => self.audio_header = Some(Arc::clone(frame)),
            Class::VideoHeader => self.video_header = Some(Arc::clone(frame)),
            Class::Keyframe => {
                self.forget_group();
                self.group_bytes = frame.body.len();
                self.group.push(Arc::clone(frame));
            }
            Class::Video | Class::Other if !self.group.is_empty() => {
                self.group_bytes += frame.body.len();
                self.group.push(Arc::clone(frame));
                if self.group_bytes > MAX_GROUP || self.group.len() > MAX_GROUP_FRAMES {
                    self.forget_group();
                }
            }
            Class::Video | Class::Other => {}
        }
    }

    fn forget_group(&mut self) {
        self.group.clear();
        self.group_bytes = 0;
    }

    /// The queue of a player who joins now: metadata and sequence headers, at the time at which the player begins, and
    /// everything since the last keyframe.
    fn joining(&self) -> Queue {
        let begins = self.group.first().map_or(self.now, |first| first.timestamp);
        let headers = [&self.metadata, &self.audio_header, &self.video_header];
        let headers = headers
            .into_iter()
            .flatten()
            .map(|frame| Arc::new(Frame { timestamp: begins, kind: frame.kind, body: frame.body.clone() }));
        let queue = Queue::new(self.has_video && self.group.is_empty());
        queue.prime(headers.chain(self.group.iter().cloned()).map(Item::Frame));
        queue
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
