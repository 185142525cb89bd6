//! Status codes of `onStatus`, `_result` and `_error` (RTMP 1.0, section 7.2.2, and the codes servers use).
#![forbid(unsafe_code)]

/// What a status code means for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The play or publish cannot go on.
    Failure,
    /// Media will flow towards the player.
    PlayStarted,
    /// Media may flow towards the server.
    PublishStarted,
    /// The play is over.
    PlayEnded,
    /// A seek took effect.
    Seeked,
    /// A pause took effect.
    Paused,
    /// Only worth a line in the log.
    Other,
}

/// The meaning of a status code.
pub fn meaning(code: &[u8]) -> Meaning {
    match code {
        b"NetStream.Failed"
        | b"NetStream.Play.Failed"
        | b"NetStream.Play.StreamNotFound"
        | b"NetConnection.Connect.InvalidApp"
        | b"NetStream.Publish.BadName"
        | b"NetStream.Publish.Denied"
        | b"NetStream.Publish.Rejected"
        | b"NetConnection.Connect.Rejected"
        | b"NetConnection.Connect.Closed" => Meaning::Failure,
        b"NetStream.Play.Start" | b"NetStream.Play.PublishNotify" => Meaning::PlayStarted,
        b"NetStream.Publish.Start" => Meaning::PublishStarted,
        b"NetStream.Play.Complete" | b"NetStream.Play.Stop" | b"NetStream.Play.UnpublishNotify" => {
            Meaning::PlayEnded
        }
        b"NetStream.Seek.Notify" => Meaning::Seeked,
        b"NetStream.Pause.Notify" => Meaning::Paused,
        _ => Meaning::Other,
    }
}
