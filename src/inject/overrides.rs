//! Stage: the user's settings of containers that the templates add (`reapplyOverwrittenContainers`, pkg/kube/inject).
//!
//! They take precedence over the template's, and are recorded in `proxy.istio.io/overrides` for later injections.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::error::InjectError;
use super::merge;
use super::pod::{self, ByName, Group};
use super::pod_schema::{self, Quantities};
use super::status::Added;
use crate::istio::names::annotation;
use crate::istio::names::container::PROXY;

/// The image of a container whose image comes from the template.
pub(super) const AUTO: &str = "auto";

/// The containers of a `proxy.istio.io/overrides` annotation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Recorded {
    containers: Vec<Value>,
    init_containers: Vec<Value>,
}

impl Recorded {
    /// Reads the annotation of a pod; empty without one.
    pub(super) fn of(pod: &Value) -> Result<Self, InjectError> {
        let Some(text) = pod::annotation(pod, annotation::OVERRIDES) else { return Ok(Self::default()) };
        let problem = |problem: String| InjectError::Overrides { problem };
        let value: Value = serde_json::from_str(text).map_err(|error| problem(error.to_string()))?;
        let group = |group: Group| match pod::part(&value, group.key()) {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) if items.iter().all(Value::is_object) => Ok(items.clone()),
            _ => Err(problem(format!("{} must be a list of objects", group.key()))),
        };
        if !value.is_object() && !value.is_null() {
            return Err(problem("found no object".to_owned()));
        }
        Ok(Self { containers: group(Group::Containers)?, init_containers: group(Group::InitContainers)? })
    }

    /// The containers of a group.
    pub(super) fn group(&self, group: Group) -> &[Value] {
        match group {
            Group::Containers => &self.containers,
            Group::InitContainers => &self.init_containers,
        }
    }

    pub(super) fn group_mut(&mut self, group: Group) -> &mut Vec<Value> {
        match group {
            Group::Containers => &mut self.containers,
            Group::InitContainers => &mut self.init_containers,
        }
    }

    /// Removes a container from a group, and returns it.
    pub(super) fn take(&mut self, group: Group, name: &str) -> Option<Value> {
        let list = self.group_mut(group);
        let position = list.iter().position(|container| pod::name(container) == name)?;
        Some(list.remove(position))
    }

    /// The text of the annotation, without empty groups; `None` if there are no containers.
    pub(super) fn to_text(&self) -> Option<String> {
        let mut out = Map::new();
        for group in Group::BOTH {
            let containers = self.group(group);
            if !containers.is_empty() {
                out.insert(group.key().to_owned(), containers.to_vec().into());
            }
        }
        (!out.is_empty()).then(|| gostd::json::marshal(&Value::Object(out)))
    }
}

/// Before a native sidecar is merged: moves the user's proxy from `containers` to the end of `initContainers`, where the
/// template's is.
pub(super) fn move_to_init(pod: &mut Value, overlay: &Value) {
    if pod::find(overlay, Group::InitContainers, PROXY).is_none() {
        return;
    }
    let Some(containers) = pod::containers_mut(pod, Group::Containers) else { return };
    let Some(position) = containers.iter().position(|container| pod::name(container) == PROXY) else { return };
    let proxy = containers.remove(position);
    pod::push_container(pod, Group::InitContainers, proxy);
}

/// Drops unknown fields, nulls and zero values from the containers that the templates add too: the annotation does not
/// record them, so another injection could not restore them.
pub(super) fn drop_unrecorded_fields(pod: &mut Value, added: &Added) {
    let added: HashSet<&str> =
        Group::BOTH.into_iter().flat_map(|group| added.group(group)).map(String::as_str).collect();
    for group in Group::BOTH {
        let Some(containers) = pod::containers_mut(pod, group) else { continue };
        containers
            .iter_mut()
            .filter(|container| added.contains(pod::name(container)))
            .for_each(pod_schema::keep_written);
    }
}

/// The user's settings of the containers that the templates add, collected before the merge.
pub(super) struct UserSettings {
    /// With quantities as the user wrote them.
    settings: Recorded,
    /// With canonical quantities, as the annotation records them.
    recorded: Recorded,
    /// There is a status annotation. At this stage only one that cannot be read is left; istiod treats such a pod as injected.
    counts_as_injected: bool,
}

impl UserSettings {
    /// Collects the settings of a pod.
    pub(super) fn of(pod: &Value, added: &Added) -> Result<Self, InjectError> {
        let existing = Recorded::of(pod)?;
        let (mut settings, mut recorded) = (Recorded::default(), Recorded::default());
        for group in Group::BOTH {
            // The settings in the annotation come before the pod's own container.
            let lists = match group {
                Group::Containers => [existing.group(group), pod::containers(pod, group), &[]],
                Group::InitContainers => {
                    [existing.group(group), pod::containers(pod, Group::Containers), pod::containers(pod, group)]
                }
            };
            let lists = lists.map(ByName::new);
            for name in added.group(group) {
                let Some(user) = lists.iter().find_map(|list| list.get(name)) else { continue };
                for (list, spelling) in [(&mut settings, Quantities::AsWritten), (&mut recorded, Quantities::Canonical)]
                {
                    let mut own = pod_schema::container(user, spelling);
                    if let Some(own) = own.as_object_mut()
                        && own.get("image").and_then(Value::as_str) == Some(AUTO)
                    {
                        own.shift_remove("image");
                    }
                    list.group_mut(group).push(own);
                }
            }
        }
        Ok(Self { settings, recorded, counts_as_injected: pod::annotation(pod, annotation::STATUS).is_some() })
    }

    /// The names of the containers with settings.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        Group::BOTH.into_iter().flat_map(|group| self.recorded.group(group)).map(pod::name)
    }

    /// The fields, by container, that the webhook would overwrite if it saw the injected pod. It does not reapply the settings,
    /// but merges the template (`stated`) over the existing container.
    pub(super) fn undone_by_webhook(&self, stated: &[Value]) -> Result<Vec<(String, Vec<String>)>, InjectError> {
        let mut undone = Vec::new();
        for group in Group::BOTH {
            let stated: Vec<ByName> = stated.iter().map(|pod| ByName::new(pod::containers(pod, group))).collect();
            for own in self.recorded.group(group) {
                let name = pod::name(own);
                let of_templates = stated.iter().filter_map(|stated| stated.get(name));
                let mut fields = Vec::new();
                for template in of_templates {
                    let injected = merged_containers(template, own)?;
                    let again = merged_containers(&injected, template)?;
                    let is_undone = |(field, value): &(&String, &Value)| again.get(field) != Some(value);
                    fields.extend(injected.as_object().into_iter().flatten().filter(is_undone).map(|(f, _)| f.clone()));
                }
                // The template lists the ports of `containers` only, and a native proxy is not there.
                let has_ports = own.get("ports").is_some_and(|ports| !ports.is_null());
                if name == PROXY && group == Group::InitContainers && has_ports {
                    fields.push("ports".to_owned());
                }
                fields.sort();
                fields.dedup();
                if !fields.is_empty() {
                    undone.push((name.to_owned(), fields));
                }
            }
        }
        Ok(undone)
    }

    /// Merges the settings over the merged pod again, and records them.
    pub(super) fn reapply(&self, mut merged: Value) -> Result<Value, InjectError> {
        for group in Group::BOTH {
            merged = reapply_each(merged, group, self.settings.group(group))?;
        }
        if let Some(text) = self.recorded.to_text().filter(|_| !self.counts_as_injected) {
            pod::set_annotation(&mut merged, annotation::OVERRIDES, text);
        }
        Ok(merged)
    }
}

/// Merges each container over the one of its name in the group.
fn reapply_each(mut merged: Value, group: Group, own: &[Value]) -> Result<Value, InjectError> {
    let mut position = HashMap::new();
    let containers = pod::containers(&merged, group);
    for (index, container) in containers.iter().enumerate() {
        position.insert(pod::name(container).to_owned(), index);
    }
    // Merging changes the order only if names are not unique.
    let is_unique = position.len() == containers.len();
    for own in own {
        let slot = position.get(pod::name(own)).filter(|_| is_unique);
        match slot.and_then(|&index| pod::containers_mut(&mut merged, group)?.get_mut(index)) {
            Some(container) => *container = merged_containers(&container.take(), own)?,
            None => merged = merge::overlay(merged, pod_of(group, own))?,
        }
    }
    Ok(merged)
}

/// A pod with one container.
fn pod_of(group: Group, container: &Value) -> Value {
    let list = Value::Array(vec![container.clone()]);
    let spec = Value::Object(Map::from_iter([(group.key().to_owned(), list)]));
    Value::Object(Map::from_iter([("spec".to_owned(), spec)]))
}

/// Merges a container over another one of the same name.
fn merged_containers(container: &Value, over: &Value) -> Result<Value, InjectError> {
    let merged = merge::overlay(pod_of(Group::Containers, container), pod_of(Group::Containers, over))?;
    let container = pod::containers(&merged, Group::Containers).first().cloned();
    container.ok_or_else(|| InjectError::Merge("the container is lost".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reapplied(merged: Value, user: &Value, template: Value) -> Value {
        UserSettings::of(user, &Added::of(&[template]).unwrap()).unwrap().reapply(merged).unwrap()
    }

    #[test]
    fn the_users_settings_win_and_are_recorded() {
        let user = json!({"spec": {"containers": [{"name": "app"},
            {"name": "istio-proxy", "image": "auto", "args": ["mine"], "resources": {"limits": {"cpu": "3000m"}}}]}});
        let template = json!({"spec": {"containers": [{"name": "istio-proxy", "image": "proxy:1", "args": ["its"],
            "resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}]}});
        let merged = merge::overlay(user.clone(), template.clone()).unwrap();
        let result = reapplied(merged, &user, template);
        let proxy = pod::find(&result, Group::Containers, PROXY).unwrap();
        assert_eq!(proxy["args"], json!(["mine"]));
        assert_eq!(proxy["image"], "proxy:1");
        assert_eq!(proxy["resources"]["limits"], json!({"cpu": "3000m", "memory": "1Gi"}));
        assert_eq!(
            pod::annotation(&result, annotation::OVERRIDES),
            Some(
                "{\"containers\":[{\"name\":\"istio-proxy\",\"args\":[\"mine\"],\
                 \"resources\":{\"limits\":{\"cpu\":\"3\"}}}]}"
            )
        );
    }

    #[test]
    fn the_webhook_overwrites_fields_that_the_template_also_sets() {
        let undone = |own: Value, group: &str| {
            let mut own = own;
            own["name"] = json!(PROXY);
            let template = json!({"spec": {group: [{"name": PROXY, "image": "proxy:1", "env": [{"name": "A", "value": "a"}],
                "resources": {"limits": {"cpu": "2"}}}]}});
            let settings = UserSettings::of(
                &json!({"spec": {"containers": [own]}}),
                &Added::of(std::slice::from_ref(&template)).unwrap(),
            );
            settings.unwrap().undone_by_webhook(&[template]).unwrap().pop().map(|(_, fields)| fields)
        };
        let fields = |fields: &[&str]| Some(fields.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            undone(json!({"image": "mine", "resources": {"limits": {"cpu": 1}}}), "containers"),
            fields(&["image", "resources"])
        );
        assert_eq!(undone(json!({"env": [{"name": "A", "value": "b"}]}), "containers"), fields(&["env"]));
        // Equal to the template's, and fields that the template does not have.
        assert_eq!(
            undone(json!({"resources": {"limits": {"cpu": "2000m", "memory": "1Gi"}}, "tty": true}), "containers"),
            None
        );
        assert_eq!(undone(json!({"ports": [{"containerPort": 1}]}), "containers"), None);
        assert_eq!(undone(json!({"ports": [{"containerPort": 1}]}), "initContainers"), fields(&["ports"]));
    }

    #[test]
    fn fields_that_the_annotation_does_not_record_are_dropped() {
        let env = |item: Value| json!({"name": "istio-proxy", "env": [item], "unknown": 1});
        let mut pod = json!({"spec": {"containers": [env(json!({"name": "A", "valu": null, "value": "b"})), {"name": "app", "unknown": 1}]}});
        let template = json!({"spec": {"initContainers": [{"name": "istio-proxy"}]}});
        drop_unrecorded_fields(&mut pod, &Added::of(&[template]).unwrap());
        let kept = json!({"name": "istio-proxy", "env": [{"name": "A", "value": "b"}]});
        assert_eq!(pod["spec"]["containers"], json!([kept, {"name": "app", "unknown": 1}]));
    }

    #[test]
    fn the_annotation_wins_over_the_pods_own_container() {
        let user = json!({
            "metadata": {"annotations": {annotation::OVERRIDES: "{\"containers\":[{\"name\":\"istio-proxy\",\"tty\":true}]}"}},
            "spec": {"containers": [{"name": "istio-proxy", "stdin": true}]}
        });
        let template = json!({"spec": {"containers": [{"name": "istio-proxy", "image": "proxy:1"}]}});
        let result = reapplied(template.clone(), &user, template);
        let proxy = pod::find(&result, Group::Containers, PROXY).unwrap();
        assert_eq!((proxy.get("tty"), proxy.get("stdin")), (Some(&json!(true)), None));
    }

    #[test]
    fn an_unreadable_annotation_is_an_error() {
        for text in ["", "[]", "{\"containers\": {}}", "{\"containers\": [1]}"] {
            let pod = json!({"metadata": {"annotations": {annotation::OVERRIDES: text}}});
            assert!(Recorded::of(&pod).is_err(), "{text}");
        }
    }
}
