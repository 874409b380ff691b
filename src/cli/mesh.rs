//! The flags that describe a mesh, and the mesh they describe.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::Failure;
use crate::config::Target;
use crate::input::{Find, Source, find, read};
use crate::istio::mesh_file::{File, MeshFile, MeshFileError};
use crate::istio::{Mesh, Node, Nodes, Release};
use crate::run::CODE_MESH;
use crate::yaml::{Tree, split};

#[derive(Args)]
#[command(next_help_heading = "The mesh")]
pub(super) struct MeshArgs {
    /// Istio's version; 1.30 means its newest patch known
    #[arg(long, value_name = "VERSION")]
    istio: Option<Release>,
    /// A file or folder with what describes the mesh: its own templates, values and mesh configuration, as kubectl
    /// exports them or the chart renders them; may be repeated
    #[arg(long, value_name = "FILE")]
    mesh_file: Vec<PathBuf>,
    /// A file of Istio's own values, as for the istiod chart; may be repeated
    #[arg(long, value_name = "FILE")]
    values: Vec<PathBuf>,
    /// A variable of istiod's environment; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    istiod_env: Vec<(String, String)>,
    /// Kubelet versions of the cluster's nodes; a name matters to pods with spec.nodeName
    #[arg(long, value_name = "[NAME=]VERSION", value_delimiter = ',', value_parser = node)]
    node_version: Vec<Node>,
    /// The mesh's revision
    #[arg(long, value_name = "NAME")]
    revision: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// A mesh, and what was assumed of it.
pub(super) struct Described {
    pub mesh: Mesh,
    /// Where it comes from, as the report names it.
    pub source: String,
    pub assumed: Vec<String>,
}

impl MeshArgs {
    /// Whether the flags say which mesh is meant.
    pub(super) fn is_said(&self) -> bool {
        self.istio.is_some() || !self.mesh_file.is_empty()
    }

    /// The mesh of the command line, and for what that leaves open of the project's target.
    pub(super) fn mesh(&self, target: &Target) -> Result<Described, Failure> {
        let mut assumed = Vec::new();
        let by_project = target.istio.as_deref().map(str::parse::<Release>).transpose();
        let by_project = by_project.map_err(|e| Failure::usage(format!("the project file's istio: {e}"), None))?;
        let release = self.istio.clone().or(by_project);
        let (mut mesh, source) = if self.mesh_file.is_empty() {
            let release = release.unwrap_or_else(|| {
                let newest = Release::newest_built_in();
                assumed.push(format!("istio {newest}: not given, the newest built in (--istio says another)"));
                newest
            });
            (self.built_in(release, target)?, "builtin".to_owned())
        } else {
            (self.of_files(release)?, names(&self.mesh_file))
        };
        mesh.env.extend(target.istiod_env.clone());
        mesh.env.extend(self.istiod_env.iter().cloned());
        let by_project = target.node_versions.iter().map(|n| node(n)).collect::<Result<Vec<_>, _>>();
        let by_project =
            by_project.map_err(|e| Failure::usage(format!("the project file's nodeVersions: {e}"), None))?;
        let nodes = if self.node_version.is_empty() { by_project } else { self.node_version.clone() };
        if !nodes.is_empty() {
            mesh.nodes = Nodes::Known(nodes);
        }
        Ok(Described { mesh, source, assumed })
    }

    /// An installation of a release that is built in.
    fn built_in(&self, release: Release, target: &Target) -> Result<Mesh, Failure> {
        let mut values = Value::Object(Map::new());
        for path in target.values.iter().chain(&self.values) {
            overlay(&mut values, read_values(path)?);
        }
        let revision = self.revision.as_ref().or(target.revision.as_ref());
        if let (Some(revision), Some(values)) = (revision, values.as_object_mut()) {
            values.insert("revision".to_owned(), json!(revision));
        }
        Mesh::install(release, &values).map_err(|error| mesh_failure(error.to_string(), None))
    }

    /// The mesh that files describe.
    fn of_files(&self, release: Option<Release>) -> Result<Mesh, Failure> {
        let files = files(&self.mesh_file)?;
        let file = MeshFile::read(&files).map_err(file_failure)?;
        let mut control_planes = file.control_planes;
        if let Some(revision) = &self.revision {
            control_planes.retain(|plane| plane.revision == *revision);
        }
        let only = control_planes.pop().filter(|_| control_planes.is_empty());
        let plane = only.ok_or_else(|| mesh_failure("no such revision, or several".to_owned(), None))?;
        let release = release.map_or_else(|| plane.release(), Ok).map_err(file_failure)?;
        plane.mesh(release).map_err(file_failure)
    }
}

fn file_failure(error: MeshFileError) -> Failure {
    mesh_failure(error.to_string(), error.hint)
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// The files that were named, and those in folders that were.
fn files(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let found = find(&Find { paths: paths.to_vec(), ..Find::default() })
        .map_err(|error| mesh_failure(error.to_string(), error.hint()))?;
    if let Some((_, error)) = found.unusable.first() {
        let path = error.path().map_or_else(String::new, |path| format!("{}: ", path.display()));
        return Err(mesh_failure(format!("{path}{error}"), error.hint()));
    }
    let text = |source: Source| Ok(File { name: source.to_string(), text: read_text(&source)? });
    found.sources.into_iter().map(text).collect()
}

fn read_text(source: &Source) -> Result<String, Failure> {
    read(source).map_err(|error| {
        let place = error.place().map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
        mesh_failure(format!("{source}{place}: {error}"), error.hint().map(str::to_owned))
    })
}

/// istiod takes a kubelet that does not say its version for an old one; on the command line it is a slip.
fn node(text: &str) -> Result<Node, String> {
    let (name, version) = text.split_once('=').unwrap_or(("", text));
    let mut numbers = version.strip_prefix('v').unwrap_or(version).splitn(3, '.').take(2);
    let is_number = |part: Option<&str>| part.is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()));
    if is_number(numbers.next()) && is_number(numbers.next()) {
        Ok(Node { name: name.to_owned(), kubelet_version: version.to_owned() })
    } else {
        Err(format!("{version:?} is no kubelet version; write v1.33.2, or NAME=v1.33.2"))
    }
}

fn mesh_failure(message: String, hint: Option<String>) -> Failure {
    Failure { code: CODE_MESH, message, hint }
}

fn read_values(path: &Path) -> Result<Value, Failure> {
    let name = path.display();
    let text = read_text(&Source::File(path.to_owned()))?;
    let at = |error: &crate::yaml::YamlError| {
        let message = format!("{name}:{}:{}: {error}", error.place.line, error.place.column);
        mesh_failure(message, error.hint.clone())
    };
    let chunk = split(text.as_bytes()).into_iter().next();
    let chunk = chunk.and_then(|c| text.get(c.range)).unwrap_or_default();
    let tree = Tree::parse(chunk, 1).map_err(|e| at(&e))?;
    let value = tree.root().map_or(Ok(Value::Null), |root| tree.value(root)).map_err(|e| at(&e))?;
    match value {
        Value::Object(_) => Ok(value),
        Value::Null => Ok(Value::Object(Map::new())),
        _ => Err(mesh_failure(format!("{name}: istio's values must be a mapping"), None)),
    }
}

/// Lays values over others, as Helm does: mappings are merged, and null takes a key away.
fn overlay(values: &mut Value, over: Value) {
    match (values, over) {
        (Value::Object(values), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    values.shift_remove(&key);
                } else {
                    overlay(values.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (values, over) => *values = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_values_win_and_null_takes_away() {
        let mut values = json!({"global": {"tag": "a", "hub": "h"}, "revision": "x"});
        overlay(&mut values, json!({"global": {"tag": "b"}, "revision": null}));
        assert_eq!(values, json!({"global": {"tag": "b", "hub": "h"}}));
    }
}
