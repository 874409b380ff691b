//! Compares annotated manifests byte for byte with `testdata/oracle/lossless`, which a careful person edited by hand. Its
//! README has the rules.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a case that cannot be read is a failure")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use oracle_suite::Tally;

/// Runs `annotate` on a file with the flags for an operation.
fn annotate(file: &Path, operation: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"));
    command.args(["annotate", "--no-config", "--include-uninjected", "-f"]).arg(file);
    match operation {
        "set" => command.args(["--mode", "native"]),
        "remove" => command.args(["--remove", "--all"]),
        other => panic!("{other} is not an operation of a case"),
    };
    command.output().unwrap()
}

#[test]
fn annotations_are_edited_like_by_hand() {
    let folder = oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle"), "lossless");
    let mut tally = Tally::new("lossless");
    for line in fs::read_to_string(folder.join("cases.tsv")).unwrap().lines().skip(1) {
        let [case, operation, outcome, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let input = folder.join(format!("{case}.in.yaml"));
        let output = annotate(&input, operation);
        let (code, stderr) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
        let expected = match outcome {
            "edit" => Some(fs::read(folder.join(format!("{case}.out.yaml"))).unwrap()),
            "same" => Some(fs::read(&input).unwrap()),
            "error" => None,
            other => panic!("{case}: {other} is not an outcome"),
        };
        let result = match expected {
            Some(expected) if code == Some(0) && output.stdout == expected => Ok(()),
            None if code == Some(3) && output.stdout.is_empty() && !stderr.is_empty() => Ok(()),
            _ => Err(format!("exit code {code:?}: {stderr}{}", String::from_utf8_lossy(&output.stdout))),
        };
        tally.count(case, result);
    }
    tally.finish();
}
