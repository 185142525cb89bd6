//! Tests of the option table and of how values are read; the reference's answers are compared in capi-tests/options.c.

use super::conn::{Item, Value};
use super::*;
use proptest::prelude::*;

#[test]
fn names_are_unique_and_case_blind() {
    for (at, opt) in TABLE.iter().enumerate() {
        let first = TABLE.iter().position(|other| other.name.eq_ignore_ascii_case(opt.name));
        assert_eq!(first, Some(at), "{}", opt.name);
        assert!(find(opt.name.to_ascii_uppercase().as_bytes()).is_some());
    }
    assert!(find(b"auth").is_none());
    assert!(find(b"").is_none());
}

#[test]
fn integers_are_read_as_strtol_does() {
    for (text, expected) in [
        ("10", 10),
        ("0x10", 16),
        ("010", 8),
        ("09", 0),
        ("0x", 0),
        ("-5x", -5),
        (" \t+7", 7),
        ("", 0),
        ("x", 0),
        // A `long` stops at its ends, and an `int` gets its lower half.
        ("99999999999", 99_999_999_999_i64.min(isize::MAX as i64) as i32),
        ("99999999999999999999", isize::MAX as i32),
        ("-99999999999999999999", isize::MIN as i32),
    ] {
        assert_eq!(integer(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn floats_are_read_as_strtod_does() {
    for (text, expected) in [
        ("1.5", 1.5),
        ("-1.5e3x", -1500.0),
        ("1e", 1.0),
        ("1e+", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1x", 1.0),
        ("x", 0.0),
        ("", 0.0),
        ("0x10", 16.0),
        (" 2", 2.0),
        ("inf", f64::INFINITY),
        ("1.2.3", 1.2),
    ] {
        assert_eq!(leading_float(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn conn_items() {
    assert_eq!(conn::parse(b"N:1.5", 0).expect("a number"), Item::Property(b"", Value::Number(1.5)));
    assert_eq!(conn::parse(b"S:a:b", 0).expect("a string"), Item::Property(b"", Value::String(b"a:b")));
    assert_eq!(conn::parse(b"NO:x:1", 1).expect("an object"), Item::Open(b"x"));
    assert_eq!(conn::parse(b"O:0", 0).expect("an end"), Item::Close);
    for bad in ["", "B", "BB:1", "NB:a:1", "X:1", "NZ:a:"] {
        assert!(conn::parse(bad.as_bytes(), 0).is_err(), "{bad}");
    }
    assert!(conn::parse(b"NN:name", 1).is_err());
    assert!(conn::parse(b"O:1", conn::MAX_DEPTH).is_err());
}

#[test]
fn extra_settings_are_checked() {
    let mut extra = Extra::default();
    for (name, value, ok) in [
        ("chunk", "4096", true),
        ("chunk", "0", false),
        ("chunk", "-1", false),
        ("chunk", "0x1000000", false),
        ("tlsVerify", "no", true),
        ("tlsVerify", "maybe", false),
        ("tlsCaFile", "ca.pem", true),
        ("bind", "[::1]", true),
        ("bind", "localhost", false),
    ] {
        let Some(Opt { effect: Effect::Extra(_, set), .. }) = find(name.as_bytes()) else { panic!("{name}") };
        assert_eq!(set(&mut extra, value.as_bytes()).is_ok(), ok, "{name}={value}");
    }
    assert_eq!((extra.chunk, extra.tls_verify), (Some(4096), Some(false)));
    assert_eq!(extra.bind, "::1".parse().ok());
}

/// Every pair of a text, and whether it was well formed to its end.
fn pairs(text: &str) -> (Vec<(String, String)>, bool) {
    let mut bytes = text.as_bytes().to_vec();
    let mut found = Vec::new();
    let mut at = url_end(&bytes).map_or(bytes.len(), |end| end.saturating_add(1));
    loop {
        match next_pair(&mut bytes, at) {
            Ok(Some(pair)) => {
                let part =
                    |range| String::from_utf8_lossy(bytes.get(range).expect("in the text")).into_owned();
                found.push((part(pair.name), part(pair.value)));
                at = pair.next;
            }
            Ok(None) => return (found, true),
            Err(_) => return (found, false),
        }
    }
}

#[test]
fn pairs_behind_a_url() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(pairs("u"), (vec![], true));
    assert_eq!(pairs("u a=1   b=x\\20y\\5c c"), (vec![pair("a", "1"), pair("b", "x y\\")], true));
    assert_eq!(pairs("u a=b=c"), (vec![pair("a", "b=c")], true));
    assert_eq!(pairs("u a=\\zz"), (vec![pair("a", "\\zz")], true));
    assert_eq!(pairs("u a=1 b=\\4 c=1"), (vec![pair("a", "1")], false));
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "[ =\\\\a-c0-9]{0,60}") {
        let (found, _) = pairs(&text);
        prop_assert!(found.len() <= text.len());
    }

    #[test]
    fn any_bytes_are_values(value in proptest::collection::vec(any::<u8>(), 0..60), depth in -2_i32..70) {
        let _ = (integer(&value), leading_float(&value), is_true(&value));
        let _ = conn::parse(&value, depth);
    }

    #[test]
    fn decimal_numbers_are_themselves(number in any::<i32>(), float in -1e300_f64..1e300) {
        prop_assert_eq!(integer(number.to_string().as_bytes()), number);
        prop_assert_eq!(leading_float(float.to_string().as_bytes()), float);
    }
}
