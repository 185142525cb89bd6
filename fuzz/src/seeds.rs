//! Writes the committed seeds: small inputs that reach deep, made with the library's own encoders.
//!
//! `seeds DIRECTORY` writes `DIRECTORY/TARGET/NAME`.

use rtmp::amf::Encoder;
use rtmp::chunk::{Format, Outgoing, Writer};
use rtmp::flv;
use rtmp::message::MessageType;
use std::path::PathBuf;

type Seeds = Vec<(&'static str, &'static str, Vec<u8>)>;

fn main() {
    let Some(directory) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: seeds DIRECTORY");
        std::process::exit(2);
    };
    for (target, name, bytes) in all() {
        let place = directory.join(target);
        std::fs::create_dir_all(&place).expect("the directory can be made");
        std::fs::write(place.join(name), bytes).expect("the seed can be written");
    }
}

fn all() -> Seeds {
    let mut seeds = Vec::new();
    amf(&mut seeds);
    sessions(&mut seeds);
    handshakes(&mut seeds);
    texts(&mut seeds);
    files(&mut seeds);
    http(&mut seeds);
    capi(&mut seeds);
    seeds
}

fn status(code: &[u8]) -> Vec<u8> {
    Encoder::new()
        .string(b"onStatus")
        .number(0.0)
        .null()
        .object(|info| {
            info.string(b"level", b"status").string(b"code", code).string(b"description", b"it is so");
        })
        .finish()
}

fn metadata() -> Vec<u8> {
    Encoder::new()
        .string(b"onMetaData")
        .ecma_array(3, |data| {
            data.number(b"duration", 8.0).number(b"videocodecid", 7.0).boolean(b"stereo", true);
        })
        .finish()
}

fn result(transaction: f64, value: f64) -> Vec<u8> {
    Encoder::new().string(b"_result").number(transaction).null().number(value).finish()
}

fn command(name: &[u8]) -> Vec<u8> {
    Encoder::new().string(name).number(0.0).null().number(1.0).finish()
}

fn connected() -> Vec<u8> {
    Encoder::new()
        .string(b"_result")
        .number(1.0)
        .object(|server| {
            server.string(b"fmsVer", b"FMS/3,0,1,123").number(b"capabilities", 31.0);
        })
        .object(|info| {
            info.string(b"code", b"NetConnection.Connect.Success")
                .string(b"secureToken", b"0123456789abcdef0123456789abcdef");
        })
        .finish()
}

fn refused() -> Vec<u8> {
    Encoder::new()
        .string(b"_error")
        .number(1.0)
        .null()
        .object(|info| {
            info.string(b"code", b"NetConnection.Connect.Rejected").string(
                b"description",
                b"[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=u&salt=s&challenge=c&opaque=o",
            );
        })
        .finish()
}

fn amf(seeds: &mut Seeds) {
    seeds.push(("amf0", "metadata", metadata()));
    seeds.push(("amf0", "status", status(b"NetStream.Play.Start")));
    seeds.push(("amf0", "connected", connected()));
    seeds.push((
        "amf0",
        "types",
        [
            &b"\x0a\0\0\0\x02\x05\x06\x0b\x40\x09\0\0\0\0\0\0\0\x3c\x0c\0\0\0\x02ab\x0f\0\0\0\x03<a>"[..],
            b"\x10\0\x05Class\0\x01k\x07\0\x01\0\0\x09\x11\x0a\x0b\x01\x03k\x04\x05\x01",
        ]
        .concat(),
    ));
    seeds.push(("amf0", "nested", [b"\x03\0\x01a".repeat(20), b"\0\0\x09".repeat(20)].concat()));
    seeds.push((
        "amf3",
        "values",
        b"\x00\x01\x02\x03\x04\xff\xff\xff\xff\x05\x40\x09\0\0\0\0\0\0\x06\x07abc\x08\x01\x40\x09\0\0\0\0\0\0\x0c\x05ab".to_vec(),
    ));
    seeds.push((
        "amf3",
        "object",
        b"\x0a\x33\x05Cl\x03a\x03b\x03c\x04\x01\x03\x02\x03d\x06\x03x\x01".to_vec(),
    ));
    seeds.push(("amf3", "dynamic", b"\x0a\x0b\x01\x03k\x04\x05\x03o\x0a\x0b\x01\x01\x01".to_vec()));
    seeds.push(("amf3", "external", b"\x0a\x07\x05Ex\x04\x05".to_vec()));
}

/// Messages as a server sends them.
struct Server {
    writer: Writer,
    bytes: Vec<u8>,
}

impl Server {
    fn new() -> Self {
        Self { writer: Writer::default(), bytes: Vec::new() }
    }

    fn say(mut self, channel: u32, kind: MessageType, timestamp: u32, body: &[u8]) -> Self {
        let message = Outgoing { channel, format: Format::SameStream, timestamp, kind, stream: 1, body };
        self.writer
            .write(&message, 128, |slices| {
                slices.iter().for_each(|slice| self.bytes.extend_from_slice(slice));
                Ok(())
            })
            .expect("a good message");
        self
    }

    fn command(self, body: &[u8]) -> Self {
        self.say(3, MessageType::COMMAND, 0, body)
    }

    fn opening(self) -> Self {
        self.say(2, MessageType::WINDOW_ACK_SIZE, 0, &2_500_000_u32.to_be_bytes())
            .say(2, MessageType::SET_PEER_BANDWIDTH, 0, b"\0\x26\x25\xa0\x02")
            .say(2, MessageType::USER_CONTROL, 0, b"\0\0\0\0\0\0")
            .command(&connected())
            .command(&command(b"onBWDone"))
            .command(&result(2.0, 1.0))
    }

    fn media(self) -> Self {
        let aggregate = [
            &flv::tag_header(MessageType::AUDIO, 3, 90)[..],
            b"\xaf\x01a",
            &flv::previous_tag_size(3),
            &flv::tag_header(MessageType::VIDEO, 6, 95),
            b"\x17\x01\0\0\0v",
            &flv::previous_tag_size(6),
        ]
        .concat();
        self.say(5, MessageType::DATA, 0, &metadata())
            .say(6, MessageType::VIDEO, 0, b"\x17\0\0\0\0config")
            .say(4, MessageType::AUDIO, 0, b"\xaf\0config")
            .say(6, MessageType::VIDEO, 40, b"\x17\x01\0\0\0frame")
            .say(6, MessageType::VIDEO, 80, &[0x27; 300])
            .say(4, MessageType::AUDIO, 0x0100_0000, b"\xaf\x01audio")
            .say(7, MessageType::AGGREGATE, 0x0100_0010, &aggregate)
    }

    fn play(self) -> Self {
        self.opening()
            .say(2, MessageType::USER_CONTROL, 0, b"\0\x04\0\0\0\x01")
            .command(&status(b"NetStream.Play.Reset"))
            .command(&status(b"NetStream.Play.Start"))
            .media()
            .say(2, MessageType::USER_CONTROL, 0, b"\0\x06\0\0\x12\x34")
            .command(&command(b"ping"))
            .command(&status(b"NetStream.Pause.Notify"))
            .command(&status(b"NetStream.Play.Complete"))
    }

    fn publish(self) -> Self {
        self.opening()
            .command(&status(b"NetStream.Publish.Start"))
            .say(2, MessageType::USER_CONTROL, 0, b"\0\x1a\0\0\x01")
            .say(2, MessageType::SET_CHUNK_SIZE, 0, &64_u32.to_be_bytes())
            .command(&status(b"NetStream.Publish.BadName"))
    }

    fn refuse(self) -> Self {
        self.command(&refused()).command(&command(b"close"))
    }
}

fn sessions(seeds: &mut Seeds) {
    let play = Server::new().play().bytes;
    let publish = Server::new().publish().bytes;
    let refuse = Server::new().refuse().bytes;
    let media = Server::new().media().bytes;
    for (name, head) in
        [("whole", [0, 128, 0, 0, 0]), ("pieces", [0, 128, 7, 1, 0]), ("small", [0, 1, 3, 0, 16])]
    {
        seeds.push(("chunk", name, [&head[..], &media].concat()));
    }
    let extended = b"\0\x80\0\0\x20\x06\xff\xff\xff\0\0\xc8\x09\x01\0\0\0\x01\0\0\0".to_vec();
    let body =
        [&[1; 128][..], b"\xc6\x01\0\0\0", &[2; 72], b"\x02\0\0\0\0\0\x04\x02\0\0\0\0\0\0\0\x06"].concat();
    seeds.push(("chunk", "extended", [extended, body].concat()));
    seeds.push((
        "chunk",
        "channels",
        b"\0\x80\x05\0\0\0\x05\0\0\0\0\0\x01\x08\0\0\0\0a\x01\x05\x01\0\0\0\0\0\x01\x08\0\0\0\0b".to_vec(),
    ));
    for (name, choice, flags, piece, room) in [
        ("play", 0, 0, 0, 4096_u16),
        ("play-pieces", 0, 1, 5, 40),
        ("play-resumed", 0, 0x10, 0, 512),
        ("play-paused", 0, 0x66, 2, 4096),
        ("media", 0x31, 3, 0, 4096),
        ("chunks", 6, 0, 9, 1),
        ("amf3", 8, 0, 0, 300),
    ] {
        let [high, low] = room.to_be_bytes();
        seeds.push(("session", name, [&[choice, flags, piece, high, low], play.as_slice()].concat()));
    }
    seeds.push(("session", "publish", [&[3, 0, 0, 0, 1], publish.as_slice()].concat()));
    seeds.push(("session", "publish-pieces", [&[3, 0x40, 3, 0, 1], publish.as_slice()].concat()));
    seeds.push(("session", "refused", [&[3, 0, 0, 0, 1], refuse.as_slice()].concat()));
    seeds.push(("session", "refused-play", [&[0, 0, 0, 1, 0], refuse.as_slice()].concat()));
}

fn handshakes(seeds: &mut Seeds) {
    let zeros = vec![0; 1 + 2 * 1536];
    for (name, choice, kind) in
        [("plain", 0, 3), ("digest", 1, 3), ("encrypted", 2, 6), ("xtea", 2, 8), ("blowfish", 2, 9)]
    {
        let mut said = zeros.clone();
        said[0] = kind;
        seeds.push(("handshake_client", name, [&[choice], said.as_slice()].concat()));
        said[5] = if kind == 3 { choice * 9 } else { 128 };
        seeds.push(("handshake_server", name, [&[choice], said.as_slice()].concat()));
    }
    for (name, choice) in [("real-plain", 0x80 + 1), ("real-digest", 0x80 + 2), ("real-encrypted", 0x80)] {
        // 0x80 % 3 is 2, so these are the forms in their order.
        for target in ["handshake_client", "handshake_server"] {
            seeds.push((target, name, vec![choice, 0, 0, 0, 0]));
        }
    }
    seeds.push(("handshake_client", "changed", vec![0x80, 2, 0, 9, 1, 3, 0, 0xff, 1, 0, 1, 1]));
    seeds.push(("handshake_server", "changed", vec![0x80, 1, 0, 0, 0x0e, 1, 5, 0xff, 0x80]));
}

fn texts(seeds: &mut Seeds) {
    let urls: [(&str, &[u8]); 12] = [
        ("plain", b"rtmp://example.com/app/stream"),
        ("port", b"RTMPTE://host:8080/a/b/c/d/e.mp4?q=/1/2"),
        ("brackets", b"rtmp://[fe80::1%25eth0]:1935/ondemand/x.f4v"),
        ("user", b"rtmps://user:pa%20ss@host/live/key?token=a/b"),
        ("slist", b"rtmp://h/app?slist=a/b.mp3&x=y"),
        ("escapes", b"rtmp://h/a/%41%zz%4"),
        ("options", b"rtmp://h/a/b live=1 playpath=x\\20y\\5c  conn=O:1 conn=NN:a:1.5 conn=O:0 chunk=4096"),
        (
            "options-new",
            b"rtmp://h/a tlsVerify=no bind=::1 tlsCaFile=x socks=socks5h://u:p@h:1 swfAge=0x10 timeout=-1",
        ),
        ("conn", b"B:1\nN:1e300\nS:text\nZ:\nO:1\nNB:x:0\nNS:a:b\nNO:o:1\nO:0\nO:0"),
        ("socks", b"socks4a://proxy:99999"),
        ("http-proxy", b"http://user:pass@[::1]:3128"),
        ("number", b"-0x7fffffffffffffff1"),
    ];
    for (name, text) in urls {
        seeds.push(("url", name, text.to_vec()));
    }
    let entry = "url: http://example.com/player.swf\nctim: Mon, 23 Nov 2026 23:54:27 GMT\ndate: Wed, 21 Oct 2015 07:28:00 GMT\nsize: 0000000d\nhash: 76bbded2c29c57d9c43da8e857969545f6567bed187287c8bf9b755de5b78758\n";
    let other = entry.replace("example.com/player.swf", "other/");
    seeds.push(("swf_cache", "one", entry.into()));
    seeds.push(("swf_cache", "two", format!("# a comment\n{other}{entry}").into()));
    seeds.push(("swf_cache", "windows", format!("{entry}{other}").replace('\n', "\r\n").into()));
    seeds.push(("swf_cache", "damaged", format!("{}{other}", entry.replace("hash: 76", "hash: +6")).into()));
    seeds.push(("swf_cache", "empty", Vec::new()));
}

fn files(seeds: &mut Seeds) {
    let tag = |kind, time, body: &[u8]| {
        let length = body.len() as u32;
        [&flv::tag_header(kind, length, time)[..], body, &flv::previous_tag_size(length)].concat()
    };
    let film = [
        flv::file_header(5).to_vec(),
        tag(MessageType::DATA, 0, &metadata()),
        tag(MessageType::VIDEO, 0, b"\x17\0\0\0\0config"),
        tag(MessageType::AUDIO, 0x0123_4567, b"\xaf\x01audio"),
        tag(MessageType::VIDEO, 40, b"\x90hvc1x"),
    ]
    .concat();
    for (name, piece) in [("whole", 0), ("single", 1), ("sevens", 7)] {
        seeds.push(("flv", name, [&[piece], film.as_slice()].concat()));
    }
    seeds.push(("flv", "no-header", [&[0], &film[13..]].concat()));
    seeds.push((
        "flv",
        "prefixed",
        [&[3][..], &tag(MessageType::DATA, 0, b"\x02\0\x0d@setDataFrame\x02\0\x0aonMetaData")].concat(),
    ));
    seeds.push(("swf", "plain", b"\0FWS\x0a\x10\0\0\0abcdefgh".to_vec()));
    // zlib.compress(b"abcdefgh") of Python.
    let packed = b"\x78\x9c\x4b\x4c\x4a\x4e\x49\x4d\x4b\xcf\x00\x00\x0e\x00\x03\x25";
    seeds.push(("swf", "zlib", [&b"\0CWS\x0a\x10\0\0\0"[..], packed].concat()));
    seeds.push(("swf", "zlib-pieces", [&b"\x03CWS\x0a\x10\0\0\0"[..], packed].concat()));
    // lzma.compress(b"abcdefgh", lzma.FORMAT_ALONE) of Python, without the size.
    let lzma =
        b"\x5d\x00\x00\x80\x00\x00\x30\x98\x88\x98\x3e\xcb\xe2\x6f\x38\x81\xb9\x90\xff\xfd\x00\x10\x00";
    seeds.push(("swf", "lzma", [&b"\0ZWS\x0a\x10\0\0\0\x13\0\0\0"[..], lzma].concat()));
    seeds.push(("swf", "short", b"\x01CW".to_vec()));
}

fn http(seeds: &mut Seeds) {
    let answers: [(&str, &[u8]); 5] = [
        ("length", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\nhello"),
        ("redirect", b"HTTP/1.0 302 Found\nLocation: ../x?y#z\n\n"),
        ("chunked", b"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"),
        ("url", b"https://user@example.com:8443/a%20b/../c?d#e"),
        ("address", b"http://[::1]:80"),
    ];
    for (name, bytes) in answers {
        seeds.push(("http", name, [b"\0", bytes].concat()));
    }
    seeds.push(("http", "chunked-pieces", [&b"\x03"[..], answers[2].1].concat()));
    let open: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n1234\n";
    let forms: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x01abc\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\x05\r\n3\r\ndef\r\n0\r\n\r\n\
        HTTP/1.0 200 OK\r\n\r\n\x09until the end";
    let early = (open.len() as u16).to_be_bytes();
    seeds.push(("rtmpt", "forms", [&early[..], open, forms].concat()));
    seeds.push(("rtmpt", "early", [&[0xff, 0xff], open, forms].concat()));
    seeds.push(("rtmpt", "refused", [&early[..], open, b"HTTP/1.1 404 Not Found\r\n\r\n"].concat()));
    seeds.push(("rtmpt", "not-http", b"\0\x09\x03\0\0\0\r\n\r\n".to_vec()));
}

/// A text of the C program's.
fn text(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    let head =
        if length < 0xf0 { vec![length as u8] } else { vec![0xf0 | (length >> 8) as u8, length as u8] };
    [head, bytes.to_vec()].concat()
}

fn capi(seeds: &mut Seeds) {
    let mut seed = |name, parts: &[&[u8]]| seeds.push(("capi", name, parts.concat()));
    let play = text(&Server::new().play().bytes);
    let publish = text(&Server::new().publish().bytes);
    let url = text(b"rtmp://h/app/stream live=1 conn=S:x buffer=10");
    let reads = b"\x11\x60".repeat(12);
    seed("play", &[&[1, 0], &url, &[8], &play, &[11, 0], &reads, &[39]]);
    seed("play-packets", &[&[0, 0], &url, &[6], &play, &b"\x0d\x0f".repeat(20)]);
    seed("media", &[&[0, 0], &url, &[8], &play, &[16; 12], &[30, 1, 5, 0, 31, 9, 33]]);
    let tag = [&flv::tag_header(MessageType::AUDIO, 7, 0)[..], b"\xaf\x01audio", &flv::previous_tag_size(7)]
        .concat();
    let film = [&flv::file_header(4)[..], &tag].concat();
    seed(
        "publish",
        &[&[1, 0], &url, &[37, 8], &publish, &[11, 0, 19], &text(&film), &[20], &text(&tag), &[39]],
    );
    let packet = [text(&[7; 40]), vec![1, 9, 4, 40, 1]].concat();
    seed("packets", &[&[1, 6], &publish, &[25, 1, 16, 21], &packet, &[1, 25, 1, 0x85, 22], &packet, &[0]]);
    let met = [text(&status(b"NetStream.Play.Stop")), vec![0, 20, 3, 0, 1]].concat();
    seed("met", &[&[1, 6, 0, 23], &met, &[24], &text(&refused()), &[0, 20, 3, 0, 1]]);
    seed(
        "amf",
        &[
            &[1, 3, 1, 5],
            &text(&metadata()[13..]),
            &text(b"duration"),
            &[100, 3, 0, 3],
            &text(&connected()),
            &[0],
            &[5, 9],
        ],
    );
    seed("amf3", &[&[1, 4, 1, 5], &text(b"\x0a\x0b\x01\x03k\x04\x05\x01"), &text(b"k"), &[200, 0]]);
    seed(
        "texts",
        &[
            &[1, 2],
            &text(b"rtmp://h:1/a/b.mp4"),
            &text(b"c.flv?d"),
            &[1],
            &text(b"live"),
            &text(b"yes"),
            &[26],
            &text(&[9; 40]),
        ],
    );
    seed("serve", &[&[1, 10], &text(&[3; 1600]), &[13, 29, 3, 1, 2, 34, 35, 5, 32, 36, 0]]);
    seed(
        "stream",
        &[
            &[1, 28],
            &text(b"p"),
            &text(b"t"),
            &text(b"a"),
            &text(b"x"),
            &[0, 0, 0, 0, 1, 0, 0, 8],
            &play,
            &[11, 5, 12, 0],
        ],
    );
}
