//! What a tunnel knows from call to call: posts on their way, what came in their answers, and the pace of idle posts.
#![forbid(unsafe_code)]

use super::answers::{Answers, Decoded};
use super::posts::{Command, NOTHING, Posts};
use crate::{Error, Result, memory};
use std::time::{Duration, Instant};

/// The longest answer to "open", in bytes.
pub(super) const OPEN_LIMIT: usize = 4 * 1024;
/// The pause after a first answer without bytes, doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause between two idle posts.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The state of a tunnel, behind its lock.
#[derive(Debug)]
pub(super) struct State {
    posts: Posts,
    answers: Answers,
    /// Posts whose answers have not come to their end.
    outstanding: usize,
    /// Posts since a sender last looked for answers.
    pub(super) unlooked: usize,
    /// Received and not yet given to the program, from `taken` on.
    payload: Vec<u8>,
    taken: usize,
    /// What is left of an idle post that did not fit.
    pub(super) unsent: Vec<u8>,
    /// The pause before the next idle post, and when it may go.
    pause: Duration,
    next_idle: Instant,
    /// After an error nothing more is understood.
    pub(super) broken: bool,
}

impl State {
    /// Before the first post.
    pub(super) fn new(posts: Posts) -> Self {
        Self {
            posts,
            answers: Answers::new(),
            outstanding: 0,
            unlooked: 0,
            payload: Vec::new(),
            taken: 0,
            unsent: Vec::new(),
            pause: Duration::ZERO,
            next_idle: Instant::now(),
            broken: false,
        }
    }

    /// The session's id with a slash before it.
    pub(super) fn id(&self) -> &[u8] {
        self.posts.id()
    }

    /// Whether an answer is still to come.
    pub(super) fn awaits_answers(&self) -> bool {
        self.outstanding > 0
    }

    /// Takes the answer to "open", which names the session; false while not all of it has come.
    pub(super) fn open(&mut self) -> Result<bool> {
        if self.awaits_answers() {
            if self.payload.len() > OPEN_LIMIT {
                return Err(Error::protocol("RTMPT: the server's answer to \"open\" is too long"));
            }
            return Ok(false);
        }
        let body = std::mem::take(&mut self.payload);
        self.posts.opened(&body)?;
        self.answers.opened();
        self.ask_at_once();
        Ok(true)
    }

    /// Notes a post that is sent next, and gives the bytes before its body: the rest of an idle post, and its own head.
    pub(super) fn begin_post(&mut self, command: Command, length: usize) -> Vec<u8> {
        self.outstanding += 1;
        self.unlooked += 1;
        self.pause = Duration::ZERO;
        let mut head = std::mem::take(&mut self.unsent);
        head.extend(self.posts.head(command, length));
        head
    }

    /// The bytes of an idle post that is to be sent now: the rest of the last one, or one that is due. `None` while an
    /// answer is still to come, and before the pause is over, unless `without_pause` says that there is to be none.
    pub(super) fn due_idle(&mut self, without_pause: impl FnOnce() -> bool) -> Option<Vec<u8>> {
        if !self.unsent.is_empty() {
            return Some(std::mem::take(&mut self.unsent));
        }
        if self.awaits_answers() || (Instant::now() < self.next_idle && !without_pause()) {
            return None;
        }
        self.outstanding += 1;
        let mut bytes = self.posts.head(Command::Idle, NOTHING.len());
        bytes.extend(NOTHING);
        Some(bytes)
    }

    /// How long it is until the next idle post.
    pub(super) fn until_idle(&self) -> Duration {
        self.next_idle.saturating_duration_since(Instant::now())
    }

    /// What the program has not received yet.
    pub(super) fn unreceived(&self) -> &[u8] {
        self.payload.get(self.taken..).unwrap_or_default()
    }

    /// Gives the program as much as it has room for.
    pub(super) fn give(&mut self, buffer: &mut [u8]) -> usize {
        let unreceived = self.unreceived();
        let n = unreceived.len().min(buffer.len());
        buffer.iter_mut().zip(unreceived).for_each(|(to, from)| *to = *from);
        self.taken += n;
        if self.taken == self.payload.len() {
            self.taken = 0;
            self.payload = Vec::new();
        }
        n
    }

    /// Takes in received bytes, and sets the pace of the idle posts.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Result<()> {
        let mut decoded = Decoded::default();
        self.answers.feed(bytes, &mut decoded)?;
        self.outstanding = self.outstanding.saturating_sub(decoded.finished);
        if !decoded.payload.is_empty() {
            self.ask_at_once();
        } else if decoded.finished > 0 {
            self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            self.next_idle = Instant::now() + self.pause;
        }
        memory::append(&mut self.payload, &decoded.payload, "keep what the server sent")
    }

    /// What an error of the connection means at this place among the answers.
    pub(super) fn explain(&self, error: Error) -> Error {
        self.answers.explain(error)
    }

    /// Lets the next idle post go without a pause: where something came, more may be there.
    fn ask_at_once(&mut self) {
        self.pause = Duration::ZERO;
        self.next_idle = Instant::now();
    }
}
