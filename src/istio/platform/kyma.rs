//! The Istio module of SAP Kyma: what its versions install, and what `compatibilityMode` changes.

use std::fmt;

use serde_json::Value;

use super::error::PlatformError;
use super::settings::{Settings, flag};
use super::{IstiodFacts, NativeDefault, Rule, Ruling, Source};
use crate::istio::object::{Object, ObjectError};
use crate::istio::release::Release;
use crate::istio::value::{at, wrong_type};

/// The module's manifests at its tags.
const TAGS: Source = Source {
    document: "kyma-project/istio, internal/istiooperator/istio-operator.yaml at its tags",
    date: "2026-08-20",
};
const COMPATIBILITY: Source =
    Source { document: "kyma-project/istio, api/v1alpha2/compatibility_mode.go at its tags", date: "2026-08-20" };

static UNSET: Rule = Rule {
    code: "kyma-unset",
    text: "this version of Kyma's module leaves ENABLE_NATIVE_SIDECARS to the release",
    source: TAGS,
    default: NativeDefault::ReleaseDefault,
};
static SET_FALSE: Rule = Rule {
    code: "kyma-module-1-21",
    text: "Kyma's module 1.21 runs istiod with ENABLE_NATIVE_SIDECARS=false",
    source: TAGS,
    default: NativeDefault::Regular,
};
static COMPATIBLE: Rule = Rule {
    code: "kyma-compatibility-mode",
    text: "in compatibility mode, Kyma's modules 1.22 to 1.24 run istiod with ENABLE_NATIVE_SIDECARS=false",
    source: COMPATIBILITY,
    default: NativeDefault::Regular,
};
static MODULE_UNKNOWN: Rule = Rule {
    code: "kyma-module-unknown",
    text: "whether Kyma's istiod has ENABLE_NATIVE_SIDECARS depends on the module's version",
    source: TAGS,
    default: NativeDefault::Unknown,
};

/// All rules.
pub(super) static RULES: [&Rule; 4] = [&UNSET, &SET_FALSE, &COMPATIBLE, &MODULE_UNKNOWN];

/// A version of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ModuleRow {
    /// The module's minor version: 22 of 1.22.0.
    pub minor: u16,
    /// The patch.
    pub patch: u16,
    /// The minor version of its Istio.
    pub istio_minor: u16,
    /// The patch of its Istio.
    pub istio_patch: u16,
}

const fn row(minor: u16, patch: u16, istio_minor: u16, istio_patch: u16) -> ModuleRow {
    ModuleRow { minor, patch, istio_minor, istio_patch }
}

/// The known versions, oldest first. A patch in between installs the same Istio as the previous one.
const MODULES: &[ModuleRow] = &[
    row(19, 0, 26, 1),
    row(20, 0, 26, 1),
    row(21, 0, 27, 1),
    row(22, 0, 27, 1),
    row(23, 0, 27, 1),
    row(24, 0, 27, 1),
    row(25, 0, 28, 2),
    row(25, 1, 28, 2),
    row(26, 0, 28, 3),
    row(27, 0, 29, 1),
    row(27, 4, 29, 3),
    row(28, 0, 30, 2),
    row(29, 0, 30, 2),
    row(30, 0, 30, 2),
];

/// A version of the module that is known by its minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleVersion {
    minor: u16,
    /// The patch; without one, the newest that is known.
    patch: Option<u16>,
}

impl fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

impl ModuleVersion {
    /// Reads `1.28` or `1.28.0`, also with a leading `v`.
    pub fn read(text: &str) -> Result<Self, PlatformError> {
        let mut minors: Vec<u16> = MODULES.iter().map(|row| row.minor).collect();
        minors.dedup();
        let known: Vec<String> = minors.iter().map(|minor| format!("1.{minor}")).collect();
        let unknown = || PlatformError::unknown("version of Kyma's module", text, known.iter().map(String::as_str));
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.').map(|part| part.parse::<u16>().ok());
        let (major, minor, patch) = (parts.next().flatten(), parts.next().flatten(), parts.next());
        match (major, minor, patch, parts.next()) {
            (Some(1), Some(minor), None | Some(Some(_)), None) if minors.contains(&minor) => {
                Ok(Self { minor, patch: patch.flatten() })
            }
            _ => Err(unknown()),
        }
    }

    /// The release that it installs.
    pub fn release(self) -> Release {
        let row = self.row();
        debug_assert!(row.is_some(), "a version is read only if its minor is known");
        row.map_or_else(Release::newest_built_in, |row| Release::of_numbers(row.istio_minor, row.istio_patch))
    }

    fn row(self) -> Option<&'static ModuleRow> {
        let mut of_minor = MODULES.iter().filter(|row| row.minor == self.minor).peekable();
        let first = of_minor.peek().copied();
        of_minor.rfind(|row| self.patch.is_none_or(|patch| row.patch <= patch)).or(first)
    }

    fn rule(self, compatibility_mode: bool) -> &'static Rule {
        match self.minor {
            21 => &SET_FALSE,
            22..=24 if compatibility_mode => &COMPATIBLE,
            _ => &UNSET,
        }
    }
}

/// What is known of a Kyma cluster's module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kyma {
    /// The module's version.
    pub module: Option<ModuleVersion>,
    /// `spec.compatibilityMode` of the Istio resource; false where it is absent.
    pub compatibility_mode: bool,
}

impl Kyma {
    pub(super) fn read(settings: Settings<'_>) -> Result<Self, PlatformError> {
        let mut kyma = Self::default();
        for (key, value) in settings.each(&["module", "compatibility"])? {
            match key {
                "module" => kyma.module = Some(ModuleVersion::read(value.unwrap_or_default())?),
                compatibility => kyma.compatibility_mode = flag(compatibility, value)?,
            }
        }
        Ok(kyma)
    }

    pub(super) fn ruling(&self, istiod: IstiodFacts<'_>) -> Option<Ruling> {
        if istiod.has_deployment {
            return None;
        }
        if let Some(module) = &self.module {
            return Some(Ruling::of(module.rule(self.compatibility_mode)));
        }
        // Without a version of the module: the rule that all versions with this Istio share.
        let has_release = |row: &&ModuleRow| istiod.release.is_some_and(|release| release.minor() == row.istio_minor);
        let rules = MODULES.iter().filter(has_release).map(|row| {
            let version = ModuleVersion { minor: row.minor, patch: None };
            version.rule(self.compatibility_mode)
        });
        let mut rules: Vec<&'static Rule> = rules.collect();
        rules.dedup();
        match rules[..] {
            [rule] => Some(Ruling::of(rule)),
            _ => Some(Ruling::missing(&MODULE_UNKNOWN, "the module's version: --platform kyma,module=1.28")),
        }
    }
}

/// The Istio resource of the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KymaResource {
    /// The namespace and name.
    pub name: String,
    /// `metadata.creationTimestamp`; empty if it is not known.
    pub created: String,
    /// `spec.compatibilityMode`.
    pub compatibility_mode: bool,
    /// `status.state`, such as `Ready`; empty if it is not known.
    pub state: String,
}

impl KymaResource {
    /// The API group of the resource.
    pub(crate) const GROUP: &str = "operator.kyma-project.io";

    /// Reads the resource.
    pub(in crate::istio) fn read(object: &Object<'_>) -> Result<Self, ObjectError> {
        match at(&object.value, &["spec", "compatibilityMode"]) {
            None | Some(Value::Bool(_)) => Ok(Self::of(&object.value)),
            Some(other) => {
                let message = format!("spec.compatibilityMode {}", wrong_type("a boolean", other));
                Err(object.error(&["spec", "compatibilityMode"], message))
            }
        }
    }

    /// The resource in `value`. A field of another type counts as absent.
    pub(crate) fn of(value: &Value) -> Self {
        let text = |path: &[&str]| at(value, path).and_then(Value::as_str).unwrap_or_default();
        Self {
            name: format!("{}/{}", text(&["metadata", "namespace"]), text(&["metadata", "name"])),
            created: text(&["metadata", "creationTimestamp"]).to_owned(),
            compatibility_mode: at(value, &["spec", "compatibilityMode"]).and_then(Value::as_bool) == Some(true),
            state: text(&["status", "state"]).to_owned(),
        }
    }

    /// The resource that counts: the oldest, as the module decides.
    pub fn in_charge(resources: &[Self]) -> Option<&Self> {
        // One that the module found to be younger has this state; dates may be missing in an export.
        let (state, created) = (|one: &&Self| one.state == "Warning", |one: &&Self| one.created.clone());
        resources.iter().min_by_key(|one| (created(one).is_empty(), created(one), state(one)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::platform::Platform;

    fn ruling(settings: &str, release: &str) -> &'static str {
        let platform: Platform = settings.parse().unwrap();
        let release = platform.release().unwrap_or_else(|| release.parse().unwrap());
        let istiod = IstiodFacts { revision: "default", release: Some(&release), has_deployment: false };
        platform.ruling(istiod).unwrap().rule.code
    }

    #[test]
    fn modules_install_releases_and_set_the_variable() {
        for (settings, release, expected) in [
            ("kyma,module=1.19", "1.26.1", "kyma-unset"),
            ("kyma,module=1.20.0", "1.26.1", "kyma-unset"),
            ("kyma,module=1.21", "1.27.1", "kyma-module-1-21"),
            ("kyma,module=1.21.0,compatibility", "1.27.1", "kyma-module-1-21"),
            ("kyma,module=v1.22.0", "1.27.1", "kyma-unset"),
            ("kyma,module=1.24,compatibility=true", "1.27.1", "kyma-compatibility-mode"),
            ("kyma,module=1.24,compatibility=false", "1.27.1", "kyma-unset"),
            ("kyma,module=1.25,compatibility=true", "1.28.2", "kyma-unset"),
            ("kyma,module=1.27.2", "1.29.1", "kyma-unset"),
            ("kyma,module=1.27", "1.29.3", "kyma-unset"),
            ("kyma,module=1.30", "1.30.2", "kyma-unset"),
        ] {
            let platform: Platform = settings.parse().unwrap();
            assert_eq!(platform.release().unwrap().to_string(), release, "{settings}");
            assert_eq!(ruling(settings, release), expected, "{settings}");
        }
    }

    #[test]
    fn without_the_modules_version_the_release_may_decide() {
        for (release, expected) in [
            ("1.26.1", "kyma-unset"),
            ("1.27.1", "kyma-module-unknown"),
            ("1.28.3", "kyma-unset"),
            ("1.30.2", "kyma-unset"),
            ("1.31.0", "kyma-module-unknown"),
        ] {
            assert_eq!(ruling("kyma", release), expected, "{release}");
        }
        let istiod = IstiodFacts { revision: "default", release: None, has_deployment: false };
        assert_eq!(Kyma::default().ruling(istiod).unwrap().rule.code, "kyma-module-unknown");
    }

    #[test]
    fn the_oldest_resource_counts() {
        let resource = |name: &str, created: &str, state: &str| KymaResource {
            name: name.to_owned(),
            created: created.to_owned(),
            state: state.to_owned(),
            compatibility_mode: false,
        };
        let of = |resources: &[KymaResource]| KymaResource::in_charge(resources).unwrap().name.clone();
        let (young, old) = (resource("young", "2026-02-01T00:00:00Z", ""), resource("old", "2026-01-01T00:00:00Z", ""));
        assert_eq!(of(&[young.clone(), old]), "old");
        assert_eq!(of(&[resource("extra", "", "Warning"), resource("default", "", "Ready")]), "default");
    }
}
