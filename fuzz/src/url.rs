//! URLs and options: parts lie inside the text, and every option takes any value.

use rtmp::options::{self, Effect, Extra, conn};
use rtmp::transport::Proxy;
use rtmp::url;

/// The bytes are a URL with options, an option's value, and a proxy's setting.
pub fn url(data: &[u8]) {
    if let Ok(parts) = url::parse(data) {
        let inside = |part: &[u8]| {
            let range = data.as_ptr_range();
            part.is_empty() || (range.contains(&part.as_ptr()) && part.as_ptr_range().end <= range.end)
        };
        for part in [parts.host, parts.app, parts.playpath].into_iter().flatten() {
            assert!(inside(part), "a part that is not of the URL");
        }
        let path = parts.playpath.map(url::parse_playpath).unwrap_or_default();
        assert!(path.len() <= data.len() + 4, "a playpath longer than a prefix and the URL");
        let app = parts.app.unwrap_or_default();
        let _ = url::tc_url(parts.protocol, parts.host.unwrap_or_default(), parts.port, app);
    }
    let _ = (url::user_and_password(data), url::without_user(data), url::parse_playpath(data));
    let _ = (Proxy::parse(data), options::integer(data), options::leading_float(data));
    let mut extra = Extra::default();
    pairs(data, &mut extra);
    conn_items(data);
    for option in &options::TABLE {
        if let Effect::Extra(_, set) = option.effect {
            let _ = set(&mut extra, data);
        }
    }
    if let Some(size) = extra.chunk {
        assert!((1..=0xff_ffff).contains(&size), "a chunk size that no peer takes");
    }
}

fn pairs(data: &[u8], extra: &mut Extra) {
    let Some(end) = options::url_end(data) else { return };
    let mut text = data.to_vec();
    let mut at = end + 1;
    while let Ok(Some(pair)) = options::next_pair(&mut text, at) {
        assert!(pair.next > at && pair.next <= text.len(), "the options go on behind this one");
        let (name, value) = (&text[pair.name.clone()], &text[pair.value.clone()]);
        match options::find(name).map(|option| &option.effect) {
            Some(Effect::Extra(_, set)) => drop(set(extra, value)),
            Some(Effect::Conn) => drop(conn::parse(value, 1)),
            Some(Effect::Number(_)) => drop(options::integer(value)),
            _ => {}
        }
        at = pair.next;
    }
}

/// The lines are items of connect's object, one after the other.
fn conn_items(data: &[u8]) {
    let mut depth = 0;
    for line in data.split(|byte| *byte == b'\n') {
        match conn::parse(line, depth) {
            Ok(conn::Item::Open(_)) => depth += 1,
            Ok(conn::Item::Close) => depth = (depth - 1).max(0),
            Ok(conn::Item::Property(..)) => {}
            Err(_) => break,
        }
        assert!(depth <= conn::MAX_DEPTH, "objects nest without bound");
    }
}
