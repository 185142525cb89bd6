//! The pure functions of the reference's library and of ours, side by side on made-up input.
//!
//! `differential REQUESTS WORKER REFERENCE OURS [SEED]`, or a number of seconds with an `s` behind it. WORKER is
//! `worker.c` compiled; REFERENCE and OURS are directories with a `librtmp.so.1` each. Both workers get the same requests,
//! and their answers must be the same but for the differences listed in `intended`. The reference may crash, which is
//! counted; ours may not.

mod intended;
mod make;
mod worker;

use make::{OPERATIONS, Request};
use rtmp_fuzz::Random;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use worker::{Answer, Worker};

/// The seed unless another is given.
const SEED: u64 = 1935;
/// Unexpected differences that are printed of each operation.
const SHOWN: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (limit, rest) = match arguments.as_slice() {
        [limit, rest @ ..] if rest.len() >= 3 => (Limit::parse(limit), rest),
        _ => (None, &[][..]),
    };
    let Some(limit) = limit else {
        eprintln!("usage: differential REQUESTS|SECONDSs WORKER REFERENCE OURS [SEED]");
        return ExitCode::from(2);
    };
    let seed = rest.get(3).and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let mut reference = Worker::new(&rest[0], &rest[1]);
    let mut ours = Worker::new(&rest[0], &rest[2]);
    let mut tally = Tally::default();
    let mut random = Random::new(seed);
    let start = Instant::now();
    for done in 0.. {
        if limit.is_reached(done, start) {
            break;
        }
        let request = make::request(&mut random);
        let answers = (reference.ask(&request), ours.ask(&request));
        tally.count(&request, &answers.0, &answers.1);
    }
    tally.print(reference.restarts)
}

/// When to end.
enum Limit {
    /// After so many requests, which are the same everywhere.
    Requests(u64),
    /// After some time.
    Time(Duration),
}

impl Limit {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('s') {
            Some(seconds) => seconds.parse().ok().map(|seconds| Limit::Time(Duration::from_secs(seconds))),
            None => text.parse().ok().map(Limit::Requests),
        }
    }

    fn is_reached(&self, done: u64, start: Instant) -> bool {
        match self {
            Limit::Requests(requests) => done >= *requests,
            Limit::Time(time) => start.elapsed() >= *time,
        }
    }
}

/// What came of the requests.
#[derive(Default)]
struct Tally {
    /// For each operation: all, and those that differ unexpectedly.
    operations: BTreeMap<usize, (usize, usize)>,
    /// Intended differences by their reason.
    intended: BTreeMap<&'static str, usize>,
    /// How many unexpected ones each operation has printed.
    shown: BTreeMap<usize, usize>,
}

impl Tally {
    fn count(&mut self, request: &Request, reference: &Answer, ours: &Answer) {
        let entry = self.operations.entry(request.operation).or_default();
        entry.0 += 1;
        if reference == ours && *ours != Answer::Died && *ours != Answer::Overrun {
            return;
        }
        if let Some(reason) = intended::reason(request, reference, ours) {
            *self.intended.entry(reason).or_default() += 1;
            return;
        }
        entry.1 += 1;
        let shown = self.shown.entry(request.operation).or_default();
        *shown += 1;
        if *shown <= SHOWN {
            println!("DIFFERENT {} choice {}", OPERATIONS[request.operation].name, request.choice);
            println!(
                "  input {}",
                request.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
            );
            println!("  input {}", String::from_utf8_lossy(&request.bytes).escape_debug());
            println!("  reference {reference}\n  ours      {ours}");
        }
    }

    fn print(&self, restarts: usize) -> ExitCode {
        let mut passed = 0;
        for (operation, (all, different)) in &self.operations {
            println!("{}: {all} inputs, {different} unexpected differences", OPERATIONS[*operation].name);
            passed += usize::from(*different == 0);
        }
        for (reason, times) in &self.intended {
            println!("intended, {times} times: {reason}");
        }
        println!("the reference was started anew {restarts} times");
        let missing = OPERATIONS.len() - self.operations.len();
        // Without any difference it is one library and not two.
        let failed = self.operations.len() - passed + missing + usize::from(self.intended.is_empty());
        println!("differential: {passed} passed, {failed} failed");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
