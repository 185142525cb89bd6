//! The SWF hash over HTTP, and its cache file.

mod scripted_http;

use rtmp::swf::{Cache, Lookup, SwfHash, hash_url};
use rtmp::transport::TlsSettings;
use rtmp::{Error, Result};
use scripted_http::{Server, answer, short, silence};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// "FWS", version 9, a size of 13, "hello".
const SWF: &[u8] = b"FWS\x09\x0d\0\0\0hello";
/// Computed with Python: `hmac.digest(b"Genuine Adobe Flash Player 001", SWF, "sha256").hex()`.
const SWF_HASH: &str = "76bbded2c29c57d9c43da8e857969545f6567bed187287c8bf9b755de5b78758";
const DAY: Duration = Duration::from_secs(86_400);

/// A directory of its own for each cache, removed at the end.
struct Home(PathBuf);

impl Home {
    fn new() -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("rtmp-swf-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("the name is unused");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join(".swfinfo")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap_or_default()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("the directory is there").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    /// Hashes at a time that is so many days after the year began.
    fn hash(&self, url: &str, age_days: i32, day: u32) -> Result<SwfHash> {
        let cache = Cache::at(self.file());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600) + DAY * day;
        let (url, tls) = (url.as_bytes(), &TlsSettings::Environment);
        hash_url(&Lookup { url, age_days, cache: Some(&cache), now, tls, limits: short() })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serves [`SWF`] with a date, and 304 to who knows it.
fn server() -> Server {
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    Server::start(move |path, stream| match path {
        "/old" => answer(stream, "304 Not Modified", "", b""),
        "/undated" => answer(stream, "200 OK", "", SWF),
        _ => answer(stream, "200 OK", &format!("Last-Modified: {date}\r\n"), SWF),
    })
}

fn block(url: &str, day: &str, date: &str) -> String {
    format!("url: {url}\nctim: {day} 00:00:00 GMT\ndate: {date}\nsize: 0000000d\nhash: {SWF_HASH}\n")
}

#[test]
fn writes_the_reference_format() {
    let (home, server) = (Home::new(), server());
    let url = format!("{}/a.swf", server.origin);
    let swf = home.hash(&format!("{url}?token=1"), 0, 0).expect("a good file");
    assert_eq!((swf.size, hex(&swf.hash).as_str()), (13, SWF_HASH));
    let undated = format!("{}/undated", server.origin);
    home.hash(&undated, 0, 1).expect("a good file");
    let expected = block(&url, "Thu, 01 Jan 2026", "Wed, 21 Oct 2015 07:28:00 GMT")
        + &block(&undated, "Fri, 02 Jan 2026", "");
    assert_eq!(home.text(), expected);
    assert_eq!(home.names(), [".swfinfo"]);
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(home.file()).expect("the cache is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn asks_only_when_the_entry_is_old() {
    let (home, server) = (Home::new(), server());
    let url = format!("{}/a.swf", server.origin);
    for (age, day, asked) in [(30, 0, 1), (30, 29, 1), (30, 30, 2), (0, 30, 3), (-5, 30, 4), (1, 30, 4)] {
        home.hash(&url, age, day).expect("a good file");
        assert_eq!(server.requests().len(), asked, "age {age} on day {day}");
    }
    assert!(server.requests()[1].contains("If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT\r\n"));
}

#[test]
fn not_modified_refreshes_only_the_time() {
    let (home, server) = (Home::new(), server());
    let url = format!("{}/old", server.origin);
    let old = block(&url, "Thu, 01 Jan 2026", "some date").replace("hash: 76", "hash: 99");
    std::fs::write(home.file(), format!("# mine\n{old}url: other\n")).expect("the directory is there");
    let swf = home.hash(&url, 1, 5).expect("it is in the cache");
    assert_eq!(swf.hash[0], 0x99);
    let new = old.replace("Thu, 01", "Tue, 06");
    assert_eq!(home.text(), format!("# mine\n{new}url: other\n"));
}

#[test]
fn not_modified_without_having_asked_is_an_error() {
    let (home, server) = (Home::new(), server());
    let error = home.hash(&format!("{}/old", server.origin), 0, 0).expect_err("nothing is known");
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert!(home.names().is_empty());
    let url = format!("{}/old", server.origin);
    std::fs::write(home.file(), block(&url, "Thu, 01 Jan 2026", "")).expect("the directory is there");
    let error = home.hash(&url, 0, 0).expect_err("what is known has no date to ask with");
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
}

#[test]
fn a_date_that_programs_have_no_room_for_is_none() {
    let home = Home::new();
    let server = Server::start(|path, stream| {
        let length = path[1..].parse().unwrap_or_default();
        answer(stream, "200 OK", &format!("Last-Modified: {}\r\n", "x".repeat(length)), SWF)
    });
    for (length, is_kept) in [(63, true), (64, false)] {
        home.hash(&format!("{}/{length}", server.origin), 0, 0).expect("a good file");
        assert_eq!(home.text().contains(&"x".repeat(length)), is_kept, "{length}");
    }
}

#[test]
fn a_cache_beyond_all_size_is_left_alone() {
    let (home, server) = (Home::new(), server());
    let huge = "# mine\n".repeat((4 << 20) / 7 + 1);
    std::fs::write(home.file(), &huge).expect("the directory is there");
    home.hash(&format!("{}/a.swf", server.origin), 30, 0).expect("a good file");
    assert!(home.text() == huge);
}

#[test]
fn damaged_caches_are_survived() {
    let server = server();
    let url = format!("{}/a.swf", server.origin);
    let good = block(&url, "Thu, 01 Jan 2026", "x");
    for text in [
        good.replace(SWF_HASH, "76"),
        good.replace("0000000d", "zzz"),
        good.replace("size: 0000000d\n", ""),
        good[..good.len() / 2].to_owned(),
        "\0\u{1}url: ".repeat(1000),
        format!("url: {url}"),
    ] {
        let home = Home::new();
        std::fs::write(home.file(), &text).expect("the directory is there");
        assert_eq!(hex(&home.hash(&url, 30, 0).expect("a good file").hash), SWF_HASH);
        let asked = server.requests().len();
        home.hash(&url, 30, 0).expect("it is in the cache now");
        assert_eq!(server.requests().len(), asked, "{text:?}");
    }
}

#[test]
fn a_cache_that_cannot_be_used_costs_nothing() {
    let server = server();
    let home = Home::new();
    std::fs::create_dir(home.file()).expect("the directory is there");
    assert!(home.hash(&server.origin, 30, 0).is_ok());
    let gone = Home(home.0.join("missing"));
    assert!(gone.hash(&server.origin, 30, 0).is_ok());
}

#[test]
fn a_link_stays_a_link() {
    let (home, server) = (Home::new(), server());
    std::fs::write(home.0.join("real"), "# mine\n").expect("the directory is there");
    std::os::unix::fs::symlink("real", home.file()).expect("the directory is there");
    home.hash(&server.origin, 30, 0).expect("a good file");
    assert!(std::fs::symlink_metadata(home.file()).expect("it is there").is_symlink());
    assert!(home.text().starts_with("# mine\nurl: "));
}

#[test]
fn a_link_to_a_file_that_is_not_there_yet_stays_a_link() {
    let (home, server) = (Home::new(), server());
    std::os::unix::fs::symlink("next", home.file()).expect("the directory is there");
    std::os::unix::fs::symlink(home.0.join("real"), home.0.join("next")).expect("the directory is there");
    home.hash(&server.origin, 30, 0).expect("a good file");
    assert!(std::fs::symlink_metadata(home.file()).expect("it is there").is_symlink());
    assert!(std::fs::read_to_string(home.0.join("real")).expect("it is there").starts_with("url: "));
}

#[test]
fn many_threads_leave_a_whole_file() {
    let (home, server) = (Home::new(), server());
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (home, url) = (&home, format!("{}/{n}", server.origin));
            scope.spawn(move || home.hash(&url, 30, 0).expect("a good file"));
        }
    });
    let text = home.text();
    assert_eq!(text.lines().count() % 5, 0, "{text}");
    assert_eq!(home.names(), [".swfinfo"]);
}

#[test]
fn planted_lines_do_not_reach_the_cache() {
    let (home, server) = (Home::new(), server());
    let error = home.hash(&format!("{}/a\nurl: x", server.origin), 0, 0).expect_err("it has a newline");
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    assert!(server.requests().is_empty() && home.names().is_empty());
}

#[test]
fn bad_files_are_errors_and_are_not_kept() {
    let home = Home::new();
    let header = |signature: &str| [signature.as_bytes(), b"\x09\x0d\0\0\0"].concat();
    let bodies = [
        Vec::new(),
        b"FWS".to_vec(),
        header("CWS"),
        [header("CWS"), b"not zlib".to_vec()].concat(),
        [header("ZWS"), vec![0xff; 40]].concat(),
        header("ZWS"),
    ];
    for body in bodies {
        let shown = format!("{body:?}");
        let server = Server::start(move |_, stream| answer(stream, "200 OK", "", &body));
        let error = home.hash(&server.origin, 0, 0).expect_err(&shown);
        assert!(matches!(error, Error::Protocol(_)), "{shown}: {error:?}");
    }
    let server = Server::start(|_, stream| answer(stream, "404 Not Found", "", SWF));
    let missing = home.hash(&server.origin, 0, 0);
    assert!(matches!(&missing, Err(Error::Refused(text)) if text.contains("not found (HTTP status 404)")));
    let server =
        Server::start(|_, stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nFWS"));
    assert!(matches!(home.hash(&server.origin, 0, 0), Err(Error::Closed)));
    let server = Server::start(|_, _| {
        silence();
        Ok(())
    });
    assert!(matches!(home.hash(&server.origin, 0, 0), Err(Error::TimedOut)));
    assert!(home.names().is_empty());
}
