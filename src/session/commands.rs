//! The commands a client sends (RTMP 1.0, section 7.2), each as the reference words it.
#![forbid(unsafe_code)]

use super::conversation::{COMMAND_CHANNEL, Conversation, PLAY_CHANNEL, PUBLISH_CHANNEL};
use super::{Host, Message, Text, link_flag, read_flag};
use crate::Result;
use crate::amf::Encoder;
use crate::chunk::Format;
use crate::message::{MessageType, command};

/// `start` of play for a stream that is live only (RTMP 1.0, section 7.2.2.1).
const START_LIVE: f64 = -1000.0;
/// What the player can do, as Flash's `capabilities`.
const CAPABILITIES: f64 = 15.0;
/// Video seeking by time, Flash's `videoFunction`.
const VIDEO_FUNCTION: f64 = 1.0;
/// More than connect takes without the program's texts, bytes.
const CONNECT_ROOM: usize = 512;
/// The unit of the answers' odd timestamps, in milliseconds.
const ANSWER_TICK: u32 = 0x16;
/// The count that stands before the one entry of a playlist; servers know it so.
const PLAYLIST_COUNT: u32 = 3;

/// Whether a call's answer is awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Awaited,
    Ignored,
}

/// Where a command goes.
struct Route {
    channel: u32,
    format: Format,
    stream: u32,
}

impl Route {
    const CONNECTION: Self = Self { channel: COMMAND_CHANNEL, format: Format::SameStream, stream: 0 };
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    fn call(
        &mut self,
        route: &Route,
        name: &[u8],
        answer: Answer,
        arguments: impl FnOnce(Encoder) -> Encoder,
    ) -> Result<()> {
        let transaction = self.next_transaction();
        self.call_with(route, name, transaction, answer, arguments)
    }

    fn call_with(
        &mut self,
        route: &Route,
        name: &[u8],
        transaction: i32,
        answer: Answer,
        arguments: impl FnOnce(Encoder) -> Encoder,
    ) -> Result<()> {
        self.call_in(Encoder::new(), route, name, transaction, answer, arguments)
    }

    /// The same in an encoder that may have room already.
    fn call_in(
        &mut self,
        encoder: Encoder,
        route: &Route,
        name: &[u8],
        transaction: i32,
        answer: Answer,
        arguments: impl FnOnce(Encoder) -> Encoder,
    ) -> Result<()> {
        let body = arguments(encoder.string(name).number(f64::from(transaction))).finish();
        crate::debug!("sending {}, transaction {transaction}", crate::log::Text(name));
        if answer == Answer::Awaited {
            self.host.call_sent(name, transaction);
        }
        let &Route { channel, format, stream } = route;
        self.post(Message { channel, format, timestamp: 0, kind: MessageType::COMMAND, stream, body })
    }

    /// Sends the connect command (RTMP 1.0, section 7.2.1.1).
    pub fn send_connect(&mut self) -> Result<()> {
        let publishes = self.publishes();
        let encoding = self.host.encoding();
        let encoding = (encoding != 0.0 || self.host.send_encoding()).then_some(encoding);
        let (audio, video) = (self.host.audio_codecs(), self.host.video_codecs());
        let text = |which| self.host.text(which);
        let [app, flash_ver, swf_url, tc_url, page_url] =
            [Text::App, Text::FlashVer, Text::SwfUrl, Text::TcUrl, Text::PageUrl].map(text);
        let auth = self.host.text(Text::Auth);
        let (auth_flag, extras) = (self.has(link_flag::AUTH), self.host.extras());
        let route = Route { format: Format::Full, ..Route::CONNECTION };
        // The program's texts are as long as it likes.
        let long = [&app, &flash_ver, &swf_url, &tc_url, &page_url, &auth, &extras];
        let room = long.iter().fold(CONNECT_ROOM, |room, text| room.saturating_add(text.len()));
        let (encoder, transaction) = (Encoder::with_room(room)?, self.next_transaction());
        self.call_in(encoder, &route, command::CONNECT, transaction, Answer::Awaited, |encoder| {
            let encoder = encoder.object(|object| {
                object.string(b"app", &app);
                if publishes {
                    object.string(b"type", b"nonprivate");
                }
                for (name, value) in
                    [(&b"flashVer"[..], &flash_ver), (b"swfUrl", &swf_url), (b"tcUrl", &tc_url)]
                {
                    if !value.is_empty() {
                        object.string(name, value);
                    }
                }
                if !publishes {
                    object.boolean(b"fpad", false);
                    object.number(b"capabilities", CAPABILITIES);
                    object.number(b"audioCodecs", audio);
                    object.number(b"videoCodecs", video);
                    object.number(b"videoFunction", VIDEO_FUNCTION);
                    if !page_url.is_empty() {
                        object.string(b"pageUrl", &page_url);
                    }
                }
                if let Some(encoding) = encoding {
                    object.number(b"objectEncoding", encoding);
                }
            });
            let encoder = if auth.is_empty() { encoder } else { encoder.boolean(auth_flag).string(&auth) };
            encoder.raw(&extras)
        })
    }

    /// Asks for a stream id (RTMP 1.0, section 7.2.1.3).
    pub fn send_create_stream(&mut self) -> Result<()> {
        self.call(&Route::CONNECTION, command::CREATE_STREAM, Answer::Awaited, Encoder::null)
    }

    pub(super) fn send_release_stream(&mut self) -> Result<()> {
        self.call_with_path(command::RELEASE_STREAM)
    }

    pub(super) fn send_fc_publish(&mut self) -> Result<()> {
        self.call_with_path(command::FC_PUBLISH)
    }

    pub(super) fn send_fc_unpublish(&mut self) -> Result<()> {
        self.call_with_path(command::FC_UNPUBLISH)
    }

    fn call_with_path(&mut self, name: &[u8]) -> Result<()> {
        let path = self.host.text(Text::Playpath);
        self.call(&Route::CONNECTION, name, Answer::Ignored, |encoder| encoder.null().string(&path))
    }

    pub(super) fn send_fc_subscribe(&mut self, path: &[u8]) -> Result<()> {
        self.call(&Route::CONNECTION, command::FC_SUBSCRIBE, Answer::Awaited, |encoder| {
            encoder.null().string(path)
        })
    }

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
        let path = self.host.text(Text::Playpath);
        let route = Route { channel: PUBLISH_CHANNEL, format: Format::Full, stream };
        self.call(&route, command::PUBLISH, Answer::Awaited, |encoder| {
            encoder.null().string(&path).string(b"live")
        })
    }

    /// Begins to play (RTMP 1.0, section 7.2.2.1).
    pub(super) fn send_play(&mut self) -> Result<()> {
        let path = self.host.text(Text::Playpath);
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

    pub(super) fn send_playlist(&mut self) -> Result<()> {
        let path = self.host.text(Text::Playpath);
        self.call_with(&self.play_route(), command::SET_PLAYLIST, 0, Answer::Awaited, |encoder| {
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

    pub(super) fn send_pong(&mut self, transaction: f64) -> Result<()> {
        let timestamp = self.answer_time();
        self.post_answer(timestamp, Encoder::new().string(command::PONG).number(transaction).null().finish())
    }

    pub(super) fn send_secure_token_response(&mut self, decoded: &[u8]) -> Result<()> {
        self.call_with(&Route::CONNECTION, command::SECURE_TOKEN_RESPONSE, 0, Answer::Ignored, |encoder| {
            encoder.null().string(decoded)
        })
    }

    fn play_route(&self) -> Route {
        Route { channel: PLAY_CHANNEL, format: Format::Full, stream: self.stream() }
    }

    fn answer_time(&self) -> u32 {
        ANSWER_TICK.wrapping_mul(self.host.bw_check_counter().cast_unsigned())
    }

    fn post_answer(&mut self, timestamp: u32, body: Vec<u8>) -> Result<()> {
        let Route { channel, format, stream } = Route::CONNECTION;
        self.post(Message { channel, format, timestamp, kind: MessageType::COMMAND, stream, body })
    }
}
