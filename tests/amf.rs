//! AMF: what is encoded decodes to itself, and no bytes can make the decoder panic, read too far, nest too deep or
//! take more memory than a multiple of what it was given.

use proptest::prelude::*;
use rtmp::amf::{
    Decoder, Encoder, MAX_DEPTH, MAX_SHORT_STRING, Malformed, Object, Property, Value, decode_values,
};

/// A value that owns its texts, because proptest wants values that stand alone.
#[derive(Clone, Debug)]
enum Owned {
    Number(f64),
    Boolean(bool),
    String(Vec<u8>),
    Null,
    Date(f64, i16),
    Xml(Vec<u8>),
    Object(Vec<(Vec<u8>, Owned)>),
    EcmaArray(Vec<(Vec<u8>, Owned)>),
    StrictArray(Vec<Owned>),
}

impl Owned {
    fn borrow(&self) -> Value<'_> {
        match self {
            Owned::Number(number) => Value::Number(*number),
            Owned::Boolean(flag) => Value::Boolean(*flag),
            Owned::String(text) => Value::String(text),
            Owned::Null => Value::Null,
            Owned::Date(milliseconds, zone) => Value::Date { milliseconds: *milliseconds, zone: *zone },
            Owned::Xml(text) => Value::Xml(text),
            Owned::Object(properties) => Value::Object(object(properties)),
            Owned::EcmaArray(properties) => Value::EcmaArray(object(properties)),
            Owned::StrictArray(values) => Value::StrictArray(values.iter().map(Owned::borrow).collect()),
        }
    }
}

fn object(properties: &[(Vec<u8>, Owned)]) -> Object<'_> {
    Object {
        properties: properties.iter().map(|(name, value)| Property { name, value: value.borrow() }).collect(),
    }
}

/// Any number that equals itself.
fn number() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("NaN differs from itself", |number| !number.is_nan())
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (MAX_SHORT_STRING - 1..=MAX_SHORT_STRING + 1).prop_map(|length| vec![b'x'; length]),
    ]
}

/// An empty name before a marker of 9 would be the end of the object, and no marker is 9; so any name will do.
fn name() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..12)
}

fn value() -> impl Strategy<Value = Owned> {
    let leaf = prop_oneof![
        number().prop_map(Owned::Number),
        any::<bool>().prop_map(Owned::Boolean),
        text().prop_map(Owned::String),
        Just(Owned::Null),
        (number(), any::<i16>()).prop_map(|(milliseconds, zone)| Owned::Date(milliseconds, zone)),
        text().prop_map(Owned::Xml),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let properties = prop::collection::vec((name(), inner.clone()), 0..6);
        prop_oneof![
            (properties, any::<bool>()).prop_map(|(properties, array)| match array {
                true => Owned::EcmaArray(properties),
                false => Owned::Object(properties),
            }),
            prop::collection::vec(inner, 0..6).prop_map(Owned::StrictArray),
        ]
    })
}

/// Bytes that look enough like AMF to get beyond the first marker.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => (0u8..=0x12).prop_map(|marker| vec![marker]),
        2 => Just(vec![0, 1, b'k']),
        2 => Just(vec![0, 0, 9]),
        2 => Just(vec![0, 0, 0, 2]),
        2 => Just(vec![0x0a, 0x13, 1, 3, b'a']),
        1 => Just(vec![0x11, 0x0a, 0x0b, 1, 3, b'a']),
        3 => prop::collection::vec(any::<u8>(), 0..9),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Values in a tree and how deep it is.
fn measure(value: &Value<'_>) -> (usize, u32) {
    let children: Vec<&Value<'_>> = match value {
        Value::Object(object) | Value::EcmaArray(object) => {
            object.properties.iter().map(|p| &p.value).collect()
        }
        Value::StrictArray(values) => values.iter().collect(),
        _ => return (1, 0),
    };
    let (count, depth) = children
        .into_iter()
        .map(measure)
        .fold((0, 0), |(count, depth), (n, deep)| (count + n, deep.max(depth)));
    (1 + count, 1 + depth)
}

fn in_input(text: &[u8], input: &[u8]) -> bool {
    text.is_empty() || text == rtmp::amf::amf3::EXTERNAL_NAME || input.as_ptr_range().contains(&text.as_ptr())
}

fn borrows_only(value: &Value<'_>, input: &[u8]) -> bool {
    match value {
        Value::String(text) | Value::Xml(text) => in_input(text, input),
        Value::Object(object) | Value::EcmaArray(object) => {
            object.properties.iter().all(|p| in_input(p.name, input) && borrows_only(&p.value, input))
        }
        Value::StrictArray(values) => values.iter().all(|value| borrows_only(value, input)),
        _ => true,
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_itself(values in prop::collection::vec(value(), 0..5)) {
        let body = values.iter().fold(Encoder::new(), |encoder, value| encoder.value(&value.borrow())).finish();
        let wanted: Vec<Value<'_>> = values.iter().map(Owned::borrow).collect();
        prop_assert_eq!(decode_values(&body), wanted);
    }

    #[test]
    fn both_decoders_agree_on_what_both_take(value in value()) {
        let body = Encoder::new().value(&value.borrow()).finish();
        let (mut wide, mut classic) = (Decoder::new(&body), Decoder::classic(&body));
        prop_assert_eq!(wide.value(), classic.value());
        prop_assert_eq!(wide.consumed(), body.len());
        prop_assert_eq!(classic.consumed(), body.len());
    }

    #[test]
    fn a_cut_value_is_not_a_value_or_lacks_only_its_end(value in value(), cut in any::<prop::sample::Index>()) {
        let body = Encoder::new().value(&value.borrow()).finish();
        let part = &body[..cut.index(body.len())];
        let mut decoder = Decoder::new(part);
        match decoder.value() {
            Ok(found) => {
                prop_assert_eq!(decoder.consumed(), part.len());
                prop_assert!(measure(&found).0 <= measure(&value.borrow()).0);
            }
            Err(why) => prop_assert_eq!(why, Malformed::Truncated),
        }
    }

    #[test]
    fn any_bytes_stay_within_bounds(bytes in prop_oneof![likely(), prop::collection::vec(any::<u8>(), 0..400)]) {
        for mut decoder in [Decoder::new(&bytes), Decoder::classic(&bytes)] {
            while !decoder.is_at_end() {
                let before = decoder.consumed();
                let Ok(value) = decoder.value() else { break };
                let consumed = decoder.consumed();
                prop_assert!(before < consumed && consumed <= bytes.len());
                let (count, depth) = measure(&value);
                prop_assert!(count <= consumed - before && depth <= MAX_DEPTH);
                prop_assert!(borrows_only(&value, &bytes));
            }
            prop_assert!(decoder.consumed() <= bytes.len());
        }
        for named in [false, true] {
            let mut properties = Vec::new();
            let mut decoder = Decoder::classic(&bytes);
            let _ = decoder.properties_into(&mut properties, named);
            prop_assert!(decoder.consumed() <= bytes.len() && properties.len() <= bytes.len());
        }
        let mut properties = Vec::new();
        let mut decoder = Decoder::new(&bytes);
        let _ = decoder.amf3_properties_into(&mut properties);
        prop_assert!(decoder.consumed() <= bytes.len() && properties.len() <= bytes.len());
    }
}

/// `levels` objects, one in the other.
fn nested(levels: u32) -> Vec<u8> {
    (1..levels).fold(Encoder::new().object(|_| ()).finish(), |inner, _| {
        Encoder::new()
            .ecma_array(1, |o| {
                o.raw(&[0, 1, b'k']).raw(&inner);
            })
            .finish()
    })
}

#[test]
fn objects_nest_sixty_four_deep_and_no_deeper() {
    assert_eq!(measure(&Decoder::new(&nested(MAX_DEPTH)).value().unwrap()).1, MAX_DEPTH);
    assert_eq!(Decoder::new(&nested(MAX_DEPTH + 1)).value(), Err(Malformed::TooDeep));
    let arrays = [0x0a, 0, 0, 0, 1].repeat(1_000_000);
    assert_eq!(Decoder::new(&arrays).value(), Err(Malformed::TooDeep));
    let amf3 = [&[0x11][..], &[0x0a, 0x13, 1, 3, b'a'].repeat(1000)].concat();
    assert_eq!(Decoder::new(&amf3).value(), Err(Malformed::TooDeep));
}

#[test]
fn sixteen_megabytes_of_nulls_do_not_become_many_values() {
    let nulls = vec![5; 16 << 20];
    let bound = 65_536 + nulls.len() / 16;
    assert_eq!(decode_values(&nulls).len(), bound);
    let strict = [&[0x0a, 0xff, 0xff, 0xff, 0xff][..], &nulls].concat();
    assert_eq!(Decoder::new(&strict).value(), Err(Malformed::TooMany));
    let names = [&[0x11, 0x0a, 0xff, 0xff, 0xff, 0xf3, 1][..], &[1].repeat(16 << 20)].concat();
    assert_eq!(Decoder::new(&names).value(), Err(Malformed::TooMany));
}

#[test]
fn counts_and_lengths_that_lie_are_truncated_input() {
    for bytes in [
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 5][..],
        &[0x0c, 0xff, 0xff, 0xff, 0xff, b'x'],
        &[0x02, 0xff, 0xff, b'x'],
        &[0x0f, 0, 0, 0, 2, b'x'],
        &[0x08, 0, 0],
        &[0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x11, 0x0a, 0x13, 0xff, 0xff, 0xff, 0xff],
        &[],
    ] {
        assert_eq!(Decoder::new(bytes).value(), Err(Malformed::Truncated), "{bytes:02x?}");
    }
}

#[test]
fn types_without_a_place_are_stepped_over_when_their_length_is_known() {
    let typed = [0x10, 0, 1, b'C', 0, 1, b'k', 7, 0, 1, 0, 1, b'n', 1, 1, 0, 0, 9, 5];
    let values = decode_values(&typed);
    assert_eq!(values.len(), 2);
    assert_eq!(values[0].find_first(b"k"), Some(&Value::Null));
    assert_eq!(values[0].find_first(b"n").and_then(Value::as_bool), Some(true));
    let byte_array = [0x11, 0x0a, 0x0b, 1, 3, b'a', 0x0c, 5, 1, 2, 3, b'b', 3, 1, 5];
    let values = decode_values(&byte_array);
    assert_eq!(values[0].find_first(b"b").and_then(Value::as_bool), Some(true));
    assert!(values[1].is_null());
    for unknown in [4, 9, 0x0e, 0x12, 0xff] {
        assert!(decode_values(&[unknown, 5]).is_empty());
    }
}

#[test]
fn librtmps_own_decoder_refuses_what_it_cannot_hold() {
    for marker in [7, 0x10] {
        let bytes = [marker, 0, 0, 0, 0, 9];
        assert_eq!(Decoder::classic(&bytes).value(), Err(Malformed::UnsupportedType(marker)));
    }
    let array = [0x0a, 0x13, 1, 3, b'a', 0x0c, 1];
    assert_eq!(Decoder::classic(&array).amf3_value(), Err(Malformed::UnsupportedType(0x0c)));
}

#[test]
fn lookups_go_depth_first_through_objects_and_ecma_arrays() {
    let body = Encoder::new()
        .object(|o| {
            o.object(b"first", |o| {
                o.number(b"x", 1.0).number(b"videocodecid", 7.0);
            })
            .number(b"video", 2.0)
            .number(b"x", 3.0);
        })
        .ecma_array(1, |o| {
            o.string(b"duration", b"long").null(b"nothing").boolean(b"yes", true);
        })
        .finish();
    let values = decode_values(&body);
    assert_eq!(values[0].find_first(b"x").and_then(Value::as_number), Some(1.0));
    assert_eq!(values[0].as_object().and_then(|o| o.get(b"x")).and_then(Value::as_number), Some(3.0));
    assert_eq!(values[0].find_prefix(b"video").map(|p| p.name), Some(&b"videocodecid"[..]));
    assert_eq!(values[0].find_prefix(b"audio"), None);
    assert_eq!(values[1].find_first(b"duration").and_then(Value::as_str), Some(&b"long"[..]));
    assert_eq!(values[1].find_first(b"duration").and_then(Value::as_number), None);
    assert_eq!(Value::Null.find_first(b"x"), None);
}

#[test]
fn a_name_that_no_length_can_announce_is_left_out() {
    let long = vec![b'n'; MAX_SHORT_STRING + 1];
    let body = Encoder::new()
        .object(|o| {
            o.number(&long, 1.0).number(b"n", 2.0);
        })
        .finish();
    let values = decode_values(&body);
    assert_eq!(values[0].as_object().map(|o| o.properties.len()), Some(1));
}

#[test]
fn amf3_integers_have_twenty_nine_bits() {
    use rtmp::amf::amf3::{signed, unsigned};
    for (bytes, value) in [
        (&[0x00][..], 0),
        (&[0x7f], 127),
        (&[0x81, 0x00], 128),
        (&[0xff, 0xff, 0x7f], 2_097_151),
        (&[0x80, 0xc0, 0x80, 0x00], 2_097_152),
        (&[0xbf, 0xff, 0xff, 0xff], 268_435_455),
        (&[0xc0, 0x80, 0x80, 0x00], -268_435_456),
        (&[0xff, 0xff, 0xff, 0xff], -1),
    ] {
        let (raw, length) = unsigned(bytes).unwrap();
        assert_eq!((signed(raw), length), (value, bytes.len()), "{bytes:02x?}");
        assert_eq!(unsigned(&bytes[..bytes.len() - 1]), None);
    }
}
