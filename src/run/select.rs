//! Selects workloads by their kind, name, namespace and labels.

use crate::diagnostic::Diagnostic;
use crate::k8s::{Kinds, LabelSelector, Object, names_kind};
use crate::output::Reason;
use lossless_yaml::Tree;

/// A selection of workloads. An empty criterion selects all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Selects by the labels of the workload.
    pub selector: Option<LabelSelector>,
    /// Selects by kind; the names are those that [`names_kind`] accepts.
    pub kinds: Vec<String>,
    /// Selects by name.
    pub names: Vec<String>,
    /// Selects by namespace.
    pub namespaces: Vec<String>,
    /// The namespace of documents that name none.
    pub default_namespace: String,
}

impl Selection {
    /// The selection, or an error if it names a kind that is not among `kinds`.
    pub fn checked(self, kinds: &Kinds) -> Result<Self, Diagnostic> {
        let Some(unknown) = self.kinds.iter().find(|word| !kinds.has(word)) else { return Ok(self) };
        let nearest = kinds.nearest(unknown).map(|kind| format!("did you mean {kind}? ")).unwrap_or_default();
        let hint = format!("{nearest}--known-crds and --pod-template-path make other kinds known");
        Err(Diagnostic::usage(format!("--kind {unknown}: unknown kind"), Some(hint)))
    }

    /// The namespace of `object`, or the default.
    pub fn namespace<'s>(&'s self, object: &'s Object) -> &'s str {
        object.namespace.as_deref().unwrap_or(&self.default_namespace)
    }

    /// The flags of the selection, with their values.
    pub fn limits(&self) -> Vec<String> {
        let named = [("--kind", &self.kinds), ("--name", &self.names), ("--only-namespace", &self.namespaces)];
        let named = named.into_iter().filter(|(_, values)| !values.is_empty());
        let selector = self.selector.iter().map(|_| "--selector".to_owned());
        selector.chain(named.map(|(flag, values)| format!("{flag} {}", values.join(",")))).collect()
    }

    /// Why `object` is not selected; `None` if it is.
    pub fn leaves_out(&self, tree: &Tree<'_>, object: &Object) -> Option<Reason> {
        if !self.kinds.is_empty() && !self.kinds.iter().any(|word| names_kind(word, &object.kind, object.group())) {
            Some(Reason::NotSelected { flag: "--kind" })
        } else if !self.names.is_empty() && !self.names.contains(&object.name) {
            Some(Reason::NotSelected { flag: "--name" })
        } else if !self.namespaces.is_empty() && !self.namespaces.iter().any(|n| n == self.namespace(object)) {
            Some(Reason::NotSelected { flag: "--only-namespace" })
        } else if self.selector.as_ref().is_some_and(|s| !s.matches(&object.labels(tree))) {
            Some(Reason::NotSelected { flag: "--selector" })
        } else {
            None
        }
    }
}
