//! Tests of URL and playpath parsing; the reference's own answers are compared in capi-tests/url.c.

use super::*;
use proptest::prelude::*;

fn parts(url: &str) -> (i32, String, u16, Option<String>, Option<String>) {
    let url = parse(url.as_bytes()).expect("a good URL");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        url.protocol,
        text(url.host.expect("a host")),
        url.port,
        url.app.map(text),
        url.playpath.map(|path| text(&parse_playpath(path))),
    )
}

fn expect(url: &str, host: &str, port: u16, app: &str, playpath: &str) {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (_, found_host, found_port, found_app, found_playpath) = parts(url);
    assert_eq!((found_host.as_str(), found_port), (host, port), "{url}");
    assert_eq!((found_app.unwrap_or_default().as_str(), found_playpath), (app, some(playpath)), "{url}");
}

#[test]
fn application_ends_at_the_third_slash_at_the_latest() {
    expect("rtmp://h/app/play", "h", 0, "app", "play");
    expect("rtmp://h/app/inst/play.flv", "h", 0, "app/inst", "play");
    expect("rtmp://h/a/b/c/d/e", "h", 0, "a/b/c", "d/e");
    expect("rtmp://h:99/app", "h", 99, "app", "");
    expect("rtmp://h/ondemand/x/y.f4v", "h", 0, "ondemand", "mp4:x/y");
    expect("rtmp://h/app?slist=foo.flv&z=1", "h", 0, "app?slist=foo.flv&z=1", "foo.flv");
}

#[test]
fn a_query_with_slashes_stays_whole() {
    expect("rtmp://h/app/stream?token=a/b", "h", 0, "app", "stream?token=a/b");
    expect("rtmp://h/app/inst/stream?token=a/b/c", "h", 0, "app/inst", "stream?token=a/b/c");
    expect("rtmp://h/app?vhost=x/stream", "h", 0, "app?vhost=x", "stream");
}

#[test]
fn addresses_in_brackets() {
    expect("rtmp://[::1]:1935/a/b", "::1", 1935, "a", "b");
    expect("rtmp://[fe80::1%eth0]/a/b", "fe80::1%eth0", 0, "a", "b");
    for bad in ["rtmp://[::1/a/b", "rtmp://[::1]x/a", "rtmp://[]/a"] {
        assert!(matches!(parse(bad.as_bytes()), Err(Error::Usage(_))), "{bad}");
    }
}

#[test]
fn user_and_password_stand_before_the_last_at() {
    let url: &[u8] = b"rtmp://me:a@b:c@h:5/a/b";
    assert_eq!(user_and_password(url), Some((&b"me"[..], &b"a@b:c"[..])));
    assert_eq!(without_user(url).as_deref(), Some(&b"rtmp://h:5/a/b"[..]));
    expect("rtmp://me:a@b:c@h:5/a/b", "h", 5, "a", "b");
    expect("rtmp://h?x@y/a/b", "h?x@y", 0, "a", "b");
    assert_eq!(user_and_password(b"rtmp://h?x@y/a/b"), None);
    assert_eq!(without_user(b"rtmp://h/a@b/c"), None);
}

#[test]
fn tc_urls_have_brackets_around_addresses() {
    assert_eq!(tc_url(feature::SSL, b"::1", 443, b"app"), b"rtmps://[::1]:443/app");
    assert_eq!(tc_url(0, b"h", 1, b"a/b"), b"rtmp://h:1/a/b");
}

#[test]
fn schemes() {
    assert_eq!(parts("RtMpTe://h/a").0, feature::HTTP | feature::ENC);
    assert_eq!(parts("http://h/a").0, 0);
    assert_eq!(scheme(feature::SSL | feature::HTTP | feature::WRITE), "rtmpts");
    assert_eq!((default_port(feature::SSL | feature::HTTP), default_port(feature::HTTP)), (443, 80));
    for bad in ["", "rtmp", "rtmp:/h", "rtmp://"] {
        assert!(matches!(parse(bad.as_bytes()), Err(Error::Usage(_))), "{bad}");
    }
}

#[test]
fn odd_hosts_and_ports_are_dropped() {
    assert_eq!(parts("rtmp://h:65536/a/b").2, 0);
    assert_eq!(parts("rtmp://h:99999999999999999999/a/b").2, 0);
    let long = format!("rtmp://{}/a/b", "h".repeat(256));
    assert_eq!(parse(long.as_bytes()).expect("a good URL").host, None);
}

#[test]
fn playpaths() {
    for (text, expected) in [
        ("a.mp4?x=1", "mp4:a?x=1"),
        ("mp4:a.mp4", "mp4:a.mp4"),
        ("a.flv?b.flv", "a?b.flv"),
        ("?x=1&slist=a.flv&y", "a.flv"),
        ("%61%2", "a%2"),
        ("100%", "100%"),
        ("%+1%-1% 1", "%+1%-1% 1"),
        ("flv", "flv"),
        ("", ""),
    ] {
        assert_eq!(String::from_utf8_lossy(&parse_playpath(text.as_bytes())), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_a_panic(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&text);
        let _ = parse(&[b"rtmp://", text.as_slice()].concat());
        prop_assert!(parse_playpath(&text).len() <= text.len().saturating_add(4));
    }

    #[test]
    fn odd_urls_are_parsed_without_a_panic(rest in "[\\]\\[a-c:/@?%&=.0-9]{0,40}(slist=|ondemand/|\\.mp4)?[/?a-c]{0,8}") {
        let url = format!("rtmp://{rest}");
        if let Ok(url) = parse(url.as_bytes()) {
            let app = url.app.map_or(0, <[u8]>::len);
            prop_assert!(app <= rest.len());
        }
    }
}
