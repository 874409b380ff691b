//! The identity of a finding across runs, even if its lines move.

use std::collections::HashMap;

use sha1::{Digest as _, Sha1};

use crate::lint::Finding;

/// A fingerprint for each finding, made of its rule, file, object and path. Equal ones are numbered.
pub(super) fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let fingerprint = |finding: &Finding| {
        let Finding { rule, file, kind, namespace, name, path, .. } = finding;
        let file = file.trim_start_matches("./");
        let identity = [rule.name, file, kind, namespace, name, path].join("\n");
        let number = seen.entry(identity.clone()).and_modify(|number| *number += 1).or_default();
        let digest = Sha1::digest(format!("{identity}\n{number}").as_bytes());
        digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    };
    findings.iter().map(fingerprint).collect()
}
