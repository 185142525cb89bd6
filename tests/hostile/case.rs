//! One case: a peer's script, a C program's session with it, and what must come out.

use super::peer::{Heard, Peer, Step};
use super::tally::{self, note, other_library};
use std::fs;
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A session that has not ended by then hangs.
const DEADLINE: Duration = Duration::from_secs(60);
/// The same for another library, which is only reported on.
const OTHERS_DEADLINE: Duration = Duration::from_secs(40);
/// Cases at the same time: most wait for a time-out of a second.
const PARALLEL: usize = 8;

/// Judges what a peer heard.
type Check = fn(&Heard) -> Result<(), String>;

/// A peer's script, the session, and what must come out.
pub(crate) struct Case {
    /// What the peer does.
    pub name: &'static str,
    /// The driver's mode and settings.
    pub session: &'static str,
    /// The URL's scheme.
    pub scheme: &'static str,
    /// Options behind the URL; PORT stands for the peer's port.
    pub options: &'static str,
    /// The driver's standard input.
    pub input: Vec<u8>,
    /// The peer's lines.
    pub script: Vec<Step>,
    /// Each must be in what the driver prints.
    pub says: &'static [&'static str],
    /// None may be there.
    pub never: &'static [&'static str],
    /// The seconds it may take: wide enough for a busy machine, narrow enough to tell one deadline from another.
    pub took: RangeInclusive<u32>,
    /// Checks what the peer heard.
    pub heard: Option<Check>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            name: "",
            session: "play",
            scheme: "rtmp",
            options: "",
            input: Vec::new(),
            script: Vec::new(),
            says: &[],
            never: &[],
            took: 0..=u32::MAX,
            heard: None,
        }
    }
}

/// How a session ended.
pub(crate) struct Outcome {
    pub text: String,
    pub status: Option<ExitStatus>,
}

/// What every session ends with that leaves nothing behind.
const DONE: &str = "done: descriptors 0, signals 0, handler kept";

/// Runs cases side by side. All are run before the failures are told.
pub(crate) fn run(cases: Vec<Case>) {
    let queue = Mutex::new(cases.iter());
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                let next = || queue.lock().expect("the queue").next();
                while let Some(case) = next() {
                    if let Err((result, why)) = run_one(case) {
                        let why = format!("{}: {why}", case.name);
                        failures.lock().expect("the failures").push((why, result));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("the failures");
    for (why, result) in &failures {
        note(*result, 1);
        println!("{result:?}: {}", why.lines().next().unwrap_or_default());
    }
    note(tally::Ending::AsAsked, cases.len() - failures.len());
    if other_library().is_some() {
        return;
    }
    let failures: Vec<String> = failures.into_iter().map(|(why, _)| why).collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn run_one(case: &Case) -> Result<(), (tally::Ending, String)> {
    let (peer, outcome) = drive_with_peer(case, case.session);
    let category = outcome.category();
    if category != "ended" {
        let mut result = tally::of_process(&category);
        let may_want_memory = category.starts_with("crashes") || category == "aborts";
        if may_want_memory && other_library().is_some() && ends_with_much_memory(case) {
            result = tally::Ending::OutOfMemory;
        }
        return Err((result, format!("{category}\n{}", shortened(&outcome.text))));
    }
    check(case, &outcome, peer).map_err(|why| (tally::Ending::Otherwise, why))
}

/// Runs a case's session, with this mode and these settings, against a peer that plays its script.
fn drive_with_peer(case: &Case, session: &str) -> (Peer, Outcome) {
    let peer = Peer::start(case.script.clone(), 1);
    let port = peer.port.to_string();
    let options = case.options.replace("PORT", &port);
    let url = format!("{}://127.0.0.1:{port}/app/stream {options}", case.scheme);
    let outcome = drive(session, &url, &case.input);
    (peer, outcome)
}

/// Whether a session that crashes within its limit ends without one.
fn ends_with_much_memory(case: &Case) -> bool {
    let words = case.session.split(' ').filter(|word| !word.starts_with("memory="));
    let session = words.chain(["memory=16384"]).collect::<Vec<_>>().join(" ");
    drive_with_peer(case, &session).1.category() == "ended"
}

/// Whether what came out is what must.
fn check(case: &Case, outcome: &Outcome, peer: Peer) -> Result<(), String> {
    let text = &outcome.text;
    for wanted in case.says.iter().chain(&[DONE]) {
        if !text.contains(wanted) {
            return Err(format!("does not say {wanted:?}\n{}", shortened(text)));
        }
    }
    for unwanted in case.never {
        if text.contains(unwanted) {
            return Err(format!("says {unwanted:?}\n{}", shortened(text)));
        }
    }
    let took = outcome.seconds();
    if !case.took.contains(&took) {
        return Err(format!("took {took} seconds, not {:?}\n{}", case.took, shortened(text)));
    }
    // Else the peer is left to itself: one that is deaf may notice late that the client has left.
    let Some(check) = case.heard else { return Ok(()) };
    peer.heard().first().map_or_else(|| Err("never connected".to_owned()), check)
}

impl Outcome {
    /// How long the session took, by the driver's clock.
    fn seconds(&self) -> u32 {
        let line = self.text.lines().rev().find_map(|line| line.strip_prefix("took "));
        line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0)
    }

    /// What became of the process.
    pub(crate) fn category(&self) -> String {
        match self.status {
            None => "hangs".to_owned(),
            Some(status) => match (status.signal(), status.code()) {
                (Some(libc::SIGPIPE), _) => "killed by SIGPIPE".to_owned(),
                (Some(libc::SIGXCPU | libc::SIGKILL), _) => "spins".to_owned(),
                (Some(libc::SIGABRT), _) => "aborts".to_owned(),
                (Some(signal), _) => format!("crashes (signal {signal})"),
                (None, Some(0)) => "ended".to_owned(),
                (None, code) => format!("exits with {code:?}"),
            },
        }
    }
}

fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(24);
    let mut shown: Vec<&str> = lines.iter().take(8).copied().collect();
    shown.extend(lines.iter().skip(8.max(skipped + 8)).copied());
    shown.iter().map(|line| format!("    {}\n", &line[..line.floor_char_boundary(200)])).collect()
}

/// Runs the driver to its end, or to the deadline.
pub(crate) fn drive(session: &str, url: &str, input: &[u8]) -> Outcome {
    let mut words = session.split(' ');
    let mut command = program("driver");
    command.arg(words.next().unwrap_or_default()).arg(url).args(words);
    fed(command, input)
}

/// Runs a command to its end, or to the deadline, and keeps what it prints.
pub(crate) fn finish(command: Command) -> Outcome {
    fed(command, &[])
}

fn fed(mut command: Command, input: &[u8]) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the driver starts");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    // A program that does not read its input closes it.
    let feeder = thread::spawn(move || drop(stdin.write_all(&input)));
    let mut out = child.stdout.take().expect("its output");
    let mut complaints = child.stderr.take().expect("its complaints");
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).expect("its output");
        complaints.read_to_end(&mut bytes).expect("its complaints");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let began = Instant::now();
    let deadline = if other_library().is_some() { OTHERS_DEADLINE } else { DEADLINE };
    let mut status = None;
    while status.is_none() && began.elapsed() < deadline {
        status = child.try_wait().expect("its status");
        thread::sleep(Duration::from_millis(2));
    }
    if status.is_none() {
        child.kill().expect("the driver ends");
    }
    child.wait().expect("its status");
    feeder.join().expect("its input");
    Outcome { text: reader.join().expect("its output"), status }
}

/// A C program of this directory, ready to run on the library under test.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(PROGRAMS.join(name));
    command.env("LD_LIBRARY_PATH", other_library().unwrap_or_else(|| PROGRAMS.join("library")));
    command
}

/// A home for a program, removed at the end.
pub(crate) struct Home(PathBuf);

impl Home {
    /// One in which this is the cache of SWF hashes.
    pub(crate) fn with_cache(cache: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("home-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let home = Self(PROGRAMS.join(name));
        fs::create_dir_all(&home.0).expect("a home");
        fs::write(home.0.join(".swfinfo"), cache).expect("a cache");
        home
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Compiled programs, and our library under the name that they ask for.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    let library = directory.join("library");
    fs::create_dir_all(&library).expect("a directory for the programs");
    let built = std::env::current_exe().expect("this test").with_file_name("librtmp.so");
    assert!(built.exists(), "{} is not built", built.display());
    for link in ["librtmp.so.1", "librtmp.so"] {
        replace(&library.join(link), |link| symlink(&built, link).expect("a link to our library"));
    }
    for program in ["driver", "faults", "life", "scarce"] {
        replace(&directory.join(program), |place| compile(program, place, &library));
    }
    directory
});

/// Makes a file elsewhere and puts it in its place at once: some runners give each test a process of its own, and those use
/// the same files.
fn replace(place: &Path, make: impl FnOnce(&Path)) {
    let made = place.with_extension(std::process::id().to_string());
    let _ = fs::remove_file(&made);
    make(&made);
    fs::rename(&made, place).expect("its place");
}

fn compile(name: &str, place: &Path, library: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = root.join("tests/hostile");
    // A program of several files has the others in a directory of its name.
    let further = fs::read_dir(sources.join(name)).into_iter().flatten();
    let further = further
        .map(|entry| entry.expect("a source").path())
        .filter(|path| path.extension() == Some("c".as_ref()));
    let status = Command::new("cc")
        .args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-o"])
        .arg(place)
        .arg(sources.join(name).with_extension("c"))
        .args(further)
        .arg(format!("-I{}", root.join("include").display()))
        .arg(format!("-L{}", library.display()))
        .args(["-lrtmp", "-lpthread"])
        .status()
        .expect("a C compiler called cc");
    assert!(status.success(), "{name}.c does not compile");
}
