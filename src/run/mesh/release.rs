//! The warning about the release that a mesh is rendered for.

use crate::istio::{Coverage, Mesh, Templates};

/// Whether the difference to the measured release is one of templates that are not used.
pub(super) fn differs_in_templates_only(mesh: &Mesh) -> bool {
    let is_older = matches!(mesh.release.coverage(), Coverage::OlderPatch { .. } | Coverage::TooOld { .. });
    is_older && matches!(mesh.injector.templates, Templates::BuiltIn(_))
}

/// The warning about a release whose rendering was not measured: a preview, or one that is rendered as another release.
pub(super) fn release_warning(mesh: &Mesh) -> Option<String> {
    let release = &mesh.release;
    let own_templates = !matches!(mesh.injector.templates, Templates::BuiltIn(_));
    let preview = release.preview();
    let (problem, known) = match release.coverage() {
        Coverage::Measured => {
            let what = if own_templates {
                "its own templates are rendered with the rules"
            } else {
                "rendered with the template"
            };
            return preview.map(|source| format!("istio {release} is a preview: {what} of {source}"));
        }
        // Its own templates are those of the patch release, and the rules around them did not change with it.
        Coverage::OlderPatch { .. } if own_templates => return None,
        Coverage::OlderPatch { measured, changed } => {
            return Some(format!(
                "istio {release} is rendered with the {measured} template, which differs (changed in {changed}); {USE_OWN}"
            ));
        }
        Coverage::NewerPatch { .. } if own_templates && preview.is_none() => return None,
        Coverage::NewerPatch { measured } if measured.patch() == release.patch() => {
            ("is not known to this program", measured)
        }
        Coverage::NewerPatch { measured: known } | Coverage::NewerMinor { newest: known } => {
            ("is newer than this program knows", known)
        }
        Coverage::TooOld { oldest } => ("is older than this program knows", oldest),
    };
    let preview = if preview.is_some() { " preview" } else { "" };
    Some(if own_templates {
        format!("istio {release} {problem}; its own templates are rendered with the rules of {known}{preview}")
    } else {
        format!("istio {release} {problem}; rendered with the {known}{preview} template; {USE_OWN}")
    })
}

const USE_OWN: &str = "pass --mesh-file to use your mesh's own templates";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::istio::Release;
    use serde_json::Value;

    /// The warning, without the name of the release and the advice to use the mesh's own templates.
    fn warning(release: &Release, own_templates: bool) -> String {
        let mut mesh = Mesh::install(Release::newest_built_in(), &Value::Null).unwrap();
        mesh.release = release.clone();
        if own_templates {
            mesh.injector.templates = Templates::Own(BTreeMap::default());
        }
        let warning = release_warning(&mesh).unwrap_or_default();
        let warning = warning.strip_prefix(&format!("istio {release} ")).unwrap_or(&warning);
        warning.strip_suffix(&format!("; {USE_OWN}")).unwrap_or(warning).to_owned()
    }

    fn release(version: &str) -> Release {
        version.parse().unwrap()
    }

    #[test]
    fn releases_that_are_not_rendered_as_measured_are_named() {
        for (version, expected) in [
            ("1.30.3", ""),
            ("1.28.3", "is rendered with the 1.28.10 template, which differs (changed in 1.28.6)"),
            ("1.31.0", "is not known to this program; rendered with the 1.31.0-rc.0 template"),
            ("1.31.4", "is newer than this program knows; rendered with the 1.31.0-rc.0 template"),
        ] {
            assert_eq!(warning(&release(version), false), expected, "{version}");
        }
    }

    #[test]
    fn own_templates_leave_the_rules_to_warn_about() {
        for (version, expected) in [
            ("1.28.3", ""),
            ("1.31.4", ""),
            ("1.20.1", "is older than this program knows; its own templates are rendered with the rules of 1.24.6"),
        ] {
            assert_eq!(warning(&release(version), true), expected, "{version}");
        }
    }

    #[test]
    fn previews_are_named() {
        for preview in Release::built_in().filter(|release| release.preview().is_some()) {
            let source = preview.preview().unwrap();
            let built_in = format!("is a preview: rendered with the template of {source}");
            assert_eq!(warning(&preview, false), built_in);
            let own = format!("is a preview: its own templates are rendered with the rules of {source}");
            assert_eq!(warning(&preview, true), own);
        }
    }

    #[test]
    fn releases_newer_than_all_are_rendered_as_the_newest() {
        let newest = Release::built_in().next_back().unwrap();
        let newer = release(&format!("1.{}.1", newest.minor() + 1));
        let preview = if newest.preview().is_some() { " preview" } else { "" };
        let built_in = format!("is newer than this program knows; rendered with the {newest}{preview} template");
        assert_eq!(warning(&newer, false), built_in);
        let own = "is newer than this program knows; its own templates are rendered with the rules of";
        assert_eq!(warning(&newer, true), format!("{own} {newest}{preview}"));
    }
}
