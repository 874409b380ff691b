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
    #[arg(long = "node-version", value_name = "[NAME=]VERSION", value_delimiter = ',', value_parser = node_version)]
    pub node_versions: Vec<Node>,
    /// Vendor of the mesh, whose rules apply where istiod's environment is not known: aks[,revision=asm-1-30]
    /// [,kubernetes=1.33] [,install=new|upgrade] [,preview-flag]; kyma[,module=1.28] [,compatibility=true]; openshift
    #[arg(long, value_name = "NAME[,KEY=VALUE…]")]
    pub platform: Option<Platform>,
    /// Version of the API server, on which the rules of a platform depend
    #[arg(long, value_name = "VERSION", value_parser = kubernetes_version)]
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
                node_version,
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
        let base = base.without_what_replaces(&self);
        let kubernetes = self.kubernetes.or(base.kubernetes);
        let mut platform = self.platform.or(base.platform);
        if let (Some(platform), Some(version)) = (&mut platform, kubernetes) {
            platform.set_kubernetes(version);
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

    /// The settings after a change of `now` to these.
    #[must_use]
    pub fn after(self, mut now: Self) -> Self {
        if !self.mesh_files.is_empty() {
            // The files describe another mesh.
            (now.istio, now.platform, now.revision) = (None, None, None);
        }
        self.over(now)
    }

    /// These settings without those that identify a mesh.
    #[must_use]
    pub fn without_identity(mut self) -> Self {
        (self.istio, self.platform, self.revision, self.mesh_files) = (None, None, None, Vec::new());
        self
    }

    /// These settings without those that a platform in `over` replaces.
    fn without_what_replaces(mut self, over: &Self) -> Self {
        if let Some(platform) = &over.platform {
            if platform.release().is_some() {
                self.istio = None;
            }
            if platform.revision().is_some() {
                self.revision = None;
            }
        }
        self
    }

    /// An error if two of the settings contradict each other.
    pub fn check(&self) -> Result<(), Contradiction> {
        let Some(platform) = &self.platform else { return Ok(()) };
        let contradiction =
            |of_platform: String, setting, flag, given: String| Contradiction { of_platform, setting, flag, given };
        if let (Some(release), Some(istio)) = (platform.release(), &self.istio) {
            let given = istio.resolve([release.clone()]);
            if given.minor() != release.minor() {
                let of_platform = match platform.revision() {
                    Some(revision) => format!("revision {revision} of {platform} runs Istio 1.{}", release.minor()),
                    None => format!("the module of {platform} runs Istio 1.{}", release.minor()),
                };
                return Err(contradiction(of_platform, "istio", "--istio", format!("1.{}", given.minor())));
            }
        }
        if let (Some(of_platform), Some(given)) = (platform.revision(), &self.revision)
            && of_platform != *given
        {
            return Err(contradiction(
                format!("the platform names revision {of_platform}"),
                "revision",
                "--revision",
                given.clone(),
            ));
        }
        if let (Platform::Aks(aks), Some(given)) = (platform, self.kubernetes)
            && let Some(of_platform) = aks.kubernetes.filter(|version| version.minor != given.minor)
        {
            let of_platform = format!("the platform names Kubernetes 1.{}", of_platform.minor);
            return Err(contradiction(of_platform, "kubernetes", "--kubernetes", format!("1.{}", given.minor)));
        }
        Ok(())
    }

    /// Whether they name a mesh: its release, files, values or vendor. The other settings complete any mesh.
    pub fn name_a_mesh(&self) -> bool {
        self.istio.is_some()
            || self.platform.is_some()
            || !self.mesh_files.is_empty()
            || !self.mesh_texts.is_empty()
            || !self.values.is_empty()
            || !self.set.is_empty()
    }

    /// Whether they describe a mesh. Variables do not: the release remains unknown.
    pub fn describe_a_mesh(&self) -> bool {
        *self != Self { istiod_env: self.istiod_env.clone(), ..Self::default() }
    }
}

/// Two settings that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{of_platform}, but {setting} is {given}")]
pub struct Contradiction {
    of_platform: String,
    setting: &'static str,
    flag: &'static str,
    given: String,
}

impl Contradiction {
    /// The flag of the setting that contradicts the platform.
    pub fn flag(&self) -> &'static str {
        self.flag
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        format!("leave out {}, or change --platform", self.flag)
    }
}

/// A version of Kubernetes.
pub fn kubernetes_version(text: &str) -> Result<KubernetesVersion, String> {
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
pub fn node_version(text: &str) -> Result<Node, String> {
    let (name, version) = match text.split_once('=') {
        Some((name, version)) if !name.is_empty() => (name, version),
        None if !text.is_empty() => ("", text),
        _ => return Err("expected v1.33.2 or NAME=v1.33.2".to_owned()),
    };
    if [".yaml", ".yml", ".json"].iter().any(|end| version.ends_with(end)) {
        return Err("expected v1.33.2 or NAME=v1.33.2; --mesh-file takes files with Nodes".to_owned());
    }
    Ok(Node::new(name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_version_of_a_node() {
        for text in ["nodes.yaml", "node-a=./nodes.json", "", "=v1.33.2"] {
            assert!(node_version(text).is_err(), "{text}");
        }
        for text in ["v1.33.2", "node-a=v1.33.2", "v1.33.2-eks-1", "latest"] {
            assert!(node_version(text).is_ok(), "{text}");
        }
    }

    fn settings(platform: &str, istio: &str) -> MeshSettings {
        MeshSettings { platform: platform.parse().ok(), istio: istio.parse().ok(), ..MeshSettings::default() }
    }

    #[test]
    fn a_platform_must_agree_with_the_other_settings() {
        let problem = |settings: &MeshSettings| settings.check().err().map(|error| error.to_string());
        for (platform, istio, expected) in [
            ("aks,revision=asm-1-28", "1.28", None),
            ("aks,revision=asm-1-28", "1.28.3", None),
            ("aks", "1.30", None),
            (
                "aks,revision=asm-1-28",
                "1.30",
                Some("revision asm-1-28 of the AKS add-on runs Istio 1.28, but istio is 1.30"),
            ),
            ("kyma,module=1.21", "1.30", Some("the module of Kyma runs Istio 1.27, but istio is 1.30")),
        ] {
            assert_eq!(problem(&settings(platform, istio)).as_deref(), expected, "{platform} {istio}");
        }
        let of = |revision: &str, kubernetes| MeshSettings {
            revision: Some(revision.to_owned()),
            kubernetes: KubernetesVersion::read(kubernetes),
            ..settings("aks,revision=asm-1-28,kubernetes=1.33", "")
        };
        assert_eq!(problem(&of("asm-1-28", "1.33.4")), None);
        let revision = "the platform names revision asm-1-28, but revision is asm-1-30";
        assert_eq!(problem(&of("asm-1-30", "1.33")).as_deref(), Some(revision));
        let kubernetes = "the platform names Kubernetes 1.33, but kubernetes is 1.34";
        assert_eq!(problem(&of("asm-1-28", "1.34")).as_deref(), Some(kubernetes));
    }

    #[test]
    fn a_platform_that_is_given_replaces_the_release_below_it() {
        let merged = settings("aks,revision=asm-1-28", "").over(settings("", "1.30"));
        assert_eq!((merged.istio, merged.platform.unwrap().revision().as_deref()), (None, Some("asm-1-28")));
        assert!(settings("aks", "").over(settings("", "1.30")).istio.is_some());
    }
}
