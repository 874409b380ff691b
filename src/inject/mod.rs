//! Injects pods as istiod's webhook does: a pure function over JSON values, for a mesh that is prepared once.
//!
//! The stages, in order, one file each:
//!
//! | stage | file |
//! |---|---|
//! | set the annotation that selects the mode | `mode` |
//! | check the types of the fields that are read | `pod` |
//! | decide whether the pod is injected at all | `policy` |
//! | undo an earlier injection | `uninject` |
//! | validate annotations | `annotations` |
//! | decide between native and regular | [`crate::istio::native`], called by `decision` |
//! | fill in the API server's defaults | `api_defaults` |
//! | `OpenShift`: users and groups | `openshift` |
//! | collect the data that templates see | `template_data`, `owner` |
//! | select the templates | `template_names` |
//! | render the overlays | `builtin`; or `template`, guarded by `template_injection` |
//! | merge them onto the pod | `merge` |
//! | reapply the user's settings of injected containers | `overrides` |
//! | adapt the init container to the proxy's user | `proxy_user` |
//! | set cluster and network | `cluster_env` |
//! | merge Prometheus metrics | `prometheus` |
//! | rewrite probes and lifecycle handlers | `probes` |
//! | write the status annotation | `status` |
//! | order the containers | `order` |
//! | remove the API server's defaults again | `api_defaults` |
//! | find reasons for the API server to reject the pod | `conflict` |
//!
//! [`Injector::decide`] ends with the decision, [`Meshes`] choose the injector of a workload.
//!
//! The keys of the pod keep their order and its values their spelling. New keys come after them.
//!
//! ```
//! use nativesidecar::inject::{Injector, ModeRequest, Injection, Workload};
//! use nativesidecar::istio::Mesh;
//! use serde_json::{Value, json};
//!
//! let injector = Injector::new(Mesh::install("1.30".parse()?, &Value::Null)?)?;
//! let web = Workload::new("apps/v1", "Deployment", "web", "shop");
//! let pod = json!({"metadata": {}, "spec": {"containers": [{"name": "web", "image": "example.com/web:1"}]}});
//! let Injection::Injected(injected) = injector.inject(&web, &pod, ModeRequest::default())? else { return Ok(()) };
//! assert_eq!(injected.pod["spec"]["initContainers"][1]["restartPolicy"], "Always");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alone;
mod annotations;
mod api_defaults;
mod builtin;
mod cluster_env;
mod conflict;
mod decision;
mod error;
mod image;
mod merge;
mod meshes;
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

use std::sync::OnceLock;

use serde_json::Value;

use crate::istio::native::{Answer, Mode, ModeReason};
use crate::istio::{Mesh, Nodes, OldKubelets, Templates, names};
use decision::{FirstStages, Prepared};
use template_data::TemplateData;

pub use conflict::Conflict;
pub use decision::{ProxyDecision, TemplateRole, Verdict};
pub use error::{AnnotationError, AnnotationProblem, InjectError, Malformed};
pub use meshes::{ChoiceError, InjectorChoice, Meshes};
pub use mode::{AnnotationChange, ExistingMode, FALSE_WORDS, ModeRequest, TRUE_WORDS, value as annotation_value};
pub use pod::Group;
pub use policy::{Partial, SkipReason};
pub use probes::PROBES;
pub use prometheus::{ScrapeError, ScrapeProblem};
pub use template::{Excerpt, RenderedError, TemplateError, prepare as prepare_templates};
pub use uninject::{Removal, RemovalError, SidecarRemover, Uninjected, uninject};
pub use warning::Warning;
pub use workload::Workload;

/// What became of a pod template.
#[derive(Debug, Clone, PartialEq)]
pub enum Injection {
    /// It has a sidecar now, or a different one than before.
    Injected(Injected),
    /// It is injected already, and another injection changes nothing.
    Unchanged(Injected),
    /// The mesh does not inject it.
    Skipped(SkipReason),
}

/// An injected pod template.
#[derive(Debug, Clone, PartialEq)]
pub struct Injected {
    /// `metadata` and `spec`.
    pub pod: Value,
    /// Native or regular.
    pub mode: Mode,
    /// Why that mode, in the order in which the reasons were considered.
    pub reasons: Vec<ModeReason>,
    /// What happened to the annotation that selects the mode.
    pub annotation: AnnotationChange,
    /// Objects of the cluster that influenced the result, such as `ProxyConfig shop/web`.
    pub objects: Vec<String>,
    /// What looks wrong, although istiod renders it in the same way.
    pub warnings: Vec<Warning>,
}

/// A mesh that is prepared for injections: everything that does not depend on the pod is done.
#[derive(Debug)]
pub struct Injector {
    mesh: Mesh,
    maker: OverlayMaker,
    old_kubelets: Option<OldKubelets>,
    api_defaults: bool,
    default_template_follows: OnceLock<bool>,
}

/// What renders the overlays.
#[derive(Debug)]
enum OverlayMaker {
    /// This program; these templates of the user come first.
    BuiltIn(Option<template::Templates>),
    /// The mesh's own templates.
    Own(template::Templates),
}

impl Injector {
    /// Prepares a mesh, and parses its own templates if it has any.
    pub fn new(mesh: Mesh) -> Result<Self, TemplateError> {
        let maker = match &mesh.injector.templates {
            Templates::BuiltIn(added) if added.is_empty() => OverlayMaker::BuiltIn(None),
            Templates::BuiltIn(added) => OverlayMaker::BuiltIn(Some(template::Templates::new(added, &mesh)?)),
            Templates::Own(texts) => OverlayMaker::Own(template::Templates::new(texts, &mesh)?),
        };
        let old_kubelets = OldKubelets::of(&mesh.nodes);
        Ok(Self { mesh, maker, old_kubelets, api_defaults: true, default_template_follows: OnceLock::new() })
    }

    /// Does not fill in the defaults that the API server sets before it calls the webhook.
    #[must_use]
    pub fn without_api_defaults(self) -> Self {
        Self { api_defaults: false, ..self }
    }

    /// The same mesh with these nodes.
    #[must_use]
    pub fn with_nodes(mut self, nodes: Nodes) -> Self {
        self.old_kubelets = OldKubelets::of(&nodes);
        self.mesh.nodes = nodes;
        self
    }

    /// The mesh.
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Why a native sidecar would not start on this node, or on any node: its kubelet is too old for it.
    pub fn old_kubelets(&self, node_name: Option<&str>) -> Option<&str> {
        self.old_kubelets.as_ref().filter(|old| old.concern(node_name)).map(|old| old.problem.as_str())
    }

    /// Injects the mesh's sidecar into a pod template.
    ///
    /// `pod` has the template's `metadata` and `spec`. A pod that is injected already becomes what a fresh injection makes of
    /// the original.
    pub fn inject(&self, workload: &Workload, pod: &Value, request: ModeRequest) -> Result<Injection, InjectError> {
        match self.prepare(workload, pod, request)? {
            FirstStages::Skipped(reason) => Ok(Injection::Skipped(reason)),
            FirstStages::Prepared(prepared) => {
                let injected = self.render(workload, pod, prepared)?;
                let unchanged = pod::annotation(pod, names::annotation::STATUS).is_some() && injected.pod == *pod;
                Ok(if unchanged { Injection::Unchanged(injected) } else { Injection::Injected(injected) })
            }
        }
    }

    /// The stages after the decision between native and regular. `pod` is the pod template before all stages.
    fn render(&self, workload: &Workload, pod: &Value, prepared: Prepared) -> Result<Injected, InjectError> {
        let mesh = &self.mesh;
        let Prepared { pod: mut user_pod, annotation, annotated_config, decision } = prepared;
        let mode = match decision.answer {
            Answer::Mode(mode) => mode,
            Answer::DependsOnNodes => return Err(InjectError::DependsOnNodes),
            Answer::DependsOnIstiod => return Err(InjectError::depends_on_istiod(mesh)),
        };
        if self.api_defaults {
            api_defaults::fill(&mut user_pod, workload);
        }
        openshift::drop_given_ids(&mut user_pod, mesh);

        // Render the overlays.
        let label = |name: &str| pod::part(pod::part(pod::part(&user_pod, "metadata"), "labels"), name).as_str();
        let config = mesh.proxy_config(&workload.namespace, &label, annotated_config.as_ref())?;
        let mut objects: Vec<String> = config.objects.iter().map(|object| format!("ProxyConfig {object}")).collect();
        let data = TemplateData::new(workload, &user_pod, mesh, config, (mode, decision.moves_override))?;
        let templates = template_names::requested(&mesh.injector, data.annotation(names::annotation::TEMPLATES))?;
        let budget = template::budget();
        let (overlays, injecting) = match &self.maker {
            OverlayMaker::BuiltIn(added) => builtin::render(mesh, added.as_ref(), &templates, &data, &budget)?,
            OverlayMaker::Own(own) => own.render_guarded(mesh, &templates, &data, &budget)?,
        };
        let added = status::Added::of(&overlays)?;
        let mut warnings = warning::of(&user_pod, &decision, mode, &data, openshift::lacks_range(workload, mesh));
        warnings.extend(injecting.map(|what| Warning::TemplateInjection { what }));

        // Some templates put the proxy under `containers` in either mode.
        let proxy_in = |group| overlays.iter().any(|pod| pod::find(pod, group, names::container::PROXY).is_some());
        let never_native = mode == Mode::Native && proxy_in(Group::Containers) && !proxy_in(Group::InitContainers);
        let mode = if never_native { Mode::Regular } else { mode };
        if never_native {
            warnings.push(Warning::TemplateIsNeverNative { templates: templates.join(", ") });
        }

        // Collect the facts of the user's pod that later stages need: the merge consumes it.
        let settings = overrides::UserSettings::of(&user_pod, &added)?;
        let stated = api_defaults::stated(&overlays, &settings);
        let undone = settings.undone_by_webhook(&stated)?;
        warnings.extend(undone.into_iter().map(|(container, fields)| Warning::WebhookUndoes { container, fields }));
        let ids = proxy_user::Ids::of(&user_pod);
        let tproxy = data.proxy_config().interception_mode() == "TPROXY";
        let hold = data.proxy_config().hold_application() || mesh.values.proxy.hold_application;

        // Merge, and post-process the result as istiod does.
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

        // Defaults are noise in a manifest.
        if self.api_defaults {
            api_defaults::settle(&mut merged, pod, &stated, workload);
            objects.extend(api_defaults::applied(workload, pod, &merged, &settings));
        }
        warning::add_conflicts(&merged, &mut warnings);

        Ok(Injected { pod: merged, mode, reasons: decision.reasons, annotation, objects, warnings })
    }
}

/// Why the mesh does not inject a workload: the first reason in istiod's order. `None` if it injects it.
pub fn skip_reason(workload: &Workload, pod: &Value, injector: &crate::istio::InjectorConfig) -> Option<SkipReason> {
    policy::skip(workload, pod, injector)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Codes are unique, in kebab case, and documented in docs/reference/report.md.
    pub(super) fn assert_codes(codes: &[&str]) {
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{codes:?}");
        for code in codes {
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{code}");
            let is_documented = include_str!("../../docs/reference/report.md").contains(&format!("\n| `{code}` |"));
            assert!(is_documented, "docs/reference/report.md lacks {code}");
        }
    }
}
