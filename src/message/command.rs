//! Names of commands and of data messages (RTMP 1.0, section 7.2, and Flash's additions).
#![forbid(unsafe_code)]

macro_rules! names { ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => { $($(#[$doc])* pub const $name: &[u8] = $text;)* } }

names! {
    /// Opens the application.
    CONNECT = b"connect";
    /// Asks for a stream id.
    CREATE_STREAM = b"createStream";
    /// Gives a stream id back.
    DELETE_STREAM = b"deleteStream";
    /// Begins to publish.
    PUBLISH = b"publish";
    /// Begins to play.
    PLAY = b"play";
    /// Pauses or resumes a play.
    PAUSE = b"pause";
    /// Moves a play to another time.
    SEEK = b"seek";
    /// Frees a name that an earlier publisher may hold.
    RELEASE_STREAM = b"releaseStream";
    /// Announces a publish.
    FC_PUBLISH = b"FCPublish";
    /// Takes an announcement back.
    FC_UNPUBLISH = b"FCUnpublish";
    /// Subscribes to a live stream at an edge.
    FC_SUBSCRIBE = b"FCSubscribe";
    /// A subscription's end.
    ON_FC_UNSUBSCRIBE = b"onFCUnsubscribe";
    /// A subscription's answer.
    ON_FC_SUBSCRIBE = b"onFCSubscribe";
    /// An answer to a call.
    RESULT = b"_result";
    /// A refusal of a call.
    ERROR = b"_error";
    /// A stream's status.
    ON_STATUS = b"onStatus";
    /// The peer is leaving.
    CLOSE = b"close";
    /// The server would measure bandwidth.
    ON_BW_DONE = b"onBWDone";
    /// Asks for the bandwidth measurement.
    CHECK_BW = b"_checkbw";
    /// One step of the measurement.
    ON_BW_CHECK = b"_onbwcheck";
    /// The end of the measurement.
    ON_BW_CHECK_DONE = b"_onbwdone";
    /// A command-level ping.
    PING = b"ping";
    /// The answer to [`PING`].
    PONG = b"pong";
    /// Sets a playlist.
    SET_PLAYLIST = b"set_playlist";
    /// The playlist is set.
    PLAYLIST_READY = b"playlist_ready";
    /// The answer to a SecureToken challenge.
    SECURE_TOKEN_RESPONSE = b"secureTokenResponse";
    /// Justin.tv's token authentication.
    USHER_TOKEN = b"NetStream.Authenticate.UsherToken";
    /// Metadata.
    ON_META_DATA = b"onMetaData";
    /// Asks the server to keep metadata for later players.
    SET_DATA_FRAME = b"@setDataFrame";
}
