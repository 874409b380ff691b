//! A pod as it was before it was injected, for those who compare what people wrote.

use serde_json::Value;

use super::pod::{self, Group};
use super::strip;
use crate::istio::names::{annotation, container};
use crate::istio::native::Mode;
use crate::istio::{Mesh, Release};
use crate::k8s::defaults::Admission;

/// An injected pod without what was injected.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// `metadata` and `spec` of before. Labels and annotations that the injection set stay: nothing records them.
    pub pod: Value,
    /// The kind of proxy that it had, and the proxy's image.
    pub proxy: Option<(Mode, String)>,
}

/// The pod of before an injection, as far as its records tell; none if it was not injected.
pub fn before_injection(pod: &Value) -> Option<Before> {
    pod::annotation(pod, annotation::STATUS)?;
    let image = |group, mode| {
        let proxy = pod::find(pod, group, container::PROXY)?;
        Some((mode, pod::text(proxy, "image").to_owned()))
    };
    let proxy = image(Group::InitContainers, Mode::Native).or_else(|| image(Group::Containers, Mode::Regular));
    let mesh = Mesh::install(Release::newest_built_in(), &Value::Null).ok()?;
    let mut before = pod.clone();
    strip::earlier_injection(&mut before, &mesh, Some(Admission::default()));
    Some(Before { pod: before, proxy })
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
        assert_eq!(before_injection(&pod), None);
        let mesh = Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap();
        let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
        let injector = Injector::new(mesh).unwrap();
        let Ok(Outcome::Injected(injected)) = injector.inject(&workload, &pod, ModeRequest::default()) else {
            panic!("it is not injected");
        };
        let before = before_injection(&injected.pod).unwrap();
        assert_eq!(before.pod["spec"], pod["spec"]);
        let (mode, image) = before.proxy.unwrap();
        assert_eq!((mode, image.contains("proxyv2")), (Mode::Native, true));
    }
}
