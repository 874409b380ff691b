//! The settings that describe a mesh: on the command line, in the project file and in the configuration of a KRM
//! function.

use std::path::PathBuf;

use clap::Args;

use super::{FieldError, Fields};
use crate::istio::mesh_file::File;
use crate::istio::platform::Platform;
use crate::istio::{Node, RequestedRelease};
use crate::k8s::KubernetesVersion;

// The mesh that a user describes. What is not given is known from mesh files, or is the default. The comments of the
// fields are the help of the flags.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "The mesh")]
#[expect(clippy::doc_markdown, reason = "help is not Markdown")]
#[expect(missing_docs, reason = "clap would print it as the help of each command")]
pub struct MeshSettings {
    /// Istio version; 1.30 means the patch release that the mesh or its values name, or else the newest known
    #[arg(long, value_name = "VERSION")]
    pub istio: Option<RequestedRelease>,
    /// File or folder that describes the mesh: its own templates, values and mesh configuration, as kubectl exports them
    /// or the chart renders them; can be repeated
    #[arg(long = "mesh-file", value_name = "FILE")]
    pub mesh_files: Vec<PathBuf>,
    /// File of Istio's values, as for the istiod chart, or in an IstioOperator, a Flux HelmRelease, an Argo CD Application
    /// or an Istio of the Sail operator; can be repeated
    #[arg(long, value_name = "FILE")]
    pub values: Vec<PathBuf>,
    /// One of Istio's values, in Helm's syntax: global.proxy.logLevel=debug, meshConfig.trustDomain=example.org; can be
    /// repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Environment variable of istiod; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub istiod_env: Vec<(String, String)>,
    /// Kubelet versions of the cluster's nodes; the name matters only to pods with spec.nodeName
    #[arg(long = "node-version", value_name = "[NAME=]VERSION", value_delimiter = ',', value_parser = node)]
    pub node_versions: Vec<Node>,
    /// Vendor of the mesh, whose rules apply where istiod's environment is not known: aks[,revision=asm-1-30]
    /// [,kubernetes=1.33] [,install=new|upgrade] [,preview-flag]; kyma[,module=1.28] [,compatibility=true]; openshift
    #[arg(long, value_name = "NAME[,KEY=VALUE…]")]
    pub platform: Option<Platform>,
    /// Version of the API server, on which the rules of a platform depend
    #[arg(long, value_name = "VERSION", value_parser = kubernetes)]
    pub kubernetes: Option<KubernetesVersion>,
    /// Revision of the mesh
    #[arg(long, value_name = "NAME")]
    pub revision: Option<String>,
    /// Skip workloads that no webhook of the mesh selects, by the labels of their namespaces
    #[arg(long)]
    pub respect_namespaces: bool,
    // Texts of mesh files that do not come from files, but from a cluster.
    #[arg(skip)]
    pub mesh_texts: Vec<File>,
}

impl MeshSettings {
    /// Reads the keys of a project file, a target or a function's configuration.
    pub fn read(fields: &mut Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            istio: fields.parsed("istio", "an Istio version such as 1.30 or 1.30.3")?,
            platform: fields.read("platform")?,
            revision: fields.text("revision")?,
            mesh_files: fields.texts("meshFiles")?,
            values: fields.texts("values")?,
            istiod_env: fields.named_pairs("istiodEnv")?,
            node_versions: fields.each(
                "nodeVersions",
                node,
                "a list of kubelet versions such as v1.33.2 or NAME=v1.33.2",
            )?,
            ..Self::default()
        })
    }

    /// These settings with the defaults of `base`. Values and variables are applied after those of `base`.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        fn or<T>(own: Vec<T>, base: Vec<T>) -> Vec<T> {
            if own.is_empty() { base } else { own }
        }
        fn after<T>(own: Vec<T>, mut base: Vec<T>) -> Vec<T> {
            base.extend(own);
            base
        }
        let kubernetes = self.kubernetes.or(base.kubernetes);
        let mut platform = self.platform.or(base.platform);
        if let (Some(Platform::Aks(aks)), Some(version)) = (&mut platform, kubernetes) {
            aks.kubernetes.get_or_insert(version);
        }
        Self {
            istio: self.istio.or(base.istio),
            mesh_files: or(self.mesh_files, base.mesh_files),
            values: after(self.values, base.values),
            set: after(self.set, base.set),
            istiod_env: after(self.istiod_env, base.istiod_env),
            node_versions: or(self.node_versions, base.node_versions),
            platform,
            kubernetes,
            revision: self.revision.or(base.revision),
            respect_namespaces: self.respect_namespaces || base.respect_namespaces,
            mesh_texts: self.mesh_texts,
        }
    }

    /// Whether they describe a mesh. Variables alone do not, since the release is unknown.
    pub fn describe_a_mesh(&self) -> bool {
        *self != Self { istiod_env: self.istiod_env.clone(), ..Self::default() }
    }
}

/// A version of Kubernetes.
fn kubernetes(text: &str) -> Result<KubernetesVersion, String> {
    KubernetesVersion::read(text).ok_or_else(|| "expected a Kubernetes version such as 1.33 or 1.33.4".to_owned())
}

/// `NAME=VALUE`.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A node and its kubelet's version. The version is not validated, since istiod accepts any text.
fn node(text: &str) -> Result<Node, String> {
    let (name, version) = match text.split_once('=') {
        Some((name, version)) if !name.is_empty() => (name, version),
        None if !text.is_empty() => ("", text),
        _ => return Err("expected v1.33.2 or NAME=v1.33.2".to_owned()),
    };
    Ok(Node::new(name, version))
}
