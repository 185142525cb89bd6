//! `RTMP_Write`: the bytes of an FLV file as messages.
#![forbid(unsafe_code)]

use super::{Conversation, Host, PUBLISH_CHANNEL};
use crate::chunk::{Format, Outgoing};
use crate::flv::{SET_DATA_FRAME, Splitter};
use crate::message::MessageType;
use crate::{Result, memory};

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
        group.finish()?;
        taken
    }
}

/// Metadata as the server shall keep it for later players.
fn set_data_frame(body: &[u8]) -> Result<Vec<u8>> {
    let mut prefixed = SET_DATA_FRAME.to_vec();
    memory::append(&mut prefixed, body, "send metadata")?;
    Ok(prefixed)
}
