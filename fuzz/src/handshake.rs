//! The opening exchange against bytes of the fuzzer's, and against a real other half whose bytes it changes.

use crate::Bytes;
use rtmp::handshake::{BLOCK_SIZE, Client, Mode, Outcome, Server};

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
    let mode = mode(choice);
    let (client, hello) = Client::start(mode, 1000).expect("a client starts");
    assert_eq!(hello.len(), 1 + BLOCK_SIZE);
    if choice & 0x80 == 0 {
        client_hears(client, mode, bytes);
    } else {
        client_meets_server(client, mode, hello, bytes);
    }
}

/// A client hears the bytes.
fn client_hears(mut client: Client, mode: Mode, mut bytes: Bytes<'_>) {
    let mut said = 0;
    while let Some(needed) = client.needs() {
        assert!(needed <= 1 + BLOCK_SIZE, "more is waited for than a block");
        let block = bytes.take(needed);
        let Ok(answer) = client.advance(block) else { return over(client.needs()) };
        said += answer.len();
    }
    assert_eq!(said, BLOCK_SIZE, "C2 and nothing else answers S0, S1 and S2");
    let outcome = client.finish();
    assert!(outcome.ciphers.is_none() || mode == Mode::Encrypted, "encryption that was not asked for");
    assert!(outcome.ciphers.is_none() || outcome.digest, "encryption with a server that proved nothing");
}

/// A client hears a real server, with changes that the bytes say.
fn client_meets_server(mut client: Client, mode: Mode, hello: Vec<u8>, mut bytes: Bytes<'_>) {
    let mut server = Server::start(2000);
    let mut to_server = hello;
    let mut changed = false;
    while let Some(needed) = client.needs() {
        let Some(mut said) = answers(&mut server, &mut to_server, needed) else {
            assert!(changed, "a real client is refused");
            return;
        };
        changed |= edit(&mut bytes, &mut said);
        for block in blocks(&said) {
            match client.advance(block) {
                Ok(answer) => to_server.extend(answer),
                Err(error) => {
                    assert!(changed, "a real server is refused: {error}");
                    return over(client.needs());
                }
            }
        }
    }
    if !changed {
        while let Some(count) = server.needs().filter(|count| *count <= to_server.len()) {
            let block: Vec<u8> = to_server.drain(..count).collect();
            server.advance(&block).expect("a real client is accepted");
        }
        assert_eq!((server.needs(), to_server.len()), (None, 0), "both halves are through");
        agree(mode, client.finish(), server.finish());
    }
}

/// The first byte chooses the client's form and whether the rest is what the client says, or changes to what a real one
/// says.
pub fn server(data: &[u8]) {
    let mut bytes = Bytes(data);
    let choice = bytes.u8();
    if choice & 0x80 == 0 {
        server_hears(Server::start(2000), bytes);
    } else {
        server_meets_client(Server::start(2000), mode(choice), bytes);
    }
}

/// A server hears the bytes.
fn server_hears(mut server: Server, mut bytes: Bytes<'_>) {
    let mut said = 0;
    while let Some(needed) = server.needs() {
        assert!(needed <= 1 + BLOCK_SIZE, "more is waited for than a block");
        let block = bytes.take(needed);
        let Ok(answer) = server.advance(block) else { return over(server.needs()) };
        said += answer.len();
    }
    assert_eq!(said, 1 + 2 * BLOCK_SIZE, "S0, S1 and S2 and nothing else");
    drop(server.finish());
}

/// A server hears a real client, with changes that the bytes say.
fn server_meets_client(mut server: Server, mode: Mode, mut bytes: Bytes<'_>) {
    let (mut client, mut said) = Client::start(mode, 1000).expect("a client starts");
    let mut changed = edit(&mut bytes, &mut said);
    let mut to_client = Vec::new();
    loop {
        for block in blocks(&said) {
            match server.advance(block) {
                Ok(answer) => to_client.extend(answer),
                Err(error) => {
                    assert!(changed, "a real client is refused: {error}");
                    return over(server.needs());
                }
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
                Err(error) => {
                    assert!(changed, "a real server is refused: {error}");
                    return over(client.needs());
                }
            }
        }
        if said.is_empty() {
            assert!(changed, "neither half goes on");
            return;
        }
        changed |= edit(&mut bytes, &mut said);
    }
    if !changed {
        agree(mode, client.finish(), server.finish());
    }
}

/// After an error nothing more is waited for.
fn over(needs: Option<usize>) {
    assert_eq!(needs, None, "a handshake that failed goes on");
}

/// Both halves of an unchanged handshake found the same.
fn agree(mode: Mode, client: Outcome, server: Outcome) {
    let signed = mode != Mode::Plain;
    assert_eq!((client.digest, server.digest), (signed, signed), "digests");
    assert_eq!(client.ciphers.is_some(), mode == Mode::Encrypted, "the client encrypts");
    assert_eq!(server.ciphers.is_some(), mode == Mode::Encrypted, "the server encrypts");
    if let (Some(mut client), Some(mut server)) = (client.ciphers, server.ciphers) {
        for (from, to) in
            [(&mut client.outgoing, &mut server.incoming), (&mut server.outgoing, &mut client.incoming)]
        {
            let mut text = *b"what is said";
            from.apply(&mut text).expect("a stream cipher");
            assert_ne!(text, *b"what is said", "nothing is encrypted");
            to.apply(&mut text).expect("a stream cipher");
            assert_eq!(text, *b"what is said", "the keys differ");
        }
    }
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

/// Changes bytes: how many, then a place and what is changed for each. Says whether anything is other than before.
fn edit(bytes: &mut Bytes<'_>, said: &mut [u8]) -> bool {
    let before = said.to_vec();
    let edits = usize::from(bytes.u8()) % (MAX_EDITS + 1);
    for _ in 0..edits {
        let (at, change) = (usize::from(bytes.u16()), bytes.u8());
        if let Some(byte) = said.get_mut(at) {
            *byte ^= change;
        }
    }
    before != *said
}
