//! Compares the rows of `precheck` with rows that were decided by hand.
//!
//! `testdata/precheck` has this repository's own cases. Those here have another form: `args` names the documents, and
//! `checks.json` the rows that must be there.

use std::fs;
use std::path::Path;

use nativesidecar::cluster::precheck::{Date, Facts, Report, Status, precheck};
use nativesidecar::input::{Find, find};
use nativesidecar::run::saved_objects;
use serde_json::Value;

use crate::folder;
use oracle_suite::Tally;

#[test]
#[ignore = "needs the original cases"]
fn all_checks_answer_as_decided() {
    let mut tally = Tally::new("precheck");
    let mut cases: Vec<_> = fs::read_dir(folder("precheck")).unwrap().map(|case| case.unwrap().path()).collect();
    cases.retain(|case| case.is_dir());
    cases.sort();
    for case in cases {
        let expected: Vec<Value> = serde_json::from_slice(&fs::read(case.join("checks.json")).unwrap()).unwrap();
        tally.count(&case.display().to_string(), compare(&report(&case), &expected));
    }
    tally.finish();
}

/// The report on the documents that the case's arguments name.
fn report(case: &Path) -> Report {
    let args = fs::read_to_string(case.join("args")).unwrap();
    let args: Vec<&str> = args.lines().filter(|arg| !arg.is_empty()).collect();
    let after = |flag: &str| args.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1]).collect::<Vec<_>>();
    let paths = after("-f").iter().map(|file| case.join(file)).collect();
    let inputs = find(&Find { paths, ..Find::default() }).unwrap();
    let mut facts = Facts::default();
    let problems = saved_objects(&inputs, &mut |object| facts.take(&object).unwrap());
    assert!(problems.is_empty(), "{problems:?}");
    facts.choose_cluster(after("--name").first().copied()).unwrap();
    precheck(&facts, after("--today").first().map_or_else(Date::today, |date| date.parse().unwrap()))
}

/// Looks for each expected row. Without a subject, it is the gravest of its check.
fn compare(report: &Report, expected: &[Value]) -> Result<(), String> {
    for entry in expected {
        for absent in entry["absent"].as_array().into_iter().flatten() {
            if report.rows.iter().any(|row| *absent == row.code) {
                return Err(format!("{absent} has a row"));
            }
        }
        let Some(code) = entry["code"].as_str() else { continue };
        let rows = report.rows.iter().filter(|row| row.code == code).map(|row| &row.answer);
        let found: Vec<Status> = match entry["subject"].as_str() {
            Some(subject) => {
                rows.filter(|answer| answer.subject.as_deref() == Some(subject)).map(|answer| answer.status).collect()
            }
            None => rows.map(|answer| answer.status).max().into_iter().collect(),
        };
        if !matches!(found[..], [status] if entry["status"] == status.as_str()) {
            return Err(format!("expected {entry}, found {found:?}"));
        }
    }
    Ok(())
}
