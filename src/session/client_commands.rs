//! The commands that a client sends (RTMP 1.0, section 7.2), each as the reference words it. What `connect` says is in
//! connect_command.rs.
#![forbid(unsafe_code)]

use super::conversation::{COMMAND_CHANNEL, Conversation, PLAY_CHANNEL, PUBLISH_CHANNEL};
use super::{Host, Message, TextSetting, read_flag};
use crate::Result;
use crate::amf::Encoder;
use crate::chunk::Format;
use crate::message::{MessageType, command};

/// `start` of play for a stream that is live only (RTMP 1.0, section 7.2.2.1).
const START_LIVE: f64 = -1000.0;
/// The unit of the answers' odd timestamps, in milliseconds.
const ANSWER_TICK: u32 = 0x16;
/// The count that stands before the one entry of a playlist; servers know it so.
const PLAYLIST_COUNT: u32 = 3;
/// The transaction id of commands that no `_result` answers.
const NO_TRANSACTION: i32 = 0;

/// Whether a call's answer is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call is in the host's list until it is answered.
    Awaited,
    /// It is not.
    Ignored,
}

/// Where a command goes.
pub(super) struct Route {
    pub(super) channel: u32,
    pub(super) format: Format,
    /// The message stream; 0 for the connection itself.
    pub(super) stream: u32,
}

impl Route {
    /// For commands that belong to no stream.
    pub(super) const CONNECTION: Self =
        Self { channel: COMMAND_CHANNEL, format: Format::SameStream, stream: 0 };
}

/// A command without its arguments.
pub(super) struct Call<'a> {
    pub(super) route: &'a Route,
    pub(super) name: &'a [u8],
    pub(super) transaction: i32,
    pub(super) answer: Answer,
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Sends a command with the next transaction id.
    fn call(
        &mut self,
        route: &Route,
        name: &[u8],
        answer: Answer,
        arguments: impl FnOnce(Encoder) -> Encoder,
    ) -> Result<()> {
        let transaction = self.next_transaction();
        self.send_call(&Call { route, name, transaction, answer }, Encoder::new(), arguments)
    }

    /// Sends a command; `encoder` holds nothing, but may have room for it.
    pub(super) fn send_call(
        &mut self,
        call: &Call<'_>,
        encoder: Encoder,
        arguments: impl FnOnce(Encoder) -> Encoder,
    ) -> Result<()> {
        let &Call { route: &Route { channel, format, stream }, name, transaction, answer } = call;
        let body = arguments(encoder.string(name).number(f64::from(transaction))).finish();
        crate::debug!("sending {}, transaction {transaction}", crate::log::Text(name));
        if answer == Answer::Awaited {
            self.host.call_sent(name, transaction);
        }
        self.post(Message { channel, format, timestamp: 0, kind: MessageType::COMMAND, stream, body })
    }

    /// Asks for a stream id (RTMP 1.0, section 7.2.1.3).
    pub fn send_create_stream(&mut self) -> Result<()> {
        self.call(&Route::CONNECTION, command::CREATE_STREAM, Answer::Awaited, Encoder::null)
    }

    /// Frees the name, which an earlier publisher may hold.
    pub(super) fn send_release_stream(&mut self) -> Result<()> {
        self.call_with_path(command::RELEASE_STREAM)
    }

    /// Announces the publish, as Flash Media Server wants it.
    pub(super) fn send_fc_publish(&mut self) -> Result<()> {
        self.call_with_path(command::FC_PUBLISH)
    }

    /// Takes that announcement back.
    pub(super) fn send_fc_unpublish(&mut self) -> Result<()> {
        self.call_with_path(command::FC_UNPUBLISH)
    }

    /// Sends a command whose one argument is the playpath.
    fn call_with_path(&mut self, name: &[u8]) -> Result<()> {
        let path = self.host.text(TextSetting::Playpath);
        self.call(&Route::CONNECTION, name, Answer::Ignored, |encoder| encoder.null().string(&path))
    }

    /// Subscribes to a live stream at an edge server.
    pub(super) fn send_fc_subscribe(&mut self, path: &[u8]) -> Result<()> {
        self.call(&Route::CONNECTION, command::FC_SUBSCRIBE, Answer::Awaited, |encoder| {
            encoder.null().string(path)
        })
    }

    /// Shows the token that servers of Justin.tv ask for.
    pub(super) fn send_usher_token(&mut self, token: &[u8]) -> Result<()> {
        self.call(&Route::CONNECTION, command::USHER_TOKEN, Answer::Ignored, |encoder| {
            encoder.null().string(token)
        })
    }

    /// Gives the stream id back (RTMP 1.0, section 7.2.2.3).
    pub(super) fn send_delete_stream(&mut self, stream: i32) -> Result<()> {
        self.call(&Route::CONNECTION, command::DELETE_STREAM, Answer::Ignored, |encoder| {
            encoder.null().number(f64::from(stream))
        })
    }

    /// Takes leave of the server: what was published is unpublished, and the stream is given back.
    pub fn leave(&mut self) -> Result<()> {
        let stream = self.host.stream_id();
        if stream <= 0 {
            return Ok(());
        }
        if self.publishes() {
            self.send_fc_unpublish()?;
        }
        self.send_delete_stream(stream)
    }

    /// Gives the stream back and forgets it: `RTMP_DeleteStream`.
    pub fn delete_stream(&mut self) -> Result<()> {
        let stream = self.host.stream_id();
        if stream < 0 {
            return Ok(());
        }
        self.host.set_playing(false);
        self.host.set_stream_id(-1);
        self.send_delete_stream(stream)
    }

    /// Begins to publish on a stream (RTMP 1.0, section 7.2.2.6).
    pub(super) fn send_publish(&mut self, stream: u32) -> Result<()> {
        let path = self.host.text(TextSetting::Playpath);
        let route = Route { channel: PUBLISH_CHANNEL, format: Format::Full, stream };
        self.call(&route, command::PUBLISH, Answer::Awaited, |encoder| {
            encoder.null().string(&path).string(b"live")
        })
    }

    /// Begins to play (RTMP 1.0, section 7.2.2.1).
    pub(super) fn send_play(&mut self) -> Result<()> {
        let path = self.host.text(TextSetting::Playpath);
        let (seek, stop) = (self.host.link_seek_time(), self.host.link_stop_time());
        let start = if self.is_live() { START_LIVE } else { f64::from(seek.max(0)) };
        let length = (stop != 0).then(|| f64::from(stop) - f64::from(seek));
        self.call(&self.play_route(), command::PLAY, Answer::Awaited, |encoder| {
            let encoder = encoder.null().string(&path).number(start);
            match length {
                Some(length) => encoder.number(length),
                None => encoder,
            }
        })
    }

    /// Sets a playlist of one entry: some servers play nothing else.
    pub(super) fn send_playlist(&mut self) -> Result<()> {
        let path = self.host.text(TextSetting::Playpath);
        let (route, name) = (&self.play_route(), command::SET_PLAYLIST);
        let call = Call { route, name, transaction: NO_TRANSACTION, answer: Answer::Awaited };
        self.send_call(&call, Encoder::new(), |encoder| {
            encoder.null().ecma_array(PLAYLIST_COUNT, |array| {
                array.string(b"0", &path);
            })
        })
    }

    /// Pauses or resumes at a time in milliseconds: `RTMP_SendPause` (RTMP 1.0, section 7.2.2.9).
    pub fn send_pause(&mut self, pause: bool, time: i32) -> Result<()> {
        let route = Route { channel: PLAY_CHANNEL, ..Route::CONNECTION };
        self.call(&route, command::PAUSE, Answer::Awaited, |encoder| {
            encoder.null().boolean(pause).number(f64::from(time))
        })
    }

    /// Moves the play to a time in milliseconds: `RTMP_SendSeek` (RTMP 1.0, section 7.2.2.8).
    pub fn send_seek(&mut self, time: i32) -> Result<()> {
        let route = Route { channel: PLAY_CHANNEL, ..Route::CONNECTION };
        self.host.set_read_flags(self.host.read_flags() | read_flag::SEEKING);
        self.host.set_read_resume_ts(0);
        self.call(&route, command::SEEK, Answer::Awaited, |encoder| encoder.null().number(f64::from(time)))
    }

    /// Takes the server's offer to measure bandwidth.
    pub(super) fn send_check_bw(&mut self) -> Result<()> {
        let route = Route { format: Format::Full, ..Route::CONNECTION };
        self.call(&route, command::CHECK_BW, Answer::Ignored, Encoder::null)
    }

    /// Answers one step of a bandwidth measurement.
    pub(super) fn send_bw_check_result(&mut self, transaction: f64) -> Result<()> {
        let counter = self.host.bw_check_counter();
        let timestamp = self.answer_time();
        let body =
            Encoder::new().string(command::RESULT).number(transaction).null().number(f64::from(counter));
        self.host.set_bw_check_counter(counter.wrapping_add(1));
        self.post_answer(timestamp, body.finish())
    }

    /// Answers a ping that came as a command.
    pub(super) fn send_pong(&mut self, transaction: f64) -> Result<()> {
        let timestamp = self.answer_time();
        self.post_answer(timestamp, Encoder::new().string(command::PONG).number(transaction).null().finish())
    }

    /// Answers a SecureToken challenge.
    pub(super) fn send_secure_token_response(&mut self, decoded: &[u8]) -> Result<()> {
        let (route, name) = (&Route::CONNECTION, command::SECURE_TOKEN_RESPONSE);
        let call = Call { route, name, transaction: NO_TRANSACTION, answer: Answer::Ignored };
        self.send_call(&call, Encoder::new(), |encoder| encoder.null().string(decoded))
    }

    fn play_route(&self) -> Route {
        Route { channel: PLAY_CHANNEL, format: Format::Full, stream: self.stream() }
    }

    fn answer_time(&self) -> u32 {
        ANSWER_TICK.wrapping_mul(self.host.bw_check_counter().cast_unsigned())
    }

    /// Sends an answer, which is no call and has no transaction of its own.
    fn post_answer(&mut self, timestamp: u32, body: Vec<u8>) -> Result<()> {
        let Route { channel, format, stream } = Route::CONNECTION;
        self.post(Message { channel, format, timestamp, kind: MessageType::COMMAND, stream, body })
    }
}
