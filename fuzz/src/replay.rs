//! The bounded run: every target on its seeds and on mutations of them, for some seconds each.
//!
//! `replay SECONDS [TARGET...]`, from the directory with `seeds`. The inputs depend only on how many fit into the time.
//! `replay --input FILE TARGET` runs one input. A panic, also one that the C layer would catch, ends the process and
//! prints the input; so does an input that takes longer than ten seconds.

use rtmp_fuzz::{Mutator, TARGETS, Target};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The seed of all mutations.
const SEED: u64 = 1935;
/// The longest that one input may take, seconds.
const PATIENCE: u64 = 10;

/// What is running, for the one who has to say so.
static CURRENT: Mutex<(&str, Vec<u8>)> = Mutex::new(("", Vec::new()));
/// Inputs run so far.
static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    std::panic::set_hook(Box::new(|info| {
        eprintln!("{info}");
        give_up();
    }));
    std::thread::spawn(watch);
    let seconds = match arguments.as_slice() {
        [flag, file, name] if flag == "--input" => {
            let input = std::fs::read(file).expect("the input can be read");
            let (name, target) = TARGETS.iter().find(|(known, _)| known == name).expect("a known target");
            run(name, *target, &input);
            return ExitCode::SUCCESS;
        }
        [seconds, ..] => seconds.parse::<f64>().ok(),
        [] => None,
    };
    let Some(seconds) = seconds else {
        eprintln!("usage: replay SECONDS [TARGET...] | replay --input FILE TARGET");
        return ExitCode::from(2);
    };
    let wanted = &arguments[1..];
    let chosen: Vec<_> = TARGETS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|one| one == name))
        .collect();
    for (name, target) in &chosen {
        replay(name, *target, Duration::from_secs_f64(seconds));
    }
    println!("{} passed, 0 failed", chosen.len());
    ExitCode::SUCCESS
}

/// Seeds first, then mutations until the time is over.
fn replay(name: &'static str, target: Target, time: Duration) {
    let mut files: Vec<_> = std::fs::read_dir(format!("seeds/{name}"))
        .unwrap_or_else(|error| panic!("no seeds for {name}: {error}"))
        .map(|entry| entry.expect("a seed").path())
        .collect();
    files.sort();
    let seeds: Vec<_> = files.iter().map(|file| std::fs::read(file).expect("a seed can be read")).collect();
    let before = EXECUTIONS.load(Ordering::Relaxed);
    let end = Instant::now() + time;
    for seed in &seeds {
        run(name, target, seed);
    }
    let mut mutator = Mutator::new(SEED, seeds);
    while Instant::now() < end {
        run(name, target, &mutator.input());
    }
    println!("{name}: {} seeds, {} executions", files.len(), EXECUTIONS.load(Ordering::Relaxed) - before);
}

fn run(name: &'static str, target: Target, input: &[u8]) {
    {
        let mut current = CURRENT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        current.0 = name;
        current.1.clear();
        current.1.extend_from_slice(input);
    }
    target(input);
    EXECUTIONS.fetch_add(1, Ordering::Relaxed);
}

/// Ends the process when one input takes too long.
fn watch() {
    let mut last = (u64::MAX, 0);
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let now = EXECUTIONS.load(Ordering::Relaxed);
        last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
        if last.1 >= PATIENCE {
            eprintln!("an input takes longer than {PATIENCE} s");
            give_up();
        }
    }
}

/// Prints the input and ends.
fn give_up() -> ! {
    let current = CURRENT.try_lock().map(|current| (current.0, current.1.clone())).unwrap_or_default();
    eprintln!("target {}, input of {} bytes:", current.0, current.1.len());
    eprintln!("{}", current.1.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    println!("0 passed, 1 failed");
    std::process::abort();
}
