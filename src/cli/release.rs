//! What a report says of the release that a mesh is rendered for.

use crate::istio::{Mesh, Preview, Standing, Templates};

/// Adds what is assumed of a mesh's release, and where another release's shape is rendered, a warning.
pub(super) fn remark_on_release(mesh: &Mesh, assumed: &mut Vec<String>, warnings: &mut Vec<String>) {
    let release = &mesh.release;
    let own_templates = !matches!(mesh.injector.templates, Templates::BuiltIn(_));
    let warning = match release.standing() {
        Standing::Measured => None,
        // Its own templates are those of the patch, whatever it is, and the rules around them did not change with it.
        Standing::OlderPatch { .. } if own_templates => None,
        Standing::OlderPatch { measured, changed } => Some(format!(
            "istio {release}: rendered in the shape of {measured}, but the sidecar template changed in {changed}; \
             --mesh-file renders by the mesh's own"
        )),
        Standing::NewerPatch { .. } if own_templates && release.preview().is_none() => None,
        Standing::NewerPatch { measured: known }
        | Standing::NewerMinor { newest: known }
        | Standing::TooOld { oldest: known } => Some(if own_templates {
            format!("istio {release} is not known: its own templates, with the rules of {known} around them")
        } else {
            format!(
                "istio {release} is not known: rendered in the shape of {known}; --mesh-file renders by the mesh's own templates"
            )
        }),
    };
    warnings.extend(warning);
    if let Some(Preview { release, source }) = release.preview() {
        assumed.push(format!("istio {release}: a preview, made from {source}"));
    }
}
