//! Stage: the data that templates see of a pod: the original pod, its owner, and the effective configuration of the proxy.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::InjectError;
use super::openshift;
use super::overrides::Recorded;
use super::owner::{self, Owner};
use super::pod::{self, ByName, Group};
use super::template_injection::Substituted;
use super::workload::Workload;
use crate::istio::native::Mode;
use crate::istio::{EffectiveConfig, Mesh, ProxyConfig};

/// The data of the templates.
pub(super) struct TemplateData<'a> {
    pod: &'a Value,
    /// The annotations and labels of `pod`, which are read often.
    annotations: Option<&'a Map<String, Value>>,
    labels: Option<&'a Map<String, Value>>,
    /// Containers that are only in `proxy.istio.io/overrides`; templates see them at the end of their list.
    recorded: Recorded,
    owner: Owner,
    proxy_config: Cow<'a, ProxyConfig>,
    proxy_config_json: Cow<'a, str>,
    mode: Mode,
    native_for_templates: bool,
    proxy_ids: ProxyIds,
    /// The configuration of the proxy differs from the mesh's.
    changes_config: bool,
}

/// The user and group that a proxy runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProxyIds {
    pub(super) user: i64,
    pub(super) group: i64,
}

impl ProxyIds {
    /// Those of Istio's images.
    pub(super) const ISTIO: Self = Self { user: 1337, group: 1337 };
}

impl<'a> TemplateData<'a> {
    /// Collects the data. `config` is the effective configuration of the proxy; the mode comes with the value of
    /// `NativeSidecars`.
    pub(super) fn new(
        workload: &Workload,
        pod: &'a Value,
        mesh: &'a Mesh,
        config: EffectiveConfig<'a>,
        (mode, native_for_templates): (Mode, bool),
    ) -> Result<Self, InjectError> {
        let mut recorded = Recorded::of(pod)?;
        for group in Group::BOTH {
            let in_pod = ByName::new(pod::containers(pod, group));
            recorded.group_mut(group).retain(|container| in_pod.get(pod::name(container)).is_none());
        }
        let map = |key: &str| pod::part(pod::part(pod, "metadata"), key).as_object();
        Ok(Self {
            pod,
            annotations: map("annotations"),
            labels: map("labels"),
            recorded,
            owner: owner::of(workload, pod),
            changes_config: matches!(config.config, Cow::Owned(_)),
            proxy_config: config.config,
            proxy_config_json: config.json,
            mode,
            native_for_templates,
            proxy_ids: openshift::proxy_ids(workload, mesh),
        })
    }

    /// The same data with some values replaced by harmless ones.
    pub(super) fn with<'b>(&'b self, substituted: &'b Substituted) -> TemplateData<'b> {
        let map = |key: &str| pod::part(pod::part(&substituted.pod, "metadata"), key).as_object();
        let (proxy_config, proxy_config_json) = match &substituted.config {
            None => (Cow::Borrowed(&*self.proxy_config), Cow::Borrowed(&*self.proxy_config_json)),
            Some(config) => (Cow::Borrowed(config), Cow::Owned(config.to_json())),
        };
        TemplateData {
            pod: &substituted.pod,
            annotations: map("annotations"),
            labels: map("labels"),
            recorded: self.recorded.clone(),
            owner: self.owner.clone(),
            proxy_config,
            proxy_config_json,
            ..*self
        }
    }

    /// An annotation of the pod.
    pub(super) fn annotation(&self, name: &str) -> Option<&'a str> {
        pod::field(self.annotations?, name).map(pod::string)
    }

    /// An annotation of the pod, or a default.
    pub(super) fn annotation_or(&self, name: &str, default: &'a str) -> &'a str {
        self.annotation(name).unwrap_or(default)
    }

    /// A label of the pod that is not empty.
    pub(super) fn label(&self, name: &str) -> Option<&'a str> {
        pod::field(self.labels?, name)?.as_str().filter(|value| !value.is_empty())
    }

    /// A field of the pod's spec.
    pub(super) fn spec(&self, key: &str) -> &'a Value {
        pod::part(pod::part(self.pod, "spec"), key)
    }

    /// `spec.containers`.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Value> {
        pod::containers(self.pod, Group::Containers).iter().chain(self.recorded.group(Group::Containers))
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(super) fn proxy_config(&self) -> &ProxyConfig {
        &self.proxy_config
    }

    /// The configuration as the proxy reads it.
    pub(super) fn proxy_config_json(&self) -> &str {
        &self.proxy_config_json
    }

    /// The original pod.
    pub(super) fn pod(&self) -> &'a Value {
        self.pod
    }

    /// The containers of a group that are only in `proxy.istio.io/overrides`.
    pub(super) fn recorded(&self, group: Group) -> &[Value] {
        self.recorded.group(group)
    }

    /// The configuration of the proxy, if it differs from the mesh's.
    pub(super) fn own_proxy_config(&self) -> Option<&ProxyConfig> {
        self.changes_config.then_some(&*self.proxy_config)
    }

    /// The value of `NativeSidecars`: unlike for the mode, of the annotation only `"true"` and `"false"` count.
    pub(super) fn native_for_templates(&self) -> bool {
        self.native_for_templates
    }

    pub(super) fn proxy_ids(&self) -> ProxyIds {
        self.proxy_ids
    }

    /// Whether the proxy will be native.
    pub(super) fn is_native(&self) -> bool {
        self.mode == Mode::Native
    }
}
