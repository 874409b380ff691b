//! A rule: a name, a severity, a manual page, and functions that check pod templates or objects.

use super::context::{LintedObject, Pod};
use super::finding::Findings;
use super::node::Node;
use crate::explain::Proxy;
use crate::inject::Injector;

/// How serious a finding is. Errors and warnings make `lint` fail, infos do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does not work as written.
    Error,
    /// It works, but probably not as intended.
    Warning,
    /// Something to know.
    Info,
}

impl Severity {
    /// The word in output.
    pub fn label(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A rule of `lint`. Each is one file of `rules`, whose module documentation is the manual page.
pub struct Rule {
    /// The name in output, comments and settings, in kebab case.
    pub name: &'static str,
    /// How serious its findings are.
    pub severity: Severity,
    /// Whether it runs unless rules are selected.
    pub is_default: bool,
    /// What it looks at. Nothing, if the engine itself adds the findings.
    pub checks: &'static [Check],
    /// The source of its file: `include_str!("NAME.rs")`.
    pub source: &'static str,
}

/// What a rule looks at.
pub enum Check {
    /// Every pod template whose proxy is of one of these kinds.
    Pod {
        /// The kinds of proxy.
        proxies: &'static [Proxy],
        /// Adds the findings about a pod template.
        find: fn(&Pod<'_>, &mut Findings<'_>),
    },
    /// Every object, whether or not it has a pod template.
    Object(fn(&LintedObject<'_>, &mut Findings<'_>)),
    /// The `config` of the `ConfigMap` of an injector, in the files of the mesh.
    MeshFile(fn(&Node<'_>, &Injector, &mut Findings<'_>)),
    /// The same, if the run knows what the rule needs.
    If(Need, &'static Check),
}

/// What a rule needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A mesh that is given, not assumed.
    Mesh,
    /// That the mesh is the AKS add-on.
    Aks,
    /// The files of the mesh.
    MeshFile,
}

impl Rule {
    /// The manual page: the module documentation of the rule's file, as Markdown.
    pub fn manual(&self) -> String {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        let mut page = String::new();
        for line in lines {
            page.push_str(line.strip_prefix(' ').unwrap_or(line));
            page.push('\n');
        }
        page
    }

    /// The first sentence of the manual page, without the full stop.
    pub fn summary(&self) -> String {
        let page = self.manual();
        let first = page.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        first.trim().trim_end_matches('.').to_owned()
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
