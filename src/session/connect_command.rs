//! The connect command: what the program's settings say of the client (RTMP 1.0, section 7.2.1.1).
#![forbid(unsafe_code)]

use super::client_commands::{Answer, Call, Route};
use super::{Conversation, Host, TextSetting, link_flag};
use crate::Result;
use crate::amf::{Encoder, ObjectEncoder};
use crate::chunk::Format;
use crate::message::command;

/// What the player can do, as Flash's `capabilities`.
const CAPABILITIES: f64 = 15.0;
/// Video seeking by time, Flash's `videoFunction`.
const VIDEO_FUNCTION: f64 = 1.0;
/// More than connect takes without the program's texts, bytes.
const CONNECT_ROOM: usize = 512;

/// What the command object says.
struct Client {
    publishes: bool,
    app: Vec<u8>,
    flash_ver: Vec<u8>,
    swf_url: Vec<u8>,
    tc_url: Vec<u8>,
    page_url: Vec<u8>,
    audio_codecs: f64,
    video_codecs: f64,
    /// `objectEncoding`, when it is to be sent.
    encoding: Option<f64>,
}

impl Client {
    /// As the settings have it.
    fn of<H: Host + ?Sized>(talk: &Conversation<'_, H>) -> Self {
        let host = &*talk.host;
        let encoding = host.encoding();
        Self {
            publishes: talk.publishes(),
            app: host.text(TextSetting::App),
            flash_ver: host.text(TextSetting::FlashVer),
            swf_url: host.text(TextSetting::SwfUrl),
            tc_url: host.text(TextSetting::TcUrl),
            page_url: host.text(TextSetting::PageUrl),
            audio_codecs: host.audio_codecs(),
            video_codecs: host.video_codecs(),
            encoding: (encoding != 0.0 || host.send_encoding()).then_some(encoding),
        }
    }

    /// The texts, each as long as the program likes.
    fn texts(&self) -> [&Vec<u8>; 5] {
        [&self.app, &self.flash_ver, &self.swf_url, &self.tc_url, &self.page_url]
    }

    /// Adds the properties, in the reference's order.
    fn put(&self, object: &mut ObjectEncoder<'_>) {
        object.string(b"app", &self.app);
        if self.publishes {
            object.string(b"type", b"nonprivate");
        }
        put_text(object, b"flashVer", &self.flash_ver);
        put_text(object, b"swfUrl", &self.swf_url);
        put_text(object, b"tcUrl", &self.tc_url);
        if !self.publishes {
            object.boolean(b"fpad", false);
            object.number(b"capabilities", CAPABILITIES);
            object.number(b"audioCodecs", self.audio_codecs);
            object.number(b"videoCodecs", self.video_codecs);
            object.number(b"videoFunction", VIDEO_FUNCTION);
            put_text(object, b"pageUrl", &self.page_url);
        }
        if let Some(encoding) = self.encoding {
            object.number(b"objectEncoding", encoding);
        }
    }
}

/// Adds a text, unless it is empty.
fn put_text(object: &mut ObjectEncoder<'_>, name: &[u8], text: &[u8]) {
    if !text.is_empty() {
        object.string(name, text);
    }
}

impl<H: Host + ?Sized> Conversation<'_, H> {
    /// Sends the connect command.
    pub fn send_connect(&mut self) -> Result<()> {
        let client = Client::of(self);
        let (auth, extras) = (self.host.text(TextSetting::Auth), self.host.extras());
        let auth_flag = self.has(link_flag::AUTH);
        let texts = client.texts().into_iter().chain([&auth, &extras]);
        let room = texts.fold(CONNECT_ROOM, |room, text| room.saturating_add(text.len()));
        let encoder = Encoder::with_room(room)?;
        let route = &Route { format: Format::Full, ..Route::CONNECTION };
        let transaction = self.next_transaction();
        let call = Call { route, name: command::CONNECT, transaction, answer: Answer::Awaited };
        self.send_call(&call, encoder, |encoder| {
            let encoder = encoder.object(|object| client.put(object));
            let encoder = if auth.is_empty() { encoder } else { encoder.boolean(auth_flag).string(&auth) };
            encoder.raw(&extras)
        })
    }
}
