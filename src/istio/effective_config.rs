//! The proxy configuration of a pod: the mesh's, with `ProxyConfig` objects and the pod's annotation applied.
//!
//! All built-in releases apply them in this order (`EffectiveProxyConfig`, pilot/pkg/model): the mesh's
//! `defaultConfig`, the object of the root namespace, the object of the pod's namespace, the annotation, the object
//! that selects the pod.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::cluster_objects::{ProxyConfigObject, ProxyConfigs};
use super::mesh_config::MeshConfig;
use super::proxy_config::{ProxyConfig, ProxyConfigError};

/// The `ProxyConfig` objects of a cluster, prepared for one istiod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppliedObjects {
    /// The object that was applied to the mesh's configuration.
    of_mesh: Option<String>,
    by_namespace: BTreeMap<String, InNamespace>,
}

/// The objects of a namespace, with their names.
#[derive(Clone, Debug, PartialEq)]
struct InNamespace {
    of_all: Option<(String, Arc<ProxyConfigObject>)>,
    /// Objects with a selector, in order of precedence.
    of_some: Vec<(String, Arc<ProxyConfigObject>)>,
}

/// The proxy configuration of a pod.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveConfig<'m> {
    /// The configuration; borrowed if the pod does not change the mesh's.
    pub config: Cow<'m, ProxyConfig>,
    /// The configuration as JSON for the proxy.
    pub json: Cow<'m, str>,
    /// The `ProxyConfig` objects that were applied, as `namespace/name`, in order.
    pub objects: Vec<&'m str>,
}

impl AppliedObjects {
    /// Applies the object of the root namespace to the mesh's configuration, and prepares those of other namespaces.
    pub(super) fn prepare(objects: &ProxyConfigs, config: &mut MeshConfig, revision: &str) -> Self {
        let mut prepared = Self::default();
        for namespace in objects.namespaces() {
            let named = |(name, object): (&str, &Arc<_>)| (format!("{namespace}/{name}"), Arc::clone(object));
            let (of_all, of_some): (Vec<_>, Vec<_>) = objects
                .in_order(namespace, revision)
                .into_iter()
                .map(named)
                .partition(|(_, object)| object.is_for_all());
            let mut of_all = of_all.into_iter().next();
            if namespace == config.root_namespace
                && let Some((name, object)) = of_all.take()
            {
                config.proxy_config.lay_over(object.sets.clone());
                config.proxy_config_json = config.proxy_config.to_json();
                prepared.of_mesh = Some(name);
            }
            prepared.by_namespace.insert(namespace.to_owned(), InNamespace { of_all, of_some });
        }
        prepared
    }

    /// The configuration of a pod in a namespace, by the pod's labels and annotation.
    pub(super) fn effective<'m, 'l>(
        &'m self,
        mesh: &'m MeshConfig,
        namespace: &str,
        label: &impl Fn(&str) -> Option<&'l str>,
        annotation: Option<&Value>,
    ) -> Result<EffectiveConfig<'m>, ProxyConfigError> {
        let here = self.by_namespace.get(namespace);
        let of_all = here.and_then(|here| here.of_all.as_ref());
        let of_pod = here.and_then(|here| here.of_some.iter().find(|(_, object)| object.selects(label)));
        let mut config = Cow::Borrowed(&mesh.proxy_config);
        if let Some((_, object)) = of_all {
            config.to_mut().lay_over(object.sets.clone());
        }
        if let Some(annotation) = annotation {
            config = Cow::Owned(config.with_annotation(annotation)?);
        }
        if let Some((_, object)) = of_pod {
            config.to_mut().lay_over(object.sets.clone());
        }
        let json = match &config {
            Cow::Borrowed(_) => Cow::Borrowed(mesh.proxy_config_json.as_str()),
            Cow::Owned(config) => Cow::Owned(config.to_json()),
        };
        let names = [of_all, of_pod].into_iter().flatten().map(|(name, _)| name.as_str());
        let objects = self.of_mesh.as_deref().into_iter().chain(names).collect();
        Ok(EffectiveConfig { config, json, objects })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::{ClusterObjects, Document, Mesh};
    use serde_json::json;

    /// A mesh with objects, each given as namespace, name and spec.
    fn mesh(config: &Value, objects: &[(&str, &str, Value)]) -> Mesh {
        let mut found = ClusterObjects::default();
        for (namespace, name, spec) in objects {
            let text = json!({
                "apiVersion": "networking.istio.io/v1beta1", "kind": "ProxyConfig",
                "metadata": {"namespace": namespace, "name": name}, "spec": spec,
            })
            .to_string();
            assert!(found.read(Document { file: "", line: 1, text: &text }, "default").is_empty());
        }
        let mut mesh = Mesh::install("1.30".parse().unwrap(), &json!({"meshConfig": config})).unwrap();
        mesh.apply(&found.proxy_configs);
        mesh
    }

    /// The configuration of a pod with the label `app: web`, and the objects that were applied.
    fn of_pod(mesh: &Mesh, namespace: &str, annotation: Option<&Value>) -> (String, String) {
        let label = |name: &str| (name == "app").then_some("web");
        let effective = mesh.proxy_config(namespace, &label, annotation).unwrap();
        (effective.json.into_owned(), effective.objects.join(" "))
    }

    fn variables(of: &[(&str, &str)]) -> Value {
        let map: serde_json::Map<_, _> = of.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        json!({"environmentVariables": map})
    }

    #[test]
    fn more_specific_objects_take_precedence() {
        let mut web = variables(&[("C", "pod"), ("E", "pod")]);
        web["selector"] = json!({"matchLabels": {"app": "web"}});
        web["concurrency"] = json!(0);
        let mesh = mesh(
            &json!({"defaultConfig": {"proxyMetadata": {"A": "mesh", "B": "mesh"}, "concurrency": 4}}),
            &[
                ("istio-system", "all", variables(&[("B", "root"), ("C", "root"), ("D", "root")])),
                ("shop", "all", variables(&[("C", "shop"), ("D", "shop"), ("E", "shop")])),
                ("shop", "web", web),
            ],
        );
        let annotation =
            json!({"concurrency": 2, "meshId": "m", "proxyMetadata": {"D": "annotation", "E": "annotation"}});
        let expected = r#"{"concurrency":0,"proxyMetadata":{"A":"mesh","B":"root","C":"pod","D":"annotation","E":"pod"},"meshId":"m"}"#;
        let objects = "istio-system/all shop/all shop/web";
        assert_eq!(of_pod(&mesh, "shop", Some(&annotation)), (expected.to_owned(), objects.to_owned()));
        let expected = r#"{"concurrency":4,"proxyMetadata":{"A":"mesh","B":"root","C":"root","D":"root"}}"#;
        assert_eq!(of_pod(&mesh, "pay", None), (expected.to_owned(), "istio-system/all".to_owned()));
    }

    #[test]
    fn one_of_several_objects_is_applied() {
        let all = |count: i64| json!({"concurrency": count});
        let web = |count: i64| json!({"concurrency": count, "selector": {"matchLabels": {"app": "web"}}});
        let objects = [("pay", "b", all(2)), ("pay", "a", all(1)), ("shop", "b", web(4)), ("shop", "a", web(3))];
        let mesh = mesh(&json!({}), &objects);
        assert_eq!(of_pod(&mesh, "pay", None), (r#"{"concurrency":1}"#.to_owned(), "pay/a".to_owned()));
        assert_eq!(of_pod(&mesh, "shop", None), (r#"{"concurrency":3}"#.to_owned(), "shop/a".to_owned()));
    }

    #[test]
    fn selectors_in_the_root_namespace_select_pods_of_that_namespace() {
        let web = json!({"concurrency": 3, "selector": {"matchLabels": {"app": "web"}}});
        let objects = [("mesh", "web", web), ("mesh", "all", json!({"image": {"imageType": "debug"}}))];
        let mesh = mesh(&json!({"rootNamespace": "mesh"}), &objects);
        let image = r#"{"image":{"imageType":"debug"}}"#;
        assert_eq!(of_pod(&mesh, "shop", None), (image.to_owned(), "mesh/all".to_owned()));
        let both = r#"{"concurrency":3,"image":{"imageType":"debug"}}"#;
        assert_eq!(of_pod(&mesh, "mesh", None), (both.to_owned(), "mesh/all mesh/web".to_owned()));
        assert_eq!(of_pod(&mesh, "istio-system", None).0, image);
    }

    #[test]
    fn without_objects_the_configuration_is_the_meshs() {
        let mesh = mesh(&json!({}), &[]);
        let effective = mesh.proxy_config("shop", &|_| None, None).unwrap();
        assert!(matches!(effective.config, Cow::Borrowed(_)));
        assert_eq!(effective.json, "{}");
    }
}
