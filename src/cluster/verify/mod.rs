//! `verify`: is a pod what the mesh makes of its template, and if not, where does it differ and why?
//!
//! | file | job |
//! |---|---|
//! | `template` | the template of a pod, among the objects or of the pod itself |
//! | `admission` | what Kubernetes itself adds to pods |
//! | `cause`, `marks` | what else a difference comes from |
//! | `secrets` | hides values that may be secret |

mod admission;
mod cause;
mod marks;
mod secrets;
mod template;

use serde_json::Value;

use super::owners::ObjectKey;
use super::pod::{Pod, RunningProxy};
use crate::inject::{Injection, InjectorChoice, Meshes, ModeRequest, SkipReason, Workload};
use crate::k8s::defaults::{Admission, fill};
use crate::k8s::pod_changes::{FieldChange, pod_changes};
use cause::Causes;

pub use crate::k8s::FieldPath;
pub use cause::Cause;
pub use template::{Collected, ExpectedPods, TemplateSource};

/// What became of one pod.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The pod.
    pub pod: ObjectKey,
    /// The proxy that it runs.
    pub proxy: RunningProxy,
    /// What it was compared with.
    pub template: TemplateSource,
    /// The comparison, or why there is none.
    pub outcome: Result<Comparison, String>,
}

/// A pod and what was expected.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What should not differ.
    pub differences: Vec<Difference>,
    /// What Kubernetes itself added.
    pub admission: Vec<FieldPath>,
}

/// A field with another value than expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field.
    pub path: FieldPath,
    /// The value in the pod; `None` if it lacks the field.
    pub actual: Option<Value>,
    /// The expected value; `None` if the field is not expected.
    pub expected: Option<Value>,
    /// What it comes from.
    pub cause: Cause,
}

/// A pod as it should be, without the API server's defaults.
struct Expected {
    pod: Value,
    /// Why it is not injected, if it is not.
    not_injected: Option<String>,
}

impl Verified {
    /// Compares a pod with what the mesh makes of its template.
    pub fn by_mesh(collected: &Collected, meshes: &Meshes, key: &ObjectKey, pod: &Value) -> Self {
        let (template, workload, value) = collected.template(key, pod);
        let mut workload = workload;
        workload.set_cluster(&meshes.objects, &value);
        let expected = expected_by(meshes, &workload, &value);
        Self::of(key, pod, template, &workload, expected)
    }

    /// Compares a pod with rendered manifests.
    pub fn by_manifests(collected: &Collected, expected: &ExpectedPods, key: &ObjectKey, pod: &Value) -> Self {
        let (template, workload, found) = expected.of(collected, key, pod);
        let expected = match found {
            Some(pod) => Ok(Expected { pod, not_injected: Some("the manifest has no sidecar".to_owned()) }),
            None => Err(format!("{} is not among the expected manifests", workload.name)),
        };
        Self::of(key, pod, template, &workload, expected)
    }

    fn of(
        key: &ObjectKey,
        pod: &Value,
        template: TemplateSource,
        workload: &Workload,
        expected: Result<Expected, String>,
    ) -> Self {
        let outcome = expected.map(|expected| compare(pod, expected, &template, workload));
        Self { pod: key.clone(), proxy: Pod::of(pod).proxy(), template, outcome }
    }

    /// Whether the pod is as expected.
    pub fn is_same(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|comparison| comparison.differences.is_empty())
    }
}

/// What the mesh makes of a template now.
fn expected_by(meshes: &Meshes, workload: &Workload, template: &Value) -> Result<Expected, String> {
    let not_injected = |why: String| Ok(Expected { pod: template.clone(), not_injected: Some(why) });
    let skipped = |reason: &SkipReason| not_injected(reason.to_string());
    match meshes.choose(workload, template).map_err(|error| error.to_string())? {
        InjectorChoice::Skipped(reason) => skipped(&reason),
        InjectorChoice::NoWebhook(warning) => not_injected(warning.to_string()),
        InjectorChoice::Injector(injector, _) => {
            match injector.inject(workload, template, ModeRequest::Mesh).map_err(|error| error.to_string())? {
                Injection::Skipped(reason) => skipped(&reason),
                Injection::Injected(injected) | Injection::Unchanged(injected) => {
                    Ok(Expected { pod: injected.pod, not_injected: None })
                }
            }
        }
    }
}

fn compare(pod: &Value, expected: Expected, template: &TemplateSource, workload: &Workload) -> Comparison {
    let Expected { pod: mut expected, not_injected } = expected;
    let mut actual = pod.clone();
    fill(&mut expected, workload.admission());
    // The API server has filled in all defaults, but a file may lack them.
    fill(&mut actual, Admission::default());
    let causes = Causes::new(&actual, &expected, not_injected.as_deref(), template);
    let mut comparison = Comparison::default();
    for change in pod_changes(&actual, &expected) {
        if admission::is_known(&change, template.kind(), &expected) {
            comparison.admission.push(change.path);
        } else {
            let cause = causes.of(&change);
            let FieldChange { path, from: mut actual, to: mut expected } = change;
            actual.iter_mut().chain(&mut expected).for_each(|value| secrets::hide(&path, value));
            comparison.differences.push(Difference { path, actual, expected, cause });
        }
    }
    comparison
}

#[cfg(test)]
mod tests;
