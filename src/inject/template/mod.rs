//! Stage: renders the overlays by the mesh's own Go templates, as its istiod does.
//!
//! | file | job |
//! |---|---|
//! | `functions` | the functions that Istio adds to those of Go and sprig |
//! | `data` | the Go type of the data, by release |
//! | `pod`, `message` | Go types of Kubernetes and protobuf, and their values |
//! | `rendered` | reads the rendered text as an overlay |

mod data;
mod functions;
mod message;
mod pod;
mod rendered;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::error::InjectError;
use super::pod::Group;
use super::template_data::TemplateData;
use super::template_injection::{self, Substituted};
use crate::istio::{Mesh, ReleaseChange};
use data::DataType;
use gotemplate::{Budget, Error, Limits, Template, sprig};

pub use rendered::{Excerpt, RenderedError};

/// The limits for all templates of one pod together, also if they are rendered again.
const LIMITS: Limits =
    Limits { output: 16 << 20, steps: 2_000_000, memory: 64 << 20, nesting: 100, regex: 1 << 20, ..Limits::DEFAULT };

/// The budget of a pod's templates.
pub(super) fn budget() -> RefCell<Budget> {
    RefCell::new(Budget::new(LIMITS))
}

/// Parsed templates, with the type of their data.
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
    /// What is wrong, and where.
    pub error: Error,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

/// The Go name of a field with this name in JSON.
fn exported(json: &str) -> String {
    let mut chars = json.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// Keeps an overlay from removing the user's own init containers, as templates up to 1.25 do by mistake without interception
/// (istio#54562).
fn with_init_containers(mut overlay: Value) -> Value {
    let key = Group::InitContainers.key();
    if let Some(spec) = overlay.get_mut("spec").and_then(Value::as_object_mut)
        && spec.get(key).is_some_and(Value::is_null)
    {
        spec.shift_remove(key);
    }
    overlay
}

/// Initializes what the templates of every mesh need. Callers that skip this wait for it later: worth a thread of its own while a
/// mesh file is read.
pub fn prepare() {
    sprig::functions();
    LazyLock::force(&message::PROXY);
    LazyLock::force(&message::MESH);
    LazyLock::force(&pod::TYPES);
}

impl Templates {
    /// Parses all templates. One that does not parse is an error, as for istiod.
    pub(super) fn new(texts: &BTreeMap<String, Arc<str>>, mesh: &Mesh) -> Result<Self, TemplateError> {
        let functions = Arc::new(functions::functions(mesh));
        // A mesh has about eight templates, and parsing them is half of a short run. Two threads take turns, the longest
        // template first.
        let mut queue: Vec<_> = texts.iter().collect();
        queue.sort_by_key(|(_, text)| Reverse(text.len()));
        let next = AtomicUsize::new(0);
        let parse = || {
            let mut parsed = Vec::with_capacity(queue.len());
            while let Some(&(name, text)) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
                let template = Template::new(name).with_limits(LIMITS).with_functions(Arc::clone(&functions));
                let template = template.parse(Arc::clone(text));
                let template = template.map_err(|error| TemplateError { name: name.clone(), error });
                parsed.push((name.clone(), template));
            }
            parsed
        };
        let (data, parsed) = std::thread::scope(|scope| {
            let spawned = std::thread::Builder::new().spawn_scoped(scope, parse);
            let data = DataType::new(mesh);
            let mut parsed = parse();
            // If no thread could be spawned, this one has parsed all. If it panicked, parse all again.
            match spawned.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(others)) => parsed.extend(others),
                Ok(Err(_)) => {
                    next.store(0, Ordering::Relaxed);
                    parsed = parse();
                }
                Err(_) => {}
            }
            (data, parsed)
        });
        // Sorted by name, so that the same error is always reported first.
        let by_name: BTreeMap<_, _> = parsed.into_iter().collect();
        let by_name = by_name.into_iter().map(|(name, template)| Ok((name, template?)));
        Ok(Self { by_name: by_name.collect::<Result<_, TemplateError>>()?, data })
    }

    /// Whether there is a template of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The names of the templates, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The overlays of these templates, and the values of the pod that inject into them.
    pub(super) fn render_guarded(
        &self,
        mesh: &Mesh,
        names: &[&str],
        data: &TemplateData<'_>,
        budget: &RefCell<Budget>,
    ) -> Result<(Vec<Value>, Option<String>), InjectError> {
        let of = (data.pod(), data.own_proxy_config());
        let suspects = template_injection::suspects(of.0, of.1);
        let again = |substituted: &Substituted| self.render(mesh, names, &data.with(substituted), budget);
        match self.render(mesh, names, data, budget) {
            Ok(overlays) => {
                let injecting = template_injection::injecting(&suspects, of, &overlays, again)?;
                Ok((overlays, injecting))
            }
            Err(error) if error.is_limit() => Err(error),
            Err(error) => Err(template_injection::culprit(&suspects, of, again).unwrap_or(error)),
        }
    }

    /// The overlays of these templates, in that order.
    pub(super) fn render(
        &self,
        mesh: &Mesh,
        names: &[&str],
        data: &TemplateData<'_>,
        budget: &RefCell<Budget>,
    ) -> Result<Vec<Value>, InjectError> {
        let known = || self.names().collect::<Vec<_>>().join(", ");
        let render = |name: &&str| {
            let template = self
                .by_name
                .get(*name)
                .ok_or_else(|| InjectError::UnknownTemplate { name: (*name).to_owned(), known: known() })?;
            // Templates can modify their data, so each gets its own.
            let text = template
                .execute_within(&self.data.value(mesh, data), &mut budget.borrow_mut())
                .map_err(|error| InjectError::Template { name: (*name).to_owned(), error })?;
            let overlay = rendered::overlay(&text)
                .map_err(|problem| InjectError::Rendered { name: (*name).to_owned(), problem: Box::new(problem) })?;
            Ok(if mesh.release.has(ReleaseChange::KeepsInitContainers) {
                overlay
            } else {
                with_init_containers(overlay)
            })
        };
        names.iter().map(render).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inject::{Injection, Injector, ModeRequest, Warning, Workload};

    /// Injects a pod with these annotations into a mesh with this template.
    fn injected(template: &str, annotations: &Value) -> Result<(Value, Vec<Warning>), InjectError> {
        let config =
            json!({"policy": "enabled", "templates": {"sidecar": template}, "aliases": {"many": vec!["sidecar"; 65]}});
        let values = json!({"global": {"hub": "h", "tag": "t"}});
        let mesh = Mesh::from_config("1.30".parse().unwrap(), &config, values, Value::Null).unwrap();
        let pod = json!({
            "metadata": {"annotations": annotations},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}
        });
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        match Injector::new(mesh).unwrap().inject(&web, &pod, ModeRequest::default())? {
            Injection::Injected(injected) => Ok((injected.pod["spec"].clone(), injected.warnings)),
            other => panic!("{other:?}"),
        }
    }

    fn message(result: Result<(Value, Vec<Warning>), InjectError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn values_that_functions_build_are_limited() {
        for function in ["toYaml", "structToJSON", "omitNil"] {
            let deep = "{{$x := list `a`}}{{range until 2000}}{{$x = list $x}}{{end}}{{FUNCTION $x}}";
            let wide = "{{$x := list `a`}}{{range until 40}}{{$x = list $x $x}}{{end}}{{FUNCTION $x}}";
            for (template, limit) in [(deep, "nested deeper"), (wide, "more than")] {
                let error = message(injected(&template.replace("FUNCTION", function), &json!({})));
                assert!(error.contains(limit), "{function}: {error}");
            }
        }
        assert!(message(injected("spec: {}", &json!({"inject.istio.io/templates": "many"}))).contains("64 templates"));
    }

    #[test]
    fn rendering_again_counts_toward_the_limits() {
        let once = "{{range 1500000}}{{end}}\nspec: {containers: [{name: istio-proxy}]}";
        assert!(injected(once, &json!({"one": "plain"})).is_ok());
        // The annotation does not stop the template.
        let error = message(injected(once, &json!({"one": "a\"b"})));
        assert!(error.contains("more than 2000000 steps"), "{error}");
        let endless = format!("{{{{range 9000000}}}}{{{{end}}}}{once}");
        let error = message(injected(&endless, &json!({"one": "a\"b"})));
        assert!(error.contains("more than 2000000 steps"), "{error}");
    }

    /// A template that writes two annotations and the proxy's variables between quotes.
    const QUOTING: &str = "spec:\n  containers:\n  - name: istio-proxy\n    args:\n    \
        - \"{{annotation .ObjectMeta `one` `1`}}\"\n    - \"{{annotation .ObjectMeta `two` `2`}}\"\n    env:\n\
        {{range $k, $v := .ProxyConfig.ProxyMetadata}}    - name: {{$k}}\n      value: \"{{$v}}\"\n{{end}}";

    #[test]
    fn values_that_inject_are_named() {
        let injecting = |annotations: Value| {
            let (_, warnings) = injected(QUOTING, &annotations).unwrap();
            warnings.into_iter().find_map(|warning| match warning {
                Warning::TemplateInjection { what } => Some(what),
                _ => None,
            })
        };
        assert_eq!(injecting(json!({"one": "plain", "unread": "it's"})), None);
        assert_eq!(injecting(json!({"one": "a\"\n    - \"--evil"})).as_deref(), Some("annotation one"));
        let both = json!({"one": "a\"\n    - &x --evil\n    - \"b", "two": "c\"\n    - *x\n    - \"d"});
        assert!(injecting(both).unwrap().contains("annotation"));
        let config = json!({"proxyMetadata": {"A": "x\"\n    - name: EVIL\n      value: \"y"}});
        let found = injecting(json!({"proxy.istio.io/config": config.to_string()}));
        assert_eq!(found.as_deref(), Some("proxyMetadata A"));
    }

    #[test]
    fn values_that_break_a_template_are_named() {
        let error = message(injected(QUOTING, &json!({"one": "a\"b"})));
        assert!(error.starts_with("annotation one contains quotes"), "{error}");
        let error = message(injected("spec: [", &json!({"one": "a\"b"})));
        assert!(error.contains("line 1"), "{error}");
    }
}
