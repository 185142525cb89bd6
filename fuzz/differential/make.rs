//! Requests: mostly well-formed, then changed a little.

use rtmp_fuzz::Random;

/// What a worker is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its place in [`OPERATIONS`].
    pub(crate) operation: usize,
    /// Named or not, how many, how much room: as `worker.c` reads it.
    pub(crate) choice: u8,
    /// The input.
    pub(crate) bytes: Vec<u8>,
}

/// An operation of `worker.c`.
pub(crate) struct Operation {
    /// Its name.
    pub(crate) name: &'static str,
    make: fn(&mut Random) -> Vec<u8>,
}

/// In the order of `worker.c`.
pub(crate) const OPERATIONS: [Operation; 12] = [
    Operation { name: "AMF_Decode, AMF_Dump, AMF_Encode", make: amf0_properties },
    Operation { name: "AMF3_Decode, AMF_Dump", make: amf3_object },
    Operation { name: "AMFProp_Decode", make: amf0_properties },
    Operation { name: "AMF3Prop_Decode", make: amf3_property },
    Operation { name: "AMF_DecodeArray", make: amf0_properties },
    Operation { name: "scalars", make: noise },
    Operation { name: "RTMP_ParseURL", make: url },
    Operation { name: "RTMP_ParsePlaypath", make: path },
    Operation { name: "RTMP_LogHex", make: noise },
    Operation { name: "RTMP_LogHexString", make: noise },
    Operation { name: "RTMPPacket_Dump", make: noise },
    Operation { name: "AMF_EncodeString and the like", make: text_or_number },
];

/// How deep made-up values nest.
const DEPTH: usize = 4;

/// The next request.
pub(crate) fn request(random: &mut Random) -> Request {
    let operation = random.below(OPERATIONS.len());
    let mut bytes = (OPERATIONS[operation].make)(random);
    if random.below(2) == 0 {
        for _ in 0..1 + random.below(3) {
            change(random, &mut bytes);
        }
    }
    if operation == 6 {
        bytes.retain(|byte| *byte != 0);
    }
    let choice = if operation == 4 { random.below(12) } else { random.below(128) } as u8;
    Request { operation, choice, bytes }
}

fn change(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    match random.below(5) {
        0 => bytes.truncate(at),
        1 if at < bytes.len() => drop(bytes.remove(at)),
        2 => bytes.insert(at, random.number() as u8),
        3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        _ if at < bytes.len() => bytes[at] = *random.pick(&[0, 1, 2, 3, 9, 0x0a, 0x7f, 0x80, 0xff]),
        _ => {}
    }
}

fn noise(random: &mut Random) -> Vec<u8> {
    let length = random.below(*random.clone().pick(&[4, 20, 40, 300]));
    (0..length).map(|_| random.number() as u8).collect()
}

fn number(random: &mut Random) -> [u8; 8] {
    let bits = match random.below(4) {
        0 => random.number(),
        1 => (random.below(1000) as f64 / 8.0).to_bits(),
        2 => (-(random.below(1 << 30) as f64)).to_bits(),
        _ => random.pick(&[0.0, -0.0, 1e300, f64::INFINITY, f64::NAN]).to_bits(),
    };
    bits.to_be_bytes()
}

fn word(random: &mut Random) -> Vec<u8> {
    let words: [&[u8]; 8] = [
        b"",
        b"a",
        b"code",
        b"NetStream.Play.Start",
        b"x%s%n",
        b"\xff\xfe",
        b"twenty-two characters.",
        b"redirect",
    ];
    match random.below(8) {
        0 => noise(random),
        _ => random.pick(&words).to_vec(),
    }
}

fn text_or_number(random: &mut Random) -> Vec<u8> {
    if random.below(2) == 0 { number(random).to_vec() } else { word(random) }
}

fn short_text(random: &mut Random) -> Vec<u8> {
    let text = word(random);
    [&(text.len() as u16).to_be_bytes()[..], &text].concat()
}

fn amf0_properties(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..random.below(6) {
        out.extend(short_text(random));
        amf0_value(random, &mut out, 0);
    }
    if random.below(3) > 0 {
        out.extend(b"\0\0\x09");
    }
    out
}

fn amf0_value(random: &mut Random, out: &mut Vec<u8>, depth: usize) {
    match random.below(if depth < DEPTH { 16 } else { 9 }) {
        0 | 1 => out.extend([&[0][..], &number(random)].concat()),
        2 => out.extend([1, random.below(3) as u8]),
        3 | 4 => {
            out.push(2);
            out.extend(short_text(random));
        }
        5 => out.push(*random.pick(&[5, 6, 13])),
        6 => out.extend([&[11][..], &number(random), &[0, random.number() as u8]].concat()),
        7 => {
            let text = word(random);
            out.push(*random.pick(&[12, 15]));
            out.extend((text.len() as u32).to_be_bytes());
            out.extend(text);
        }
        8 => out.push(random.below(20) as u8),
        9 | 10 => {
            out.push(3);
            members(random, out, depth);
            out.extend(b"\0\0\x09");
        }
        11 | 12 => {
            out.push(8);
            out.extend((random.below(4) as u32).to_be_bytes());
            members(random, out, depth);
            out.extend(b"\0\0\x09");
        }
        13 | 14 => {
            let count = random.below(4);
            out.push(10);
            out.extend((count as u32).to_be_bytes());
            (0..count).for_each(|_| amf0_value(random, out, depth + 1));
        }
        _ => {
            out.push(17);
            out.push(10);
            out.extend(amf3_object(random));
        }
    }
}

fn members(random: &mut Random, out: &mut Vec<u8>, depth: usize) {
    for _ in 0..random.below(4) {
        let names: [&[u8]; 4] = [b"\0\x01a", b"\0\x04code", b"\0\x05level", b"\0\x02bc"];
        let name = *random.pick(&names);
        out.extend(name);
        amf0_value(random, out, depth + 1);
    }
}

fn integer29(random: &mut Random) -> Vec<u8> {
    let value = (random.number() as u32 & 0x1fff_ffff) >> random.below(29);
    match value {
        0..0x80 => vec![value as u8],
        0x80..0x4000 => vec![(value >> 7) as u8 | 0x80, value as u8 & 0x7f],
        0x4000..0x20_0000 => vec![(value >> 14) as u8 | 0x80, (value >> 7) as u8 | 0x80, value as u8 & 0x7f],
        _ => vec![
            (value >> 22) as u8 | 0x80,
            (value >> 15) as u8 | 0x80,
            (value >> 8) as u8 | 0x80,
            value as u8,
        ],
    }
}

fn text3(random: &mut Random) -> Vec<u8> {
    if random.below(8) == 0 {
        return vec![random.below(8) as u8 * 2];
    }
    let text: [&[u8]; 5] = [b"a", b"code", b"level", b"", b"\xff\xff"];
    let text = *random.pick(&text);
    [&[(text.len() as u8) << 1 | 1][..], text].concat()
}

fn amf3_value(random: &mut Random, depth: usize) -> Vec<u8> {
    match random.below(if depth < DEPTH { 12 } else { 9 }) {
        0 => vec![random.below(4) as u8],
        1 | 2 => [vec![4], integer29(random)].concat(),
        3 => [&[5][..], &number(random)].concat(),
        4 | 5 => [vec![*random.pick(&[6, 7, 11])], text3(random)].concat(),
        6 => [&[8, 1][..], &number(random)].concat(),
        7 => vec![8, random.below(8) as u8 * 2],
        8 => vec![random.below(16) as u8],
        _ => [vec![10], amf3_members(random, depth + 1)].concat(),
    }
}

/// An object behind its marker.
fn amf3_members(random: &mut Random, depth: usize) -> Vec<u8> {
    let members = random.below(4);
    let flags = match random.below(8) {
        0 => return vec![*random.pick(&[0, 1, 2, 5])],
        1 => 1,
        2..5 => 0,
        _ => 2,
    };
    let mut out = vec![((members as u8) << 4) | flags << 2 | 3];
    out.extend(text3(random));
    for _ in 0..members {
        out.extend(text3(random));
    }
    if flags == 1 {
        out.extend(amf3_value(random, depth));
        return out;
    }
    for _ in 0..members {
        out.extend(amf3_value(random, depth));
    }
    if flags == 2 {
        for _ in 0..random.below(3) {
            out.extend(b"\x03k");
            out.extend(amf3_value(random, depth));
        }
        out.push(1);
    }
    out
}

fn amf3_object(random: &mut Random) -> Vec<u8> {
    amf3_members(random, 0)
}

fn amf3_property(random: &mut Random) -> Vec<u8> {
    let mut out = if random.below(2) == 0 { text3(random) } else { Vec::new() };
    out.extend(amf3_value(random, 0));
    out
}

fn url(random: &mut Random) -> Vec<u8> {
    let schemes: [&[u8]; 10] =
        [b"rtmp", b"rtmpt", b"RTMPS", b"rtmpe", b"rtmfp", b"rtmpte", b"rtmpts", b"http", b"", b"rtm"];
    let hosts: [&[u8]; 8] = [b"h", b"example.com", b"10.0.0.1", b"", b"a.b", b"[::1]", b"u:p@h", b"-"];
    let ports: [&[u8]; 8] = [b"", b"", b":1935", b":0", b":65536", b":", b":x", b":99999999999"];
    let mut out = [random.pick(&schemes), &b"://"[..], random.pick(&hosts), random.pick(&ports)].concat();
    if random.below(12) > 0 {
        out.push(b'/');
        out.extend(path(random));
    }
    out
}

fn path(random: &mut Random) -> Vec<u8> {
    let parts: [&[u8]; 20] = [
        b"app",
        b"/",
        b"/",
        b"/",
        b"a",
        b"ondemand",
        b"ondemand/",
        b"?",
        b"slist=",
        b"?slist=",
        b"&",
        b"mp4:",
        b".mp4",
        b".flv",
        b".f4v",
        b".mp3",
        b"%41",
        b"%4",
        b"%zz",
        b"_definst_",
    ];
    (0..random.below(10)).flat_map(|_| random.pick(&parts).to_vec()).collect()
}
