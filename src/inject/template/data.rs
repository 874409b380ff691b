//! The data of templates (`SidecarTemplateData`, pkg/kube/inject): its Go type by release, and its value for a pod.

use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json, json};

use super::message::{MESH, PROXY};
use super::pod;
use crate::inject::image;
use crate::inject::pod::{Group, part};
use crate::inject::template_data::TemplateData;
use crate::istio::names::env;
use crate::istio::{Mesh, MeshConfig, ReleaseChange};
use gotemplate::value::{Field, IntKind};
use gotemplate::{NamedType, Struct, Type, Value};

/// The package of the injector.
const PACKAGE: &str = "istio.io/istio/pkg/kube/inject";

/// The type of the data, and the values that are the same for all pods.
pub(super) struct DataType {
    named: Arc<NamedType>,
    type_meta: Arc<NamedType>,
    namespaced_name: Arc<NamedType>,
    /// For pods that do not change the proxy's configuration.
    mesh_proxy_config: Value,
    mesh_config: Value,
    fields: Vec<TopLevel>,
}

/// A field of the data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TopLevel {
    TypeMeta,
    DeploymentMeta,
    ObjectMeta,
    Spec,
    ProxyConfig,
    MeshConfig,
    Values,
    Revision,
    NativeSidecars,
    ProxyImage,
    ProxyInitImage,
    ProxyUid,
    ProxyGid,
    InboundTrafficPolicyMode,
    CompliancePolicy,
}

use TopLevel as Top;

/// The fields, and the release change that introduced them.
const FIELDS: [(TopLevel, &str, Option<ReleaseChange>); 15] = [
    (Top::TypeMeta, "TypeMeta", None),
    (Top::DeploymentMeta, "DeploymentMeta", None),
    (Top::ObjectMeta, "ObjectMeta", None),
    (Top::Spec, "Spec", None),
    (Top::ProxyConfig, "ProxyConfig", None),
    (Top::MeshConfig, "MeshConfig", None),
    (Top::Values, "Values", None),
    (Top::Revision, "Revision", None),
    (Top::NativeSidecars, "NativeSidecars", Some(ReleaseChange::NativeInTemplates)),
    (Top::ProxyImage, "ProxyImage", None),
    (Top::ProxyInitImage, "ProxyInitImage", Some(ReleaseChange::InitImage)),
    (Top::ProxyUid, "ProxyUID", None),
    (Top::ProxyGid, "ProxyGID", None),
    (Top::InboundTrafficPolicyMode, "InboundTrafficPolicyMode", None),
    (Top::CompliancePolicy, "CompliancePolicy", None),
];

impl DataType {
    /// The type for the mesh's release, and the values that do not depend on a pod.
    pub(super) fn new(mesh: &Mesh) -> Self {
        let strings = |name: &str, package: &str, fields: [&str; 2]| {
            let named = NamedType::declare(name, package);
            let fields = fields.iter().map(|field| Field::new(field, Type::String)).collect();
            named.define(Type::structure(fields), Vec::new());
            named
        };
        let mut this = Self {
            named: NamedType::declare("inject.SidecarTemplateData", PACKAGE),
            type_meta: strings("v1.TypeMeta", "k8s.io/apimachinery/pkg/apis/meta/v1", ["Kind", "APIVersion"]),
            namespaced_name: strings("types.NamespacedName", "k8s.io/apimachinery/pkg/types", ["Namespace", "Name"]),
            mesh_proxy_config: PROXY.value(&mesh.config.proxy_config.fields(), &mesh.config.proxy_config_json),
            mesh_config: MESH.value(&mesh_fields(&mesh.config), ""),
            fields: Vec::new(),
        };
        let known = FIELDS.iter().filter(|(_, _, since)| since.is_none_or(|change| mesh.release.has(change)));
        let (fields, of_struct) =
            known.map(|(field, name, _)| (*field, Field::new(name, this.type_of(*field)))).unzip();
        this.fields = fields;
        this.named.define(Type::structure(of_struct), Vec::new());
        this
    }

    fn type_of(&self, field: TopLevel) -> Type {
        match field {
            Top::TypeMeta => Type::Named(Arc::clone(&self.type_meta)),
            Top::DeploymentMeta => Type::Named(Arc::clone(&self.namespaced_name)),
            Top::ObjectMeta => pod::ty("ObjectMeta"),
            Top::Spec => pod::ty("PodSpec"),
            Top::ProxyConfig => PROXY.ty(),
            Top::MeshConfig => MESH.ty(),
            Top::Values => Type::map(Type::String, Type::Any),
            Top::NativeSidecars => Type::Bool,
            Top::ProxyUid | Top::ProxyGid => Type::Int(IntKind::Int64),
            Top::Revision
            | Top::ProxyImage
            | Top::ProxyInitImage
            | Top::InboundTrafficPolicyMode
            | Top::CompliancePolicy => Type::String,
        }
    }

    /// The data for a pod.
    pub(super) fn value(&self, mesh: &Mesh, data: &TemplateData<'_>) -> Value {
        let owner = data.owner();
        let strings =
            |named: &Arc<NamedType>, texts: [&str; 2]| Value::Struct(Struct::new(named, texts.map(Value::from).into()));
        let value = |field: &TopLevel| match field {
            Top::TypeMeta => strings(&self.type_meta, [&owner.kind, &owner.api_version]),
            Top::DeploymentMeta => strings(&self.namespaced_name, [&owner.namespace, &owner.name]),
            Top::ObjectMeta => pod::value(part(data.pod(), "metadata"), "ObjectMeta"),
            Top::Spec => spec(data),
            Top::ProxyConfig => match data.own_proxy_config() {
                None => self.mesh_proxy_config.clone(),
                Some(own) => PROXY.value(&own.fields(), data.proxy_config_json()),
            },
            Top::MeshConfig => self.mesh_config.clone(),
            Top::Values => Value::from(&mesh.all_values),
            Top::Revision => Value::from(mesh.revision.as_str()),
            Top::NativeSidecars => Value::Bool(data.native_for_templates()),
            Top::ProxyImage => Value::from(image::proxy(mesh, data)),
            Top::ProxyInitImage => Value::from(image::init(mesh, data)),
            Top::ProxyUid => Value::int64(data.proxy_ids().user),
            Top::ProxyGid => Value::int64(data.proxy_ids().group),
            Top::InboundTrafficPolicyMode => {
                Value::from(if mesh.config.inbound_localhost { "localhost" } else { "passthrough" })
            }
            Top::CompliancePolicy => Value::from(mesh.env.get(env::COMPLIANCE_POLICY).map_or("", String::as_str)),
        };
        let values = self.fields.iter().map(value).collect();
        Value::pointer_to(Value::Struct(Struct::new(&self.named, values)))
    }
}

/// The spec of the pod, with the containers that are only in its overrides.
fn spec(data: &TemplateData<'_>) -> Value {
    let spec = part(data.pod(), "spec");
    if Group::BOTH.into_iter().all(|group| data.recorded(group).is_empty()) {
        return pod::value(spec, "PodSpec");
    }
    let mut spec = spec.as_object().map_or_else(JsonMap::new, Clone::clone);
    for group in Group::BOTH {
        let recorded = data.recorded(group);
        if !recorded.is_empty()
            && let Json::Array(list) = spec.entry(group.key()).or_insert_with(|| json!([]))
        {
            list.extend(recorded.iter().cloned());
        }
    }
    pod::value(&Json::Object(spec), "PodSpec")
}

/// The mesh configuration with istiod's defaults.
fn mesh_fields(config: &MeshConfig) -> Json {
    let mut fields = config.fields.as_object().map_or_else(JsonMap::new, Clone::clone);
    let mode = if config.inbound_localhost { "LOCALHOST" } else { "PASSTHROUGH" };
    for (name, value) in [
        ("proxyListenPort", json!(config.proxy_listen_port)),
        ("proxyInboundListenPort", json!(config.proxy_inbound_listen_port)),
        ("trustDomain", json!(config.trust_domain)),
        ("inboundTrafficPolicy", json!({"mode": mode})),
        ("enablePrometheusMerge", json!(config.prometheus_merge)),
    ] {
        fields.insert(name.to_owned(), value);
    }
    fields.entry("rootNamespace").or_insert_with(|| "istio-system".into());
    Json::Object(fields)
}
