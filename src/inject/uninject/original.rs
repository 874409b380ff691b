//! A pod as it was before it was injected, for those who compare what people wrote.

use serde_json::Value;

use super::earlier_injection;
use crate::inject::pod::{self, Group};
use crate::inject::probes;
use crate::istio::names::{annotation, container};
use crate::istio::native::Mode;
use crate::istio::{Mesh, Release};
use crate::k8s::defaults::{self, Admission};

/// An injected pod without what was injected.
#[derive(Debug, Clone, PartialEq)]
pub struct Uninjected {
    /// `metadata` and `spec` of before. Labels and annotations that the injection set stay: nothing records them.
    pub pod: Value,
    /// The kind of proxy that it had, and the proxy's image.
    pub proxy: Option<(Mode, String)>,
}

impl Uninjected {
    /// Spells what the records do not tell as `other` does, which is the same pod elsewhere: names of ports in probes, and
    /// defaults of the API server.
    pub fn spell_as(&mut self, other: &Value) {
        probes::name_ports_as(&mut self.pod, other);
        defaults::settle(&mut self.pod, other, &[], Admission::default());
    }
}

/// The pod of before an injection, as far as its records tell; none if it was not injected.
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
    use crate::inject::{Injector, ModeRequest, Outcome, Workload};
    use serde_json::json;

    #[test]
    fn what_was_injected_is_left_out() {
        let pod = json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {"team": "shop"}},
            "spec": {"containers": [{"name": "web", "image": "web", "readinessProbe": {"httpGet": {"path": "/r", "port": 80}}}]},
        });
        assert_eq!(uninject(&pod), None);
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        let injector = Injector::new(mesh).unwrap();
        let Ok(Outcome::Injected(injected)) = injector.inject(&workload, &pod, ModeRequest::default()) else {
            panic!("it is not injected");
        };
        let before = uninject(&injected.pod).unwrap();
        assert_eq!(before.pod["spec"], pod["spec"]);
        let (mode, image) = before.proxy.unwrap();
        assert_eq!((mode, image.contains("proxyv2")), (Mode::Native, true));
    }

    #[test]
    fn what_the_records_do_not_tell_is_spelled_as_elsewhere() {
        let mut stored = json!({"spec": {"containers": [{"name": "web", "image": "web",
            "ports": [{"name": "http", "containerPort": 80}], "readinessProbe": {"httpGet": {"port": "http"}}}]}});
        let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        let injector = Injector::new(Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap()).unwrap();
        let Ok(Outcome::Injected(injected)) = injector.inject(&workload, &stored, ModeRequest::default()) else {
            panic!("it is not injected");
        };
        let mut before = uninject(&injected.pod).unwrap();
        before.spell_as(&stored);
        assert_eq!(before.pod["spec"], stored["spec"]);
        defaults::fill(&mut stored, Admission::default());
        before.spell_as(&stored);
        assert_eq!(before.pod["spec"]["containers"], stored["spec"]["containers"]);
    }
}
