//! What connecting is at, and what is logged when it fails there.

use crate::Error;
use crate::capi::reasons::server;
use crate::capi::types::RTMP;
use crate::session::feature;
use libc::c_int;

/// What connecting is at.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// The socket, of which the error says all.
    Socket,
    /// TLS, the tunnel, or both.
    Layers(c_int),
    /// The handshake.
    Handshake,
    /// The first message.
    Command,
}

impl Step {
    /// Its name and a colon, to stand before the error.
    fn name(self) -> &'static str {
        match self {
            Step::Socket => "",
            Step::Layers(protocol) => match (protocol & feature::SSL != 0, protocol & feature::HTTP != 0) {
                (true, false) => "TLS handshake: ",
                (false, true) => "opening the RTMPT tunnel: ",
                (true, true) => "TLS handshake and opening the RTMPT tunnel: ",
                (false, false) => "",
            },
            Step::Handshake => "RTMP handshake: ",
            Step::Command => "sending the connect command: ",
        }
    }

    /// What a server may be that says nothing at this step.
    fn of_silence(self) -> &'static str {
        match self {
            Step::Layers(protocol) if protocol & feature::SSL != 0 => "; it may not speak TLS on this port",
            Step::Layers(protocol) if protocol & feature::HTTP != 0 => "; it may not speak HTTP on this port",
            _ => "",
        }
    }

    /// Logs that the server cannot be reached, and why. An end that is the program's own will is no error.
    ///
    /// # Safety
    /// `r` points to an initialised `struct RTMP`, whose texts are good.
    pub(super) unsafe fn say_failed(self, r: *const RTMP, error: &Error, is_programs_own: bool) {
        if is_programs_own {
            return crate::debug!("closed by the program before it was connected: {error}");
        }
        // SAFETY: the caller's promise.
        let (server, seconds) = unsafe { (server(r), (*r).Link.timeout) };
        let server = server.map(|server| format!(" to {server}")).unwrap_or_default();
        match error {
            Error::Interrupted => crate::info!("interrupted by the program while connecting{server}"),
            Error::TimedOut => crate::error!(
                "cannot connect{server}: {}{error} after {seconds} s (option timeout){}",
                self.name(),
                self.of_silence()
            ),
            _ => crate::error!("cannot connect{server}: {}{error}", self.name()),
        }
    }
}
