//! Commands from the server: results, refusals, status and the odd call (RTMP 1.0, section 7.2).
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::auth::{self, Verdict};
use super::{Conversation, Event, Host, TextSetting, link_flag, pausing, read_flag};
use crate::amf::{self, Value};
use crate::chunk::{DEFAULT_CHUNK_SIZE, Format};
use crate::log;
use crate::message::status::{self, Meaning};
use crate::message::{MessageType, command, control};
use crate::{Error, Result};

/// The chunk size a publisher announces: large enough that headers do not matter, small enough for every server.
const PUBLISH_CHUNK_SIZE: u32 = 4096;
/// The buffer a player announces before its stream is there, milliseconds.
const FIRST_BUFFER_MS: u32 = 300;

/// A longer SecureToken challenge is not answered, as the answer would fill the memory: servers send some dozen digits.
const LONGEST_CHALLENGE: usize = 4096;

/// A command's arguments after its name.
struct Arguments<'a>(Vec<Value<'a>>);

impl<'a> Arguments<'a> {
    fn number(&self, index: usize) -> Option<f64> {
        self.0.get(index).and_then(Value::as_number).filter(|number| number.is_finite())
    }

    fn transaction(&self) -> f64 {
        self.number(1).unwrap_or(0.0)
    }

    fn text(&self, index: usize, name: &[u8]) -> Option<&'a [u8]> {
        self.0.get(index)?.as_object()?.get(name)?.as_str()
    }

    fn find(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.0.iter().find_map(|value| value.find_first(name)).and_then(|value| value.as_str())
    }
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Meets a command: its name, a transaction number, and arguments (RTMP 1.0, section 7.2).
    pub(super) fn on_command(&mut self, stream: u32, body: &[u8]) -> Result<Event> {
        crate::debug!("RTMP_ClientPacket, received: invoke {} bytes", body.len());
        self.show(body);
        let arguments = Arguments(amf::decode_values(body));
        let Some(name) = arguments.0.first().and_then(|name| name.as_str()) else {
            crate::warning!("received a command without a name, {} bytes: ignored", body.len());
            return Ok(Event::Handled);
        };
        crate::debug!("HandleInvoke, server invoking <{}>", log::Text(name));
        match name {
            command::RESULT => self.on_result(&arguments)?,
            command::ERROR => return self.on_error(&arguments),
            command::ON_STATUS => return self.on_status(stream, &arguments),
            command::ON_BW_DONE => self.on_bw_done()?,
            command::ON_BW_CHECK => self.send_bw_check_result(arguments.transaction())?,
            command::ON_BW_CHECK_DONE => self.host.call_dropped(command::CHECK_BW),
            command::PING => self.send_pong(arguments.transaction())?,
            command::PLAYLIST_READY => self.host.call_dropped(command::SET_PLAYLIST),
            command::ON_FC_UNSUBSCRIBE => return Ok(Event::Ended),
            command::CLOSE => {
                crate::error!("the server requested to close the connection");
                return Ok(Event::Closed);
            }
            _ => {}
        }
        Ok(Event::Handled)
    }

    /// Meets the offer to measure bandwidth.
    fn on_bw_done(&mut self) -> Result<()> {
        if self.host.bw_check_counter() != 0 || !self.host.may_check_bandwidth() {
            return Ok(());
        }
        self.send_check_bw()
    }

    /// Meets the answer to a call of ours, which its transaction names.
    fn on_result(&mut self, arguments: &Arguments<'_>) -> Result<()> {
        let transaction = arguments.transaction();
        let Some(method) = self.host.call_answered(transaction as i32) else {
            crate::debug!("received a result for transaction {transaction} without a matching call: ignored");
            return Ok(());
        };
        crate::debug!("HandleInvoke, received result for method call <{}>", log::Text(&method));
        match method.as_slice() {
            command::CONNECT => self.on_connected(arguments),
            command::CREATE_STREAM => self.on_stream_created(arguments),
            command::PLAY => {
                self.host.set_playing(true);
                Ok(())
            }
            command::PUBLISH => {
                self.on_publish_answered();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Meets the answer to connect: asks for a stream, with all that servers want before it.
    fn on_connected(&mut self, arguments: &Arguments<'_>) -> Result<()> {
        self.answer_secure_token(arguments)?;
        if self.publishes() {
            self.send_release_stream()?;
            self.send_fc_publish()?;
        } else {
            self.send_window_ack_size()?;
            self.send_control(control::SET_BUFFER_LENGTH, 0, FIRST_BUFFER_MS)?;
        }
        self.send_create_stream()?;
        if self.publishes() {
            return self.send_publish_ahead();
        }
        let usher = self.host.text(TextSetting::UsherToken);
        if !usher.is_empty() {
            self.send_usher_token(&usher)?;
        }
        let subscribe = self.host.text(TextSetting::SubscribePath);
        if !subscribe.is_empty() {
            self.send_fc_subscribe(&subscribe)
        } else if self.is_live() {
            let path = self.host.text(TextSetting::Playpath);
            self.send_fc_subscribe(&path)
        } else {
            Ok(())
        }
    }

    /// Answers the SecureToken challenge that came with the answer to connect, if one did.
    fn answer_secure_token(&mut self, arguments: &Arguments<'_>) -> Result<()> {
        let token = self.host.text(TextSetting::Token);
        if token.is_empty() {
            return Ok(());
        }
        match arguments.find(b"secureToken") {
            Some(challenge) if challenge.len() > LONGEST_CHALLENGE => Err(Error::protocol(format!(
                "the server's SecureToken challenge has {} bytes; at most {LONGEST_CHALLENGE} are answered",
                challenge.len()
            ))),
            Some(challenge) => {
                let answer = crate::crypto::secure_token_answer(challenge, &token);
                self.send_secure_token_response(&answer)
            }
            None => Ok(()),
        }
    }

    /// Meets the answer to createStream: plays or publishes on the stream it gives.
    fn on_stream_created(&mut self, arguments: &Arguments<'_>) -> Result<()> {
        let id = match arguments.0.get(3) {
            None | Some(Value::Null) => {
                crate::warning!("the server answered createStream without a stream id: stream 0 is taken");
                Some(0.0)
            }
            Some(_) => arguments.number(3).filter(|id| (0.0..=f64::from(u32::MAX)).contains(id)),
        };
        let Some(id) = id else {
            return Err(Error::protocol("the server answered createStream with an impossible stream id"));
        };
        let id = id as u32;
        self.host.set_stream_id(id.cast_signed());
        if self.publishes() {
            return self.send_publish_on(id);
        }
        if self.has(link_flag::PLST) {
            self.send_playlist()?;
        }
        self.send_play()?;
        self.send_buffer_length()
    }

    /// Announces a chunk size before the first media, unless the program chose one itself.
    pub(super) fn announce_chunk_size(&mut self) -> Result<()> {
        let current = self.out_chunk_size();
        let wanted = self.host.publish_chunk_size().unwrap_or(PUBLISH_CHUNK_SIZE);
        if current != DEFAULT_CHUNK_SIZE || wanted == current {
            return Ok(());
        }
        self.post_control(MessageType::SET_CHUNK_SIZE, Format::Full, &wanted.to_be_bytes())?;
        self.host.set_out_chunk_size(wanted.cast_signed());
        self.host.chunk_size_announced(wanted);
        Ok(())
    }

    /// Meets the refusal of a call of ours.
    fn on_error(&mut self, arguments: &Arguments<'_>) -> Result<Event> {
        let method = self.host.call_answered(arguments.transaction() as i32);
        let words = self.described(arguments, 3);
        match method.as_deref() {
            Some(command::CONNECT) if self.publishes() => self.on_connect_refused(arguments, words),
            Some(method @ (command::CONNECT | command::CREATE_STREAM | command::PLAY | command::PUBLISH)) => {
                let refusal = Error::Refused(format!("the server refused {}: {words}", log::Text(method)));
                if method == command::PUBLISH { self.on_publish_refused(refusal) } else { Err(refusal) }
            }
            Some(method) => {
                crate::error!("the server answered {} with an error: {words}", log::Text(method));
                Ok(Event::Handled)
            }
            None => {
                crate::error!("the server sent an error: {words}");
                Ok(Event::Handled)
            }
        }
    }

    /// Meets the refusal of a publisher's connect, which may only ask for a name and a password.
    fn on_connect_refused(&mut self, arguments: &Arguments<'_>, words: String) -> Result<Event> {
        let description = arguments.text(3, b"description").unwrap_or_default();
        let mut random = [0; 4];
        crate::crypto::random(&mut random)?;
        let request = auth::Request {
            description,
            app: &self.host.text(TextSetting::App),
            user: &self.host.text(TextSetting::PubUser),
            password: &self.host.text(TextSetting::PubPasswd),
            random,
        };
        match auth::answer(&request) {
            Verdict::NotAsked => Err(Error::Refused(format!("the server refused connect: {words}"))),
            Verdict::Fail(reason) => Err(Error::Refused(reason)),
            Verdict::Retry { append } => {
                for which in [TextSetting::App, TextSetting::TcUrl] {
                    let mut value = self.host.text(which);
                    value.extend_from_slice(&append);
                    self.host.set_text(which, value);
                }
                Ok(Event::Reconnect)
            }
        }
    }

    /// Meets a status, of the message stream that it came on.
    fn on_status(&mut self, stream: u32, arguments: &Arguments<'_>) -> Result<Event> {
        let Some(code) = arguments.text(3, b"code") else {
            crate::warning!("received a status without a code: ignored");
            return Ok(Event::Handled);
        };
        crate::debug!("HandleInvoke, onStatus: {}", log::Text(code));
        match status::meaning(code) {
            Meaning::Failure => {
                // What is said of the connection is no matter of a stream, wherever it is said.
                let stream = if code.starts_with(b"NetConnection.") { 0 } else { stream };
                let words = self.described(arguments, 3);
                return self.on_refusal(stream, Error::Refused(format!("the server says: {words}")));
            }
            Meaning::PlayStarted => self.start(command::PLAY),
            Meaning::PublishStarted => self.on_publish_started(stream),
            Meaning::PlayEnded => return Ok(Event::Ended),
            Meaning::Seeked => self.host.set_read_flags(self.host.read_flags() & !read_flag::SEEKING),
            Meaning::Paused => {
                if matches!(self.host.pausing(), pausing::ASKED | pausing::AT_END) {
                    let time = self.host.pause_stamp();
                    self.send_pause(false, time.cast_signed())?;
                    self.host.set_pausing(pausing::RESUMING);
                }
            }
            Meaning::Other => {}
        }
        Ok(Event::Handled)
    }

    /// Notes that media flows, and that the call which asked for it is answered.
    pub(super) fn start(&mut self, method: &[u8]) {
        self.host.set_playing(true);
        self.host.call_dropped(method);
    }

    /// The server's own words about a refusal: its code and its description, without queries and tokens.
    fn described(&self, arguments: &Arguments<'_>, index: usize) -> String {
        let secrets = self.secrets();
        let shown = |name| {
            let text = arguments.text(index, name)?;
            Some(log::Text(&secrets.covered(text).ok()?).to_string())
        };
        let words = match (shown(b"code"), shown(b"description")) {
            (Some(code), Some(description)) => format!("{code}: {description}"),
            (Some(words), None) | (None, Some(words)) => words,
            (None, None) => "without saying why".to_owned(),
        };
        words.split(' ').map(without_query).fold(String::new(), |said, word| {
            if said.is_empty() { word.to_owned() } else { said + " " + word }
        })
    }
}

/// A word up to its query.
fn without_query(word: &str) -> &str {
    match word.split_once('?') {
        Some((path, query)) if !query.is_empty() => path,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::without_query;

    #[test]
    fn queries_are_left_out_and_questions_are_not() {
        assert_eq!(without_query("live/show?token=secret"), "live/show");
        assert_eq!(without_query("really?"), "really?");
        assert_eq!(without_query("NetStream.Publish.BadName"), "NetStream.Publish.BadName");
    }
}
