//! The decision about a pod template, before anything is rendered: whether the mesh injects it, and native or regular.
//!
//! [`Injector::inject`] begins with the same stages and the same decision. Other commands therefore report what an
//! injection does.

use serde_json::{Value, json};

use super::error::InjectError;
use super::mode::{self, AnnotationChange, ModeRequest};
use super::pod::{self, Group};
use super::policy::{self, SkipReason};
use super::{Injector, OverlayMaker, Workload, annotations, template_names, uninject};
use crate::istio::ReleaseChange;
use crate::istio::names::{annotation, container, template as template_name};
use crate::istio::native::{self, Answer, Decision, Mode, PodFacts};

/// The decision about a pod template.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The mesh does not inject it.
    Skipped(SkipReason),
    /// The mesh injects it.
    Injected(ProxyDecision),
}

/// How a pod gets its proxy.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxyDecision {
    /// Native or regular by annotation, istiod's environment and nodes; undecided if it depends on unknown nodes. The
    /// templates may overrule it.
    pub decision: Decision,
    /// What [`decision`](Self::decision) would be without the annotation.
    pub without_annotation: Decision,
    /// What the pod's templates do with that decision.
    pub templates: TemplateRole,
    /// The change of the annotation that was requested.
    pub annotation: AnnotationChange,
}

/// What the templates of a pod do with the decision between native and regular.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateRole {
    /// They follow it.
    Follow,
    /// They put the proxy under `containers` in either mode (`gateway`, `grpc-agent`).
    NeverNative {
        /// The names, comma separated.
        templates: String,
    },
    /// Not known: only the mesh's own configuration has these templates.
    Unknown {
        /// The names, comma separated.
        templates: String,
    },
}

impl TemplateRole {
    /// The role of built-in templates, by the names in the annotation of a pod.
    pub fn by_names(asked: Option<&str>) -> Self {
        let names: Vec<&str> = asked.unwrap_or(template_name::SIDECAR).split(',').map(str::trim).collect();
        Self::of_built_in(&names)
    }

    fn of_built_in(names: &[&str]) -> Self {
        let templates = || names.join(", ");
        if names == [template_name::SIDECAR] {
            Self::Follow
        } else if names.iter().all(|name| template_name::NEVER_NATIVE.contains(name)) {
            Self::NeverNative { templates: templates() }
        } else {
            Self::Unknown { templates: templates() }
        }
    }
}

impl ProxyDecision {
    /// Native or regular, or undecided because it depends on unknown facts. `None` if unknown templates decide.
    pub fn answer(&self) -> Option<Answer> {
        self.answer_of(&self.decision)
    }

    /// The answer without the annotation.
    pub fn answer_without_annotation(&self) -> Option<Answer> {
        self.answer_of(&self.without_annotation)
    }

    fn answer_of(&self, decision: &Decision) -> Option<Answer> {
        match &self.templates {
            TemplateRole::Follow => Some(decision.answer),
            TemplateRole::NeverNative { .. } => Some(Answer::Mode(Mode::Regular)),
            TemplateRole::Unknown { .. } => match decision.answer {
                Answer::Mode(Mode::Regular) => Some(decision.answer),
                Answer::Mode(Mode::Native) | Answer::DependsOnNodes | Answer::DependsOnIstiod => None,
            },
        }
    }
}

/// The pod template after the stages that do not depend on native or regular.
#[derive(Clone)]
pub(super) struct Prepared {
    /// The pod that the webhook sees, but for the API server's defaults.
    pub(super) pod: Value,
    pub(super) annotation: AnnotationChange,
    /// The value of `proxy.istio.io/config`.
    pub(super) annotated_config: Option<Value>,
    pub(super) decision: Decision,
}

/// The outcome of the first stages.
pub(super) enum FirstStages {
    Skipped(SkipReason),
    Prepared(Prepared),
}

impl Injector {
    /// The stages up to the decision between native and regular.
    pub(super) fn prepare(
        &self,
        workload: &Workload,
        pod: &Value,
        request: ModeRequest,
    ) -> Result<FirstStages, InjectError> {
        let mesh = self.mesh();
        let mut pod = pod.clone();

        // The annotation comes before the type check: setting it may turn a boolean into a string.
        let annotation = mode::choose(&mut pod, request);
        pod::check(&pod)?;

        // Restore the pod that the webhook will see, if it sees it at all.
        if let Some(reason) = policy::skip(workload, &pod, &mesh.injector) {
            return Ok(FirstStages::Skipped(reason));
        }
        let defaults = self.api_defaults.then(|| workload.admission());
        uninject::earlier_injection(&mut pod, mesh, defaults);
        if let Some(partial) = policy::partial(workload, &pod) {
            return Ok(FirstStages::Skipped(SkipReason::Partial(partial)));
        }
        let annotated_config = annotations::validate(&pod, &mesh.release).map_err(InjectError::Annotations)?;
        let decision = native::decide(mesh, facts(&pod));
        Ok(FirstStages::Prepared(Prepared { pod, annotation, annotated_config, decision }))
    }

    /// Decides about a pod template as [`inject`](Self::inject) does. Renders a sidecar only if the answer may depend on it:
    /// for templates other than the default one, and for pods with values that the mesh may refuse.
    pub fn decide(&self, workload: &Workload, pod: &Value, request: ModeRequest) -> Result<Verdict, InjectError> {
        let prepared = match self.prepare(workload, pod, request)? {
            FirstStages::Skipped(reason) => return Ok(Verdict::Skipped(reason)),
            FirstStages::Prepared(prepared) => prepared,
        };
        let asked = pod::annotation(&prepared.pod, annotation::TEMPLATES);
        let names = template_names::requested(&self.mesh.injector, asked)?;
        let templates = self.template_role(workload, pod, &prepared, &names)?;
        let without = PodFacts { annotation: None, ..facts(&prepared.pod) };
        Ok(Verdict::Injected(ProxyDecision {
            without_annotation: native::decide(&self.mesh, without),
            decision: prepared.decision,
            templates,
            annotation: prepared.annotation,
        }))
    }

    /// The decision about an incomplete pod template, which cannot be rendered. Its annotations and its node decide.
    pub fn decide_incomplete(&self, pod: &Value, annotation: AnnotationChange) -> ProxyDecision {
        let written = annotation.written().map(mode::value);
        let facts = PodFacts { annotation: written.or(facts(pod).annotation), ..facts(pod) };
        ProxyDecision {
            decision: native::decide(&self.mesh, facts),
            without_annotation: native::decide(&self.mesh, PodFacts { annotation: None, ..facts }),
            templates: TemplateRole::by_names(pod::annotation(pod, annotation::TEMPLATES)),
            annotation,
        }
    }

    /// What templates do with the decision. An error if the mesh would refuse the pod.
    fn template_role(
        &self,
        workload: &Workload,
        pod: &Value,
        prepared: &Prepared,
        names: &[&str],
    ) -> Result<TemplateRole, InjectError> {
        if let OverlayMaker::BuiltIn(added) = &self.maker {
            let is_added = |name: &&str| added.as_ref().is_some_and(|added| added.has(name));
            let is_built_in = |name: &&str| *name == template_name::SIDECAR && self.mesh.release.is_built_in();
            if !names.iter().all(|name| is_added(name) || is_built_in(name)) {
                return Ok(TemplateRole::of_built_in(names));
            }
        }
        let is_default = names == [template_name::SIDECAR] && self.default_template_follows();
        if is_default && !self.may_be_refused(workload, &prepared.pod) {
            return Ok(TemplateRole::Follow);
        }
        // Only rendering shows whether the mesh refuses the pod.
        let decided = prepared.decision.mode();
        let mode = self.rendered_mode(workload, pod, prepared, decided.unwrap_or(Mode::Native))?;
        if is_default {
            return Ok(TemplateRole::Follow);
        }
        // And rendering it as native, where the templates put the proxy.
        let mode = match decided {
            Some(Mode::Regular) => self.rendered_mode(workload, pod, prepared, Mode::Native).unwrap_or(mode),
            Some(Mode::Native) | None => mode,
        };
        Ok(match mode {
            Mode::Native => TemplateRole::Follow,
            Mode::Regular => TemplateRole::NeverNative { templates: names.join(", ") },
        })
    }

    /// The mode of the proxy after rendering a pod in this mode.
    fn rendered_mode(
        &self,
        workload: &Workload,
        pod: &Value,
        prepared: &Prepared,
        mode: Mode,
    ) -> Result<Mode, InjectError> {
        let decision = if prepared.decision.mode() == Some(mode) {
            prepared.decision.clone()
        } else {
            let moves_override = mode == Mode::Native;
            Decision { answer: Answer::Mode(mode), moves_override, reasons: Vec::new() }
        };
        let rendered = self.render(workload, pod, Prepared { decision, ..prepared.clone() })?;
        Ok(rendered.mode)
    }

    /// Whether the mesh's default template can be rendered and follows the mode, as those of Istio do. A
    /// mesh that an administrator has changed may differ. Checked once, on a sample.
    fn default_template_follows(&self) -> bool {
        *self.default_template_follows.get_or_init(|| {
            let workload = Workload::new("v1", "Pod", "sample", "sample");
            let pod = json!({"spec": {"containers": [{"name": "sample", "image": "sample"}]}});
            let prepared = Prepared {
                pod: pod.clone(),
                annotation: AnnotationChange::None,
                annotated_config: None,
                decision: Decision { answer: Answer::Mode(Mode::Native), moves_override: true, reasons: Vec::new() },
            };
            self.render(&workload, &pod, prepared).is_ok_and(|rendered| rendered.mode == Mode::Native)
        })
    }

    /// Whether a pod has values that the mesh may refuse although they are valid by themselves: annotations that templates
    /// read, values that templates do not escape, and settings of the containers that they add.
    fn may_be_refused(&self, workload: &Workload, pod: &Value) -> bool {
        let metadata = pod::part(pod, "metadata");
        let entries = |key: &str| pod::part(metadata, key).as_object().into_iter().flatten();
        let checks_ports = self.mesh.release.has(ReleaseChange::ScrapeTargets);
        let has_own_templates = !matches!(self.maker, OverlayMaker::BuiltIn(None));
        let is_read = |name: &str| {
            (name.contains("istio.io/") && !DECIDES.contains(&name)) || (checks_ports && name.contains("prometheus"))
        };
        entries("annotations").any(|(name, value)| is_read(name) || (has_own_templates && is_odd(pod::string(value))))
            || entries("labels").any(|(_, value)| is_odd(pod::string(value)))
            || [&workload.name, &workload.namespace].into_iter().any(|name| is_odd(name))
            || Group::BOTH.into_iter().any(|group| {
                pod::containers(pod, group).iter().any(|container| container::INJECTED.contains(&pod::name(container)))
            })
    }
}

/// Annotations that are read before anything is rendered.
const DECIDES: [&str; 4] = [annotation::NATIVE_SIDECAR, annotation::INJECT, annotation::STATUS, annotation::REVISION];

/// Whether a template that does not escape a value might render something else.
fn is_odd(text: &str) -> bool {
    text.bytes().any(|byte| !matches!(byte, b' '..=b'~') || b"\"'\\".contains(&byte))
}

/// The facts of a pod that the decision depends on.
fn facts(pod: &Value) -> PodFacts<'_> {
    PodFacts {
        annotation: pod::annotation(pod, annotation::NATIVE_SIDECAR),
        node_name: pod::part(pod::part(pod, "spec"), "nodeName").as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::{Injection, Meshes};
    use crate::istio::{Mesh, Node, Nodes};

    fn mesh(release: &str, values: &Value) -> Mesh {
        Mesh::install(release.parse().unwrap(), values).unwrap()
    }

    fn web() -> Workload {
        Workload::new("apps/v1", "Deployment", "web", "shop")
    }

    fn pod(annotations: &Value) -> Value {
        json!({"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}})
    }

    fn decided(injector: &Injector, annotations: &Value) -> ProxyDecision {
        match injector.decide(&web(), &pod(annotations), ModeRequest::Mesh).unwrap() {
            Verdict::Injected(decision) => decision,
            Verdict::Skipped(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn the_decision_is_that_of_the_injection() {
        let injected = |meshes: &Meshes, pod: &Value| {
            meshes.injectors.first().unwrap().inject(&web(), pod, ModeRequest::Mesh).map_err(|error| error.to_string())
        };
        for release in ["1.24", "1.26", "1.27", "1.31"] {
            for env in ["true", "false"] {
                let mut mesh = mesh(release, &Value::Null);
                mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), env.to_owned());
                let meshes = Meshes::only(Injector::new(mesh).unwrap());
                for annotations in [
                    json!({}),
                    json!({annotation::NATIVE_SIDECAR: "true"}),
                    json!({annotation::NATIVE_SIDECAR: "False"}),
                    json!({annotation::NATIVE_SIDECAR: ""}),
                    json!({annotation::INJECT: "false"}),
                    json!({annotation::PROXY_CPU: "much"}),
                    json!({annotation::PROMETHEUS_PORT: "15020"}),
                    json!({annotation::OVERRIDES: "["}),
                ] {
                    let pod = pod(&annotations);
                    let decided = meshes.injectors.first().unwrap().decide(&web(), &pod, ModeRequest::Mesh);
                    let decided = decided.map_err(|error| error.to_string());
                    let same = match (injected(&meshes, &pod), decided) {
                        (Ok(Injection::Injected(injected)), Ok(Verdict::Injected(decision))) => {
                            decision.answer() == Some(Answer::Mode(injected.mode))
                        }
                        (Ok(Injection::Skipped(one)), Ok(Verdict::Skipped(other))) => one == other,
                        (Err(one), Err(other)) => one == other,
                        _ => false,
                    };
                    assert!(same, "{release} {env} {annotations}");
                }
            }
        }
    }

    #[test]
    fn without_nodes_the_answer_depends_on_them_unless_the_annotation_decides() {
        let injector = Injector::new(mesh("1.30", &Value::Null)).unwrap();
        assert_eq!(decided(&injector, &json!({})).answer(), Some(Answer::DependsOnNodes));
        let annotated = decided(&injector, &json!({annotation::NATIVE_SIDECAR: "true"}));
        assert_eq!(annotated.answer(), Some(Answer::Mode(Mode::Native)));
        assert_eq!(annotated.answer_without_annotation(), Some(Answer::DependsOnNodes));
    }

    #[test]
    fn templates_that_are_never_native_are_regular_on_any_node() {
        let injector = Injector::new(mesh("1.30", &Value::Null)).unwrap();
        let gateway = decided(&injector, &json!({annotation::TEMPLATES: "gateway"}));
        assert_eq!(gateway.answer(), Some(Answer::Mode(Mode::Regular)));
        assert_eq!(gateway.templates, TemplateRole::NeverNative { templates: "gateway".to_owned() });
        let own = decided(&injector, &json!({annotation::TEMPLATES: "sidecar, own"}));
        assert_eq!(
            (own.answer(), own.templates),
            (None, TemplateRole::Unknown { templates: "sidecar, own".to_owned() })
        );
    }

    #[test]
    fn templates_of_the_mesh_are_rendered_to_see_where_they_put_the_proxy() {
        let template = |group: &str| format!("spec:\n  {group}:\n  - name: istio-proxy\n    image: proxy\n");
        let config = json!({"policy": "enabled", "templates": {
            "sidecar": template("containers"), "one": template("initContainers"), "two": "spec: {{ fail `never` }}"
        }});
        let values = json!({"global": {"hub": "h", "tag": "t"}});
        let mut mesh = Mesh::from_config("1.30".parse().unwrap(), &config, values, Value::Null).unwrap();
        mesh.nodes = Nodes::known(vec![Node::new("", "v1.33.0")]);
        let injector = Injector::new(mesh).unwrap();
        let never = TemplateRole::NeverNative { templates: "sidecar".to_owned() };
        assert_eq!(decided(&injector, &json!({})).templates, never);
        assert_eq!(decided(&injector, &json!({annotation::TEMPLATES: "one"})).templates, TemplateRole::Follow);
        let failing = injector.decide(&web(), &pod(&json!({annotation::TEMPLATES: "two"})), ModeRequest::Mesh);
        assert!(failing.is_err());
    }
}
