use serde_json::json;

use super::*;
use crate::inject::Injector;
use crate::istio::Mesh;

/// A mesh whose sidecars are native, and which has these values.
fn meshes(release: &str, values: &Value) -> Meshes {
    let mut mesh = Mesh::install(release.parse().unwrap(), values).unwrap();
    mesh.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), "true".to_owned());
    Meshes::only(Injector::new(mesh).unwrap())
}

/// A `ReplicaSet` of Deployment `web`.
fn replica_set() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {
        "name": "web-7d9c", "namespace": "shop",
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": true}],
    }, "spec": {"template": {
        "metadata": {"labels": {"app": "web", "pod-template-hash": "7d9c"}},
        "spec": {"containers": [{"name": "web", "image": "example.com/web:1", "resources": {"limits": {"cpu": "1000m"}},
            "livenessProbe": {"httpGet": {"path": "/live", "port": 8080}}}]},
    }}})
}

/// The pod that a cluster with this mesh makes of the template.
fn live(meshes: &Meshes) -> Value {
    let template = replica_set()["spec"]["template"].clone();
    let workload = Workload::new("apps/v1", "ReplicaSet", "web-7d9c", "shop");
    let mut pod = expected_by(meshes, &workload, &template).unwrap().pod;
    fill(&mut pod, Admission::default());
    let mount = json!({"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true});
    for list in ["containers", "initContainers"] {
        for container in pod["spec"][list].as_array_mut().into_iter().flatten() {
            match container["volumeMounts"].as_array_mut() {
                Some(mounts) => mounts.push(mount.clone()),
                None => container["volumeMounts"] = json!([mount]),
            }
        }
    }
    let spec = pod["spec"].as_object_mut().unwrap();
    spec["volumes"].as_array_mut().unwrap().push(json!({"name": "kube-api-access-x", "projected": {"sources": []}}));
    spec.insert("nodeName".to_owned(), "n1".into());
    spec.insert("priority".to_owned(), 0.into());
    spec.insert(
        "tolerations".to_owned(),
        json!([{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}]),
    );
    let metadata = pod["metadata"].as_object_mut().unwrap();
    metadata.insert("name".to_owned(), "web-7d9c-x".into());
    metadata.insert("namespace".to_owned(), "shop".into());
    metadata.insert("generateName".to_owned(), "web-7d9c-".into());
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-7d9c", "controller": true}]);
    metadata.insert("ownerReferences".to_owned(), owner);
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    pod
}

/// Compares a pod, with these other objects at hand.
fn verified(meshes: &Meshes, pod: &Value, others: &[Value]) -> Verified {
    let mut collected = Collected::default();
    for object in others.iter().chain([pod]) {
        assert!(collected.take(object.clone(), "default"));
    }
    let (key, pod) = collected.pods.iter().next().unwrap();
    Verified::by_mesh(&collected, meshes, key, pod)
}

/// The differences as `CODE PATH`.
fn found(meshes: &Meshes, pod: &Value) -> Vec<String> {
    let verified = verified(meshes, pod, &[replica_set()]);
    let line = |difference: &Difference| format!("{} {}", difference.cause.code(), difference.path);
    verified.outcome.unwrap().differences.iter().map(line).collect()
}

#[test]
fn what_kubernetes_adds_is_no_difference() {
    let meshes = meshes("1.30.3", &Value::Null);
    let pod = live(&meshes);
    for others in [vec![replica_set()], vec![]] {
        let verified = verified(&meshes, &pod, &others);
        let template = if others.is_empty() { "pod" } else { "replicaset/web-7d9c" };
        assert_eq!(verified.template.to_string(), template);
        let comparison = verified.outcome.unwrap();
        assert_eq!(comparison.differences, [], "{template}");
        let is_node = |path: &FieldPath| path.to_string() == "spec.nodeName";
        // A pod that is compared with itself shows only what was added to its sidecar.
        assert_eq!(comparison.admission.iter().any(is_node), !others.is_empty(), "{:?}", comparison.admission);
    }
}

#[test]
fn other_webhooks_are_named() {
    let meshes = meshes("1.30.3", &Value::Null);
    let mut pod = live(&meshes);
    pod["metadata"]["annotations"]["example.com/seen"] = "yes".into();
    pod["spec"]["volumes"].as_array_mut().unwrap().push(json!({"name": "azure-identity-token", "projected": {}}));
    let web = &mut pod["spec"]["containers"][0];
    web["env"] = json!([{"name": "AZURE_CLIENT_ID", "value": "id"}, {"name": "OTHER", "value": "1"}]);
    web["image"] = "mirror.example.org/web:1".into();
    assert_eq!(
        found(&meshes, &pod),
        [
            "unknown metadata.annotations[example.com/seen]",
            "image-rewritten spec.containers[web].image",
            "webhook spec.containers[web].env[AZURE_CLIENT_ID]",
            "unknown spec.containers[web].env[OTHER]",
            "webhook spec.volumes[azure-identity-token]",
        ]
    );
}

#[test]
fn injections_by_another_mesh_are_told_apart() {
    let now = meshes("1.30.3", &Value::Null);
    let causes = |pod: &Value| -> Vec<String> {
        let mut codes: Vec<String> =
            found(&now, pod).iter().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect();
        codes.dedup();
        codes
    };
    assert_eq!(causes(&live(&meshes("1.28.2", &Value::Null))), ["older-injection"]);
    let canary = meshes("1.30.3", &json!({"revision": "canary"}));
    assert_eq!(causes(&live(&canary)), ["older-injection"]);
    let other = meshes("1.30.3", &json!({"global": {"proxy": {"resources": {"requests": {"cpu": "10m"}}}}}));
    assert_eq!(causes(&live(&other)), ["configuration"]);
    let mut regular = Mesh::install("1.30.3".parse().unwrap(), &Value::Null).unwrap();
    regular.env.insert("ENABLE_NATIVE_SIDECARS".to_owned(), "false".to_owned());
    let regular = Meshes::only(Injector::new(regular).unwrap());
    assert_eq!(causes(&live(&regular)), ["other-mode"]);
    let mut plain = replica_set()["spec"]["template"].clone();
    plain["kind"] = "Pod".into();
    plain["apiVersion"] = "v1".into();
    plain["metadata"]["ownerReferences"] = live(&now)["metadata"]["ownerReferences"].clone();
    plain["metadata"]["namespace"] = "shop".into();
    assert_eq!(causes(&plain), ["never-injected"]);
}

#[test]
fn an_image_by_digest_does_not_show_an_older_injection() {
    let meshes = meshes("1.30.3", &Value::Null);
    let causes = |image: &str| {
        let mut pod = live(&meshes);
        let init = pod["spec"]["initContainers"].as_array_mut().unwrap();
        let proxy = init.iter_mut().find(|container| container["name"] == "istio-proxy").unwrap();
        proxy["image"] = image.into();
        found(&meshes, &pod)
    };
    let path = "spec.initContainers[istio-proxy].image";
    assert_eq!(causes("registry.istio.io/release/proxyv2@sha256:00"), [format!("configuration {path}")]);
    assert_eq!(causes("registry.istio.io/release/proxyv2:1.30.3@sha256:00"), [format!("configuration {path}")]);
    assert_eq!(causes("registry.istio.io/release/proxyv2:1.28.2@sha256:00"), [format!("older-injection {path}")]);
}

#[test]
fn what_kubectl_apply_records_is_no_difference() {
    let meshes = meshes("1.30.3", &Value::Null);
    let mut pod = live(&meshes);
    let record = json!({"spec": {"containers": [{"env": [{"name": "DB_PASSWORD", "value": "c2VjcmV0"}]}]}});
    pod["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = record.to_string().into();
    assert_eq!(found(&meshes, &pod), [""; 0]);
}

#[test]
fn a_stripped_restart_policy_is_told() {
    let meshes = meshes("1.30.3", &Value::Null);
    let mut pod = live(&meshes);
    let init = pod["spec"]["initContainers"].as_array_mut().unwrap();
    let proxy = init.iter_mut().find(|container| container["name"] == "istio-proxy").unwrap();
    proxy.as_object_mut().unwrap().remove("restartPolicy");
    assert_eq!(found(&meshes, &pod), ["restart-policy-stripped spec.initContainers[istio-proxy].restartPolicy"]);
}

#[test]
fn a_pod_that_opts_out_now_has_a_sidecar_too_much() {
    let meshes = meshes("1.30.3", &Value::Null);
    let mut pod = live(&meshes);
    let mut owner = replica_set();
    owner["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] = "false".into();
    pod["metadata"]["labels"]["sidecar.istio.io/inject"] = "false".into();
    let comparison = verified(&meshes, &pod, &[owner]).outcome.unwrap();
    let first = comparison.differences.iter().find(|difference| difference.path.to_string().contains("istio-proxy"));
    assert_eq!(first.unwrap().cause.code(), "not-injected-now");
}

#[test]
fn the_template_of_a_deployment_may_have_changed() {
    let meshes = meshes("1.30.3", &Value::Null);
    let pod = live(&meshes);
    let mut deployment = replica_set();
    deployment["kind"] = "Deployment".into();
    deployment["metadata"] = json!({"name": "web", "namespace": "shop"});
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/web:2".into();
    let verified = verified(&meshes, &pod, &[deployment]);
    assert_eq!(verified.template.to_string(), "deployment/web");
    let comparison = verified.outcome.unwrap();
    let [only] = &comparison.differences[..] else { panic!("{:?}", comparison.differences) };
    assert_eq!((only.path.to_string().as_str(), &only.cause), ("spec.containers[web].image", &Cause::TemplateChanged));
}

#[test]
fn rendered_manifests_are_matched_by_the_names_that_controllers_give() {
    let meshes = meshes("1.30.3", &Value::Null);
    let pod = live(&meshes);
    let template = replica_set()["spec"]["template"].clone();
    let workload = Workload::new("apps/v1", "Deployment", "web", "shop");
    let rendered = expected_by(&meshes, &workload, &template).unwrap().pod;
    let mut collected = Collected::default();
    collected.take(pod, "default");
    let (key, pod) = collected.pods.iter().next().unwrap();
    for (name, is_found) in [("web", true), ("other", false)] {
        let mut expected = ExpectedPods::default();
        let metadata = json!({"name": name});
        assert!(expected.take(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": rendered}})));
        let verified = Verified::by_manifests(&collected, &expected, key, pod);
        assert_eq!((verified.outcome.is_ok(), verified.is_same()), (is_found, is_found), "{:?}", verified.outcome);
    }
}

#[test]
fn values_that_may_be_secret_are_hidden() {
    let mesh = meshes("1.30", &Value::Null);
    let mut pod = live(&mesh);
    let app = &mut pod["spec"]["containers"][0];
    app["env"] = json!([{"name": "DB_PASSWORD", "value": "c2VjcmV0"}]);
    app["args"] = json!(["--password=c2VjcmV0"]);
    app["livenessProbe"] = json!({"exec": {"command": ["probe", "c2VjcmV0"]}});
    app["readinessProbe"] =
        json!({"httpGet": {"port": 80, "httpHeaders": [{"name": "Authorization", "value": "c2VjcmV0"}]}});
    let extra =
        json!({"name": "extra", "image": "x", "env": [{"name": "A", "value": "c2VjcmV0"}], "command": ["c2VjcmV0"]});
    pod["spec"]["containers"].as_array_mut().unwrap().push(extra);
    let overrides = json!({"containers": [{"name": "istio-proxy", "env": [{"name": "A", "value": "c2VjcmV0"}]}]});
    pod["metadata"]["annotations"]["proxy.istio.io/overrides"] = overrides.to_string().into();
    let verified = verified(&mesh, &pod, &[replica_set()]);
    let differences = verified.outcome.unwrap().differences;
    assert!(differences.len() >= 5, "{differences:?}");
    assert!(format!("{differences:?}").contains("istio-proxy"), "{differences:?}");
    assert!(!format!("{differences:?}").contains("c2VjcmV0"), "{differences:?}");
}
