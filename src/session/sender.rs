//! The writing half of a session: one lock, one message at a time, and answers that never land inside a message.
#![forbid(unsafe_code)]

use crate::chunk::{Format, Outgoing, Writer};
use crate::crypto::Rc4;
use crate::message::MessageType;
use crate::transport::Stream;
use crate::{Error, Result, memory};
use std::collections::VecDeque;
use std::io::IoSlice;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

/// Answers that may wait for a busy writer; a peer that floods us with questions gets no more than these.
const MAX_WAITING: usize = 256;

/// A message of up to this many bytes is copied together with its neighbours: a send, which wakes the peer, costs more
/// than ten times as much as the copy.
const SMALL_MESSAGE: usize = 8 * 1024;
/// How much is gathered before it is sent. A write of more than 64 KiB ends in a segment that is small, and wakes the peer by
/// itself (measured: sixteen tags of 4 KiB in one write take twice the time of eight and eight).
const GATHERED: usize = 32 * 1024;
/// How much of the memory for that is kept from call to call.
const KEPT: usize = 8 * 1024;

/// Sends messages over a stream, from any thread.
#[derive(Debug)]
pub struct Sender {
    stream: Arc<Stream>,
    writing: Mutex<Writing>,
    waiting: Waiting,
}

/// Answers that wait for a busy writer.
#[derive(Debug, Default)]
struct Waiting {
    messages: Mutex<VecDeque<Message>>,
    /// How many they are, for a look without the lock.
    count: AtomicUsize,
}

impl Waiting {
    /// Puts an answer behind the others; one too many is dropped.
    fn push(&self, message: Message) -> Result<()> {
        let mut messages = self.messages.lock().map_err(|_| Error::Closed)?;
        let is_room = messages.len() < MAX_WAITING;
        if is_room {
            messages.push_back(message);
            self.count.store(messages.len(), Ordering::SeqCst);
        }
        drop(messages);
        if !is_room {
            crate::warning!("the peer asks faster than it reads answers; one answer is not sent");
        }
        Ok(())
    }

    fn pop(&self) -> Result<Option<Message>> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return Ok(None);
        }
        let mut messages = self.messages.lock().map_err(|_| Error::Closed)?;
        let next = messages.pop_front();
        self.count.store(messages.len(), Ordering::SeqCst);
        Ok(next)
    }

    /// Whether an answer waits. One thread adds an answer and then tries the writer's lock; another gives the lock back and
    /// then asks here. All threads agree on the order of these steps (`SeqCst`), so one of the two sees the other, and no
    /// answer is left behind.
    fn is_any(&self) -> bool {
        fence(Ordering::SeqCst);
        self.count.load(Ordering::SeqCst) > 0
    }
}

/// A message that owns its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The chunk stream (channel).
    pub channel: u32,
    /// The most header wanted.
    pub format: Format,
    /// Milliseconds.
    pub timestamp: u32,
    /// What the body is.
    pub kind: MessageType,
    /// The message stream.
    pub stream: u32,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The message as the chunk writer takes it.
    fn as_outgoing(&self) -> Outgoing<'_> {
        Outgoing {
            channel: self.channel,
            format: self.format,
            timestamp: self.timestamp,
            kind: self.kind,
            stream: self.stream,
            body: &self.body,
        }
    }
}

#[derive(Debug, Default)]
struct Writing {
    chunks: Writer,
    /// Chunks of small messages of a [`Group`], not sent yet.
    gathered: Vec<u8>,
    cipher: Option<Rc4>,
    enciphered: Vec<u8>,
    broken: bool,
}

impl Sender {
    /// A sender over an established stream, encrypting with `cipher` (RTMPE).
    pub fn new(stream: Arc<Stream>, cipher: Option<Rc4>) -> Self {
        let writing = Mutex::new(Writing { cipher, ..Writing::default() });
        Self { stream, writing, waiting: Waiting::default() }
    }

    /// Sends one message in chunks of `chunk_size` bytes and then the answers that waited for it. Returns the header
    /// format used. After an error nothing can be sent any more: a message may have been torn.
    #[inline(always)]
    pub fn send(&self, message: &Outgoing<'_>, chunk_size: u32) -> Result<Format> {
        let mut writing = self.writing.lock().map_err(|_| Error::Closed)?;
        let format = writing.send(&self.stream, message, chunk_size)?;
        self.send_waiting(&mut writing, chunk_size)?;
        drop(writing);
        self.flush(chunk_size)?;
        Ok(format)
    }

    /// Begins a group of messages that one call of the program sends: small ones share writes. `finish` sends the last.
    pub fn group(&self, chunk_size: u32) -> Result<Group<'_>> {
        let writing = self.writing.lock().map_err(|_| Error::Closed)?;
        Ok(Group { sender: self, writing, chunk_size })
    }

    /// Sends an automatic answer: at once, or, while another thread is sending, right behind its message.
    pub fn answer(&self, message: Message, chunk_size: u32) -> Result<()> {
        self.waiting.push(message)?;
        self.flush(chunk_size)
    }

    /// Sends bytes as they are, between messages, and then the answers that waited for it, in chunks of `chunk_size`.
    pub fn send_raw(&self, parts: &[&[u8]], chunk_size: u32) -> Result<()> {
        let mut writing = self.writing.lock().map_err(|_| Error::Closed)?;
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        writing.transmit(&self.stream, &mut slices)?;
        drop(writing);
        self.flush(chunk_size)
    }

    /// Whether a send has failed: then no farewell is worth trying.
    pub fn is_broken(&self) -> bool {
        match self.writing.try_lock() {
            Ok(writing) => writing.broken,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Poisoned(_)) => true,
        }
    }

    /// Sends the answers that wait, unless another thread is sending: that one does it then.
    fn flush(&self, chunk_size: u32) -> Result<()> {
        while self.waiting.is_any() {
            match self.writing.try_lock() {
                Ok(mut writing) => self.send_waiting(&mut writing, chunk_size)?,
                Err(TryLockError::WouldBlock) => return Ok(()),
                Err(TryLockError::Poisoned(_)) => return Err(Error::Closed),
            }
        }
        Ok(())
    }

    /// Sends the answers that wait, with the lock held.
    fn send_waiting(&self, writing: &mut MutexGuard<'_, Writing>, chunk_size: u32) -> Result<()> {
        while let Some(message) = self.waiting.pop()? {
            writing.send(&self.stream, &message.as_outgoing(), chunk_size)?;
        }
        Ok(())
    }
}

/// Messages that are sent together. Nothing else is sent in between.
#[derive(Debug)]
pub struct Group<'s> {
    sender: &'s Sender,
    writing: MutexGuard<'s, Writing>,
    chunk_size: u32,
}

impl Group<'_> {
    /// Sends a message: a small one with those that follow it, at the latest when the group is finished. `is_last` says
    /// that none will follow.
    #[inline(always)]
    pub fn send(&mut self, message: &Outgoing<'_>, is_last: bool) -> Result<()> {
        let is_alone = is_last && self.writing.gathered.is_empty();
        if message.body.len() <= SMALL_MESSAGE && !is_alone {
            let Writing { chunks, gathered, .. } = &mut *self.writing;
            chunks.append(message, self.chunk_size, gathered)?;
            return if gathered.len() < GATHERED { Ok(()) } else { self.send_gathered() };
        }
        self.send_gathered()?;
        self.writing.send(&self.sender.stream, message, self.chunk_size).map(drop)
    }

    /// Sends what is left, and the answers that waited.
    pub fn finish(mut self) -> Result<()> {
        self.send_gathered()?;
        let Self { sender, mut writing, chunk_size } = self;
        sender.send_waiting(&mut writing, chunk_size)?;
        drop(writing);
        sender.flush(chunk_size)
    }

    /// Sends what has been gathered so far, as one write.
    fn send_gathered(&mut self) -> Result<()> {
        if self.writing.gathered.is_empty() {
            return Ok(());
        }
        let mut gathered = std::mem::take(&mut self.writing.gathered);
        let sent = self.writing.transmit(&self.sender.stream, &mut [IoSlice::new(&gathered)]);
        gathered.clear();
        gathered.shrink_to(KEPT);
        self.writing.gathered = gathered;
        sent
    }
}

impl Writing {
    /// Sends one message. A message that has begun and failed breaks this half; one that was refused does not.
    fn send(&mut self, stream: &Stream, message: &Outgoing<'_>, chunk_size: u32) -> Result<Format> {
        if self.broken {
            return Err(Error::Closed);
        }
        let (cipher, enciphered) = (&mut self.cipher, &mut self.enciphered);
        let mut touched = false;
        let sent = self.chunks.write(message, chunk_size, |slices| {
            touched = true;
            transmit(stream, cipher, enciphered, slices)
        });
        self.broken = touched && sent.is_err();
        sent.map(|(format, ())| format)
    }

    /// Sends bytes that are laid out already.
    fn transmit(&mut self, stream: &Stream, slices: &mut [IoSlice<'_>]) -> Result<()> {
        if self.broken {
            return Err(Error::Closed);
        }
        let sent = transmit(stream, &mut self.cipher, &mut self.enciphered, slices);
        self.broken = sent.is_err();
        sent
    }
}

/// Sends the slices as one write; RTMPE needs a copy, because the caller's memory is never touched.
fn transmit(
    stream: &Stream,
    cipher: &mut Option<Rc4>,
    enciphered: &mut Vec<u8>,
    slices: &mut [IoSlice<'_>],
) -> Result<()> {
    let Some(cipher) = cipher else { return stream.send_all(slices) };
    enciphered.clear();
    for slice in slices.iter() {
        memory::append(enciphered, slice, "encipher a message")?;
    }
    cipher.apply(enciphered)?;
    stream.send_all(&mut [IoSlice::new(enciphered)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Interrupt, Socket};
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    const CHUNK_SIZE: u32 = 0xff_ffff;

    fn pair() -> (Sender, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let stream = Arc::new(Stream::Tcp(Socket::new(ours.into(), Interrupt::default())));
        (Sender::new(stream, None), theirs)
    }

    fn answer(byte: u8) -> Message {
        Message { channel: 3, kind: MessageType::COMMAND, body: vec![byte], ..Message::default() }
    }

    fn media(body: &[u8]) -> Outgoing<'_> {
        Outgoing { channel: 4, format: Format::Full, timestamp: 0, kind: MessageType::VIDEO, stream: 1, body }
    }

    /// All that was sent; nothing more can be sent then.
    fn sent(sender: &Sender, theirs: &mut UnixStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        sender.stream.shutdown_send();
        theirs.read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn answers_go_out_behind_the_messages_that_they_waited_for_and_are_bounded() {
        let (sender, mut theirs) = pair();
        let mut group = sender.group(CHUNK_SIZE).unwrap();
        group.send(&media(b"media"), false).unwrap();
        for _ in 0..MAX_WAITING + 10 {
            sender.answer(answer(b'!'), CHUNK_SIZE).unwrap();
        }
        group.finish().unwrap();
        let bytes = sent(&sender, &mut theirs);
        assert_eq!(bytes.get(12..17), Some(&b"media"[..]));
        assert_eq!(bytes.iter().filter(|byte| **byte == b'!').count(), MAX_WAITING);
    }

    #[test]
    fn an_answer_goes_out_behind_a_message_that_another_thread_is_sending() {
        let (sender, mut theirs) = pair();
        let body = vec![b'.'; 4 << 20];
        let mut first = [0; 12];
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| sender.send(&media(&body), CHUNK_SIZE).unwrap());
            theirs.read_exact(&mut first).unwrap();
            // The rest does not fit into the socket: the other thread is still at it.
            sender.answer(answer(b'!'), CHUNK_SIZE).unwrap();
            let mut rest = vec![0; body.len()];
            theirs.read_exact(&mut rest).unwrap();
            sending.join().unwrap();
        });
        assert_eq!(sent(&sender, &mut theirs).last(), Some(&b'!'));
    }

    /// More than one system call takes.
    #[test]
    fn a_message_of_thousands_of_chunks_is_sent_whole() {
        let (sender, mut theirs) = pair();
        let (chunk_size, body) = (600, vec![b'.'; 4 << 20]);
        let bytes = std::thread::scope(|scope| {
            scope.spawn(|| {
                let sent = sender.send(&media(&body), chunk_size);
                sender.stream.shutdown_send();
                sent.unwrap();
            });
            let mut bytes = Vec::new();
            theirs.read_to_end(&mut bytes).unwrap();
            bytes
        });
        assert_eq!(bytes.len(), 12 + body.len() + body.len().div_ceil(chunk_size as usize) - 1);
    }

    #[test]
    fn small_and_large_messages_of_a_group_keep_their_order() {
        let (sender, mut theirs) = pair();
        let large = vec![b'L'; SMALL_MESSAGE + 1];
        let mut group = sender.group(CHUNK_SIZE).unwrap();
        for body in [&b"first"[..], &large, b"third"] {
            group.send(&media(body), false).unwrap();
        }
        group.finish().unwrap();
        let bytes = sent(&sender, &mut theirs);
        let at = |wanted: &[u8]| bytes.windows(wanted.len()).position(|window| window == wanted).unwrap();
        assert!(at(b"first") < at(b"LLL") && at(b"LLL") < at(b"third"));
    }

    #[test]
    fn after_a_failure_in_mid_message_nothing_more_is_sent() {
        let ways: [fn(&Sender) -> Result<()>; 2] = [
            |sender| sender.send(&media(b"media"), CHUNK_SIZE).map(drop),
            |sender| sender.send_raw(&[b"media"], CHUNK_SIZE),
        ];
        for send in ways {
            let (sender, theirs) = pair();
            drop(theirs);
            assert!(!sender.is_broken());
            assert!(matches!(send(&sender), Err(Error::Io(..))));
            assert!(sender.is_broken());
            assert!(matches!(send(&sender), Err(Error::Closed)));
        }
        let (sender, _theirs) = pair();
        assert!(matches!(sender.send(&media(b"media"), 0), Err(Error::Usage(_))));
        assert!(!sender.is_broken(), "what was not begun breaks nothing");
    }
}
