//! The mesh in the input of a question about a cluster: saved objects often include those that describe it.

use super::MeshUse;
use crate::config::MeshSettings;
use crate::diagnostic::Diagnostic;
use crate::input::{Inputs, ListSizes};
use crate::istio::mesh_file::{File, MeshFile};
use crate::output::{Remark, RunInfo};
use crate::run::objects::{ScanError, scan};

/// A part of the text of every file that describes a control plane: its injector, istiod, Kyma's module, the add-on of AKS.
const SIGNS: [&str; 4] = ["istio-sidecar-injector", "discovery", "operator.kyma-project.io", "serviceMeshProfile"];

/// The settings, and what to report about the mesh in the input.
pub(in crate::run) struct OfInput {
    pub(in crate::run) settings: MeshSettings,
    /// Whether the input describes the mesh that the settings now have.
    pub(in crate::run) is_used: bool,
    warning: Option<Remark>,
}

impl OfInput {
    /// Reports which mesh is used, or why the one in the input is not.
    pub(in crate::run) fn report(self, info: &mut RunInfo) {
        info.warnings.extend(self.warning);
        let release = info.mesh.as_ref().and_then(|mesh| mesh.get("istio")?.as_str());
        let note =
            release.filter(|_| self.is_used).map(|release| format!("the mesh is that of the input: istio {release}"));
        info.notes.extend(note.map(|text| Remark::new("mesh-in-input", text)));
    }
}

/// Unless the settings name a mesh, takes the one that the inputs describe, as if they were mesh files. Inputs that cannot
/// be read are ignored, as the answer reports them.
pub(in crate::run) fn mesh_of_input(
    settings: &MeshSettings,
    inputs: &mut Inputs,
    default_namespace: &str,
    purpose: MeshUse,
) -> Result<OfInput, Diagnostic> {
    let mut of_input = OfInput { settings: settings.clone(), is_used: false, warning: None };
    if settings.name_a_mesh() {
        return Ok(of_input);
    }
    let files = texts(inputs).map_err(|error| Diagnostic::from(&error))?;
    if !files.iter().any(|file| SIGNS.iter().any(|sign| file.text.contains(sign))) {
        return Ok(of_input);
    }
    let found = MeshFile::read(&files, default_namespace).map_err(|error| Diagnostic::from(&error))?;
    let can_render = !found.control_planes.is_empty();
    if can_render || (purpose == MeshUse::Decisions && !found.bare.is_empty()) {
        of_input.settings.mesh_texts = files;
        of_input.is_used = true;
    } else if let Some(release) = found.bare.iter().find_map(|plane| plane.release.as_ref()) {
        let text = format!(
            "the mesh in the input runs istio {release}, but its ConfigMap istio-sidecar-injector is missing: pass it with \
             -f or --mesh-file, or pass --istio {release}"
        );
        of_input.warning = Some(Remark::new("mesh-in-input", text));
    }
    Ok(of_input)
}

/// The texts of the inputs. Those that can be read only once are kept; those that cannot be read to their end are left out.
fn texts(inputs: &mut Inputs) -> Result<Vec<File>, ScanError> {
    let (mut files, mut bytes) = (Vec::new(), Vec::new());
    scan(inputs, ListSizes::WHOLE, &mut |name, batch| {
        if batch.first == 1 {
            bytes.clear();
        }
        bytes.extend_from_slice(&batch.bytes);
        if batch.is_last {
            let text = String::from_utf8(std::mem::take(&mut bytes)).ok();
            let text = text.map(|text| text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text));
            files.extend(text.map(|text| File { name: name.to_owned(), text }));
        }
    })?;
    Ok(files)
}
