//! Compares what is printed for pods with the table printer of Kubernetes.
//!
//! The sample is in `testdata/oracle/printing`.

use std::fs;
use std::path::Path;

use nativesidecar::cluster::pod::Pod;
use nativesidecar::cluster::printing::{Columns, columns, duration};
use nativesidecar::k8s::Time;
use serde_json::Value;

use crate::{folder, sample};
use oracle_suite::Tally;

#[test]
fn sampled_pods_print_as_in_kubectl() {
    pods("printing, sample", &sample("printing"));
}

#[test]
#[ignore = "needs the original cases"]
fn all_pods_print_as_in_kubectl() {
    pods("printing", &folder("printing"));
}

#[test]
fn durations_print_as_in_kubectl() {
    let mut tally = Tally::new("durations");
    for case in lines(&sample("printing").join("durations.jsonl")) {
        let (found, expected) = (duration(case["milliseconds"].as_i64().unwrap()), case["text"].as_str().unwrap());
        let same = if found == expected { Ok(()) } else { Err(format!("{found}, expected {expected}")) };
        tally.count(&case["milliseconds"].to_string(), same);
    }
    tally.finish();
}

fn pods(subject: &'static str, folder: &Path) {
    let mut tally = Tally::new(subject);
    for case in lines(&folder.join("pods.jsonl")) {
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        let (ready, status, restarts, age) = (text("ready"), text("status"), text("restarts"), text("age"));
        let expected = Columns { ready, status, restarts, age };
        let found = columns(&Pod::of(&case["pod"]), Time::parse(&text("now")).unwrap());
        let same = if found == expected { Ok(()) } else { Err(format!("{found:?}, expected {expected:?}")) };
        tally.count(&text("id"), same);
    }
    tally.finish();
}

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
