//! Stage: what the templates see of a pod: the pod without an earlier injection, its owner, and the proxy's
//! configuration in effect.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::InjectError;
use super::openshift;
use super::overrides::Recorded;
use super::owner::{self, Owner};
use super::pod::{self, Group};
use super::template_injection::Substituted;
use super::workload::Workload;
use crate::istio::native::Mode;
use crate::istio::{EffectiveConfig, Mesh, ProxyConfig};

/// The data of a template.
pub(super) struct TemplateData<'a> {
    pod: &'a Value,
    /// The pod's annotations and labels, which are asked for often.
    annotations: Option<&'a Map<String, Value>>,
    labels: Option<&'a Map<String, Value>>,
    /// Containers that only `proxy.istio.io/overrides` names; templates see them at the end of their group.
    recorded: Recorded,
    owner: Owner,
    proxy_config: Cow<'a, ProxyConfig>,
    proxy_config_json: Cow<'a, str>,
    mode: Mode,
    native_by_code: bool,
    proxy_ids: ProxyIds,
    /// Is the proxy's configuration another one than the mesh's?
    changes_config: bool,
}

/// The user and the group that a proxy runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ProxyIds {
    pub(super) user: i64,
    pub(super) group: i64,
}

/// Those of a proxy that nobody gave others.
impl Default for ProxyIds {
    fn default() -> Self {
        Self { user: 1337, group: 1337 }
    }
}

impl<'a> TemplateData<'a> {
    /// Gathers the data. `config` is the proxy's configuration in effect; the mode comes with what the code around the
    /// templates takes it for.
    pub(super) fn new(
        workload: &Workload,
        pod: &'a Value,
        mesh: &'a Mesh,
        config: EffectiveConfig<'a>,
        (mode, native_by_code): (Mode, bool),
    ) -> Result<Self, InjectError> {
        let mut recorded = Recorded::of(pod)?;
        for group in Group::BOTH {
            recorded.group_mut(group).retain(|container| pod::find(pod, group, pod::name(container)).is_none());
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
            native_by_code,
            proxy_ids: openshift::proxy_ids(workload, mesh),
        })
    }

    /// The same data with harmless values in the place of some.
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
        pod::field(self.annotations?, name).map(|value| value.as_str().unwrap_or_default())
    }

    /// An annotation of the pod, else another text.
    pub(super) fn annotation_or(&self, name: &str, default: &'a str) -> &'a str {
        self.annotation(name).unwrap_or(default)
    }

    /// A label of the pod, unless it is empty.
    pub(super) fn label(&self, name: &str) -> Option<&'a str> {
        pod::field(self.labels?, name)?.as_str().filter(|value| !value.is_empty())
    }

    /// A field of the pod's spec.
    pub(super) fn spec(&self, key: &str) -> &'a Value {
        pod::part(pod::part(self.pod, "spec"), key)
    }

    /// The ordinary containers.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Value> {
        pod::containers(self.pod, Group::Containers).iter().chain(self.recorded.group(Group::Containers))
    }

    /// The pod's owner.
    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The proxy's configuration in effect.
    pub(super) fn proxy_config(&self) -> &ProxyConfig {
        &self.proxy_config
    }

    /// The configuration as the proxy gets it.
    pub(super) fn proxy_config_json(&self) -> &str {
        &self.proxy_config_json
    }

    /// The pod, without an earlier injection.
    pub(super) fn pod(&self) -> &'a Value {
        self.pod
    }

    /// The containers of a group that only `proxy.istio.io/overrides` names.
    pub(super) fn recorded(&self, group: Group) -> &[Value] {
        self.recorded.group(group)
    }

    /// The configuration in effect, where it is not the mesh's.
    pub(super) fn own_proxy_config(&self) -> Option<&ProxyConfig> {
        self.changes_config.then_some(&*self.proxy_config)
    }

    /// What the code around the templates takes the mode for: other values of the annotation than `"true"` and
    /// `"false"` do not count there.
    pub(super) fn native_by_code(&self) -> bool {
        self.native_by_code
    }

    /// The user and group of the proxy.
    pub(super) fn proxy_ids(&self) -> ProxyIds {
        self.proxy_ids
    }

    /// Will the proxy be native?
    pub(super) fn is_native(&self) -> bool {
        self.mode == Mode::Native
    }
}
