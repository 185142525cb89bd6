//! The client's half of the handshake against the server's, in memory: every form and type, a thousand times with fresh
//! keys, and with every byte corrupted.
#![forbid(unsafe_code)]

use rtmp::crypto::Rc4;
use rtmp::handshake::{
    BLOCK_SIZE, Client, Mode, Outcome, Server, TYPE_ENCRYPTED_BLOWFISH, TYPE_ENCRYPTED_XTEA, TYPE_PLAIN,
};

/// One exchange. What each end sends passes through `meddle`, with the name of the sender, before the other sees it.
fn exchange(
    mode: Mode,
    meddle: &mut dyn FnMut(&str, &mut [u8]),
) -> (rtmp::Result<Outcome>, rtmp::Result<Outcome>, Vec<u8>) {
    let (mut client, mut to_server) = Client::start(mode, 1000).expect("a client starts");
    let mut server = Server::start(2000);
    let mut server_said = Vec::new();
    meddle("client", &mut to_server);
    let mut to_client = Vec::new();
    let (mut client_error, mut server_error) = (None, None);
    loop {
        let before = (to_server.len(), to_client.len());
        if let Some(count) = server.needs().filter(|count| *count <= to_server.len()) {
            match server.advance(&to_server.drain(..count).collect::<Vec<_>>()) {
                Ok(mut said) => {
                    meddle("server", &mut said);
                    server_said.extend_from_slice(&said);
                    to_client.extend(said);
                }
                Err(error) => server_error = Some(error),
            }
        }
        if let Some(count) = client.needs().filter(|count| *count <= to_client.len()) {
            match client.advance(&to_client.drain(..count).collect::<Vec<_>>()) {
                Ok(mut said) => {
                    meddle("client", &mut said);
                    to_server.extend(said);
                }
                Err(error) => client_error = Some(error),
            }
        }
        if before == (to_server.len(), to_client.len()) {
            break;
        }
    }
    let unfinished = |needs: Option<usize>| {
        needs.map(|count| rtmp::Error::Protocol(format!("waits for {count} bytes that never come")))
    };
    let client_error = client_error.or(unfinished(client.needs()));
    let server_error = server_error.or(unfinished(server.needs()));
    (
        client_error.map_or_else(|| Ok(client.finish()), Err),
        server_error.map_or_else(|| Ok(server.finish()), Err),
        server_said,
    )
}

fn untouched(_: &str, _: &mut [u8]) {}

/// Changes the client's C0, so that it asks for a type (and with the version for the answer) it would not ask for.
fn asking_for(kind: u8) -> impl FnMut(&str, &mut [u8]) {
    move |sender, bytes| {
        if sender == "client" && bytes.len() == 1 + BLOCK_SIZE {
            bytes[0] = kind;
        }
    }
}

fn decrypts(from: &mut Rc4, to: &mut Rc4) {
    for text in [&b"connect"[..], b"", b"a longer text that goes on where the first one ended"] {
        let mut bytes = text.to_vec();
        from.apply(&mut bytes).unwrap();
        assert!(text.is_empty() || bytes != text, "nothing was encrypted");
        to.apply(&mut bytes).unwrap();
        assert_eq!(bytes, text);
    }
}

fn assert_encrypted(client: Outcome, server: Outcome) {
    assert!(client.digest && server.digest);
    let mut client = client.ciphers.expect("the client encrypts");
    let mut server = server.ciphers.expect("the server encrypts");
    decrypts(&mut client.outgoing, &mut server.incoming);
    decrypts(&mut server.outgoing, &mut client.incoming);
}

#[test]
fn simple_a_thousand_times() {
    for _ in 0..1000 {
        let (client, server, said) = exchange(Mode::Plain, &mut untouched);
        let (client, server) = (client.unwrap(), server.unwrap());
        assert!(!client.digest && !server.digest);
        assert!(client.ciphers.is_none() && server.ciphers.is_none());
        assert_eq!(said[0], TYPE_PLAIN);
        assert_eq!(&said[1..9], &[0, 0, 0x07, 0xd0, 0, 0, 0, 0]);
    }
}

#[test]
fn digest_a_thousand_times() {
    for _ in 0..1000 {
        let (client, server, said) = exchange(Mode::Digest, &mut untouched);
        let (client, server) = (client.unwrap(), server.unwrap());
        assert!(client.digest && server.digest);
        assert!(client.ciphers.is_none() && server.ciphers.is_none());
        assert_eq!(said[0], TYPE_PLAIN);
        assert_eq!(&said[5..9], &[3, 5, 1, 1]);
        assert_eq!(client.swf_key.unwrap(), said[1 + BLOCK_SIZE - 32..1 + BLOCK_SIZE]);
    }
}

/// Publishers made with ffmpeg give a digest in C1 and repeat S1 in place of a signature.
#[test]
fn a_digest_and_an_echo() {
    let (_, hello) = Client::start(Mode::Digest, 1000).unwrap();
    let mut server = Server::start(2000);
    server.advance(&hello[..1]).unwrap();
    let said = server.advance(&hello[1..]).unwrap();
    assert_eq!(server.advance(&said[1..1 + BLOCK_SIZE]).unwrap(), b"");
    assert_eq!(server.needs(), None);
    let outcome = server.finish();
    assert!(!outcome.digest && outcome.ciphers.is_none());
}

/// Type 6, which a client of version 128 asks for, is answered with type 8. A thousand agreements meet secrets that begin
/// with a zero about four times; `short_secrets_are_padded_on_the_left` beside the code forces one.
#[test]
fn encrypted_type_8_a_thousand_times() {
    for _ in 0..1000 {
        let (client, server, said) = exchange(Mode::Encrypted, &mut untouched);
        assert_eq!(said[0], TYPE_ENCRYPTED_XTEA);
        assert_encrypted(client.unwrap(), server.unwrap());
    }
}

#[test]
fn encrypted_type_9_a_thousand_times() {
    for _ in 0..1000 {
        let (client, server, said) = exchange(Mode::Encrypted, &mut asking_for(TYPE_ENCRYPTED_BLOWFISH));
        assert_eq!(said[0], TYPE_ENCRYPTED_BLOWFISH);
        assert_encrypted(client.unwrap(), server.unwrap());
    }
}

/// The handshake does not sign everything: what may change unnoticed is the type (when it stays one of the same family),
/// and whatever the simple form only warns about. Everything else is noticed by one end or the other.
#[test]
fn every_byte_corrupted_has_a_defined_outcome() {
    for position in 0..1 + BLOCK_SIZE {
        let corrupt = |sender: &'static str, size: usize| {
            move |who: &str, bytes: &mut [u8]| {
                if who == sender && bytes.len() == size && position < size {
                    let byte = &mut bytes[size - 1 - position];
                    *byte ^= 0x41;
                }
            }
        };
        let (client, server, _) = exchange(Mode::Digest, &mut corrupt("client", BLOCK_SIZE));
        assert!(client.is_ok());
        assert_eq!(server.is_err(), position < BLOCK_SIZE, "C2, {position} bytes from the end");
        for mode in [Mode::Plain, Mode::Digest] {
            let (client, server, _) = exchange(mode, &mut corrupt("client", 1 + BLOCK_SIZE));
            let in_digest_form = matches!((&client, &server), (Ok(a), Ok(b)) if a.digest && b.digest);
            assert!(!in_digest_form, "C1, {position} bytes from the end");
            let (client, _, _) = exchange(mode, &mut corrupt("server", 1 + 2 * BLOCK_SIZE));
            assert_eq!(client.is_err(), mode == Mode::Digest, "S1 or S2, {position} bytes from the end");
        }
    }
}

#[test]
fn an_encrypted_exchange_notices_corruption() {
    for position in (0..1 + BLOCK_SIZE).step_by(97) {
        let mut corrupt = |who: &str, bytes: &mut [u8]| {
            if who == "client" && bytes.len() == 1 + BLOCK_SIZE {
                bytes[position] ^= 0x41;
            }
        };
        let (client, server, _) = exchange(Mode::Encrypted, &mut corrupt);
        assert!(client.is_err() && server.is_err(), "byte {position}");
    }
}
