//! The values in profiles of the istiod chart that affect sidecars: the values that `profile`, `compatibilityVersion`
//! and `platform` add between the chart's defaults and the user's values (`manifests/helm-profiles`, all built-in
//! releases). They are applied in this order, so a platform overrides a profile.

use serde_json::{Value, json};

use super::release::{Release, ReleaseChange};
use super::value::{at, merge, text};

/// A profile, compatibility version or platform that the chart of a release does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {name:?} is not one of istio {release}'s (expected {known})")]
pub struct UnknownProfile {
    /// The value: `profile`, `compatibilityVersion` or `platform`.
    pub key: &'static str,
    /// The name that it is set to.
    pub name: String,
    /// The release.
    pub release: String,
    /// The names that the release has, comma separated.
    pub known: String,
}

impl UnknownProfile {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let hint = match (self.key, self.name.as_str()) {
            ("profile", "openshift") => "istio 1.24 and later have platforms instead: set global.platform=openshift",
            ("profile", "openshift-ambient") => {
                "istio 1.24 and later have platforms instead: set profile=ambient and global.platform=openshift"
            }
            ("profile", _) => "for a profile of your own, render the chart with it and pass --mesh-file",
            ("platform", _) => "istio has no settings for other platforms: leave the platform unset",
            _ => "set an older minor version of these, or leave compatibilityVersion unset",
        };
        hint.to_owned()
    }
}

/// The profiles of all releases. `default` sets nothing.
const PROFILES: [&str; 6] = ["ambient", "default", "demo", "preview", "remote", "stable"];
/// The platforms of all releases. All but `openshift` affect only the CNI node agent.
const PLATFORMS: [&str; 6] = ["gke", "k3d", "k3s", "microk8s", "minikube", "openshift"];

/// The values of the profiles that the user's values select.
pub(super) fn of(release: &Release, user: &Value) -> Result<Value, UnknownProfile> {
    let first = |key: &'static str, paths: &[&[&str]]| {
        let set = paths.iter().map(|path| text(at(user, path))).find(|name| !name.is_empty());
        set.map(|name| (key, name))
    };
    let chosen = [
        first("profile", &[&["profile"], &["global", "profile"]]),
        first("compatibilityVersion", &[&["compatibilityVersion"]]),
        first("platform", &[&["platform"], &["global", "platform"]]),
    ];
    let mut values = json!({});
    for (key, name) in chosen.into_iter().flatten() {
        let found = match key {
            "profile" => profile(release, &name),
            "platform" => platform(&name),
            _ => compatibility(release, &name),
        };
        let known = || match key {
            // `remote` is refused: another istiod makes the sidecars.
            "profile" => PROFILES.into_iter().filter(|profile| *profile != "remote").collect::<Vec<_>>().join(", "),
            "platform" => PLATFORMS.join(", "),
            _ => compatible(release).map(|minor| format!("1.{minor}")).collect::<Vec<_>>().join(", "),
        };
        merge(
            &mut values,
            &found.ok_or_else(|| UnknownProfile { key, release: release.to_string(), known: known(), name })?,
        );
    }
    Ok(values)
}

/// A profile. The chart looks for a file of this name, so versions and platforms can be selected as profiles too.
fn profile(release: &Release, name: &str) -> Option<Value> {
    Some(match name {
        "ambient" => json!({
            "meshConfig": {"defaultConfig": {"proxyMetadata": {"ISTIO_META_ENABLE_HBONE": "true"}}},
            "global": {"variant": "distroless"},
            "pilot": {"env": {"PILOT_ENABLE_AMBIENT": "true"}}
        }),
        "demo" => json!({"global": {"proxy": {"resources": {"requests": {"cpu": "10m", "memory": "40Mi"}}}}}),
        "preview" => {
            json!({"meshConfig": {"defaultConfig": {"proxyMetadata": {"ISTIO_META_DNS_CAPTURE": "true"}}}})
        }
        "remote" => json!({
            "configMap": false,
            "global": {"omitSidecarInjectorConfigMap": true},
            "istiodRemote": {"enabled": true}
        }),
        "default" | "stable" => json!({}),
        _ => {
            let version = name.strip_prefix("compatibility-version-").and_then(|v| compatibility(release, v));
            return version.or_else(|| platform(name.strip_prefix("platform-")?));
        }
    })
}

fn platform(name: &str) -> Option<Value> {
    match name {
        // The top-level `cni` is meant for the CNI chart, but istiod's chart reads the provider from it too.
        "openshift" => Some(json!({
            "cni": {"provider": "multus"},
            "pilot": {"cni": {"enabled": true, "provider": "multus"}}
        })),
        name => PLATFORMS.contains(&name).then(|| json!({})),
    }
}

/// The minor versions that a release can be compatible with. For 1.24, 1.21 is left out: its values were not measured.
fn compatible(release: &Release) -> impl Iterator<Item = u16> {
    let minor = release.minor();
    let oldest = if release.has(ReleaseChange::LongCompatibility) { 25 } else { minor.saturating_sub(3).max(22) };
    oldest..minor
}

fn compatibility(release: &Release, version: &str) -> Option<Value> {
    let minor: u16 = version.strip_prefix("1.")?.parse().ok()?;
    if !compatible(release).any(|known| known == minor) {
        return None;
    }
    let metadata = match minor {
        22 => json!({
            "ENABLE_DEFERRED_CLUSTER_CREATION": "false",
            "ENABLE_DELIMITED_STATS_TAG_REGEX": "false",
            "ENABLE_DEFERRED_STATS_CREATION": "false",
            "BYPASS_OVERLOAD_MANAGER_FOR_STATIC_LISTENERS": "false"
        }),
        23 => json!({
            "ENABLE_DEFERRED_STATS_CREATION": "false",
            "BYPASS_OVERLOAD_MANAGER_FOR_STATIC_LISTENERS": "false"
        }),
        // istio 1.27 release notes: native sidecars are on by default where the nodes allow it.
        ..27 if release.has(ReleaseChange::NodesDecideMode) => {
            return Some(json!({"pilot": {"env": {"ENABLE_NATIVE_SIDECARS": "false"}}}));
        }
        _ => return Some(json!({})),
    };
    Some(json!({"meshConfig": {"defaultConfig": {"proxyMetadata": metadata}}}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_user(release: &str, user: &Value) -> Result<Value, UnknownProfile> {
        of(&release.parse().unwrap(), user)
    }

    #[test]
    fn profiles_and_platforms_are_set_in_two_places() {
        for user in [
            json!({"profile": "demo"}),
            json!({"global": {"profile": "demo"}}),
            json!({"profile": "", "global": {"profile": "demo"}}),
        ] {
            let requests = &of_user("1.30.3", &user).unwrap()["global"]["proxy"]["resources"]["requests"];
            assert_eq!(*requests, json!({"cpu": "10m", "memory": "40Mi"}), "{user}");
        }
        for user in [
            json!({"platform": "openshift"}),
            json!({"global": {"platform": "openshift"}}),
            json!({"profile": "platform-openshift"}),
        ] {
            assert_eq!(of_user("1.24.6", &user).unwrap()["pilot"]["cni"]["provider"], "multus", "{user}");
        }
        assert_eq!(of_user("1.30.3", &json!({"profile": "stable", "platform": "gke"})), Ok(json!({})));
    }

    #[test]
    fn compatibility_versions_depend_on_the_release() {
        let native = json!({"pilot": {"env": {"ENABLE_NATIVE_SIDECARS": "false"}}});
        for (release, version, expected) in [
            ("1.26.8", "1.24", Some(json!({}))),
            ("1.27.9", "1.24", Some(native.clone())),
            ("1.28.10", "1.24", None),
            ("1.30.3", "1.25", Some(native.clone())),
            ("1.31.0-rc.0", "1.26", Some(native.clone())),
            ("1.32.0", "1.26", Some(native)),
            ("1.30.3", "1.27", Some(json!({}))),
            ("1.30.3", "1.30", None),
            ("1.24.6", "1.21", None),
            ("1.30.3", "30", None),
        ] {
            let found = of_user(release, &json!({"compatibilityVersion": version}));
            assert_eq!(found.ok(), expected, "{version} on {release}");
        }
        let metadata = |version: &str| {
            let values = of_user("1.24.6", &json!({"compatibilityVersion": version})).unwrap();
            values["meshConfig"]["defaultConfig"]["proxyMetadata"].as_object().map_or(0, serde_json::Map::len)
        };
        assert_eq!((metadata("1.22"), metadata("1.23")), (4, 2));
    }

    #[test]
    fn unknown_names_are_errors_that_list_the_known_ones() {
        let error = of_user("1.30.3", &json!({"profile": "openshift"})).unwrap_err();
        let message =
            r#"profile "openshift" is not one of istio 1.30.3's (expected ambient, default, demo, preview, stable)"#;
        assert_eq!(error.to_string(), message);
        assert!(error.hint().ends_with("set global.platform=openshift"), "{}", error.hint());
        let error = of_user("1.30.3", &json!({"compatibilityVersion": "1.20"})).unwrap_err();
        assert!(error.to_string().ends_with("(expected 1.25, 1.26, 1.27, 1.28, 1.29)"), "{error}");
        assert!(error.hint().ends_with("leave compatibilityVersion unset"), "{}", error.hint());
        let error = of_user("1.30.3", &json!({"global": {"platform": "eks"}})).unwrap_err();
        assert!(error.hint().ends_with("leave the platform unset"), "{}", error.hint());
    }
}
