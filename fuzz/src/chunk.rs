//! Chunks from a peer, read whole and in pieces: the messages are the same, and no longer than their headers say.

use crate::Bytes;
use crate::peer::Script;
use rtmp::Error;
use rtmp::chunk::{Body, Memory, MessageHeader, Reader};

/// A message as it came out.
type Message = (MessageHeader, Vec<u8>);

/// The first bytes choose the chunk size, the pieces and the memory lent; the rest is what the peer sends.
pub fn chunk(data: &[u8]) {
    let mut bytes = Bytes(data);
    let chunk_size = u32::from(bytes.u16()).max(1);
    let piece = bytes.u8();
    let lent = usize::from(bytes.u16());
    let stream = bytes.0;
    let whole = by_chunk(stream, chunk_size, 0);
    assert_eq!(whole, by_chunk(stream, chunk_size, piece), "pieces change what is read");
    assert_eq!(whole, by_message(stream, chunk_size, piece, lent), "lent memory changes what is read");
}

fn by_chunk(stream: &[u8], chunk_size: u32, piece: u8) -> Vec<Message> {
    let mut peer = Script::new(stream, piece);
    let mut reader = Reader::<Memory>::default();
    let mut messages = Vec::new();
    loop {
        match reader.read_chunk(&mut peer, chunk_size, true) {
            Ok(chunk) => {
                assert!(reader.last_chunk().part.len() <= chunk_size as usize, "a chunk beyond its size");
                assert!(chunk.received <= chunk.header.length, "more body than announced");
                if let Some(body) = chunk.message {
                    messages.push(complete(chunk.header, body.as_slice()));
                }
            }
            Err(Error::TimedOut) => {}
            Err(_) => break,
        }
    }
    messages
}

fn by_message(stream: &[u8], chunk_size: u32, piece: u8, lent: usize) -> Vec<Message> {
    let mut peer = Script::new(stream, piece);
    let mut reader = Reader::<Memory>::default();
    let mut memory = vec![0; lent];
    let mut messages = Vec::new();
    loop {
        match reader.read_message(&mut peer, chunk_size, &mut memory) {
            Ok(message) => {
                let body = message.body.as_ref().map_or(&memory[..], Body::as_slice);
                messages.push(complete(message.header, &body[..message.header.length as usize]));
            }
            Err(Error::TimedOut) => {}
            Err(_) => break,
        }
    }
    messages
}

fn complete(header: MessageHeader, body: &[u8]) -> Message {
    assert_eq!(body.len(), header.length as usize, "a complete message has all of its body");
    (header, body.to_vec())
}
