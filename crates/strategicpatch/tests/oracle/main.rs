//! Compares with recorded answers of `StrategicMergePatch` in `k8s.io/apimachinery`, and with its merge keys.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case that cannot be read is a failure"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use oracle_suite::Tally;
use serde_json::Value;
use strategicpatch::{Kind, PatchRule, Strategy, merge};

fn folder() -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle"), "strategicpatch")
}

#[test]
fn cases() {
    let mut tally = Tally::new("strategicpatch");
    for line in fs::read_to_string(folder().join("cases.jsonl")).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        tally.count(case["id"].as_str().unwrap(), difference(&case).map_or(Ok(()), Err));
    }
    tally.finish();
}

fn difference(case: &Value) -> Option<String> {
    let kind = kind(case["kind"].as_str().unwrap());
    let ours = merge(case["original"].clone(), case["patch"].clone(), kind);
    let same = match (&ours, case.get("merged")) {
        (Ok(merged), Some(expected)) => merged == expected,
        (Err(_), None) => true,
        _ => false,
    };
    let ours = ours.map_or_else(|error| error.to_string(), |merged| merged.to_string());
    let theirs = case.get("merged").map_or_else(|| case["error"].to_string(), Value::to_string);
    (!same).then(|| {
        format!(
            "\n  original {}\n  patch    {}\n  ours     {ours}\n  theirs   {theirs}",
            case["original"], case["patch"]
        )
    })
}

fn kind(name: &str) -> Kind {
    Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name).unwrap_or_else(|| panic!("kind {name}"))
}

/// A row of the table of merge keys: path, whether the items are objects, patch strategy, merge key.
type Row = (String, bool, String, String);

#[test]
fn merge_keys() {
    let text = fs::read_to_string(folder().join("mergekeys.json")).unwrap();
    let table: Value = serde_json::from_str(&text).unwrap();
    let template = rows(&table["lists"]["PodTemplate"]);
    for kind in Kind::ALL {
        let name = format!("{kind:?}");
        let ours: BTreeSet<Row> = kind.rules().into_iter().map(our_row).collect();
        let mut theirs = rows(&table["lists"][&name]);
        theirs.extend(rows(&table["nonListStrategies"][&name]));
        if theirs.is_empty() {
            // A workload has the rows of its own type, of its metadata, and of its pod template.
            theirs = rows(&table["workloadsOwn"][&name]);
            let at = table["podTemplateAt"][&name].as_str().unwrap();
            theirs.extend(template.iter().filter_map(|(path, of_objects, strategy, key)| {
                let path = match path.strip_prefix("template.") {
                    Some(below) => format!("{at}.{below}"),
                    None if path.starts_with("metadata.") => path.clone(),
                    None => return None,
                };
                Some((path, *of_objects, strategy.clone(), key.clone()))
            }));
        }
        assert!(theirs.len() > 100, "{name}: only {} rows", theirs.len());
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let unfounded: Vec<_> = ours.difference(&theirs).collect();
        assert!(missing.is_empty() && unfounded.is_empty(), "{name}: missing {missing:#?}, unfounded {unfounded:#?}");
    }
}

fn our_row(rule: PatchRule) -> Row {
    let (merges, key) = match rule.strategy {
        Strategy::Replace => (false, None),
        Strategy::Merge { key } => (true, key),
    };
    let strategy = match (merges, rule.retain_keys) {
        (true, true) => "merge,retainKeys",
        (true, false) => "merge",
        (false, true) => "retainKeys",
        (false, false) => "",
    };
    (rule.path, rule.of_objects, strategy.to_owned(), key.unwrap_or_default().to_owned())
}

fn rows(list: &Value) -> BTreeSet<Row> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        (text(row, "path"), row["element"] == "object", text(row, "patchStrategy"), text(row, "patchMergeKey"))
    };
    list.as_array().into_iter().flatten().map(row).collect()
}
