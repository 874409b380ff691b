//! An explanation without the document that it is about, for output.

use super::details::{Details, finishes};
use super::{ExplainError, Explanation, Proxy, Reason};
use crate::inject::{InjectError, Injected, Injection, Meshes, ModeRequest, Workload};
use crate::k8s::Object;
use lossless_yaml::{Tree, YamlError};

/// An explanation with the lines of its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The proxy.
    pub proxy: Proxy,
    /// Why, in the order in which the mesh considers the reasons.
    pub reasons: Vec<LocatedReason>,
    /// The proxy without the annotation. `None` if the mesh does not inject the pods.
    pub without_annotation: Option<Proxy>,
    /// The release and the revision that inject the pods.
    pub by: Option<(String, String)>,
    /// Whether a Job or `CronJob` ends when its work is done; `None` for other kinds, and if it depends on nodes.
    pub finishes: Option<bool>,
}

/// A reason, and where the manifest gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct LocatedReason {
    /// The reason.
    pub reason: Reason,
    /// The line of the file, counted from 1.
    pub line: Option<usize>,
}

impl Explained {
    /// Explains a workload of a document. `namespace` is its own, or the one it will be created in. Details need the sidecar
    /// to be rendered. Also returns the explanation.
    pub fn of<'m>(
        meshes: &'m Meshes,
        (tree, object): (&Tree<'_>, &Object),
        namespace: &str,
        with_details: bool,
    ) -> Result<(Self, Option<Details>, Explanation<'m>), ExplainError<'m>> {
        if object.pod_metadata.is_some() {
            let explanation = Explanation::of(meshes, tree, object, namespace)?;
            return Ok((Self::located(&explanation, tree, object), None, explanation));
        }
        let (workload, pod) = Workload::with_pod(tree, object, namespace, &meshes.objects)?;
        let mut explanation = Explanation::of_pod(meshes, &workload, &pod)?;
        let mut details = None;
        if with_details {
            let injected = rendered(&mut explanation, &workload, &pod)?;
            let place = (tree, object);
            details = Some(Details::of(&explanation, injected.as_ref(), place, &workload, &pod, &meshes.objects));
        }
        let finishes = finishes(explanation.proxy, object, &pod);
        let explained = Self { finishes, ..Self::located(&explanation, tree, object) };
        Ok((explained, details, explanation))
    }

    /// Explains a workload with this pod template, and renders its pod as the mesh makes it: as it is if the mesh does not
    /// inject it. Also returns the explanation.
    pub fn rendered<'m>(
        meshes: &'m Meshes,
        (tree, object): (&Tree<'_>, &Object),
        (workload, pod): (&Workload, &serde_json::Value),
    ) -> Result<(Self, serde_json::Value, Explanation<'m>), ExplainError<'m>> {
        let mut explanation = Explanation::of_pod(meshes, workload, pod)?;
        let mut made = pod.clone();
        if let Some(injector) = explanation.injector {
            let refused = |error| ExplainError::Refused { injector, error };
            match injector.inject(workload, pod, ModeRequest::Mesh).map_err(refused)? {
                Injection::Injected(injected) | Injection::Unchanged(injected) => {
                    explanation.proxy = injected.mode.into();
                    made = injected.pod;
                }
                Injection::Skipped(_) => {}
            }
        }
        let finishes = finishes(explanation.proxy, object, pod);
        Ok((Self { finishes, ..Self::located(&explanation, tree, object) }, made, explanation))
    }

    /// The details of a workload that do not depend on the decision, if its pod template can be read.
    pub fn as_written(
        meshes: &Meshes,
        (tree, object): (&Tree<'_>, &Object),
        namespace: &str,
    ) -> Result<Option<Details>, YamlError> {
        if object.pod_metadata.is_some() {
            return Ok(None);
        }
        let (workload, pod) = Workload::with_pod(tree, object, namespace, &meshes.objects)?;
        Ok(Some(Details::as_written((tree, object), &workload, &pod, &meshes.objects)))
    }

    /// The line of the first reason that the manifest gives.
    pub fn line(&self) -> Option<usize> {
        self.reasons.iter().find_map(|located| located.line)
    }

    /// Whether it depends on istiod's environment, and not on nodes.
    pub fn depends_on_istiod(&self) -> bool {
        self.reasons.iter().any(|located| located.reason.unknown_istiod().is_some())
    }

    fn located(explanation: &Explanation<'_>, tree: &Tree<'_>, object: &Object) -> Self {
        let reasons = explanation.reasons.iter().map(|reason| LocatedReason {
            reason: reason.clone(),
            line: reason.node(tree, object).map(|node| tree.line(node)),
        });
        let by = explanation.injector.map(|injector| {
            let mesh = injector.mesh();
            (mesh.release.to_string(), mesh.revision.clone())
        });
        Self {
            proxy: explanation.proxy,
            reasons: reasons.collect(),
            without_annotation: explanation.without_annotation,
            by,
            finishes: None,
        }
    }
}

/// The injected pod; `None` if the mesh does not inject it, or if what it injects is not known. The rendered proxy has the
/// last word.
fn rendered<'m>(
    explanation: &mut Explanation<'m>,
    workload: &Workload,
    pod: &serde_json::Value,
) -> Result<Option<Injected>, ExplainError<'m>> {
    let Some(injector) = explanation.injector.filter(|_| explanation.proxy != Proxy::Depends) else { return Ok(None) };
    match injector.inject(workload, pod, ModeRequest::Mesh) {
        Ok(Injection::Injected(injected) | Injection::Unchanged(injected)) => {
            explanation.proxy = injected.mode.into();
            Ok(Some(injected))
        }
        Ok(Injection::Skipped(_))
        | Err(
            InjectError::DependsOnNodes
            | InjectError::ReleaseNotBuiltIn { .. }
            | InjectError::TemplateNotBuiltIn { .. },
        ) => Ok(None),
        Err(error) => Err(ExplainError::Refused { injector, error }),
    }
}
