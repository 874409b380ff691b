//! What is worth knowing about a workload besides the decision, with stable codes.

use std::fmt;

use serde_json::{Value, json};

use super::details::{Details, Role};
use super::replicas::Replicas;
use super::workaround::Workaround;
use super::{Explanation, Proxy, Reason};
use crate::inject::Injected;
use crate::istio::names::container::PROXY;
use crate::istio::names::env::ENABLE_NATIVE_SIDECARS;
use crate::istio::native::Mode;
use crate::k8s::defaults::Admission;
use crate::k8s::{
    EffectiveResources, Object, TightPart, TightResources, container_name, effective_resources, odd_quantities,
    pod_containers, tight_resources,
};

/// A note about a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The nodes decide; this would settle it.
    DependsOnNodes,
    /// istiod's environment decides; this would settle it.
    DependsOnIstiod {
        /// What to pass, where istiod's Deployment is not the only way.
        missing: String,
    },
    /// A Job or `CronJob` whose regular proxy keeps running when its work is done.
    JobNeverFinishes,
    /// A Job or `CronJob` that stops its regular proxy itself.
    JobStopsProxy(Workaround),
    /// A Job or `CronJob` that stops the proxy itself although it is native.
    WorkaroundIsObsolete(Workaround),
    /// Ordinary init containers that start after the proxy.
    InitBehindProxy {
        /// Their names.
        containers: Vec<String>,
    },
    /// A native proxy costs more than a regular one, because it runs beside large init containers.
    NativeCostsMore {
        /// What more, such as `cpu 1100m instead of 1`.
        more: String,
    },
    /// The manifest is injected already.
    AlreadyInjected {
        /// Native or regular.
        mode: Mode,
        /// The image of its proxy.
        image: String,
        /// The revision that injected it.
        revision: Option<String>,
    },
    /// The manifest is injected with another kind of proxy than the mesh would inject now.
    InjectedOtherwise {
        /// Native or regular, in the manifest.
        was: Mode,
    },
    /// The pod has requests or limits of its own, and its containers fit in.
    PodLevelResources,
    /// The pod has requests or limits of its own that its containers exceed, so that the API server refuses the pod.
    PodLevelExceeded {
        /// Each resource that is too small.
        exceeded: Vec<String>,
    },
    /// The templates are not built in, so what they add is not known.
    NotRendered {
        /// What is not built in.
        what: String,
    },
    /// Fields have values that the API server refuses, so they do not count.
    NotUnderstood {
        /// The fields.
        fields: Vec<String>,
    },
    /// Something looks wrong with the injected pod.
    Warning {
        /// The stable name of the warning.
        code: &'static str,
        /// Its text.
        text: String,
    },
}

impl Note {
    /// The stable name of the note.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DependsOnNodes => "depends-on-nodes",
            Self::DependsOnIstiod { .. } => "depends-on-istiod",
            Self::JobNeverFinishes => "job-never-finishes",
            Self::JobStopsProxy(_) => "job-stops-proxy",
            Self::WorkaroundIsObsolete(_) => "workaround-obsolete",
            Self::InitBehindProxy { .. } => "init-behind-proxy",
            Self::NativeCostsMore { .. } => "native-costs-more",
            Self::AlreadyInjected { .. } => "already-injected",
            Self::InjectedOtherwise { .. } => "injected-otherwise",
            Self::PodLevelResources => "pod-level-resources",
            Self::PodLevelExceeded { .. } => "pod-level-resources-exceeded",
            Self::NotRendered { .. } => "not-rendered",
            Self::NotUnderstood { .. } => "not-understood",
            Self::Warning { code, .. } => code,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DependsOnNodes => f.write_str(
                "pass --node-version or --istiod-env ENABLE_NATIVE_SIDECARS=true to settle it, or set the annotation",
            ),
            Self::DependsOnIstiod { missing } => {
                let missing = if missing.is_empty() { String::new() } else { format!("{missing}; or ") };
                write!(f, "pass {missing}istiod's Deployment as --mesh-file; or --istiod-env {ENABLE_NATIVE_SIDECARS}=true")
            }
            Self::JobNeverFinishes => f.write_str(
                "the regular proxy keeps running when the work is done, so the Job never completes; a native proxy stops \
                 with it",
            ),
            Self::JobStopsProxy(workaround) => {
                write!(f, "the Job completes because it {workaround}; a native proxy makes that unnecessary")
            }
            Self::WorkaroundIsObsolete(workaround) => {
                write!(f, "the Job {workaround}, which a native proxy makes unnecessary")
            }
            Self::InitBehindProxy { containers } if containers.len() == 1 => {
                write!(f, "init container {} starts after the proxy: its traffic goes through it", containers.join(", "))
            }
            Self::InitBehindProxy { containers } => {
                write!(f, "init containers {} start after the proxy: their traffic goes through it", containers.join(", "))
            }
            Self::NativeCostsMore { more } => {
                write!(f, "a native proxy requests more than a regular one, {more}: it runs beside a large init container")
            }
            Self::AlreadyInjected { mode, image, revision } => {
                write!(f, "the manifest is injected already: {mode}, image {image}")?;
                revision.as_ref().map_or(Ok(()), |revision| write!(f, ", revision {revision}"))
            }
            Self::InjectedOtherwise { was } => write!(f, "the manifest has a {was} proxy, unlike what the mesh injects now"),
            Self::PodLevelResources => {
                f.write_str("the sidecar fits in the pod's own resources (spec.resources), which do not grow")
            }
            Self::PodLevelExceeded { exceeded } => {
                f.write_str("with the sidecar, the API server refuses the pod for its own resources (spec.resources): ")?;
                f.write_str(&exceeded.join(", "))
            }
            Self::NotRendered { what } => write!(f, "{what} is not built in: pass --mesh-file to see what it adds"),
            Self::NotUnderstood { fields } => {
                write!(f, "not counted, as the API server refuses the value: {}", fields.join(", "))
            }
            Self::Warning { text, .. } => f.write_str(text),
        }
    }
}

/// The notes about a workload.
pub(super) fn notes(
    explanation: &Explanation<'_>,
    details: &Details,
    injected: Option<&Injected>,
    object: &Object,
    pod: &Value,
    admission: Admission<'_>,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let proxy = explanation.proxy;
    if let Some(ruling) = explanation.unknown_istiod() {
        notes.push(Note::DependsOnIstiod { missing: ruling.missing.clone() });
    } else if proxy == Proxy::Depends {
        notes.push(Note::DependsOnNodes);
    }
    if object.is_job() {
        match (proxy, Workaround::of(pod)) {
            (Proxy::Regular, None) => notes.push(Note::JobNeverFinishes),
            (Proxy::Regular, Some(workaround)) => notes.push(Note::JobStopsProxy(workaround)),
            (Proxy::Native, Some(workaround)) => notes.push(Note::WorkaroundIsObsolete(workaround)),
            _ => {}
        }
    }
    if proxy == Proxy::Native {
        let behind =
            details.containers.iter().filter(|container| container.behind_proxy && container.role == Role::Init);
        let containers: Vec<String> = behind.map(|container| container.name.clone()).collect();
        if !containers.is_empty() {
            notes.push(Note::InitBehindProxy { containers });
        }
        let more = details.after.as_ref().zip(injected).map(|(after, injected)| native_costs(after, &injected.pod));
        notes.extend(more.filter(|more| !more.is_empty()).map(|more| Note::NativeCostsMore { more }));
    }
    let has_own = |injected: &&Injected| {
        let own = injected.pod.pointer("/spec/resources").and_then(Value::as_object);
        own.is_some_and(|own| ["requests", "limits"].iter().any(|key| own.contains_key(*key)))
    };
    if let Some(injected) = injected.filter(has_own) {
        let exceeded: Vec<String> = tight_resources(&injected.pod, admission).iter().map(tight).collect();
        notes.push(if exceeded.is_empty() { Note::PodLevelResources } else { Note::PodLevelExceeded { exceeded } });
    }
    if let Some(with) = &details.injected_with {
        let (mode, image, revision) = (with.mode, with.image.clone(), with.revision.clone());
        notes.push(Note::AlreadyInjected { mode, image, revision });
        if proxy.mode().is_some_and(|now| now != mode) {
            notes.push(Note::InjectedOtherwise { was: mode });
        }
    }
    if let Some(injector) = explanation.injector.filter(|_| injected.is_none() && proxy != Proxy::Depends) {
        let templates = explanation.reasons.iter().find_map(|reason| match reason {
            Reason::TemplateNeverNative { templates } => Some(format!("template {templates}")),
            _ => None,
        });
        let what = templates.unwrap_or_else(|| format!("the sidecar of istio {}", injector.mesh().release));
        notes.push(Note::NotRendered { what });
    }
    let replicas = match &details.replicas {
        Replicas::NotUnderstood(field) => Some(field.clone()),
        _ => None,
    };
    let fields: Vec<String> = replicas.into_iter().chain(odd_quantities(pod)).collect();
    if !fields.is_empty() {
        notes.push(Note::NotUnderstood { fields });
    }
    let warnings = injected.into_iter().flat_map(|injected| &injected.warnings);
    notes.extend(warnings.map(|warning| Note::Warning { code: warning.code(), text: warning.to_string() }));
    notes
}

/// A resource of the pod that is too small.
fn tight(found: &TightResources) -> String {
    let TightResources { resource, part, own, least } = found;
    match part {
        TightPart::Request => format!("the pod requests {resource} {own}, its containers {least}"),
        TightPart::LimitForRequests => format!("the pod has {resource} limit {own} and requests {least}"),
        TightPart::LimitForContainer => format!("the pod has {resource} limit {own}, a container {least}"),
    }
}

/// What a pod with a native proxy requests more than with a regular one.
fn native_costs(native: &EffectiveResources, pod: &Value) -> String {
    let regular = effective_resources(&with_regular_proxy(pod), Admission::default());
    let more = native.requests.iter().filter_map(|(name, native)| {
        let regular = regular.requests.get(name)?;
        (native > regular).then(|| format!("{name} {native} instead of {regular}"))
    });
    more.collect::<Vec<_>>().join(", ")
}

/// The containers of a pod, with its native proxy under `containers`.
fn with_regular_proxy(pod: &Value) -> Value {
    let (proxy, init): (Vec<&Value>, Vec<&Value>) =
        pod_containers(pod, "initContainers").partition(|container| container_name(container) == PROXY);
    let mut spec = pod.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
    let apps: Vec<&Value> = pod_containers(pod, "containers").chain(proxy).collect();
    spec.insert("initContainers".to_owned(), json!(init));
    spec.insert("containers".to_owned(), json!(apps));
    json!({"spec": spec})
}
