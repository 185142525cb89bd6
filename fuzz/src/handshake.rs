//! The opening exchange against bytes of the fuzzer's, and against a real other half whose bytes it changes.

use crate::Bytes;
use rtmp::handshake::{BLOCK_SIZE, Client, Mode, Server};

/// Bytes changed in what the real other half says, at most.
const MAX_EDITS: usize = 16;

fn mode(choice: u8) -> Mode {
    match choice % 3 {
        0 => Mode::Plain,
        1 => Mode::Digest,
        _ => Mode::Encrypted,
    }
}

/// The first byte chooses the form and whether the rest is what the server says, or changes to what a real one says.
pub fn client(data: &[u8]) {
    let mut bytes = Bytes(data);
    let choice = bytes.u8();
    let (mut client, hello) = Client::start(mode(choice), 1000).expect("a client starts");
    assert_eq!(hello.len(), 1 + BLOCK_SIZE);
    let server_says = if choice & 0x80 == 0 { None } else { Some(Server::start(2000)) };
    let Some(mut server) = server_says else {
        while let Some(needed) = client.needs() {
            let block = bytes.take(needed);
            if block.len() < needed || client.advance(block).is_err() {
                return;
            }
        }
        drop(client.finish());
        return;
    };
    let mut to_server = hello;
    while let Some(needed) = client.needs() {
        let Some(said) = answers(&mut server, &mut to_server, needed) else { return };
        let mut said = said;
        edit(&mut bytes, &mut said);
        for block in blocks(&said) {
            match client.advance(block) {
                Ok(answer) => to_server.extend(answer),
                Err(_) => return,
            }
        }
    }
    drop(client.finish());
}

/// The first byte chooses the client's form and whether the rest is what the client says, or changes to what a real one
/// says.
pub fn server(data: &[u8]) {
    let mut bytes = Bytes(data);
    let choice = bytes.u8();
    let mut server = Server::start(2000);
    if choice & 0x80 == 0 {
        while let Some(needed) = server.needs() {
            let block = bytes.take(needed);
            if block.len() < needed || server.advance(block).is_err() {
                return;
            }
        }
        drop(server.finish());
        return;
    }
    let (mut client, mut said) = Client::start(mode(choice), 1000).expect("a client starts");
    edit(&mut bytes, &mut said);
    let mut to_client = Vec::new();
    loop {
        for block in blocks(&said) {
            match server.advance(block) {
                Ok(answer) => to_client.extend(answer),
                Err(_) => return,
            }
        }
        if server.needs().is_none() {
            break;
        }
        said.clear();
        while let Some(needed) = client.needs().filter(|needed| *needed <= to_client.len()) {
            let block: Vec<u8> = to_client.drain(..needed).collect();
            match client.advance(&block) {
                Ok(answer) => said.extend(answer),
                Err(_) => return,
            }
        }
        if said.is_empty() {
            return;
        }
        edit(&mut bytes, &mut said);
    }
    drop(server.finish());
}

/// What the server says, at least `needed` bytes, to what it has been told.
fn answers(server: &mut Server, told: &mut Vec<u8>, needed: usize) -> Option<Vec<u8>> {
    let mut said = Vec::new();
    while said.len() < needed {
        let count = server.needs().filter(|count| *count <= told.len())?;
        let block: Vec<u8> = told.drain(..count).collect();
        said.extend(server.advance(&block).ok()?);
    }
    Some(said)
}

/// The type byte, where it is there, and then whole blocks.
fn blocks(said: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (kind, rest) = said.split_at(said.len() % BLOCK_SIZE);
    Some(kind).filter(|kind| !kind.is_empty()).into_iter().chain(rest.chunks(BLOCK_SIZE))
}

/// Changes bytes: how many, then a place and what is changed for each.
fn edit(bytes: &mut Bytes<'_>, said: &mut [u8]) {
    let edits = usize::from(bytes.u8()) % (MAX_EDITS + 1);
    for _ in 0..edits {
        let (at, change) = (usize::from(bytes.u16()), bytes.u8());
        if let Some(byte) = said.get_mut(at) {
            *byte ^= change;
        }
    }
}
