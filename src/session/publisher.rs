//! `RTMP_Write`: the bytes of an FLV file as messages.
#![forbid(unsafe_code)]

use super::{Conversation, Host, PUBLISH_CHANNEL};
use crate::chunk::{Format, Outgoing};
use crate::flv::{SET_DATA_FRAME, Splitter};
use crate::message::MessageType;
use crate::{Error, Result, memory};

/// Cuts what the program writes into tags and sends each.
#[derive(Debug, Default)]
pub struct Publisher {
    splitter: Splitter,
}

impl Publisher {
    /// Takes FLV bytes in pieces of any size; returns how many were consumed: all, unless sending failed.
    pub fn write<H: Host + ?Sized>(&mut self, talk: &mut Conversation<'_, H>, bytes: &[u8]) -> Result<usize> {
        let (stream, chunk_size) = (talk.stream(), talk.out_chunk_size());
        let mut group = talk.sender.group(chunk_size)?;
        let taken = self.splitter.feed(bytes, |tag| {
            let prefixed = tag.prefix_set_data_frame.then(|| set_data_frame(tag.body)).transpose()?;
            let full = tag.kind == MessageType::DATA || tag.timestamp == 0;
            let message = Outgoing {
                channel: PUBLISH_CHANNEL,
                format: if full { Format::Full } else { Format::SameStream },
                timestamp: tag.timestamp,
                kind: tag.kind,
                stream,
                body: prefixed.as_deref().unwrap_or(tag.body),
            };
            group.send(&message, tag.is_last)
        });
        match group.finish() {
            Ok(()) => taken,
            Err(lost) => Err(first_error(taken, lost)),
        }
    }
}

/// What a write tells when its last bytes could not be sent: an error before that says more. After bytes that are no tag
/// the session would go on, which it cannot any more.
#[cold]
fn first_error(taken: Result<usize>, lost: Error) -> Error {
    match taken {
        Ok(_) | Err(Error::Usage(_)) => lost,
        Err(first) => first,
    }
}

/// Metadata as the server shall keep it for later players.
fn set_data_frame(body: &[u8]) -> Result<Vec<u8>> {
    let mut prefixed = SET_DATA_FRAME.to_vec();
    memory::append(&mut prefixed, body, "send metadata")?;
    Ok(prefixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Memory;
    use crate::session::{Message, Session, Settings};
    use crate::transport::{Interrupt, Socket, Stream};
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::time::Duration;

    /// A video tag.
    fn tag(length: usize) -> Vec<u8> {
        let size = (length as u32).to_be_bytes();
        let mut tag = vec![0; 11 + length + 4];
        tag[0] = 9;
        tag[1..4].copy_from_slice(&size[1..]);
        tag
    }

    fn session() -> (Session<Memory>, Settings, UnixStream) {
        let (ours, server) = UnixStream::pair().unwrap();
        let stream = Arc::new(Stream::Tcp(Socket::new(ours.into(), Interrupt(None))));
        (Session::new(stream, None), Settings::default(), server)
    }

    #[test]
    fn the_first_error_is_the_one_that_is_told() {
        let (session, mut settings, server) = session();
        std::thread::scope(|scope| {
            let write = scope.spawn(|| {
                let mut talk = Conversation { host: &mut settings, sender: &session.sender };
                Publisher::default().write(&mut talk, &tag(4 << 20))
            });
            // The write waits for room by now; the answer waits for the write.
            std::thread::sleep(Duration::from_millis(100));
            session.sender.answer(Message::default(), 128).unwrap();
            drop(server);
            let error = write.join().unwrap().unwrap_err();
            assert!(matches!(error, Error::Io("send", _)), "{error}");
        });
    }

    #[test]
    fn a_session_that_is_lost_is_worse_than_bytes_that_are_no_tag() {
        let (session, mut settings, server) = session();
        let mut talk = Conversation { host: &mut settings, sender: &session.sender };
        let bytes = [tag(10), vec![77; 11]].concat();
        let error = Publisher::default().write(&mut talk, &bytes).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
        drop(server);
        let error = Publisher::default().write(&mut talk, &bytes).unwrap_err();
        assert!(matches!(error, Error::Io("send", _)), "{error}");
    }
}
