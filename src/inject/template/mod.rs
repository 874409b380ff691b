//! Stage: the overlay by the mesh's own Go templates, as its istiod renders them.
//!
//! | file | job |
//! |---|---|
//! | `functions` | what Istio adds to the functions of Go and sprig |
//! | `data` | the template's data, by release |
//! | `pod`, `message` | Kubernetes' and protobuf's Go types, and values of them |
//! | `yaml` | values as YAML text, for `toYaml` |
//! | `rendered` | the rendered text, read as the overlay of a pod |

mod data;
mod functions;
mod message;
mod pod;
mod rendered;
mod yaml;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::breakout;
use super::data::TemplateData;
use super::error::InjectError;
use super::pod::Group;
use crate::gotemplate::{Error, Limits, Template};
use crate::istio::{Change, Mesh};
use data::DataType;

pub use rendered::{Around, Rendered};

/// What one template may use for one pod. Istio's own take fewer than 1,000 steps; an object of more than 1.5 MiB could
/// not be stored (etcd).
const LIMITS: Limits = Limits { output: 4 << 20, steps: 1_000_000, memory: 64 << 20, ..Limits::DEFAULT };

/// A mesh's templates, parsed, with the types of their data.
pub(super) struct Templates {
    by_name: BTreeMap<String, Template>,
    data: DataType,
}

/// A template that does not parse.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct TemplateError {
    /// The template's name.
    pub name: String,
    /// What is wrong with it, and where.
    pub error: Error,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

/// An overlay that does not take the user's own init containers away, as templates up to 1.25 do without interception
/// (istio#54562). What a mesh does by mistake is not repeated here.
fn with_init_containers(mut overlay: Value) -> Value {
    let key = Group::InitContainers.key();
    if let Some(spec) = overlay.get_mut("spec").and_then(Value::as_object_mut)
        && spec.get(key).is_some_and(Value::is_null)
    {
        spec.shift_remove(key);
    }
    overlay
}

impl Templates {
    /// Parses all templates: one that does not parse makes the mesh unloadable for istiod.
    pub(super) fn new(texts: &BTreeMap<String, String>, mesh: &Mesh) -> Result<Self, TemplateError> {
        let data = DataType::new(mesh);
        let functions = Arc::new(functions::functions(mesh));
        let parse = |(name, text): &(&String, &String)| {
            let template = Template::new(name).with_limits(LIMITS).with_functions(Arc::clone(&functions)).parse(*text);
            let template = template.map_err(|error| TemplateError { name: (*name).clone(), error })?;
            Ok(((*name).clone(), template))
        };
        // A mesh brings about eight, of which a pod needs one; parsing them is half of a short run.
        let texts: Vec<_> = texts.iter().collect();
        let (some, others) = texts.split_at(texts.len() / 2);
        let by_name = std::thread::scope(|scope| {
            let spawned = std::thread::Builder::new()
                .spawn_scoped(scope, || some.iter().map(parse).collect::<Result<BTreeMap<_, _>, _>>());
            let others = others.iter().map(parse).collect::<Result<BTreeMap<_, _>, _>>();
            // Without another thread this one does it all; one that panicked is found out the same way.
            let parsed = spawned.ok().and_then(|thread| thread.join().ok());
            let mut by_name = match parsed {
                Some(parsed) => parsed?,
                None => some.iter().map(parse).collect::<Result<_, _>>()?,
            };
            by_name.extend(others?);
            Ok(by_name)
        })?;
        Ok(Self { by_name, data })
    }

    /// The overlays of these templates, and what of the pod reaches beyond its place in them. `again` renders them for
    /// another pod.
    pub(super) fn render_watched(
        &self,
        mesh: &Mesh,
        names: &[&str],
        data: &TemplateData<'_>,
        again: impl Fn(&Value) -> Result<Vec<Value>, InjectError>,
    ) -> Result<(Vec<Value>, Vec<String>), InjectError> {
        let suspects = breakout::suspects(data.pod());
        match self.render(mesh, names, data) {
            Ok(overlays) => {
                let reaching = breakout::found(&suspects, data.pod(), &overlays, again);
                Ok((overlays, reaching))
            }
            Err(error) => Err(match breakout::culprit(&suspects, data.pod(), again) {
                Some(what) => InjectError::Breakout { what },
                None => error,
            }),
        }
    }

    /// The overlays of these templates, in that order.
    pub(super) fn render(
        &self,
        mesh: &Mesh,
        names: &[&str],
        data: &TemplateData<'_>,
    ) -> Result<Vec<Value>, InjectError> {
        let known = || self.by_name.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let render = |name: &&str| {
            let template = self
                .by_name
                .get(*name)
                .ok_or_else(|| InjectError::UnknownTemplate { name: (*name).to_owned(), known: known() })?;
            // The values are made anew: a template can change them.
            let text = template
                .execute(&self.data.value(mesh, data))
                .map_err(|error| InjectError::Template { name: (*name).to_owned(), error })?;
            let overlay = rendered::overlay(&text)
                .map_err(|problem| InjectError::Rendered { name: (*name).to_owned(), problem: Box::new(problem) })?;
            Ok(if mesh.release.has(Change::KeepsInitContainers) { overlay } else { with_init_containers(overlay) })
        };
        names.iter().map(render).collect()
    }
}
