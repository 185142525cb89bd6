//! The bounded run: every target on its seeds and on mutations of them, for some seconds each.
//!
//! `replay SECONDS [TARGET...]`, from the directory with `seeds`. The inputs depend only on how many fit into the time.
//! `replay --input FILE TARGET` runs one input. Each target has a process of its own, which notes each input before it
//! runs it: one that crashes, panics (also where the C layer would catch it) or takes too long is kept in `artifacts`.

use rtmp_fuzz::{Mutator, TARGETS, Target};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

/// The seed of all mutations.
const SEED: u64 = 1935;
/// How much longer than its time a target may take: for its seeds, and for an input that has begun.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether a target's process has ended.
const POLL: Duration = Duration::from_millis(20);
/// The most memory that a target's process may have used, KiB.
const MAX_MEMORY: u64 = 256 * 1024;
/// Where inputs that fail are kept.
const ARTIFACTS: &str = "artifacts";
/// The length before the input in the file that notes it, bytes.
const NOTE_HEAD: usize = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--input", file, name] => {
            end_at_a_panic();
            find(name).1(&fs::read(file).expect("the input can be read"));
            ExitCode::SUCCESS
        }
        ["--worker", name, seconds, note] => {
            end_at_a_panic();
            let (name, target) = find(name);
            work(name, target, time(seconds), Path::new(note));
            ExitCode::SUCCESS
        }
        [seconds, wanted @ ..] if seconds.parse::<f64>().is_ok() => supervise(seconds, wanted),
        _ => {
            eprintln!("usage: replay SECONDS [TARGET...] | replay --input FILE TARGET");
            ExitCode::from(2)
        }
    }
}

fn find(name: &str) -> (&'static str, Target) {
    *TARGETS.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no target {name}"))
}

fn time(seconds: &str) -> Duration {
    Duration::from_secs_f64(seconds.parse().expect("a number of seconds"))
}

fn end_at_a_panic() {
    std::panic::set_hook(Box::new(|info| {
        eprintln!("{info}");
        std::process::abort();
    }));
}

/// Runs the targets one after the other and counts.
fn supervise(seconds: &str, wanted: &[&str]) -> ExitCode {
    let chosen: Vec<_> = match wanted {
        [] => TARGETS.iter().map(|(name, _)| *name).collect(),
        wanted => wanted.iter().map(|name| find(name).0).collect(),
    };
    fs::create_dir_all(ARTIFACTS).expect("the place for failing inputs can be made");
    let failed = chosen.iter().filter(|name| !passes(name, seconds)).count();
    println!("targets: {} passed, {failed} failed", chosen.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a target; keeps the input that it failed with.
fn passes(name: &str, seconds: &str) -> bool {
    let note = PathBuf::from(format!("{ARTIFACTS}/{name}.{}", std::process::id()));
    let mut child = Command::new(std::env::current_exe().expect("a program"))
        .args(["--worker", name, seconds])
        .arg(&note)
        .spawn()
        .expect("the worker can be started");
    let end = end_of(&mut child, time(seconds) + PATIENCE);
    if end.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let kept = fs::read(&note).ok().and_then(|noted| input_of(&noted));
    let _ = fs::remove_file(&note);
    if end == Some(true) {
        return true;
    }
    println!(
        "FAILED  {name}: {}",
        if end.is_none() { "an input takes too long" } else { "its process ended" }
    );
    if let Some(input) = kept {
        let file = format!("{ARTIFACTS}/{name}-{:016x}", hash(&input));
        fs::write(&file, input).expect("the input can be kept");
        println!("        again: cd fuzz && cargo run --release --bin replay -- --input {file} {name}");
    }
    false
}

/// Whether the process ended well; `None` when it did not end in time.
fn end_of(child: &mut Child, time: Duration) -> Option<bool> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return Some(status.success());
        }
        std::thread::sleep(POLL);
    }
    None
}

/// Seeds first, then mutations until the time is over.
fn work(name: &str, target: Target, time: Duration, note: &Path) {
    let mut files: Vec<_> = fs::read_dir(format!("seeds/{name}"))
        .unwrap_or_else(|error| panic!("no seeds for {name}: {error}"))
        .map(|entry| entry.expect("a seed").path())
        .collect();
    files.sort();
    let seeds: Vec<_> = files.iter().map(|file| fs::read(file).expect("a seed can be read")).collect();
    let mut notes = Notes::new(note).expect("inputs can be noted");
    let start = Instant::now();
    let mut executions: u64 = 0;
    let mut run = |input: &[u8]| {
        notes.write(input).expect("the input can be noted");
        target(input);
        executions += 1;
    };
    seeds.iter().for_each(|seed| run(seed));
    let mut mutator = Mutator::new(SEED, seeds);
    while start.elapsed() < time {
        run(&mutator.input());
    }
    let peak = peak_memory();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{name}: {} seeds, {executions} executions, {seconds:.1} s, {} MiB at most",
        files.len(),
        peak / 1024
    );
    assert!(peak <= MAX_MEMORY, "{peak} KiB of memory were used");
}

/// Where each input is noted before it runs.
struct Notes {
    file: File,
    memory: Vec<u8>,
}

impl Notes {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, memory: Vec::new() })
    }

    fn write(&mut self, input: &[u8]) -> io::Result<()> {
        self.memory.clear();
        self.memory.extend((input.len() as u64).to_be_bytes());
        self.memory.extend(input);
        self.file.write_all_at(&self.memory, 0)
    }
}

/// The input in a note, behind which an earlier and longer one may still stand.
fn input_of(noted: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = noted.split_at_checked(NOTE_HEAD)?;
    let length = u64::from_be_bytes(head.try_into().ok()?) as usize;
    Some(rest.get(..length)?.to_vec())
}

/// The most memory that this process has used so far, KiB.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the kernel tells of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts memory");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
}

/// FNV-1a: a name for an input.
fn hash(input: &[u8]) -> u64 {
    input
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
