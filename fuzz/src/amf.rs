//! AMF values: what is decoded encodes to bytes that decode to the same.

use rtmp::amf::{Decoder, Encoder, Value, decode_values};

/// AMF0, as messages and as the C functions take it.
pub fn amf0(data: &[u8]) {
    let values = decode_values(data);
    for value in &values {
        let _ = (value.find_first(b"code"), value.find_prefix(b"video"));
        let mut nothing = Vec::new();
        count(value, &mut nothing);
        same_again(value);
    }
    let mut total = Vec::new();
    values.iter().for_each(|value| count(value, &mut total));
    assert!(total.len() <= 65_536 + data.len() / 16, "{} values of {} bytes", total.len(), data.len());
    for named in [true, false] {
        let mut classic = Decoder::classic(data);
        let mut properties = Vec::new();
        let result = classic.properties_into(&mut properties, named);
        assert!(classic.consumed() <= data.len(), "more is consumed than there is");
        if result.is_ok() {
            assert!(properties.len() <= data.len(), "more properties than bytes");
        }
    }
}

/// AMF3: one value behind the other, and the object forms.
pub fn amf3(data: &[u8]) {
    for classic in [false, true] {
        let new = if classic { Decoder::classic } else { Decoder::new };
        let mut decoder = new(data);
        while !decoder.is_at_end() {
            match decoder.amf3_value() {
                Ok(value) => same_again(&value),
                Err(_) => break,
            }
        }
        assert!(decoder.consumed() <= data.len(), "more is consumed than there is");
        let mut properties = Vec::new();
        let _ = new(data).amf3_properties_into(&mut properties);
        let _ = new(data).amf3_property();
    }
}

/// One entry for each value in it.
fn count(value: &Value<'_>, into: &mut Vec<()>) {
    into.push(());
    match value {
        Value::Object(object) | Value::EcmaArray(object) => {
            object.properties.iter().for_each(|property| count(&property.value, into));
        }
        Value::StrictArray(values) => values.iter().for_each(|value| count(value, into)),
        _ => {}
    }
}

/// A NaN is not equal to itself, so that texts are compared. A member without a name, which AMF3 has, would be the end
/// of an AMF0 object.
fn same_again(value: &Value<'_>) {
    if has_nameless(value) {
        return;
    }
    let encoded = Encoder::new().value(value).finish();
    let mut decoder = Decoder::new(&encoded);
    let again = decoder.value().expect("what was encoded decodes");
    assert!(decoder.is_at_end(), "bytes behind the value");
    assert_eq!(format!("{value:?}"), format!("{again:?}"));
}

fn has_nameless(value: &Value<'_>) -> bool {
    match value {
        Value::Object(object) | Value::EcmaArray(object) => {
            object.properties.iter().any(|property| property.name.is_empty() || has_nameless(&property.value))
        }
        Value::StrictArray(values) => values.iter().any(has_nameless),
        _ => false,
    }
}
