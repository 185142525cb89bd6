//! `publish` sent ahead: together with createStream, for the stream that the server is expected to give. That saves a
//! round trip; a server that gives another stream is sent `publish` again.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Conversation, Event, Host};
use crate::message::command;
use crate::{Error, Result};

/// The stream that `publish` is sent ahead for: the first one of a connection is 1 with every server we know, and a
/// server handles the messages of a connection in their order, so that stream is there when it comes to `publish`.
const EXPECTED_STREAM: u32 = 1;

/// What became of a `publish` that was sent before its stream was known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishAhead {
    /// There is none, or the stream was the one expected: nothing special holds.
    #[default]
    Settled,
    /// It was sent, and the server has not yet said which stream it gives.
    Sent,
    /// The same, but it is accepted already: a server may answer out of order.
    Accepted,
    /// The server gave another stream: what it says of the expected one does not concern us.
    Astray,
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Sends `publish` right behind createStream.
    pub(super) fn send_publish_ahead(&mut self) -> Result<()> {
        self.announce_chunk_size()?;
        self.send_publish(EXPECTED_STREAM)?;
        self.host.set_publish_ahead(PublishAhead::Sent);
        Ok(())
    }

    /// Publishes on the stream that the server gave, unless that has been asked for already.
    pub(super) fn send_publish_on(&mut self, stream: u32) -> Result<()> {
        let ahead = self.host.publish_ahead();
        match ahead {
            PublishAhead::Settled | PublishAhead::Astray => {}
            PublishAhead::Sent | PublishAhead::Accepted if stream == EXPECTED_STREAM => {
                self.host.set_publish_ahead(PublishAhead::Settled);
                if ahead == PublishAhead::Accepted {
                    self.start(command::PUBLISH);
                }
                return Ok(());
            }
            PublishAhead::Sent | PublishAhead::Accepted => {
                crate::debug!("the server gave stream {stream}: publish is sent again");
                self.host.call_dropped(command::PUBLISH);
                self.host.set_publish_ahead(PublishAhead::Astray);
            }
        }
        self.announce_chunk_size()?;
        self.send_publish(stream)
    }

    /// Meets the news, said of a message stream, that media may be sent.
    pub(super) fn on_publish_started(&mut self, stream: u32) {
        match self.ahead_of(stream) {
            PublishAhead::Settled => self.start(command::PUBLISH),
            PublishAhead::Sent | PublishAhead::Accepted => {
                self.host.set_publish_ahead(PublishAhead::Accepted);
            }
            PublishAhead::Astray => crate::debug!("stream {stream} is not ours: its start is ignored"),
        }
    }

    /// Meets a refusal, said of a message stream: the session's end, unless it is about a `publish` sent ahead.
    pub(super) fn on_refusal(&mut self, stream: u32, refusal: Error) -> Result<Event> {
        match self.ahead_of(stream) {
            PublishAhead::Settled => {
                self.host.set_stream_id(-1);
                return Err(refusal);
            }
            PublishAhead::Sent | PublishAhead::Accepted => {
                crate::debug!("publish is sent again once the server has given a stream: {refusal}");
                self.host.call_dropped(command::PUBLISH);
                self.host.set_publish_ahead(PublishAhead::Settled);
            }
            PublishAhead::Astray => crate::debug!("stream {stream} is not ours: {refusal}"),
        }
        Ok(Event::Handled)
    }

    /// Meets the answer to `publish` itself, which names the call and not a stream.
    pub(super) fn on_publish_answered(&mut self) {
        match self.host.publish_ahead() {
            PublishAhead::Sent => self.host.set_publish_ahead(PublishAhead::Accepted),
            _ => self.host.set_playing(true),
        }
    }

    /// Meets the refusal of `publish` itself, which names the call and not a stream.
    pub(super) fn on_publish_refused(&mut self, refusal: Error) -> Result<Event> {
        match self.host.publish_ahead() {
            PublishAhead::Sent | PublishAhead::Accepted => self.on_refusal(EXPECTED_STREAM, refusal),
            PublishAhead::Settled | PublishAhead::Astray => Err(refusal),
        }
    }

    /// What a status of this message stream may be about; [`PublishAhead::Settled`] when it concerns our stream.
    fn ahead_of(&self, stream: u32) -> PublishAhead {
        match self.host.publish_ahead() {
            _ if stream != EXPECTED_STREAM => PublishAhead::Settled,
            PublishAhead::Astray if self.stream() == EXPECTED_STREAM => PublishAhead::Settled,
            ahead => ahead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amf::Encoder;
    use crate::chunk::{Memory, MessageHeader};
    use crate::message::MessageType;
    use crate::session::{Incoming, Scalars, Session, Settings, TextSetting, feature};
    use crate::transport::{Interrupt, Socket, Stream};
    use std::io::{ErrorKind, Read};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    /// The transactions of a publisher's calls: connect is 1, releaseStream 2, FCPublish 3.
    const CREATE_STREAM: f64 = 4.0;
    const PUBLISH: f64 = 5.0;
    /// As `RTMP_Init` and `RTMP_Close` leave it.
    const NO_STREAM: i32 = -1;

    /// A publisher's conversation with a server whose words are the test's.
    struct Publisher {
        settings: Settings,
        session: Session<Memory>,
        server: UnixStream,
        /// The last header of each channel.
        headers: [[u8; 11]; 64],
    }

    impl Publisher {
        /// connect has been sent, and not been answered.
        fn connecting() -> Self {
            let (ours, server) = UnixStream::pair().unwrap();
            server.set_nonblocking(true).unwrap();
            let stream = Arc::new(Stream::Tcp(Socket::new(ours.into(), Interrupt(None))));
            let mut settings = Settings::default();
            settings.fields.link.protocol |= feature::WRITE;
            settings.set_stream_id(NO_STREAM);
            settings.texts.insert(TextSetting::Playpath, b"show".to_vec());
            let mut publisher =
                Self { settings, session: Session::new(stream, None), server, headers: [[0; 11]; 64] };
            publisher.talk().send_connect().unwrap();
            publisher.sent();
            publisher
        }

        /// connect has been answered: `publish` is ahead.
        fn ahead() -> Self {
            let mut publisher = Self::connecting();
            publisher.hear(0, b"_result", 1.0, Encoder::null).unwrap();
            assert_eq!(
                publisher.sent(),
                ["releaseStream 0", "FCPublish 0", "createStream 0", "chunk size", "publish 1"]
            );
            assert_eq!(publisher.state(), (NO_STREAM, false, 2));
            publisher
        }

        fn talk(&mut self) -> Conversation<'_, Settings> {
            Conversation { host: &mut self.settings, sender: &self.session.sender }
        }

        fn hear(
            &mut self,
            stream: u32,
            name: &[u8],
            transaction: f64,
            rest: impl FnOnce(Encoder) -> Encoder,
        ) -> Result<Event> {
            let body = rest(Encoder::new().string(name).number(transaction)).finish();
            let length = body.len() as u32;
            let header =
                MessageHeader { stream, kind: MessageType::COMMAND, length, ..MessageHeader::default() };
            self.talk().handle(&Incoming { header, body: &body })
        }

        fn created(&mut self, transaction: f64, stream: u32) -> Result<Event> {
            self.hear(0, b"_result", transaction, |body| body.null().number(f64::from(stream)))
        }

        fn status(&mut self, stream: u32, code: &[u8]) -> Result<Event> {
            self.hear(stream, b"onStatus", 0.0, |body| {
                body.null().object(|object| {
                    object.string(b"level", b"any").string(b"code", code);
                })
            })
        }

        fn refusal(&mut self, transaction: f64) -> Result<Event> {
            self.hear(0, b"_error", transaction, |body| {
                body.null().object(|object| {
                    object.string(b"level", b"error").string(b"description", b"not for you");
                })
            })
        }

        /// The stream, whether media may be sent, and how many calls await their answers.
        fn state(&self) -> (i32, bool, usize) {
            (self.settings.stream_id(), self.settings.playing(), self.settings.pending_calls())
        }

        /// What was sent since the last time: commands with their message streams.
        fn sent(&mut self) -> Vec<String> {
            let mut bytes = Vec::new();
            let end = self.server.read_to_end(&mut bytes).unwrap_err();
            assert_eq!(end.kind(), ErrorKind::WouldBlock);
            let mut messages = Vec::new();
            let mut rest = bytes.as_slice();
            while let [basic, after @ ..] = rest {
                let channel = &mut self.headers[usize::from(basic & 63)];
                let (header, after) = after.split_at([11, 7, 3, 0][usize::from(basic >> 6)]);
                channel[..header.len()].copy_from_slice(header);
                let [_, _, _, _, _, length, kind, stream, ..] = *channel;
                let (body, after) = after.split_at(usize::from(length));
                messages.push(match MessageType(kind) {
                    MessageType::SET_CHUNK_SIZE => "chunk size".to_owned(),
                    _ => format!("{} {stream}", String::from_utf8_lossy(&body[3..3 + usize::from(body[2])])),
                });
                rest = after;
            }
            messages
        }
    }

    #[test]
    fn the_expected_stream_is_published_to_in_one_go() {
        let mut publisher = Publisher::ahead();
        publisher.created(CREATE_STREAM, 1).unwrap();
        assert!(publisher.sent().is_empty());
        assert_eq!(publisher.state(), (1, false, 1));
        publisher.status(1, b"NetStream.Publish.Start").unwrap();
        assert_eq!(publisher.state(), (1, true, 0));
    }

    #[test]
    fn a_refusal_on_the_expected_stream_ends_the_session() {
        let mut publisher = Publisher::ahead();
        publisher.created(CREATE_STREAM, 1).unwrap();
        publisher.status(1, b"NetStream.Publish.BadName").unwrap_err();
        assert_eq!(publisher.state(), (-1, false, 1));
        let mut publisher = Publisher::ahead();
        publisher.created(CREATE_STREAM, 1).unwrap();
        let refusal = publisher.refusal(PUBLISH).unwrap_err();
        assert_eq!(refusal.to_string(), "the server refused publish: not for you");
    }

    /// The server gave stream 7.
    fn astray() -> Publisher {
        let mut publisher = Publisher::ahead();
        publisher.created(CREATE_STREAM, 7).unwrap();
        assert_eq!(publisher.sent(), ["publish 7"]);
        assert_eq!(publisher.state(), (7, false, 1));
        publisher
    }

    #[test]
    fn another_stream_is_published_to_again() {
        let mut publisher = astray();
        publisher.status(1, b"NetStream.Publish.Start").unwrap();
        publisher.created(PUBLISH, 1).unwrap();
        assert_eq!(publisher.state(), (7, false, 1), "an answer to what went astray does not count");
        publisher.status(7, b"NetStream.Publish.Start").unwrap();
        assert_eq!(publisher.state(), (7, true, 0));
    }

    #[test]
    fn refusals_of_what_went_astray_are_ignored() {
        let mut publisher = astray();
        for code in [&b"NetStream.Publish.BadName"[..], b"NetStream.Publish.Denied", b"NetStream.Failed"] {
            assert_eq!(publisher.status(1, code).unwrap(), Event::Handled);
        }
        assert_eq!(publisher.refusal(PUBLISH).unwrap(), Event::Handled);
        assert_eq!(publisher.state(), (7, false, 1));
        assert!(publisher.sent().is_empty());
    }

    #[test]
    fn refusals_of_our_stream_and_of_the_connection_count() {
        let last_words: [(u32, &[u8]); 4] = [
            (7, b"NetStream.Publish.BadName"),
            (0, b"NetStream.Publish.BadName"),
            (0, b"NetConnection.Connect.Closed"),
            (1, b"NetConnection.Connect.Closed"),
        ];
        for (stream, code) in last_words {
            let mut publisher = astray();
            publisher.status(stream, code).unwrap_err();
            assert_eq!(publisher.state(), (-1, false, 1));
        }
        astray().refusal(PUBLISH + 1.0).unwrap_err();
    }

    #[test]
    fn a_refused_create_stream_ends_the_session() {
        let refusal = Publisher::ahead().refusal(CREATE_STREAM).unwrap_err();
        assert_eq!(refusal.to_string(), "the server refused createStream: not for you");
    }

    #[test]
    fn a_publish_refused_before_its_stream_is_known_is_sent_again() {
        let refusals: [fn(&mut Publisher) -> Result<Event>; 2] = [
            |publisher| publisher.status(1, b"NetStream.Publish.BadName"),
            |publisher| publisher.refusal(PUBLISH),
        ];
        for (refuse, stream) in refusals.iter().flat_map(|refuse| [(refuse, 1), (refuse, 7)]) {
            let mut publisher = Publisher::ahead();
            assert_eq!(refuse(&mut publisher).unwrap(), Event::Handled);
            assert_eq!(publisher.state(), (NO_STREAM, false, 1), "createStream alone awaits its answer");
            publisher.created(CREATE_STREAM, stream).unwrap();
            assert_eq!(publisher.sent(), [format!("publish {stream}")]);
            publisher.status(stream, b"NetStream.Publish.BadName").unwrap_err();
        }
    }

    #[test]
    fn a_start_before_the_stream_is_known_counts_once_it_is() {
        let mut publisher = Publisher::ahead();
        publisher.status(1, b"NetStream.Publish.Start").unwrap();
        assert_eq!(publisher.state(), (NO_STREAM, false, 2));
        publisher.created(CREATE_STREAM, 1).unwrap();
        assert_eq!(publisher.state(), (1, true, 0));
        assert!(publisher.sent().is_empty());
        let mut publisher = Publisher::ahead();
        publisher.hear(0, b"_result", PUBLISH, Encoder::null).unwrap();
        assert_eq!(publisher.state(), (NO_STREAM, false, 1));
        publisher.created(CREATE_STREAM, 7).unwrap();
        assert_eq!(publisher.sent(), ["publish 7"]);
        assert_eq!(publisher.state(), (7, false, 1));
    }

    #[test]
    fn streams_that_the_program_creates_are_published_to_when_they_are_there() {
        let mut publisher = Publisher::connecting();
        publisher.talk().send_create_stream().unwrap();
        publisher.created(2.0, 1).unwrap();
        assert_eq!(publisher.sent(), ["createStream 0", "chunk size", "publish 1"]);

        let mut publisher = Publisher::ahead();
        publisher.created(CREATE_STREAM, 1).unwrap();
        publisher.status(1, b"NetStream.Publish.Start").unwrap();
        publisher.talk().send_create_stream().unwrap();
        publisher.created(PUBLISH + 1.0, 2).unwrap();
        assert_eq!(publisher.sent(), ["createStream 0", "publish 2"]);
        publisher.status(1, b"NetStream.Failed").unwrap_err();
    }

    #[test]
    fn nothing_is_sent_ahead_of_a_connection() {
        let mut publisher = Publisher::connecting();
        publisher.refusal(1.0).unwrap_err();
        assert!(publisher.sent().is_empty());
        assert_eq!(publisher.settings.publish_ahead(), PublishAhead::Settled);
    }
}
