//! The bits and values of the public scalars.
#![forbid(unsafe_code)]

/// Bits of `Link.protocol`.
pub mod feature {
    /// Tunnelled in HTTP.
    pub const HTTP: i32 = 0x01;
    /// RTMPE.
    pub const ENC: i32 = 0x02;
    /// TLS.
    pub const SSL: i32 = 0x04;
    /// RTMFP, which nobody supports.
    pub const MFP: i32 = 0x08;
    /// Publishing.
    pub const WRITE: i32 = 0x10;
}

/// Bits of `Link.lFlags`.
pub mod link_flag {
    /// The `auth` string is sent.
    pub const AUTH: i32 = 0x01;
    /// The stream is live.
    pub const LIVE: i32 = 0x02;
    /// The SWF is to be verified.
    pub const SWFV: i32 = 0x04;
    /// A playlist is sent before play.
    pub const PLST: i32 = 0x08;
    /// The stream is toggled when the server's buffer is empty.
    pub const BUFX: i32 = 0x10;
    /// `tcUrl` is the library's to free.
    pub const FTCU: i32 = 0x20;
    /// `app` is the library's to free.
    pub const FAPU: i32 = 0x40;
}

/// Bits of `m_read.flags`.
pub mod read_flag {
    /// The FLV header is out.
    pub const HEADER: u8 = 0x01;
    /// The stream is resumed.
    pub const RESUME: u8 = 0x02;
    /// Resume: no more frames at time 0 are skipped.
    pub const NO_IGNORE: u8 = 0x04;
    /// Resume: the frame was found.
    pub const GOT_KF: u8 = 0x08;
    /// Resume: the frame was found inside an aggregate.
    pub const GOT_FLV_K: u8 = 0x10;
    /// A seek is under way.
    pub const SEEKING: u8 = 0x20;
}

/// Values of `m_pausing`: how far a pause has come.
pub mod pausing {
    /// The stream plays.
    pub const NONE: i32 = 0;
    /// The server was asked to pause.
    pub const ASKED: i32 = 1;
    /// The same, and the server has sent all that its stream holds.
    pub const AT_END: i32 = 2;
    /// The server was asked to go on; what was already played is dropped until newer media comes.
    pub const RESUMING: i32 = 3;
}

/// Values of `m_read.status`.
pub mod read_status {
    /// The play ended.
    pub const COMPLETE: i8 = -3;
    /// The stream is corrupt, or a resume failed.
    pub const ERROR: i8 = -2;
    /// The connection is gone.
    pub const EOF: i8 = -1;
    /// All is well.
    pub const OK: i8 = 0;
}
