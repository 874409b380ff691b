//! What a report warns of about the release that a mesh is rendered for.

use crate::istio::{Mesh, Standing, Templates};

/// The warning about a release that is not rendered as measured: a preview, or one that another release stands in for.
pub(super) fn release_warning(mesh: &Mesh) -> Option<String> {
    let release = &mesh.release;
    let own_templates = !matches!(mesh.injector.templates, Templates::BuiltIn(_));
    let preview = release.preview();
    let (problem, known) = match release.standing() {
        Standing::Measured => {
            let what = if own_templates {
                "its own templates are rendered with the rules"
            } else {
                "rendered with the template"
            };
            return preview.map(|source| format!("istio {release} is a preview: {what} of {source}"));
        }
        // Its own templates are those of the patch, whatever it is, and the rules around them did not change with it.
        Standing::OlderPatch { .. } if own_templates => return None,
        Standing::OlderPatch { measured, changed } => {
            return Some(format!(
                "istio {release} is rendered with the {measured} template, which differs (changed in {changed}); {USE_OWN}"
            ));
        }
        Standing::NewerPatch { .. } if own_templates && preview.is_none() => return None,
        Standing::NewerPatch { measured } if measured.patch() == release.patch() => {
            ("is not known to this program", measured)
        }
        Standing::NewerPatch { measured: known } | Standing::NewerMinor { newest: known } => {
            ("is newer than this program knows", known)
        }
        Standing::TooOld { oldest } => ("is older than this program knows", oldest),
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
    use serde_json::Value;

    fn warning(release: &str, own_templates: bool) -> String {
        let mut mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        mesh.release = release.parse().unwrap();
        if own_templates {
            mesh.injector.templates = Templates::Own(BTreeMap::default());
        }
        release_warning(&mesh).unwrap_or_default()
    }

    #[test]
    fn releases_that_are_not_rendered_as_measured_are_named() {
        let table = [
            ("1.30.3", ""),
            ("1.28.3", "istio 1.28.3 is rendered with the 1.28.10 template, which differs (changed in 1.28.6)"),
            ("1.31.0", "istio 1.31.0 is not known to this program; rendered with the 1.31.0-rc.0 template"),
            ("1.31.4", "istio 1.31.4 is newer than this program knows; rendered with the 1.31.0-rc.0 template"),
            ("1.33.1", "istio 1.33.1 is newer than this program knows; rendered with the 1.32.0 preview template"),
        ];
        for (release, expected) in table {
            let found = warning(release, false);
            assert_eq!(found.strip_suffix(&format!("; {USE_OWN}")).unwrap_or(&found), expected, "{release}");
        }
    }

    #[test]
    fn own_templates_leave_the_rules_to_warn_about() {
        let table = [
            ("1.28.3", ""),
            ("1.31.4", ""),
            (
                "1.32.0",
                "is a preview: its own templates are rendered with the rules of the development branch of 2026-08-22",
            ),
            (
                "1.33.1",
                "is newer than this program knows; its own templates are rendered with the rules of 1.32.0 preview",
            ),
            ("1.20.1", "is older than this program knows; its own templates are rendered with the rules of 1.24.6"),
        ];
        for (release, expected) in table {
            let found = warning(release, true);
            let about = format!("istio {release} ");
            assert_eq!(found.strip_prefix(about.as_str()).unwrap_or(&found), expected, "{release}");
        }
    }
}
