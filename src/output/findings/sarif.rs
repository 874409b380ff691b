//! Findings as SARIF 2.1.0, for code scanning.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::identity::fingerprints;
use crate::lint::{Change, Finding, RULES, Rule, Severity};
use crate::output::json_text;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

const RULES_PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/reference/rules.md");

/// Writes the findings as one run.
pub fn sarif(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    let results: Vec<Value> = findings.iter().zip(fingerprints(findings)).map(|(f, print)| result(f, &print)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": RULES.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    out.write_all(json_text(&log)?.as_bytes())
}

fn level(rule: &Rule) -> &'static str {
    match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    let page = rule.manual();
    let words = rule.name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    });
    json!({
        "id": rule.name,
        "name": words.collect::<String>(),
        "shortDescription": {"text": format!("{}.", rule.summary())},
        "fullDescription": {"text": format!("{}.", rule.summary())},
        "help": {"text": page, "markdown": page},
        "helpUri": format!("{RULES_PAGE}#{}", rule.name),
        "defaultConfiguration": {"level": level(rule), "enabled": rule.is_default},
        "properties": {"tags": ["istio", "kubernetes"]},
    })
}

fn result(finding: &Finding, fingerprint: &str) -> Value {
    let location = json!({"uri": uri(&finding.file)});
    let index = RULES.iter().position(|rule| *rule == finding.rule);
    let help = finding.help.as_deref().map(|help| format!(": {help}")).unwrap_or_default();
    let mut result = json!({
        "ruleId": finding.rule.name,
        "ruleIndex": index,
        "level": level(finding.rule),
        "message": {"text": format!("{}{help}", finding.message)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": location,
                "region": {
                    "startLine": finding.start.line,
                    "startColumn": finding.start.column,
                    "endLine": finding.end.line,
                    "endColumn": finding.end.column,
                },
            },
            "logicalLocations": [{
                "fullyQualifiedName": format!("{}/{}/{}", finding.namespace, finding.kind, finding.name),
                "kind": "object",
            }],
        }],
        "partialFingerprints": {"nativesidecar/v1": fingerprint},
    });
    if let (Some(change), Some(fix), Some(object)) = (&finding.change, &finding.fix, result.as_object_mut()) {
        let text = format!("{} ({} fix)", finding.help.as_deref().unwrap_or("fix it"), fix.grade.label());
        object.insert(
            "fixes".to_owned(),
            json!([{
                "description": {"text": text},
                "artifactChanges": [{"artifactLocation": location, "replacements": [replacement(change)]}],
            }]),
        );
    }
    result
}

fn replacement(change: &Change) -> Value {
    json!({
        "deletedRegion": {
            "startLine": change.start.line,
            "startColumn": change.start.column,
            "endLine": change.end.line,
            "endColumn": change.end.column,
        },
        "insertedContent": {"text": change.text},
    })
}

/// The file as a URI reference. Standard input is `stdin`.
fn uri(file: &str) -> String {
    let name = if file == "<stdin>" { "stdin" } else { file.trim_start_matches("./") };
    let name = name.replace('\\', "/");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut uri = if Path::new(&name).is_absolute() { "file://".to_owned() } else { String::new() };
    for byte in name.bytes() {
        if is_plain(byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
