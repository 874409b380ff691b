//! Decides whether the proxy is native or regular, and why.
//!
//! The pod's annotation comes first, then istiod's `ENABLE_NATIVE_SIDECARS`. If the variable is unset, the kubelets'
//! versions decide (istio 1.27 and later).

use std::fmt;

use super::kubelet::{self, MIN_KUBELET_MINOR, is_new_enough};
use super::mesh::Mesh;
use super::names::{annotation, env};
use super::nodes::{Node, NodeKind, NodeList, Nodes};
use super::platform::{NativeDefault, Rule, Ruling};
use super::release::{Release, ReleaseChange};

/// The kind of proxy container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// An init container with `restartPolicy: Always`.
    Native,
    /// An ordinary container.
    Regular,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Regular => "regular",
        })
    }
}

/// The mode that was decided on, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// One mode on any nodes.
    Mode(Mode),
    /// The cluster's nodes decide, and they are not known.
    DependsOnNodes,
    /// istiod's environment decides, and the vendor's rules leave it open.
    DependsOnIstiod,
}

/// A decision and its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Native, regular, or undecided.
    pub answer: Answer,
    /// Whether a user's own `istio-proxy` moves from `containers` to `initContainers`. Istiod decides this separately
    /// from the mode: it accepts only `"true"` and `"false"` from the annotation (measured at 1.28.10 and later).
    pub moves_override: bool,
    /// The reasons, in the order in which they were considered.
    pub reasons: Vec<ModeReason>,
}

impl Decision {
    /// The mode, unless it depends on unknown facts.
    pub fn mode(&self) -> Option<Mode> {
        match self.answer {
            Answer::Mode(mode) => Some(mode),
            Answer::DependsOnNodes | Answer::DependsOnIstiod => None,
        }
    }
}

/// A reason for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeReason {
    /// The annotation is exactly `"true"` or `"false"`, and the release reads it.
    Annotation(Mode),
    /// The annotation has another value, which the release's template reads as this mode.
    AnnotationOdd {
        /// The value as written.
        value: String,
        /// The mode that the template reads.
        mode: Mode,
    },
    /// The annotation is empty, which istiod treats as absent.
    AnnotationEmpty,
    /// The annotation is set, but the release does not read it.
    AnnotationIgnored {
        /// The value as written.
        value: String,
    },
    /// istiod's `ENABLE_NATIVE_SIDECARS` is exactly `true` or `false`.
    Env(Mode),
    /// istiod's `ENABLE_NATIVE_SIDECARS` has another value, which istiod treats as false.
    EnvOdd {
        /// The value as written.
        value: String,
    },
    /// A rule of the mesh's vendor replaces istiod's variable.
    Platform(Ruling),
    /// istiod's variable is unset, and the release's default is regular.
    DefaultRegular,
    /// The pod is bound to this node, so no other node matters.
    BoundNode {
        /// The node's name.
        name: String,
        /// The kubelet's version.
        version: String,
        /// The mode on that node.
        mode: Mode,
    },
    /// Every kubelet is new enough.
    AllNodesNew {
        /// The number of nodes, which may be 0.
        nodes: usize,
    },
    /// A kubelet is older than 1.33, or its version cannot be read.
    NodeTooOld {
        /// The node's name; empty if only versions are known.
        name: String,
        /// The kubelet's version.
        version: String,
        /// What kind of node it is.
        kind: NodeKind,
    },
    /// The nodes decide, and new ones are assumed.
    NodesAssumed,
    /// The nodes decide, and they are not known.
    NodesUnknown,
}

impl ModeReason {
    /// The stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Annotation(_) => "annotation",
            Self::AnnotationOdd { .. } => "annotation-odd",
            Self::AnnotationEmpty => "annotation-empty",
            Self::AnnotationIgnored { .. } => "annotation-ignored",
            Self::Env(_) => "istiod-env",
            Self::EnvOdd { .. } => "istiod-env-odd",
            Self::Platform(ruling) => ruling.rule.code,
            Self::DefaultRegular => "release-default",
            Self::BoundNode { .. } => "bound-node",
            Self::AllNodesNew { .. } => "nodes-new",
            Self::NodeTooOld { .. } => "node-too-old",
            Self::NodesAssumed => "nodes-assumed",
            Self::NodesUnknown => "nodes-unknown",
        }
    }

    /// The vendor's rule, with its source, if this is one.
    pub fn rule(&self) -> Option<&'static Rule> {
        if let Self::Platform(ruling) = self { Some(ruling.rule) } else { None }
    }
}

impl fmt::Display for ModeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (native, nodes_env) = (annotation::NATIVE_SIDECAR, env::ENABLE_NATIVE_SIDECARS);
        let required = format_args!("1.{MIN_KUBELET_MINOR} or later required");
        match self {
            Self::Annotation(Mode::Native) => write!(f, "annotation {native} is \"true\""),
            Self::Annotation(Mode::Regular) => write!(f, "annotation {native} is \"false\""),
            Self::AnnotationOdd { value, mode } => {
                write!(f, "annotation {native} is {value:?}, neither \"true\" nor \"false\": read as {mode}")
            }
            Self::AnnotationEmpty => write!(f, "annotation {native} is empty, which is the same as absent"),
            Self::AnnotationIgnored { value } => {
                write!(f, "annotation {native} is {value:?}, but this release does not read it")
            }
            Self::Env(Mode::Native) => write!(f, "istiod runs with {nodes_env}=true"),
            Self::Env(Mode::Regular) => write!(f, "istiod runs with {nodes_env}=false"),
            Self::EnvOdd { value } => write!(f, "istiod runs with {nodes_env}={value}"),
            Self::Platform(ruling) => ruling.fmt(f),
            Self::DefaultRegular => write!(f, "{nodes_env} is unset, and this release defaults to regular"),
            Self::BoundNode { name, version, mode: Mode::Native } => {
                write!(f, "the pod is bound to node {name}, which runs kubelet {version}")
            }
            Self::BoundNode { name, version, mode: Mode::Regular } if version.is_empty() => {
                write!(f, "the pod is bound to node {name}, whose kubelet version is unknown ({required})")
            }
            Self::BoundNode { name, version, mode: Mode::Regular } => {
                write!(f, "the pod is bound to node {name}, which runs kubelet {version} ({required})")
            }
            Self::AllNodesNew { nodes: 0 } => f.write_str("the cluster has no nodes, so none is too old"),
            Self::AllNodesNew { nodes: 1 } => write!(f, "the node runs kubelet 1.{MIN_KUBELET_MINOR} or later"),
            Self::AllNodesNew { nodes } => write!(f, "all {nodes} nodes run kubelet 1.{MIN_KUBELET_MINOR} or later"),
            Self::NodeTooOld { name, version, kind } => {
                let node = if name.is_empty() { format!("a {kind}") } else { format!("{kind} {name}") };
                if version.is_empty() {
                    write!(f, "the kubelet version of {node} is unknown ({required})")
                } else {
                    write!(f, "{node} runs kubelet {version} ({required})")
                }
            }
            Self::NodesAssumed => write!(f, "nodes of 1.{MIN_KUBELET_MINOR} and later are assumed"),
            Self::NodesUnknown => f.write_str("the kubelet versions of the nodes decide, and they are unknown"),
        }
    }
}

/// How a release's template reads the annotation where it is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnnotationRule {
    /// The release does not read the annotation.
    Ignored,
    /// `"true"` is native and any other value is regular, even if it is empty or the variable is set.
    OnlyTrue,
    /// `"false"` is regular, an empty value is ignored, and any other value is native.
    AllButFalse,
}

impl AnnotationRule {
    fn of(release: &Release) -> Self {
        if release.has(ReleaseChange::LenientNativeAnnotation) {
            Self::AllButFalse
        } else if release.has(ReleaseChange::NativeAnnotation) {
            Self::OnlyTrue
        } else {
            Self::Ignored
        }
    }
}

/// The facts about a pod that the decision depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PodFacts<'a> {
    /// The annotation `sidecar.istio.io/nativeSidecar`, if present.
    pub annotation: Option<&'a str>,
    /// `spec.nodeName`, if present.
    pub node_name: Option<&'a str>,
}

/// Decides the mode of one pod of a mesh.
pub fn decide(mesh: &Mesh, pod: PodFacts<'_>) -> Decision {
    let mut reasons = Vec::new();
    let exact = match (AnnotationRule::of(&mesh.release), pod.annotation) {
        (_, None) => None,
        (AnnotationRule::Ignored, Some(value)) => {
            reasons.push(ModeReason::AnnotationIgnored { value: value.to_owned() });
            None
        }
        (_, Some("true")) => Some(Mode::Native),
        (_, Some("false")) => Some(Mode::Regular),
        (AnnotationRule::AllButFalse, Some("")) => {
            reasons.push(ModeReason::AnnotationEmpty);
            None
        }
        (rule, Some(value)) => {
            let mode = if rule == AnnotationRule::OnlyTrue { Mode::Regular } else { Mode::Native };
            reasons.push(ModeReason::AnnotationOdd { value: value.to_owned(), mode });
            // The user's own proxy follows the mesh; if that is undecided, it follows the mode.
            let moves = match by_mesh(mesh, pod.node_name, &mut Vec::new()) {
                Answer::Mode(mesh_mode) => mesh_mode == Mode::Native,
                Answer::DependsOnNodes | Answer::DependsOnIstiod => mode == Mode::Native,
            };
            return Decision { answer: Answer::Mode(mode), moves_override: moves && mode == Mode::Native, reasons };
        }
    };
    let answer = if let Some(mode) = exact {
        reasons.push(ModeReason::Annotation(mode));
        Answer::Mode(mode)
    } else {
        by_mesh(mesh, pod.node_name, &mut reasons)
    };
    Decision { answer, moves_override: answer == Answer::Mode(Mode::Native), reasons }
}

/// What to know about the node for which a mesh makes pods without an annotation regular.
pub fn old_node_note(mesh: &Mesh) -> Option<String> {
    match decide(mesh, PodFacts::default()).reasons.last()? {
        ModeReason::NodeTooOld { kind, version, .. } => kubelet::old_node_note(*kind, version),
        _ => None,
    }
}

/// Whether the mode of pods without an annotation depends on nodes that are not known.
pub fn depends_on_nodes(mesh: &Mesh) -> bool {
    decide(mesh, PodFacts::default()).answer == Answer::DependsOnNodes
}

/// The mesh's mode: istiod's variable decides, or the vendor's rule about it.
fn by_mesh(mesh: &Mesh, node_name: Option<&str>, reasons: &mut Vec<ModeReason>) -> Answer {
    let variable = mesh.env.get(env::ENABLE_NATIVE_SIDECARS).map(String::as_str).filter(|value| !value.is_empty());
    if let Some(ruling) = mesh.ruling.as_ref().filter(|_| variable.is_none()) {
        reasons.push(ModeReason::Platform(ruling.clone()));
        match ruling.rule.default {
            NativeDefault::Native => return Answer::Mode(Mode::Native),
            NativeDefault::Regular => return Answer::Mode(Mode::Regular),
            NativeDefault::Unknown => return Answer::DependsOnIstiod,
            NativeDefault::ReleaseDefault => {}
        }
    }
    let (mode, reason) = by_istiod(&mesh.release, variable, &mesh.nodes, node_name);
    reasons.push(reason);
    mode.map_or(Answer::DependsOnNodes, Answer::Mode)
}

/// The mode of a pod without an annotation that is bound to no node, for an istiod of this release. `variable` is its
/// `ENABLE_NATIVE_SIDECARS`. `None` if the nodes decide and are unknown.
pub fn default_mode(release: &Release, variable: Option<&str>, nodes: &Nodes) -> (Option<Mode>, ModeReason) {
    by_istiod(release, variable, nodes, None)
}

/// istiod's variable decides, then the nodes.
fn by_istiod(
    release: &Release,
    variable: Option<&str>,
    nodes: &Nodes,
    node_name: Option<&str>,
) -> (Option<Mode>, ModeReason) {
    let (mode, reason) = match variable {
        Some("true") => (Mode::Native, ModeReason::Env(Mode::Native)),
        Some("false") => (Mode::Regular, ModeReason::Env(Mode::Regular)),
        Some(value) if !value.is_empty() => (Mode::Regular, ModeReason::EnvOdd { value: value.to_owned() }),
        _ if !release.has(ReleaseChange::NodesDecideMode) => (Mode::Regular, ModeReason::DefaultRegular),
        _ => match nodes {
            Nodes::Unknown => return (None, ModeReason::NodesUnknown),
            Nodes::AssumedNew => (Mode::Native, ModeReason::NodesAssumed),
            Nodes::Known(nodes) => by_nodes(nodes, node_name),
        },
    };
    (Some(mode), reason)
}

fn by_nodes(nodes: &NodeList, node_name: Option<&str>) -> (Mode, ModeReason) {
    if let Some(node) = node_name.and_then(|name| nodes.named(name)) {
        let mode = if is_new_enough(&node.kubelet_version) { Mode::Native } else { Mode::Regular };
        return (mode, ModeReason::BoundNode { name: node.name.clone(), version: node.kubelet_version.clone(), mode });
    }
    match nodes.first_too_old() {
        Some(Node { name, kubelet_version, kind }) => {
            let (name, version) = (name.clone(), kubelet_version.clone());
            (Mode::Regular, ModeReason::NodeTooOld { name, version, kind: *kind })
        }
        None => (Mode::Native, ModeReason::AllNodesNew { nodes: nodes.all().len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mesh of this minor version with this variable and these kubelet versions.
    fn mesh(minor: u16, variable: Option<&str>, versions: Option<&[&str]>) -> Mesh {
        let mut mesh = Mesh::install("1.30".parse().unwrap(), &serde_json::Value::Null).unwrap();
        mesh.release = crate::istio::Release::newest_of(minor).unwrap_or_else(|| "1.23.6".parse().unwrap());
        if let Some(value) = variable {
            mesh.env.insert(env::ENABLE_NATIVE_SIDECARS.to_owned(), value.to_owned());
        }
        if let Some(versions) = versions {
            let node = |(i, v): (usize, &&str)| Node::new(format!("node-{i}"), *v);
            mesh.nodes = Nodes::known(versions.iter().enumerate().map(node).collect());
        }
        mesh
    }

    fn mode(mesh: &Mesh, annotation: Option<&str>) -> Option<Mode> {
        decide(mesh, PodFacts { annotation, node_name: None }).mode()
    }

    #[test]
    fn annotation_and_variable_decide_by_release() {
        let (native, regular) = (Some(Mode::Native), Some(Mode::Regular));
        // annotation, variable, 1.23, 1.26, 1.30 (with new nodes)
        let table = [
            (None, Some("true"), native, native, native),
            (None, Some("false"), regular, regular, regular),
            (None, None, regular, regular, native),
            (None, Some("True"), regular, regular, regular),
            (Some("true"), Some("false"), regular, native, native),
            (Some("false"), Some("true"), native, regular, regular),
            (Some(""), Some("true"), native, regular, native),
            (Some(""), Some("false"), regular, regular, regular),
            (Some("False"), Some("true"), native, regular, native),
            (Some("yes"), Some("false"), regular, regular, native),
        ];
        for (annotation, variable, old, middle, new) in table {
            let of = |minor| mode(&mesh(minor, variable, Some(&["v1.33.4"])), annotation);
            assert_eq!((of(23), of(26), of(30)), (old, middle, new), "{annotation:?} {variable:?}");
        }
    }

    #[test]
    fn with_an_unusual_annotation_the_users_proxy_follows_the_mesh() {
        let odd = PodFacts { annotation: Some("yes"), node_name: None };
        assert!(!decide(&mesh(30, Some("false"), None), odd).moves_override);
        assert!(decide(&mesh(30, Some("true"), None), odd).moves_override);
    }

    #[test]
    fn nodes_decide_without_annotation_and_variable() {
        assert_eq!(mode(&mesh(30, None, None), None), None);
        assert_eq!(mode(&mesh(30, None, Some(&[])), None), Some(Mode::Native));
        assert_eq!(mode(&mesh(30, None, Some(&["v1.33.0", "v1.32.9"])), None), Some(Mode::Regular));
        let mixed = mesh(30, None, Some(&["v1.33.0", "v1.32.9"]));
        let bound = |name| decide(&mixed, PodFacts { annotation: None, node_name: Some(name) }).mode();
        assert_eq!(bound("node-0"), Some(Mode::Native));
        assert_eq!(bound("node-1"), Some(Mode::Regular));
        assert_eq!(bound("elsewhere"), Some(Mode::Regular));
    }

    #[test]
    fn reasons_about_nodes_name_the_version_that_is_required() {
        let reason = |versions: &[&str], node_name| {
            let decision = decide(&mesh(30, None, Some(versions)), PodFacts { annotation: None, node_name });
            decision.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        let mixed = ["v1.33.0", "v1.32.9"];
        let table = [
            (reason(&mixed, None), "node node-1 runs kubelet v1.32.9 (1.33 or later required)"),
            (reason(&mixed, Some("node-0")), "the pod is bound to node node-0, which runs kubelet v1.33.0"),
            (
                reason(&mixed, Some("node-1")),
                "the pod is bound to node node-1, which runs kubelet v1.32.9 (1.33 or later required)",
            ),
            (
                reason(&[""], Some("node-0")),
                "the pod is bound to node node-0, whose kubelet version is unknown (1.33 or later required)",
            ),
            (reason(&[""], None), "the kubelet version of node node-0 is unknown (1.33 or later required)"),
            (reason(&["v1.33.0", "v1.34.0"], None), "all 2 nodes run kubelet 1.33 or later"),
            (reason(&["v1.33.0"], None), "the node runs kubelet 1.33 or later"),
            (reason(&[], None), "the cluster has no nodes, so none is too old"),
        ];
        for (found, expected) in table {
            assert_eq!(found, expected);
        }
    }
}
