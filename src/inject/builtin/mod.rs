//! Stage: renders the overlay of the `sidecar` template in typed Rust, without a file of the mesh. Differences between releases
//! are checked by [`crate::istio::ReleaseChange`] where they apply.

mod env;
mod init;
mod metadata;
mod proxy;
mod shared;
mod text;
mod volumes;

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::error::InjectError;
use super::pod::Group;
use super::template::Templates;
use super::template_data::TemplateData;
use crate::istio::names::template::SIDECAR;
use crate::istio::{Mesh, Release};
use gotemplate::Budget;

/// The overlays of these templates, and the values of the pod that inject into those that are `added`. An added template replaces
/// the built-in one of its name.
pub(super) fn render(
    mesh: &Mesh,
    added: Option<&Templates>,
    names: &[&str],
    data: &TemplateData<'_>,
    budget: &RefCell<Budget>,
) -> Result<(Vec<Value>, Option<String>), InjectError> {
    if !mesh.release.is_built_in() {
        let (release, known) = (mesh.release.to_string(), Release::built_in_range());
        return Err(InjectError::ReleaseNotBuiltIn { release, known });
    }
    let mut overlays = Vec::with_capacity(names.len());
    let mut injecting = None;
    for name in names {
        match (*name, added.filter(|added| added.has(name))) {
            (_, Some(added)) => {
                let (overlay, found) = added.render_guarded(mesh, &[*name], data, budget)?;
                overlays.extend(overlay);
                injecting = injecting.or(found);
            }
            (SIDECAR, None) => overlays.push(sidecar(mesh, data)?),
            (name, None) => {
                let added = added.into_iter().flat_map(Templates::names).filter(|name| *name != SIDECAR);
                let known: Vec<&str> = [SIDECAR].into_iter().chain(added).collect();
                return Err(InjectError::TemplateNotBuiltIn { name: name.to_owned(), known: known.join(", ") });
            }
        }
    }
    Ok((overlays, injecting))
}

fn sidecar(mesh: &Mesh, data: &TemplateData<'_>) -> Result<Value, InjectError> {
    let mut spec = Map::new();
    let init = if shared::interception_mode(data) == "NONE" { None } else { Some(init::container(mesh, data)?) };
    let proxy = proxy::container(mesh, data)?;
    let (init_containers, containers) = if data.is_native() {
        (init.into_iter().chain([proxy]).collect::<Vec<_>>(), Vec::new())
    } else {
        (init.into_iter().collect(), vec![proxy])
    };
    for (group, list) in [(Group::InitContainers, init_containers), (Group::Containers, containers)] {
        if !list.is_empty() {
            spec.insert(group.key().to_owned(), list.into());
        }
    }
    spec.insert("volumes".to_owned(), volumes::volumes(mesh, data)?.into());
    let secrets: Vec<Value> =
        mesh.values.image_pull_secrets.iter().map(|secret| serde_json::json!({"name": secret})).collect();
    if !secrets.is_empty() {
        spec.insert("imagePullSecrets".to_owned(), secrets.into());
    }
    Ok(Value::Object(Map::from_iter([
        ("metadata".to_owned(), metadata::metadata(mesh, data)?),
        ("spec".to_owned(), Value::Object(spec)),
    ])))
}
