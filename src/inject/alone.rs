//! Renders one template of a mesh, to find templates that are wrong for every pod.

use serde_json::{Value, json};

use super::error::InjectError;
use super::template_data::TemplateData;
use super::{Injector, OverlayMaker, Workload, builtin, template};
use crate::istio::native::Mode;

impl Injector {
    /// What the template of this name renders for a plain pod with a proxy of this mode: the part of a pod that istiod
    /// would merge.
    pub fn template_alone(&self, name: &str, mode: Mode) -> Result<Value, InjectError> {
        let workload = Workload::new("apps/v1", "Deployment", "app", "default");
        let pod = json!({"metadata": {}, "spec": {"containers": [{"name": "app", "image": "app"}]}});
        let config = self.mesh.proxy_config(&workload.namespace, &|_: &str| None, None)?;
        let data = TemplateData::new(&workload, &pod, &self.mesh, config, (mode, mode == Mode::Native))?;
        let budget = template::budget();
        let overlays = match &self.maker {
            OverlayMaker::BuiltIn(added) => builtin::render(&self.mesh, added.as_ref(), &[name], &data, &budget)?.0,
            OverlayMaker::Own(own) => own.render(&self.mesh, &[name], &data, &budget)?,
        };
        Ok(overlays.into_iter().next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::istio::Mesh;

    #[test]
    fn a_template_is_rendered_for_the_mode() {
        let sidecar = "spec:\n{{- if .NativeSidecars }}\n  initContainers:\n{{- else }}\n  containers:\n{{- end }}\n  - name: \
                       istio-proxy\n";
        let config = json!({"templates": {"sidecar": sidecar, "broken": "{{ .None }}"}});
        let values = json!({"global": {"hub": "h", "tag": "t"}});
        let own = Injector::new(Mesh::from_config("1.30".parse().unwrap(), &config, values, Value::Null).unwrap());
        let built_in = Injector::new(Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap());
        let (own, built_in) = (own.unwrap(), built_in.unwrap());
        for (mode, list) in [(Mode::Native, "/spec/initContainers"), (Mode::Regular, "/spec/containers")] {
            for injector in [&own, &built_in] {
                let containers = injector.template_alone("sidecar", mode).unwrap();
                let containers = containers.pointer(list).and_then(Value::as_array).unwrap();
                assert!(containers.iter().any(|container| container["name"] == "istio-proxy"), "{mode}");
            }
        }
        assert!(own.template_alone("broken", Mode::Native).is_err());
        assert!(own.template_alone("absent", Mode::Native).is_err());
    }
}
