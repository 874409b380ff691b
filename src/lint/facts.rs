//! Facts in documents that rules about other documents need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;

use super::decision::decide;
use super::fix::Grade;
use super::items::items;
use super::linter::{Fixed, Linter};
use super::node::Node;
use crate::explain::Proxy;
use crate::istio::Namespaces;
use crate::k8s::objects;
use lossless_yaml::Tree;

/// The word that a relevant `ConfigMap` contains.
const QUIT: &[u8] = b"quitquitquit";

/// Facts from all documents of the input.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The namespaces in the input.
    pub namespaces: Namespaces,
    /// `ConfigMap`s that may call the quit endpoint, by namespace and name.
    pub config_maps: BTreeMap<(String, String), MountedConfigMap>,
    /// The files that kustomizations in the input name as resources.
    pub bases: BTreeSet<PathBuf>,
}

/// A `ConfigMap`, and the pods of the input that mount it.
#[derive(Clone, Debug, Default)]
pub struct MountedConfigMap {
    /// Whether at least one pod mounts it, and all that do are native.
    pub is_native: bool,
    /// The values of `data`.
    pub data: BTreeMap<String, String>,
    /// Whether a pod mounts it.
    is_mounted: bool,
}

impl Facts {
    /// Whether a file is named as a kustomization.
    pub fn is_kustomization(file: &str) -> bool {
        let name = Path::new(file).file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization"))
    }

    /// Whether a text may contain a relevant `ConfigMap`.
    pub fn may_have_config_map(text: &[u8]) -> bool {
        memmem::find(text, QUIT).is_some() && memmem::find(text, b"ConfigMap").is_some()
    }

    /// Whether a text may have a pod that mounts a `ConfigMap`.
    pub fn may_mount(text: &[u8]) -> bool {
        memmem::find(text, b"configMap").is_some()
    }

    /// Whether a kustomization in the input builds from this file.
    pub fn is_base(&self, file: &str) -> bool {
        !self.bases.is_empty() && self.bases.contains(&plain(Path::new(file)))
    }

    /// Adds the files that a kustomization names.
    pub fn add_bases(&mut self, file: &str, tree: &Tree<'_>) {
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        let Some(root) = tree.root().map(|root| Node::new(tree, root, [])) else { return };
        for key in ["resources", "bases"] {
            for resource in root.get(key).iter().flat_map(Node::items) {
                let is_file = |name: &&str| !name.contains("://") && Path::new(name).extension().is_some();
                let named = resource.text().filter(is_file);
                self.bases.extend(named.map(|name| plain(&folder.join(name))));
            }
        }
    }

    /// Adds the relevant `ConfigMap`s of a document.
    pub fn add_config_maps(&mut self, tree: &Tree<'_>, default_namespace: &str) {
        for item in items(tree).iter().filter(|item| item.kind == "ConfigMap" && item.api_version == "v1") {
            let Some(data) = item.node.get("data") else { continue };
            let text = |entry: &super::node::Entry<'_>| {
                Some((entry.name.clone().into_owned(), entry.value.text()?.to_owned()))
            };
            let data: BTreeMap<String, String> = data.entries().iter().filter_map(text).collect();
            if data.values().any(|text| memmem::find(text.as_bytes(), QUIT).is_some()) {
                let namespace = item.namespace.clone().unwrap_or_else(|| default_namespace.to_owned());
                let map = MountedConfigMap { data, ..MountedConfigMap::default() };
                self.config_maps.insert((namespace, item.name.clone()), map);
            }
        }
    }
}

impl Linter<'_> {
    /// Records which pods of a document, after its fixes, mount the relevant `ConfigMap`s. No fix depends on this.
    pub fn add_mounts(&self, tree: &Tree<'_>, fixes: Option<Grade>, facts: &mut Facts) {
        let Some(most) = fixes else { return self.add_mounts_of(tree, facts) };
        match self.fix(&Arc::from(""), tree.text(), tree.place_at(0), most) {
            Ok(Fixed { text: Some(new), .. }) => {
                if let Ok(tree) = Tree::parse(&new, 1) {
                    self.add_mounts_of(&tree, facts);
                }
            }
            // The run reports its problems.
            Ok(_) | Err(_) => self.add_mounts_of(tree, facts),
        }
    }

    fn add_mounts_of(&self, tree: &Tree<'_>, facts: &mut Facts) {
        let Ok(found) = objects(tree, self.kinds) else { return };
        for workload in &found.workloads {
            let namespace = workload.namespace.as_deref().unwrap_or(&self.default_namespace);
            let template = Node::new(tree, workload.template, workload.path.steps());
            let mut is_native = None;
            for name in mounted(&template) {
                let Some(map) = facts.config_maps.get_mut(&(namespace.to_owned(), name.to_owned())) else { continue };
                let is_native = *is_native.get_or_insert_with(|| {
                    let decision = decide(self.meshes, self.source, tree, workload, namespace);
                    decision.is_ok_and(|decision| decision.proxy == Proxy::Native)
                });
                map.is_native = is_native && (map.is_native || !map.is_mounted);
                map.is_mounted = true;
            }
        }
    }
}

/// The names of the `ConfigMap`s that are volumes of a pod.
pub(super) fn mounted<'c>(template: &Node<'c>) -> Vec<&'c str> {
    let mut names = Vec::new();
    for volume in template.at(&["spec", "volumes"]).iter().flat_map(Node::items) {
        names.extend(volume.at(&["configMap", "name"]).and_then(|name| name.text()));
        for source in volume.at(&["projected", "sources"]).iter().flat_map(Node::items) {
            names.extend(source.at(&["configMap", "name"]).and_then(|name| name.text()));
        }
    }
    names
}

/// A path without `.` and, where that is possible, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
