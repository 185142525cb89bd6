//! What a sending call hears of its server: a program that only publishes never reads.

use crate::capi::call::InUse;
use crate::session::Event;
use crate::transport::Portion;
use crate::{Error, Result};
use std::sync::atomic::Ordering;

/// How much of what the server says is heard at a time: one that never stops must not keep a writing call.
const LISTENED_TO: usize = 64 << 10;
/// How much is heard to find out why sending failed: more than a socket holds.
const LAST_WORDS: usize = 8 << 20;

/// Hears what the server has to say, without waiting, unless that was done a moment ago or somebody else reads.
pub(super) fn listen_when_due(call: &InUse) -> Result<()> {
    if call.program_reads.load(Ordering::Relaxed) || !call.listening_is_due() {
        return Ok(());
    }
    listen(call, LISTENED_TO)
}

fn listen(call: &InUse, most: usize) -> Result<()> {
    match call.read_aside(|talk, reading, input| reading.listen(talk, &mut Portion::of(input, most))) {
        None | Some(Ok(Event::Handled | Event::Media)) => Ok(()),
        Some(Ok(Event::Ended | Event::Closed | Event::Reconnect)) => {
            Err(Error::Refused("the server ended the stream that is being published".into()))
        }
        // A reader hears of an end by its return value; a publisher would be left with nothing but a failed write.
        Some(Err(Error::Closed)) => {
            Err(Error::Refused("the connection was closed while the stream was being published".into()))
        }
        Some(Err(error)) => Err(error),
    }
}

/// Why sending failed: the server's own words, when it said any before it left.
pub(super) fn reason(call: &InUse, error: Error) -> Error {
    if matches!(error, Error::Usage(_) | Error::Refused(_)) || call.program_reads.load(Ordering::Relaxed) {
        return error;
    }
    match listen(call, LAST_WORDS) {
        Err(said @ Error::Refused(_)) => said,
        _ => error,
    }
}
