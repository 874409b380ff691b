//! The rules of vendors about native sidecars: which release their versions run, and istiod's environment.
//! One file a vendor; each fact is a row or a [`Rule`] with its source.
//!
//! Where a vendor's documentation leaves it open, the default is [`NativeDefault::Unknown`]: istiod's Deployment has the
//! answer.

mod aks;
mod documents;
mod error;
mod kyma;
mod openshift;
mod settings;

use std::fmt;

use super::release::Release;

pub use aks::{
    Aks, AksDocuments, AksRevision, Cluster as AksCluster, Install, NAMESPACE as AKS_NAMESPACE,
    NodePool as AksNodePool, OfferedRevision, RevisionRow as AksRevisionRow,
};
pub use documents::{Installed, PlatformDocuments};
pub use error::PlatformError;
pub use kyma::{Kyma, KymaResource, ModuleVersion};
pub use settings::Platform;

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The document and its publisher.
    pub document: &'static str,
    /// The date of the text that was read, as `2026-01-23`.
    pub date: &'static str,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.document, self.date)
    }
}

/// A vendor's rule about native sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The stable name.
    pub code: &'static str,
    /// The rule as a phrase.
    pub text: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// The proxy of pods without the annotation.
    pub default: NativeDefault,
}

/// What istiod does with pods without the annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NativeDefault {
    /// The vendor sets istiod's `ENABLE_NATIVE_SIDECARS` to true: native on any nodes.
    Native,
    /// The vendor sets the variable to false, or its istiod treats the absent one as false.
    Regular,
    /// The vendor leaves the variable unset: the release's own default applies.
    ReleaseDefault,
    /// Not known.
    Unknown,
}

/// A rule that applies to a mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// The rule.
    pub rule: &'static Rule,
    /// If the rule leaves it open: what to pass instead of istiod's Deployment.
    pub missing: String,
}

impl Ruling {
    fn of(rule: &'static Rule) -> Self {
        Self { rule, missing: String::new() }
    }

    /// A rule that leaves it open.
    fn missing(rule: &'static Rule, missing: impl Into<String>) -> Self {
        Self { rule, missing: missing.into() }
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rule.text)?;
        if self.rule.default != NativeDefault::Unknown {
            return Ok(());
        }
        f.write_str("; ask istiod's Deployment")?;
        if self.missing.is_empty() { Ok(()) } else { write!(f, ", or pass {}", self.missing) }
    }
}

/// What is known of an istiod that a vendor runs.
#[derive(Debug, Clone, Copy)]
pub struct IstiodFacts<'a> {
    /// The revision.
    pub revision: &'a str,
    /// The release; none if it is only assumed.
    pub release: Option<&'a Release>,
    /// Whether its environment is known, from its Deployment.
    pub has_deployment: bool,
}

/// The rules of all vendors.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    aks::RULES.into_iter().chain(kyma::RULES).chain(openshift::RULES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_documented() {
        let page = include_str!("../../../docs/reference/platform.md");
        let help = include_str!("../../../docs/reference/commands/annotate.md");
        let schema = include_str!("../../../docs/reference/schemas/project-file.schema.json");
        for name in settings::NAMES {
            assert!(page.contains(&format!("\n| `{name}` | ")), "docs/reference/platform.md lacks {name}");
            assert!(help.contains(name), "the help of --platform lacks {name}");
            assert!(schema.contains(name), "docs/reference/schemas/project-file.schema.json lacks {name}");
        }
    }

    #[test]
    fn rules_are_documented_with_their_sources() {
        let page = include_str!("../../../docs/reference/platform.md");
        for rule in rules() {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", rule.code)));
            let row = row.unwrap_or_else(|| panic!("docs/reference/platform.md lacks {}", rule.code));
            assert!(row.contains(rule.text) && row.contains(&rule.source.to_string()), "{row}");
        }
    }

    #[test]
    fn settings_are_read_and_refused() {
        let error = |text: &str| text.parse::<Platform>().unwrap_err().to_string();
        for (text, expected) in [
            ("azure", "not a known platform (known: aks, kyma, openshift; did you mean aks?)"),
            ("", "not a known platform (known: aks, kyma, openshift; did you mean "),
            (
                "aks,revsion=asm-1-30",
                "not a known setting (known: revision, install, kubernetes, preview-flag; did you mean revision?)",
            ),
            ("aks,revision=asm-1-82", "did you mean asm-1-28?)"),
            ("aks,revision=asm-1-19", "not a known revision of AKS (known: asm-1-20, asm-1-21, "),
            ("aks,revision=1.28", "did you mean asm-1-28?)"),
            ("aks,revision", "not a known revision of AKS"),
            ("aks,install=old", "install must be new or upgrade"),
            ("aks,kubernetes=latest", "kubernetes must be a Kubernetes version such as 1.33 or 1.33.4"),
            ("aks,preview-flag=maybe", "preview-flag must be true or false"),
            ("aks,install=new,install=new", "install is given twice"),
            ("kyma,module=1.99", "not a known version of Kyma's module (known: 1.19, 1.20, "),
            ("kyma,module=1.28.x", "did you mean 1.28?)"),
            ("kyma,compatibility=1", "compatibility must be true or false"),
            ("openshift,revision=a", "openshift has no settings"),
        ] {
            assert!(error(text).contains(expected), "{text}: {}", error(text));
        }
        assert_eq!("openshift".parse(), Ok(Platform::OpenShift));
        let aks = "aks, revision=asm-1-30, preview-flag".parse::<Platform>().unwrap();
        assert_eq!(aks.revision().as_deref(), Some("asm-1-30"));
        assert_eq!(aks.release().unwrap().to_string(), "1.30.2-2");
    }
}
