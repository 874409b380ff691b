//! Hostile inputs give a result or a clear error. They never cause a panic, and time and memory stay in proportion to the
//! input.
//!
//! The plain suite uses small inputs. The ignored tests, which `.ci/run` runs in a release build, use large inputs under
//! limits on memory and time that superlinear growth exceeds, and print measurements.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bytes;
mod cases;
mod meshes;
#[path = "../outside/mod.rs"]
mod outside;

use cases::{Answer, CASES, Case};
use outside::{Limits, Ran, SMALL, print, run};

const COMMANDS: [&[&str]; 6] = [
    &["annotate"],
    &["annotate", "--check"],
    &["annotate", "--diff"],
    &["inject"],
    &["inject", "-o", "name"],
    &["diff", "-v"],
];

/// Checks a run against the answer that the case expects.
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
        return wrong("unexpected exit code");
    }
    if ran.stderr.contains("panicked") || ran.stderr.contains("a bug in this program") {
        return wrong("panicked");
    }
    if ran.code() != Some(3) {
        return Ok(());
    }
    if !ran.stdout.is_empty() {
        return wrong("failed, but printed to standard output");
    }
    // `error: <stdin>:LINE:COLUMN: `
    let has_place = |line: &str| {
        let mut parts = line.strip_prefix("error: <stdin>:").unwrap_or_default().splitn(3, ':');
        let numbers = [parts.next(), parts.next()];
        numbers.iter().all(|part| part.is_some_and(|part| part.parse::<usize>().is_ok())) && parts.next().is_some()
    };
    if !ran.stderr.lines().any(has_place) {
        return wrong("the error has no line and column");
    }
    match answer {
        Answer::Refused(text) if !ran.stderr.contains(text) => wrong(&format!("the error does not contain {text:?}")),
        _ => Ok(()),
    }
}

#[test]
fn small_inputs_are_processed_or_refused() {
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

/// Limits for a large input. Quadratic growth would take hours.
const LARGE: Limits = Limits { memory_mib: 8 << 10, cpu_seconds: 100 };

/// How many times the memory an input of four times the size may take.
const GROWTH: usize = 6;

#[test]
#[ignore = "large: for a release build"]
fn large_inputs_grow_linearly() {
    print("case, command: MB in, ticks of 10 ms and MiB for a quarter of it and for all, growth");
    let mut wrong = Vec::new();
    for case in CASES {
        // The output of an injection is much larger than its input.
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
            print(&format!(
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
