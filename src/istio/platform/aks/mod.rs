//! The Istio add-on of Azure Kubernetes Service: its revisions, and when AKS switches native sidecars on.

mod azure;
mod documents;
mod revisions;

use super::error::PlatformError;
use super::settings::{Settings, flag};
use super::{IstiodFacts, NativeDefault, Rule, Ruling, Source};
use crate::istio::kubelet::MIN_KUBELET_MINOR;
use crate::k8s::KubernetesVersion;

pub use documents::{AksDocuments, Cluster, NodePool, OfferedRevision};
pub use revisions::{AksRevision, RevisionRow};

/// The namespace of its istiod and `ConfigMap`s.
pub const NAMESPACE: &str = "aks-istio-system";

/// The first revision on which AKS switches native sidecars on, for new installations.
const FIRST_FOR_NEW: u16 = 27;
/// The first revision on which AKS switches native sidecars on, for all clusters.
const FIRST_FOR_ALL: u16 = 29;

const NATIVE_SIDECARS: Source = Source { document: "AKS documentation, istio-native-sidecar.md", date: "2026-01-23" };

/// A rule of the page about native sidecars.
const fn rule(code: &'static str, default: NativeDefault, text: &'static str) -> Rule {
    Rule { code, text, source: NATIVE_SIDECARS, default }
}

static ISTIOD_UNSET: Rule = rule(
    "aks-istiod-unset",
    NativeDefault::Regular,
    "AKS sets ENABLE_NATIVE_SIDECARS in istiod's Deployment where native sidecars are on, and it is not set",
);
static PREVIEW_FLAG: Rule = rule(
    "aks-preview-flag",
    NativeDefault::Unknown,
    "with the preview flag IstioNativeSidecarModePreview, clusters keep the state that they have",
);
static OLD_KUBERNETES: Rule =
    rule("aks-kubernetes-old", NativeDefault::Regular, "AKS switches native sidecars on from Kubernetes 1.33 on");
static OLD_REVISION: Rule =
    rule("aks-revision-old", NativeDefault::Regular, "AKS switches native sidecars on from revision asm-1-27 on");
static OLD_POOL: Rule = rule(
    "aks-pool-old",
    NativeDefault::Unknown,
    "a node pool below 1.33 keeps AKS from switching native sidecars on, but one that was added later does not switch \
     them off",
);
static NEW_INSTALLATION: Rule = rule(
    "aks-transition-new",
    NativeDefault::Native,
    "native sidecars are on where asm-1-27 or asm-1-28 was newly installed, from AKS 1.33 on",
);
static UPGRADED: Rule = rule(
    "aks-transition-upgrade",
    NativeDefault::Regular,
    "an upgrade to asm-1-27 or asm-1-28 does not switch native sidecars on",
);
static TRANSITION: Rule = rule(
    "aks-transition-unknown",
    NativeDefault::Unknown,
    "on asm-1-27 and asm-1-28, native sidecars are on where the add-on was newly installed, and not after an upgrade",
);
static ALL_CLUSTERS: Rule =
    rule("aks-native", NativeDefault::Native, "native sidecars are on from revision asm-1-29 and AKS 1.33 on");
static VERSION_UNKNOWN: Rule = rule(
    "aks-kubernetes-unknown",
    NativeDefault::Unknown,
    "AKS switches native sidecars on from Kubernetes 1.33 on, and the cluster's version is not known",
);
static REVISION_UNKNOWN: Rule = rule(
    "aks-revision-unknown",
    NativeDefault::Unknown,
    "AKS switches native sidecars on by revision, and the revision is not known",
);

/// All rules.
pub(super) static RULES: [&Rule; 11] = [
    &ISTIOD_UNSET,
    &PREVIEW_FLAG,
    &OLD_KUBERNETES,
    &OLD_REVISION,
    &VERSION_UNKNOWN,
    &REVISION_UNKNOWN,
    &OLD_POOL,
    &NEW_INSTALLATION,
    &UPGRADED,
    &TRANSITION,
    &ALL_CLUSTERS,
];

/// How the add-on came to its revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// It was newly installed with this revision.
    New,
    /// It was upgraded to this revision.
    Upgrade,
}

/// What is known of an AKS cluster with the add-on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aks {
    /// The revision.
    pub revision: Option<AksRevision>,
    /// How the add-on came to its revision.
    pub install: Option<Install>,
    /// The version of the control plane.
    pub kubernetes: Option<KubernetesVersion>,
    /// Whether the subscription has the preview flag of 2024.
    pub preview_flag: bool,
    /// A node pool below 1.33, if there is one.
    pub old_pool: Option<String>,
    /// Whether the cluster has long-term support.
    pub long_term: bool,
}

impl Aks {
    pub(super) fn read(settings: Settings<'_>) -> Result<Self, PlatformError> {
        let mut aks = Self::default();
        for (key, value) in settings.each(&["revision", "install", "kubernetes", "preview-flag"])? {
            match (key, value) {
                ("revision", value) => aks.revision = Some(AksRevision::read(value.unwrap_or_default())?),
                ("install", Some("new")) => aks.install = Some(Install::New),
                ("install", Some("upgrade")) => aks.install = Some(Install::Upgrade),
                ("install", _) => {
                    return Err(PlatformError::Value { setting: "install", expected: "new or upgrade" });
                }
                ("kubernetes", value) => {
                    let expected = "a Kubernetes version such as 1.33 or 1.33.4";
                    let wrong = PlatformError::Value { setting: "kubernetes", expected };
                    aks.kubernetes = Some(value.and_then(KubernetesVersion::read).ok_or(wrong)?);
                }
                (preview_flag, value) => aks.preview_flag = flag(preview_flag, value)?,
            }
        }
        Ok(aks)
    }

    /// The ruling about pods without the annotation, for an istiod whose `ENABLE_NATIVE_SIDECARS` is unset or unknown.
    pub fn ruling(&self, istiod: IstiodFacts<'_>) -> Ruling {
        if istiod.has_deployment {
            return Ruling::of(&ISTIOD_UNSET);
        }
        if self.preview_flag {
            return Ruling::of(&PREVIEW_FLAG);
        }
        let revision = AksRevision::of_name(istiod.revision).or(self.revision).map(AksRevision::minor);
        match (self.kubernetes, revision) {
            (Some(version), _) if version.minor < MIN_KUBELET_MINOR => Ruling::of(&OLD_KUBERNETES),
            (_, Some(revision)) if revision < FIRST_FOR_NEW => Ruling::of(&OLD_REVISION),
            (None, Some(_)) => Ruling::missing(&VERSION_UNKNOWN, "--platform aks,kubernetes=1.33"),
            (_, None) => Ruling::missing(&REVISION_UNKNOWN, "--platform aks,revision=asm-1-30,kubernetes=1.33"),
            (Some(_), Some(_)) if self.old_pool.is_some() => Ruling::of(&OLD_POOL),
            (Some(_), Some(revision)) if revision >= FIRST_FOR_ALL => Ruling::of(&ALL_CLUSTERS),
            (Some(_), Some(_)) => match self.install {
                Some(Install::New) => Ruling::of(&NEW_INSTALLATION),
                Some(Install::Upgrade) => Ruling::of(&UPGRADED),
                None => Ruling::missing(&TRANSITION, "--platform aks,install=new (or install=upgrade)"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::platform::Platform;

    /// The code of the rule for an istiod of this revision, and its default.
    fn ruling(settings: &str, revision: &str, has_deployment: bool) -> (&'static str, NativeDefault) {
        let platform: Platform = settings.parse().unwrap();
        let rule = platform.ruling(IstiodFacts { revision, release: None, has_deployment }).unwrap().rule;
        (rule.code, rule.default)
    }

    #[test]
    fn the_version_the_revision_and_the_installation_decide() {
        use NativeDefault::{Native, Regular, Unknown};
        // kubernetes, revision, and the defaults of a new installation, an upgraded one and an unknown one
        for (kubernetes, revision, expected) in [
            ("1.32", "asm-1-26", [Regular, Regular, Regular]),
            ("1.32.9", "asm-1-30", [Regular, Regular, Regular]),
            ("1.33", "asm-1-26", [Regular, Regular, Regular]),
            ("1.33", "asm-1-27", [Native, Regular, Unknown]),
            ("1.34.2", "asm-1-28", [Native, Regular, Unknown]),
            ("1.33", "asm-1-29", [Native, Native, Native]),
            ("1.36", "asm-1-31", [Native, Native, Native]),
        ] {
            let settings = format!("aks,kubernetes={kubernetes}");
            let found = [",install=new", ",install=upgrade", ""]
                .map(|install| ruling(&format!("{settings},revision={revision}{install}"), revision, false).1);
            assert_eq!(found, expected, "{kubernetes} {revision}");
        }
    }

    #[test]
    fn open_cases_are_unknown() {
        for (settings, revision, expected) in [
            ("aks", "default", "aks-revision-unknown"),
            ("aks,kubernetes=1.34", "default", "aks-revision-unknown"),
            ("aks", "asm-1-30", "aks-kubernetes-unknown"),
            ("aks,kubernetes=1.34,preview-flag", "asm-1-30", "aks-preview-flag"),
            ("aks,kubernetes=1.34", "asm-1-28", "aks-transition-unknown"),
        ] {
            assert_eq!(ruling(settings, revision, false), (expected, NativeDefault::Unknown), "{settings}");
        }
        assert_eq!(ruling("aks", "asm-1-26", false).0, "aks-revision-old");
        let aks = Aks {
            kubernetes: Some(KubernetesVersion::of_minor(34)),
            old_pool: Some("old".to_owned()),
            ..Aks::default()
        };
        let istiod = IstiodFacts { revision: "asm-1-30", release: None, has_deployment: false };
        assert_eq!(aks.ruling(istiod).rule.code, "aks-pool-old");
    }

    #[test]
    fn the_deployment_answers_whatever_the_rest_says() {
        for settings in ["aks", "aks,preview-flag", "aks,revision=asm-1-30,kubernetes=1.34"] {
            let expected = ("aks-istiod-unset", NativeDefault::Regular);
            assert_eq!(ruling(settings, "asm-1-30", true), expected, "{settings}");
        }
    }
}
