//! Admission policies that do in the API server what `annotate` does in files: set the annotation of new pods, or require
//! it of pods and pod templates.
//!
//! | file | job |
//! |---|---|
//! | `api` | the versions of the API |
//! | `owner` | the controllers whose pods a policy is about |
//! | `namespaces` | the namespaces |
//! | `set`, `validate` | the two kinds of policies |
//! | `cel` | their expressions |
//! | `document` | their text |
//! | `setter` | finds policies in a cluster that set the annotation |
//!
//! What a policy makes of a pod equals what `annotate` makes of its owner's pod template: the spellings that are repaired are
//! the same constants, and `tests/cluster` compares both on a real API server.

mod api;
mod cel;
mod document;
mod error;
mod namespaces;
mod owner;
mod set;
mod setter;
mod validate;

use std::collections::BTreeSet;

use crate::istio::native::Mode;
use crate::k8s::KubernetesVersion;
use document::Document;
use namespaces::{Requirement, short_hash};

pub use error::PolicyError;
pub use namespaces::NamespaceChoice;
pub use owner::OwnerKind;
pub use setter::{MUTATING_BINDING, MUTATING_POLICY, POLICY_GROUP, bound_policy, setter_name};

/// What a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAction {
    /// Sets the annotation of new pods.
    Set,
    /// Refuses pods and pod templates without it.
    Require,
    /// Accepts them with a warning.
    Warn,
    /// Accepts them, and records them in the audit log.
    Audit,
}

/// A request for a policy.
#[derive(Clone, Debug)]
pub struct PolicyRequest {
    /// The action.
    pub action: PolicyAction,
    /// The mode to set or to require; `None` for the default of `annotate`, and for either.
    pub mode: Option<Mode>,
    /// The controllers whose pods it is about; all if empty.
    pub owners: Vec<OwnerKind>,
    /// The namespaces.
    pub namespaces: NamespaceChoice,
    /// The version of the API server.
    pub kubernetes: KubernetesVersion,
    /// Whether the API may be beta.
    pub beta_api: bool,
    /// The namespaces of the mesh, if they are known.
    pub mesh_namespaces: BTreeSet<String>,
}

/// A generated policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedPolicy {
    /// The policy and its binding, as YAML.
    pub text: String,
    /// Remarks for the user.
    pub notes: Vec<String>,
}

impl PolicyAction {
    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Require => "require",
            Self::Warn => "warn",
            Self::Audit => "audit",
        }
    }
}

impl PolicyRequest {
    /// Generates the policy and its binding.
    pub fn generate(&self) -> Result<GeneratedPolicy, PolicyError> {
        let excluded = namespaces::excluded(&self.mesh_namespaces);
        self.namespaces.check(&excluded)?;
        let excluded = Requirement {
            key: crate::istio::names::label::NAMESPACE_NAME.to_owned(),
            operator: "NotIn",
            values: excluded.into_iter().collect(),
        };
        match self.action {
            PolicyAction::Set => set::generate(self, excluded),
            PolicyAction::Require | PolicyAction::Warn | PolicyAction::Audit => validate::generate(self, excluded),
        }
    }

    /// The policy's name. It depends on what the policy does, but not on the namespaces: these make the name of the
    /// binding.
    fn name(&self) -> String {
        // The API server takes 253 bytes, with the part of a binding's name about namespaces.
        const MAX_KINDS: usize = 100;
        let mode = self.mode.map(|mode| mode.to_string());
        let kinds: Vec<String> = self.owners.iter().map(|owner| owner.word().to_ascii_lowercase()).collect();
        let mut joined = kinds.join("-");
        if joined.len() > MAX_KINDS {
            joined = format!("{}-kinds-{}", kinds.len(), short_hash(kinds.iter().map(String::as_str)));
        }
        let kinds = Some(joined).filter(|kinds| !kinds.is_empty());
        let parts = ["nativesidecar".to_owned(), self.action.word().to_owned()].into_iter().chain(mode).chain(kinds);
        parts.collect::<Vec<_>>().join("-")
    }

    /// The command line of this request.
    fn command(&self) -> String {
        let mut words = vec![format!("kubectl nativesidecar policy --action {}", self.action.word())];
        words.extend(self.mode.map(|mode| format!("--mode {mode}")));
        if !self.owners.is_empty() {
            let kinds: Vec<String> = self.owners.iter().map(OwnerKind::word).collect();
            words.push(format!("--kind {}", kinds.join(",")));
        }
        words.push(self.namespaces.flag());
        words.push(format!("--kubernetes {}", self.kubernetes));
        words.extend(self.beta_api.then(|| "--beta-api".to_owned()));
        words.join(" ")
    }

    /// The pods in a sentence: `pods of Jobs`.
    fn pods(&self) -> String {
        let controllers: Vec<String> =
            self.owners.iter().filter(|owner| owner.controls_pods()).map(OwnerKind::plural).collect();
        let alone = self.owners.iter().any(OwnerKind::is_pod);
        match (controllers.is_empty(), alone) {
            (true, true) => "pods without a controller".to_owned(),
            (true, false) => "pods".to_owned(),
            (false, false) => format!("pods of {}", joined(&controllers, "and")),
            (false, true) => format!("pods of {}, and pods without a controller", joined(&controllers, "and")),
        }
    }

    /// The binding of a policy of this kind.
    fn binding(&self, api: &str, kind: &str, actions: Option<&str>) -> String {
        let name = self.name();
        let description = format!("Applies {name} to {}.", self.namespaces.phrase());
        let binding_name = format!("{name}{}", self.namespaces.suffix());
        let mut binding = Document::new(api, &format!("{kind}Binding"), &binding_name, &description);
        binding.line(format!("policyName: {name}"));
        if let Some(actions) = actions {
            binding.line(format!("validationActions: [\"{actions}\"]"));
        }
        let requirements = self.namespaces.requirements();
        if !requirements.is_empty() {
            binding.nested("matchResources:", |resources| resources.namespace_selector(&requirements));
        }
        binding.into_text()
    }
}

/// A list in a sentence: `a, b and c`.
fn joined(words: &[String], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// The text of a policy and its binding, after comments.
fn text(comments: &[String], policy: Document, binding: &str) -> String {
    let comments = comments.join("\n# ");
    format!("# {comments}\n{}---\n{binding}", policy.into_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(kinds: &[&str], selector: &str) -> String {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let request = PolicyRequest {
            action: PolicyAction::Require,
            mode: None,
            owners: OwnerKind::read(&kinds).unwrap(),
            namespaces: NamespaceChoice::Selector(selector.parse().unwrap()),
            kubernetes: KubernetesVersion::of_minor(36),
            beta_api: false,
            mesh_namespaces: BTreeSet::new(),
        };
        request.generate().unwrap().text
    }

    #[test]
    fn labels_that_look_like_other_types_are_strings() {
        let text = generated(&[], "true=1,1.5,team");
        for key in ["- key: \"true\"\n", "- key: \"1.5\"\n", "- key: team\n"] {
            assert!(text.contains(key), "{key}: {text}");
        }
    }

    #[test]
    fn names_are_as_short_as_the_api_server_requires() {
        let many = |letter: &str| format!("{}.example.com", format!("K{letter}").repeat(20));
        let names = |kinds: &[&str]| -> Vec<String> {
            let text = generated(kinds, "team=data");
            text.lines().filter_map(|line| Some(line.strip_prefix("  name: ")?.to_owned())).collect()
        };
        let [one, other] = ["a", "b"].map(|letter| names(&["job", &many(letter), &many("c"), &many("d"), &many("e")]));
        assert!(one.iter().chain(&other).all(|name| name.len() < 253), "{one:?} {other:?}");
        assert_ne!(one, other);
        assert_eq!(names(&["job", "Pod"])[0], "nativesidecar-require-job-pod");
    }
}
