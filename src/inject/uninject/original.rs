//! The pod from before an injection, to compare what users wrote.

use serde_json::Value;

use super::earlier_injection;
use crate::inject::pod::{self, Group};
use crate::inject::probes;
use crate::istio::names::{annotation, container};
use crate::istio::native::Mode;
use crate::istio::{Mesh, Release};
use crate::k8s::defaults::{self, Admission};

/// A pod from before its injection.
#[derive(Debug, Clone, PartialEq)]
pub struct Uninjected {
    /// `metadata` and `spec`. Labels and annotations that the injection set are still there: nothing records them.
    pub pod: Value,
    /// The mode and the image of the proxy that was removed.
    pub proxy: Option<(Mode, String)>,
}

impl Uninjected {
    /// Takes the spelling of values that are not recorded from `other`, another version of the same pod: names of ports in probes, and the API
    /// server's defaults.
    pub fn spell_as(&mut self, other: &Value) {
        probes::name_ports_as(&mut self.pod, other);
        defaults::settle(&mut self.pod, other, &[], Admission::default());
    }
}

/// Undoes an injection by its records; `None` if the pod is not injected.
pub fn uninject(pod: &Value) -> Option<Uninjected> {
    pod::annotation(pod, annotation::STATUS)?;
    let image = |group, mode| {
        let proxy = pod::find(pod, group, container::PROXY)?;
        Some((mode, pod::text(proxy, "image").to_owned()))
    };
    let proxy = image(Group::InitContainers, Mode::Native).or_else(|| image(Group::Containers, Mode::Regular));
    let mesh = Mesh::install(Release::newest_built_in(), &Value::Null).ok()?;
    let mut before = pod.clone();
    earlier_injection(&mut before, &mesh, Some(Admission::default()));
    Some(Uninjected { pod: before, proxy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::{Injection, Injector, ModeRequest, Workload};
    use serde_json::json;

    #[test]
    fn the_injection_is_removed() {
        let pod = json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {"team": "shop"}},
            "spec": {"containers": [{"name": "web", "image": "web", "readinessProbe": {"httpGet": {"path": "/r", "port": 80}}}]},
        });
        assert_eq!(uninject(&pod), None);
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        let injector = Injector::new(mesh).unwrap();
        let Ok(Injection::Injected(injected)) = injector.inject(&workload, &pod, ModeRequest::default()) else {
            panic!("not injected");
        };
        let before = uninject(&injected.pod).unwrap();
        assert_eq!(before.pod["spec"], pod["spec"]);
        let (mode, image) = before.proxy.unwrap();
        assert_eq!((mode, image.contains("proxyv2")), (Mode::Native, true));
    }

    #[test]
    fn unrecorded_values_are_spelled_as_in_the_other_pod() {
        let mut stored = json!({"spec": {"containers": [{"name": "web", "image": "web",
            "ports": [{"name": "http", "containerPort": 80}], "readinessProbe": {"httpGet": {"port": "http"}}}]}});
        let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        let injector = Injector::new(Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap()).unwrap();
        let Ok(Injection::Injected(injected)) = injector.inject(&workload, &stored, ModeRequest::default()) else {
            panic!("not injected");
        };
        let mut before = uninject(&injected.pod).unwrap();
        before.spell_as(&stored);
        assert_eq!(before.pod["spec"], stored["spec"]);
        defaults::fill(&mut stored, Admission::default());
        before.spell_as(&stored);
        assert_eq!(before.pod["spec"]["containers"], stored["spec"]["containers"]);
    }
}
