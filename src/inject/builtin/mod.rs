//! Stage: the overlay in typed Rust, written from the facts about the `sidecar` template. It needs no file of the
//! mesh's. What releases do differently is asked by [`crate::istio::ReleaseChange`] at the place it concerns.

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

/// The overlays of these templates, in that order, and what of the pod reaches beyond its place in those that are
/// `added`: they are in the place of built-in ones of their names.
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
    let mut reaching = None;
    for name in names {
        match (*name, added.filter(|added| added.has(name))) {
            (_, Some(added)) => {
                let (overlay, found) = added.render_watched(mesh, &[*name], data, budget)?;
                overlays.extend(overlay);
                reaching = reaching.or(found);
            }
            (SIDECAR, None) => overlays.push(sidecar(mesh, data)?),
            (name, None) => {
                let added = added.into_iter().flat_map(Templates::names).filter(|name| *name != SIDECAR);
                let known: Vec<&str> = [SIDECAR].into_iter().chain(added).collect();
                return Err(InjectError::TemplateNotBuiltIn { name: name.to_owned(), known: known.join(", ") });
            }
        }
    }
    Ok((overlays, reaching))
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
