//! AMF values that are too deep, too many, too long or cut off.

use super::case::{Case, run};
use super::peer::Step;
use super::wire::*;

/// What is still played after a bad value.
const GOES_ON: &[&str] = &["tag 9 at 40, 70 bytes", "rest 0", "status -3"];

fn after(name: &'static str, kind: u8, bad: &[u8]) -> Case {
    let size = 1 << 20;
    let bytes = [
        playing(),
        control(SET_CHUNK_SIZE, size as u32),
        chunked(5, 0, kind, bad, size, true),
        chunked(6, 40, VIDEO, &body(70, 40), size, true),
        chunked(
            3,
            0,
            COMMAND,
            &command_body("onStatus", 0.0, &[NULL.into(), object(&[("code", "NetStream.Play.Stop")])]),
            size,
            true,
        ),
    ];
    Case {
        name,
        script: vec![Step::Say(bytes.concat()), Step::Wait(20), Step::Fin],
        says: GOES_ON,
        ..Case::default()
    }
}

/// The same value as metadata, as a command and as an AMF3 command.
fn everywhere(name: &'static str, value: Vec<u8>) -> Vec<Case> {
    let data = [text("onMetaData"), value.clone()].concat();
    let call = |rest: &[u8]| [text("onStatus"), number(0.0), NULL.into(), rest.to_vec()].concat();
    let result = [text("_result"), number(3.0), NULL.into(), value.clone()].concat();
    vec![
        after(name, DATA, &data),
        after(name, COMMAND, &call(&value)),
        after(name, COMMAND, &value),
        after(name, COMMAND, &result),
        after(name, COMMAND_AMF3, &[vec![0], call(&value)].concat()),
    ]
}

fn check(cases: impl IntoIterator<Item = (&'static str, Vec<u8>)>) {
    run(cases.into_iter().flat_map(|(name, value)| everywhere(name, value)).collect());
}

#[test]
fn depth() {
    let deep = 1_000_000;
    check([
        ("objects in objects", many(deep, &[3, 0, 1, b'a'])),
        ("ECMA arrays in ECMA arrays", many(deep, &[8, 0, 0, 0, 1, 0, 1, b'a'])),
        ("strict arrays in strict arrays", many(deep, &[10, 0, 0, 0, 1])),
        ("typed objects in typed objects", many(deep, &[16, 0, 1, b'c', 0, 1, b'a'])),
        ("AMF3 arrays in AMF3 arrays", [vec![17], many(deep, &[9, 3, 1])].concat()),
        ("AMF3 objects in AMF3 objects", [vec![17], many(deep, &[10, 0x0b, 1, 3, b'a'])].concat()),
        ("AMF3 in AMF0 in AMF3", many(deep, &[17, 10, 0x0b, 1])),
    ]);
}

#[test]
fn counts() {
    let much = 7 << 20;
    check([
        ("nulls by the million", vec![5; much]),
        ("nulls in a strict array", [vec![10, 0, 0xef, 0xff, 0xff], vec![5; much]].concat()),
        ("empty objects", many(much / 4, &[3, 0, 0, 9])),
        ("properties without names", [vec![3], many(much / 3, &[0, 0, 5])].concat()),
        ("a strict array of 2^32 values", vec![10, 0xff, 0xff, 0xff, 0xff, 5]),
        ("an ECMA array of 2^32 values", vec![8, 0xff, 0xff, 0xff, 0xff, 0, 1, b'a', 5, 0, 0, 9]),
        ("AMF3 nulls in an array", [vec![17, 9, 0x87, 0xff, 0xff, 0xff, 1], vec![1; much]].concat()),
    ]);
}

#[test]
fn lengths() {
    check([
        ("a name cut off", vec![3, 0]),
        ("a name longer than the rest", vec![3, 0xff, 0xff, b'a']),
        ("a text longer than the rest", vec![2, 0xff, 0xff, b'a']),
        ("a long text longer than the rest", vec![12, 0xff, 0xff, 0xff, 0xff, b'a']),
        ("a long text of 2^31 bytes", vec![12, 0x80, 0, 0, 0, b'a']),
        ("a number cut off", vec![0, 0x7f, 0xf8]),
        ("a date cut off", vec![11, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("an XML document longer than the rest", vec![15, 0, 1, 0, 0]),
        ("an object without an end", vec![3, 0, 1, b'a', 5]),
        ("an AMF3 text longer than the rest", vec![17, 6, 0xff, 0xff, 0xff, 0xff, b'a']),
        ("an AMF3 number cut off", vec![17, 5, 1]),
        ("an AMF3 length cut off", vec![17, 6, 0xff]),
        ("AMF3 references to nothing", vec![17, 10, 0x7e, 6, 0x7e, 9, 0x7e]),
        ("an AMF3 object of 2^25 sealed members", vec![17, 10, 0xff, 0xff, 0xff, 0xf3, 1]),
        ("an externalizable AMF3 object", vec![17, 10, 7, 3, b'x', 9, 1]),
        ("an AMF3 byte array longer than the rest", vec![17, 12, 0xff, 0xff, 0xff, 0xff]),
        ("a recordset", vec![14, 1, 2, 3]),
        ("a movie clip", vec![4]),
        ("an unknown type", vec![0x42, 0, 0]),
        ("a reference", vec![7, 0, 1]),
    ]);
}
