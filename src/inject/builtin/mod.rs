//! Stage: the overlay in typed Rust, written from the facts about the `sidecar` template. It needs no file of the
//! mesh's. What releases do differently is asked by [`crate::istio::Change`] at the place it concerns.

mod env;
mod init;
mod metadata;
mod proxy;
mod shared;
mod text;
mod volumes;

use serde_json::{Map, Value};

use super::data::TemplateData;
use super::error::InjectError;
use super::pod::Group;
use super::select::SIDECAR;
use crate::istio::{Mesh, Release};

/// The other templates of default installations.
const OTHER_TEMPLATES: [&str; 7] =
    ["agentgateway", "agentgateway-waypoint", "gateway", "grpc-agent", "grpc-simple", "kube-gateway", "waypoint"];

/// The overlays of these templates, in that order.
pub(super) fn render(mesh: &Mesh, names: &[&str], data: &TemplateData<'_>) -> Result<Vec<Value>, InjectError> {
    if !mesh.release.is_built_in() {
        let (release, known) = (mesh.release.to_string(), Release::built_in_range());
        return Err(InjectError::ReleaseNotBuiltIn { release, known });
    }
    let overlay = |name: &&str| match *name {
        SIDECAR => sidecar(mesh, data),
        name if OTHER_TEMPLATES.contains(&name) => Err(InjectError::TemplateNotBuiltIn { name: name.to_owned() }),
        name => Err(InjectError::UnknownTemplate {
            name: name.to_owned(),
            known: format!("{}, {SIDECAR}", OTHER_TEMPLATES.join(", ")),
        }),
    };
    names.iter().map(overlay).collect()
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
