//! What istiod's webhook would make of a pod: a pure function over JSON values, for a mesh prepared once.
//!
//! The stages, in order, one file each:
//!
//! | stage | file |
//! |---|---|
//! | types of what is read | `pod` |
//! | set the annotation that chooses the mode | `mode` |
//! | is the pod injected at all | `policy` |
//! | take out an earlier injection | `uninject` |
//! | fill in the API server's defaults | `api_defaults` |
//! | `OpenShift`: users and groups | `openshift` |
//! | validate annotations | `annotations` |
//! | native or regular | [`crate::istio::native`] |
//! | what the template sees | `template_data`, `owner` |
//! | which templates | `template_names` |
//! | the overlay | `builtin`, or `template` by the mesh's own and `template_injection` |
//! | merge it onto the pod | `merge` |
//! | apply the user's own settings of injected containers | `overrides` |
//! | the init container's user | `proxy_user` |
//! | cluster and network | `cluster_env` |
//! | Prometheus merging, 1.31: secure port | `prometheus` |
//! | probes and lifecycle handlers | `probes` |
//! | status annotation | `status` |
//! | order of containers | `order` |
//! | take the API server's defaults out again | `api_defaults` |
//! | why the API server would reject the result | `conflict` |
//!
//! The pod's own keys keep their order and its values their spelling; what is new follows.
//!
//! ```
//! use nativesidecar::inject::{Injector, ModeRequest, Outcome, Workload};
//! use nativesidecar::istio::Mesh;
//! use serde_json::{Value, json};
//!
//! let injector = Injector::new(Mesh::install("1.30".parse()?, &Value::Null)?)?;
//! let web = Workload::new("apps/v1", "Deployment", "web", "shop");
//! let pod = json!({"metadata": {}, "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]}});
//! let Outcome::Injected(injected) = injector.inject(&web, &pod, ModeRequest::default())? else { return Ok(()) };
//! assert_eq!(injected.pod["spec"]["initContainers"][1]["restartPolicy"], "Always");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod annotations;
mod api_defaults;
mod builtin;
mod cluster_env;
mod config_text;
mod conflict;
mod error;
mod image;
mod merge;
mod mode;
mod networks;
mod openshift;
mod order;
mod otel;
mod overrides;
mod owner;
mod pod;
mod pod_schema;
mod policy;
mod ports;
mod probes;
mod prometheus;
mod proxy_user;
mod status;
mod template;
mod template_data;
mod template_injection;
mod template_names;
mod uninject;
mod warning;
mod workload;

use std::sync::Arc;

use serde_json::Value;

use crate::istio::native::{self, Mode, PodFacts, Reason};
use crate::istio::{Mesh, OldKubelets, Templates, names};

pub use conflict::Conflict;
pub use error::{AnnotationError, AnnotationProblem, InjectError, Malformed};
pub use mode::{AnnotationChange, ExistingMode, ModeRequest, value as annotation_value};
pub use pod::Group;
pub use policy::{Partial, SkipReason};
pub use prometheus::{ScrapeError, ScrapeProblem};
pub use template::{Around, Rendered, TemplateError, prepare as prepare_templates};
pub use uninject::{Uninjected, uninject};
pub use warning::Warning;
pub use workload::Workload;

/// What became of a pod template.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It has a sidecar now, another one than before, or one with other settings.
    Injected(Injected),
    /// It already was what an injection makes of it.
    Unchanged(Injected),
    /// The mesh leaves it alone.
    Skipped(SkipReason),
}

/// An injected pod template.
#[derive(Debug, Clone, PartialEq)]
pub struct Injected {
    /// `metadata` and `spec`.
    pub pod: Value,
    /// The kind of proxy.
    pub mode: Mode,
    /// Why that kind.
    pub reasons: Vec<Reason>,
    /// What happened to the annotation that chooses the kind.
    pub annotation: AnnotationChange,
    /// The cluster's objects that had a part in it, such as `ProxyConfig shop/web`.
    pub objects: Vec<String>,
    /// What deserves a second look.
    pub warnings: Vec<Warning>,
}

/// A mesh, ready to inject: what does not depend on the pod is done.
#[derive(Debug)]
pub struct Injector {
    mesh: Mesh,
    maker: Maker,
    old_kubelets: Option<OldKubelets>,
    api_defaults: bool,
}

/// What makes the overlays.
#[derive(Debug)]
enum Maker {
    /// This program, but for these templates.
    BuiltIn(Option<template::Templates>),
    Own(template::Templates),
}

impl Injector {
    /// Prepares a mesh: parses its own templates, if it brings some.
    pub fn new(mesh: Mesh) -> Result<Self, TemplateError> {
        let maker = match &mesh.injector.templates {
            Templates::BuiltIn(added) if added.is_empty() => Maker::BuiltIn(None),
            Templates::BuiltIn(added) => Maker::BuiltIn(Some(template::Templates::new(added, &mesh)?)),
            Templates::Own(texts) => Maker::Own(template::Templates::new(texts, &mesh)?),
        };
        let old_kubelets = OldKubelets::of(&mesh.nodes);
        Ok(Self { mesh, maker, old_kubelets, api_defaults: true })
    }

    /// Sees pods as their manifests have them, without the defaults that an API server fills in before it calls the webhook.
    #[must_use]
    pub fn without_api_defaults(self) -> Self {
        Self { api_defaults: false, ..self }
    }

    /// The mesh.
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// The warning that is due once a pod bound to this node, or to none, has a native sidecar: its kubelet may be too
    /// old for it.
    pub fn kubelet_warning(&self, node_name: Option<&str>) -> Option<&Arc<str>> {
        self.old_kubelets.as_ref().filter(|old| old.concern(node_name)).map(|old| &old.warning)
    }

    /// Injects the mesh's sidecar into a pod template.
    ///
    /// `pod` has the template's `metadata` and `spec`; of a bare Pod these are its own. A pod that is already injected
    /// comes out as a fresh injection of what it was made from.
    pub fn inject(&self, workload: &Workload, pod: &Value, request: ModeRequest) -> Result<Outcome, InjectError> {
        let mesh = &self.mesh;
        let mut user_pod = pod.clone();
        // Before the check: it may turn a boolean into a string.
        let annotation = mode::choose(&mut user_pod, request);
        pod::check(&user_pod)?;
        if let Some(reason) = policy::skip(workload, &user_pod, &mesh.injector) {
            return Ok(Outcome::Skipped(reason));
        }
        let defaults = self.api_defaults.then(|| api_defaults::admission(workload));
        uninject::earlier_injection(&mut user_pod, mesh, defaults);
        if let Some(partial) = policy::partial(workload, &user_pod) {
            return Ok(Outcome::Skipped(SkipReason::Partial(partial)));
        }
        if self.api_defaults {
            api_defaults::fill(&mut user_pod, workload);
        }
        openshift::drop_given_ids(&mut user_pod, mesh);
        let annotated_config = annotations::validate(&user_pod, &mesh.release).map_err(InjectError::Annotations)?;

        let facts = PodFacts {
            annotation: pod::annotation(&user_pod, names::annotation::NATIVE_SIDECAR),
            node_name: pod::part(pod::part(&user_pod, "spec"), "nodeName").as_str(),
        };
        let decision = native::decide(mesh, facts);
        let mode = decision.mode().ok_or(InjectError::DependsOnNodes)?;

        let label = |name: &str| pod::part(pod::part(pod::part(&user_pod, "metadata"), "labels"), name).as_str();
        let config = mesh.proxy_config(&workload.namespace, &label, annotated_config.as_ref())?;
        let mut objects: Vec<String> = config.objects.iter().map(|object| format!("ProxyConfig {object}")).collect();
        let data =
            template_data::TemplateData::new(workload, &user_pod, mesh, config, (mode, decision.moves_override))?;
        let templates = template_names::requested(&mesh.injector, data.annotation(names::annotation::TEMPLATES))?;
        let budget = template::budget();
        let (overlays, reaching) = match &self.maker {
            Maker::BuiltIn(added) => builtin::render(mesh, added.as_ref(), &templates, &data, &budget)?,
            Maker::Own(own) => own.render_watched(mesh, &templates, &data, &budget)?,
        };
        let added = status::Added::of(&overlays)?;
        let mut warnings = warning::of(&user_pod, &decision, mode, &data, openshift::lacks_range(workload, mesh));
        warnings.extend(reaching.map(|what| Warning::TemplateInjection { what }));

        let proxy_in = |group| overlays.iter().any(|pod| pod::find(pod, group, names::container::PROXY).is_some());
        let never_native = mode == Mode::Native && proxy_in(Group::Containers) && !proxy_in(Group::InitContainers);
        let mode = if never_native { Mode::Regular } else { mode };
        if never_native {
            warnings.push(Warning::TemplateIsNeverNative { templates: templates.join(", ") });
        }

        // All that the later stages ask about the user's own pod, which the merge takes up.
        let settings = overrides::UserSettings::of(&user_pod, &added)?;
        let stated = api_defaults::stated(&overlays, &settings);
        let undone = settings.undone_by_webhook(&stated)?;
        warnings.extend(undone.into_iter().map(|(container, fields)| Warning::WebhookUndoes { container, fields }));
        let ids = proxy_user::Ids::of(&user_pod);
        let tproxy = data.proxy_config().interception_mode() == "TPROXY";
        let hold = data.proxy_config().hold_application() || mesh.values.proxy.hold_application;

        let mut merged = user_pod;
        overrides::drop_unrecorded_fields(&mut merged, &added);
        for overlay in overlays {
            if decision.moves_override {
                overrides::move_to_init(&mut merged, &overlay);
            }
            merged = merge::overlay(merged, overlay)?;
        }
        merged = settings.reapply(merged)?;
        proxy_user::adjust(&mut merged, ids, tproxy);
        cluster_env::set(&mut merged, mesh);
        prometheus::merge(&mut merged, mesh)?;
        prometheus::set_secure_port(&mut merged, mesh);
        probes::rewrite(&mut merged, mesh);
        status::set(&mut merged, &added, mesh);
        order::reorder(&mut merged, hold);
        if self.api_defaults {
            api_defaults::settle(&mut merged, pod, &stated, workload);
            objects.extend(api_defaults::applied(workload, pod, &merged, &settings));
        }
        warning::add_conflicts(&merged, &mut warnings);

        // Only an injected pod can be what an injection makes of it.
        let unchanged = pod::annotation(pod, names::annotation::STATUS).is_some() && merged == *pod;
        let injected = Injected { pod: merged, mode, reasons: decision.reasons, annotation, objects, warnings };
        Ok(if unchanged { Outcome::Unchanged(injected) } else { Outcome::Injected(injected) })
    }
}

/// Why the mesh leaves a workload alone, by what it would look at first; `None` if it injects it.
pub fn skip_reason(workload: &Workload, pod: &Value, injector: &crate::istio::InjectorConfig) -> Option<SkipReason> {
    policy::skip(workload, pod, injector)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Codes are different from each other, in kebab case, and in the tables of docs/report.md.
    pub(super) fn assert_codes(codes: &[&str]) {
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{codes:?}");
        for code in codes {
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
            let is_documented = include_str!("../../docs/report.md").contains(&format!("\n| `{code}` |"));
            assert!(is_documented, "docs/report.md lacks {code}");
        }
    }
}
