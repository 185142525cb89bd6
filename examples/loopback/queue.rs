//! What one player of a live stream still has to get. Bounded: a player that reads too slowly holds its publisher up for a
//! while, so that nothing is lost, and is then let go.

use crate::frame::{Class, Frame};
use rtmp::message::MessageType;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that wait for one player at most.
const LIMIT: usize = 16 * 1024 * 1024;
/// How long a publisher waits for a player whose queue is full.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something for a player.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A publisher has come.
    Begins,
    /// A message of the stream.
    Frame(Arc<Frame>),
    /// The publisher has gone.
    Ends,
}

impl Item {
    fn len(&self) -> usize {
        match self {
            Item::Frame(frame) => frame.body.len() + size_of::<Frame>(),
            Item::Begins | Item::Ends => 0,
        }
    }
}

/// The queue of one player.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    paused: bool,
    /// Video is left out until one comes that needs no other.
    awaits_keyframe: bool,
    closed: bool,
    /// Closed because the player did not read.
    given_up: bool,
}

impl Queue {
    /// An empty queue; `awaits_keyframe` for a player who joins in the middle.
    pub(crate) fn new(awaits_keyframe: bool) -> Self {
        Self { state: Mutex::new(State { awaits_keyframe, ..State::default() }), changed: Condvar::new() }
    }

    /// Adds what a joining player needs first, without waiting.
    pub(crate) fn prime(&self, items: impl IntoIterator<Item = Item>) {
        let mut state = self.lock();
        for item in items {
            state.add(item);
        }
    }

    /// Adds an item, and waits while the queue is full. Closes the queue of a player that takes nothing.
    pub(crate) fn push(&self, item: &Item) {
        let mut state = self.lock();
        if !state.wants(item) {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        while state.bytes > 0 && state.bytes + item.len() > LIMIT && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                eprintln!("loopback: a player has read nothing for {PATIENCE:?} and is let go");
                state.close();
                state.given_up = true;
                break;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if !state.closed {
            state.add(item.clone());
        }
        self.changed.notify_all();
    }

    /// Waits for the next item; `None` once the queue is closed.
    pub(crate) fn pop(&self) -> Option<Item> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(item) = state.items.pop_front() {
                state.bytes -= item.len();
                self.changed.notify_all();
                return Some(item);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the player was let go because it did not read.
    pub(crate) fn is_given_up(&self) -> bool {
        self.lock().given_up
    }

    /// Stops or resumes the media.
    pub(crate) fn pause(&self, paused: bool) {
        self.lock().paused = paused;
    }

    /// Ends the play.
    pub(crate) fn close(&self) {
        self.lock().close();
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the player gets this item; notes what it has missed.
    fn wants(&mut self, item: &Item) -> bool {
        let Item::Frame(frame) = item else { return true };
        let class = frame.class();
        match (class, frame.kind) {
            (Class::Metadata | Class::AudioHeader | Class::VideoHeader, _) => true,
            (_, MessageType::VIDEO) if self.paused => {
                self.awaits_keyframe = true;
                false
            }
            _ if self.paused => false,
            (Class::Keyframe, _) => {
                self.awaits_keyframe = false;
                true
            }
            (Class::Video, _) => !self.awaits_keyframe,
            _ => true,
        }
    }

    fn add(&mut self, item: Item) {
        self.bytes += item.len();
        self.items.push_back(item);
    }

    fn close(&mut self) {
        self.closed = true;
        self.items.clear();
        self.bytes = 0;
    }
}
