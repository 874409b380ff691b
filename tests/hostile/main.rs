//! Hostile inputs: an answer or a clear error, never a panic, and no more time and memory than such a size may take.
//!
//! The plain suite tries small sizes of all. The ignored one, run in a release build by `.ci/run`, tries large ones under
//! limits of memory and time that whatever grows faster than its input breaks, and prints what each took.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bytes;
mod cases;
mod meshes;
#[path = "../outside/mod.rs"]
mod outside;

use cases::{Answer, CASES, Case};
use outside::{Limits, Ran, SMALL, run, say};

const COMMANDS: [&[&str]; 6] = [
    &["annotate"],
    &["annotate", "--check"],
    &["annotate", "--diff"],
    &["inject"],
    &["inject", "-o", "name"],
    &["diff", "-v"],
];

/// Holds an answer to what is promised of it; says what is wrong.
fn check(case: &Case, args: &[&str], ran: &Ran) -> Result<(), String> {
    let answer = if args[0] == "annotate" { case.annotate } else { case.inject };
    let differs = args[0] == "diff" || args.len() > 1;
    let codes: &[i32] = match answer {
        Answer::Done if differs => &[0, 1],
        Answer::Done => &[0],
        Answer::Refused(_) => &[3],
        Answer::Any => &[0, 1, 3],
    };
    let shown: String = ran.stderr.chars().take(500).collect();
    let wrong = |what: &str| Err(format!("{}: {args:?}: {what}: {:?}: {shown}", case.name, ran.status));
    if !ran.code().is_some_and(|code| codes.contains(&code)) {
        return wrong("it ended otherwise than it should");
    }
    if ran.stderr.contains("panicked") || ran.stderr.contains("a bug in this program") {
        return wrong("a panic");
    }
    if ran.code() != Some(3) {
        return Ok(());
    }
    if !ran.stdout.is_empty() {
        return wrong("it failed, and something is on standard output");
    }
    // `error: <stdin>:LINE:COLUMN: `
    let has_place = |line: &str| {
        let mut parts = line.strip_prefix("error: <stdin>:").unwrap_or_default().splitn(3, ':');
        let numbers = [parts.next(), parts.next()];
        numbers.iter().all(|part| part.is_some_and(|part| part.parse::<usize>().is_ok())) && parts.next().is_some()
    };
    if !ran.stderr.lines().any(has_place) {
        return wrong("line and column are not told");
    }
    match answer {
        Answer::Refused(text) if !ran.stderr.contains(text) => wrong(&format!("{text:?} is not told")),
        _ => Ok(()),
    }
}

#[test]
fn every_input_is_answered_or_refused() {
    let mut wrong = Vec::new();
    for case in CASES {
        for size in [1, 400] {
            let input = (case.make)(size);
            for args in COMMANDS {
                let answer = if args[0] == "annotate" { case.annotate } else { case.inject };
                if size == 1 && !matches!(answer, Answer::Done) {
                    continue;
                }
                wrong.extend(check(case, args, &run(args, input.as_bytes(), SMALL)).err());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a large input may take: what grows with the square of its size takes hours.
const LARGE: Limits = Limits { memory_mib: 8 << 10, cpu_seconds: 100 };

/// Four times the input may take this much more memory: a margin over four.
const GROWTH: usize = 6;

#[test]
#[ignore = "large: for a release build"]
fn large_inputs_take_what_their_size_allows() {
    say("case, command: MB in, ticks of 10 ms and MiB for a quarter of it and for all, growth");
    let mut wrong = Vec::new();
    for case in CASES {
        // An injection makes much more of its input.
        for (args, most) in
            [(&["annotate", "-q"][..], case.most), (&["inject", "-q"], case.most / 4), (&["diff", "-q"], case.most / 4)]
        {
            let mut took = Vec::new();
            let mut bytes = 0;
            for size in [most / 4, most] {
                let input = (case.make)(size);
                bytes = input.len();
                let ran = run(args, input.as_bytes(), LARGE);
                wrong.extend(check(case, args, &ran).err());
                took.push((ran.ticks, ran.peak_kib >> 10));
            }
            let [(time, memory), (more_time, more_memory)] = took[..] else { unreachable!() };
            let growth = more_memory.max(1) / memory.max(1);
            say(&format!(
                "{}, {}: {}, {time} {more_time}, {memory} {more_memory}, {growth}",
                case.name,
                args[0],
                bytes / 1_000_000
            ));
            if more_memory > 64 && growth > GROWTH {
                wrong.push(format!("{}: {args:?}: {memory} MiB, then {more_memory} MiB", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
