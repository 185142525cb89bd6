//! The options of a URL (`url name=value name=value …`) and of `RTMP_SetOpt`: one table, and how values are read.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod conn;
mod extra;
mod number;
mod pairs;

pub use extra::Extra;
pub use number::{leading_float, leading_integer};
pub use pairs::{Pair, next_pair, url_end};

use crate::log::Level;
use crate::session::{TextSetting, link_flag};

/// An option.
#[derive(Debug)]
pub struct Opt {
    /// Its name, compared case-blind.
    pub name: &'static str,
    /// What it does, for people.
    pub help: &'static str,
    /// What it does.
    pub effect: Effect,
}

/// What an option does with its value.
#[derive(Debug)]
pub enum Effect {
    /// The value replaces a text setting.
    Text(TextSetting),
    /// A true value sets a bit of [`link_flag`]; any other changes nothing.
    Flag(i32),
    /// The value, read by [`integer`], replaces a number.
    Number(Number),
    /// The value is one item of the connect command: [`conn::parse`].
    Conn,
    /// The value goes into the settings that have no public field.
    Extra(Kind, fn(&mut Extra, &[u8]) -> crate::Result<()>),
}

/// The numbers that options set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// Days a cached SWF hash is good for.
    SwfAge,
    /// Where the play begins, milliseconds.
    SeekTime,
    /// Where the play ends, milliseconds.
    StopTime,
    /// The player's buffer, milliseconds.
    BufferMs,
    /// The session's time-out, seconds.
    Timeout,
}

/// What a value looks like, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number, in C's notation.
    Integer,
    /// 1, on, yes, true, or something else.
    Boolean,
    /// An item of the connect command.
    Amf,
}

impl Effect {
    /// What the values look like.
    pub fn kind(&self) -> Kind {
        match self {
            Effect::Text(_) => Kind::Text,
            Effect::Flag(_) => Kind::Boolean,
            Effect::Number(_) => Kind::Integer,
            Effect::Conn => Kind::Amf,
            Effect::Extra(kind, _) => *kind,
        }
    }
}

impl Kind {
    fn label(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
            Kind::Amf => "AMF",
        }
    }
}

const fn opt(name: &'static str, effect: Effect, help: &'static str) -> Opt {
    Opt { name, help, effect }
}

/// Every option.
pub static TABLE: [Opt; 25] = [
    opt("socks", Effect::Text(TextSetting::SocksHost), "Use the specified SOCKS proxy"),
    opt("app", Effect::Text(TextSetting::App), "Name of target app on server"),
    opt("tcUrl", Effect::Text(TextSetting::TcUrl), "URL to played stream"),
    opt("pageUrl", Effect::Text(TextSetting::PageUrl), "URL of played media's web page"),
    opt("swfUrl", Effect::Text(TextSetting::SwfUrl), "URL to player SWF file"),
    opt("flashver", Effect::Text(TextSetting::FlashVer), "Flash version string (default LNX 10,0,32,18)"),
    opt("conn", Effect::Conn, "Append arbitrary AMF data to Connect message"),
    opt("playpath", Effect::Text(TextSetting::Playpath), "Path to target media on server"),
    opt("playlist", Effect::Flag(link_flag::PLST), "Set playlist before play command"),
    opt("live", Effect::Flag(link_flag::LIVE), "Stream is live, no seeking possible"),
    opt("subscribe", Effect::Text(TextSetting::SubscribePath), "Stream to subscribe to"),
    opt("jtv", Effect::Text(TextSetting::UsherToken), "Justin.tv authentication token"),
    opt("token", Effect::Text(TextSetting::Token), "Key for SecureToken response"),
    opt("swfVfy", Effect::Flag(link_flag::SWFV), "Perform SWF Verification"),
    opt("swfAge", Effect::Number(Number::SwfAge), "Number of days to use cached SWF hash"),
    opt("start", Effect::Number(Number::SeekTime), "Stream start position in milliseconds"),
    opt("stop", Effect::Number(Number::StopTime), "Stream stop position in milliseconds"),
    opt("buffer", Effect::Number(Number::BufferMs), "Buffer time in milliseconds"),
    opt("timeout", Effect::Number(Number::Timeout), "Session timeout in seconds"),
    opt("pubUser", Effect::Text(TextSetting::PubUser), "Publisher username"),
    opt("pubPasswd", Effect::Text(TextSetting::PubPasswd), "Publisher password"),
    opt("chunk", Effect::Extra(Kind::Integer, Extra::set_chunk), "Output chunk size in bytes"),
    opt(
        "tlsVerify",
        Effect::Extra(Kind::Boolean, Extra::set_tls_verify),
        "Verify the server's certificate (default 1)",
    ),
    opt(
        "tlsCaFile",
        Effect::Extra(Kind::Text, Extra::set_tls_ca_file),
        "File with the certificates to trust",
    ),
    opt("bind", Effect::Extra(Kind::Text, Extra::set_bind), "Local address to connect from"),
];

/// The option of this name.
pub fn find(name: &[u8]) -> Option<&'static Opt> {
    TABLE.iter().find(|opt| opt.name.as_bytes().eq_ignore_ascii_case(name))
}

/// Logs every option with its help, at ERROR: the program's user asked for one that does not exist.
pub fn log_all() {
    crate::log_at!(Level::Error, "Valid RTMP options are:\n");
    for opt in &TABLE {
        crate::log_at!(Level::Error, "{:>10} {:<7}  {}\n", opt.name, opt.effect.kind().label(), opt.help);
    }
}

/// Reads an integer as C's `strtol` with base 0 does; what follows it is ignored, and no number is 0.
pub fn integer(value: &[u8]) -> i32 {
    leading_integer(value, 0) as i32
}

/// Whether a value means yes.
pub fn is_true(value: &[u8]) -> bool {
    ["1", "on", "yes", "true"].iter().any(|yes| value.eq_ignore_ascii_case(yes.as_bytes()))
}

/// Whether a value means no.
pub fn is_false(value: &[u8]) -> bool {
    ["0", "off", "no", "false"].iter().any(|no| value.eq_ignore_ascii_case(no.as_bytes()))
}

#[cfg(test)]
mod tests;
