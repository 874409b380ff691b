//! Writes a policy and its binding as YAML with comments.

use std::fmt::Write as _;

use super::namespaces::Requirement;
use crate::k8s::yaml_text::to_yaml;

/// The label of policies that this program generated.
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "kubectl-nativesidecar");

/// The annotation that describes an object.
const DESCRIPTION: &str = "kubernetes.io/description";

/// The longest line of a description.
const WIDTH: usize = 100;

/// The lines of a sentence.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + word.len() < WIDTH => line.extend([" ", word]),
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A YAML document under construction.
pub(super) struct Document {
    text: String,
    indent: usize,
}

impl Document {
    /// Starts a document with the common part of policies and bindings, and its spec.
    pub(super) fn new(api: &str, kind: &str, name: &str, description: &str) -> Self {
        let mut document = Self { text: String::new(), indent: 0 };
        document.line(format!("apiVersion: {api}"));
        document.line(format!("kind: {kind}"));
        document.nested("metadata:", |metadata| {
            metadata.line(format!("name: {name}"));
            metadata.nested("labels:", |labels| labels.line(format!("{}: {}", MANAGED_BY.0, MANAGED_BY.1)));
            metadata.nested("annotations:", |annotations| {
                annotations.folded(DESCRIPTION, &wrapped(description));
            });
        });
        document.line("spec:");
        document.indent += 2;
        document
    }

    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{:indent$}{}", "", line.as_ref(), indent = self.indent);
    }

    /// A key with a mapping.
    pub(super) fn nested(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        self.line(key);
        self.indent += 2;
        write(self);
        self.indent -= 2;
    }

    /// An item of a list, whose first line is given.
    pub(super) fn item(&mut self, first: impl AsRef<str>, write: impl FnOnce(&mut Self)) {
        self.line(format!("- {}", first.as_ref()));
        self.indent += 2;
        write(self);
        self.indent -= 2;
    }

    /// A key with a text on lines of its own, which are read as one.
    pub(super) fn folded<L: AsRef<str>>(&mut self, key: &str, lines: &[L]) {
        self.nested(&format!("{key}: >-"), |document| {
            for line in lines {
                document.line(line);
            }
        });
    }

    /// A match condition with its reason.
    pub(super) fn condition<L: AsRef<str>>(&mut self, comment: &str, name: &str, lines: &[L]) {
        self.line(format!("# {comment}"));
        self.item(format!("name: {name}"), |item| item.folded("expression", lines));
    }

    pub(super) fn namespace_selector(&mut self, requirements: &[Requirement]) {
        self.nested("namespaceSelector:", |selector| {
            selector.line("matchExpressions:");
            for Requirement { key, operator, values } in requirements {
                // In quotes if it looks like a number or a boolean.
                let key = to_yaml(&key.as_str().into(), usize::MAX).unwrap_or_default();
                selector.item(format!("key: {}", key.trim_end()), |item| {
                    item.line(format!("operator: {operator}"));
                    if !values.is_empty() {
                        let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                        item.line(format!("values: [{}]", values.join(", ")));
                    }
                });
            }
        });
    }

    /// A rule of `matchConstraints`.
    pub(super) fn rule(&mut self, group: &str, operations: &[&str], resources: &[&str]) {
        self.item(format!("apiGroups: [{group:?}]"), |rule| {
            rule.line("apiVersions: [\"v1\"]");
            rule.line(format!("operations: {operations:?}"));
            rule.line(format!("resources: {resources:?}"));
        });
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}
