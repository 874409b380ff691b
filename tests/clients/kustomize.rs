//! kustomize: patches, and the function.

use crate::site::{SHOP, Site, assert_same};

/// Kinds that kustomize knows and one that it does not, with names that are no regular expressions.
const OTHERS: &str = "---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api.v1, namespace: shop}
spec:
  template:
    spec:
      initContainers: [{name: first, image: first}]
      containers: [{name: api, image: api, ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]}]
      volumes: [{name: data, emptyDir: {}}]
---
apiVersion: v1
kind: Pod
metadata: {name: apisv1, namespace: shop}
spec:
  containers: [{name: a, image: a}, {name: b, image: b}]
---
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec: {template: {spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: only, annotations: {sidecar.istio.io/nativeSidecar: 'true'}, labels: {a: b}}
spec: {containers: [{name: a, image: a}]}
";

fn site() -> Site {
    Site::new().with("kustomize", "kustomize").with("kubectl", "kubectl")
}

#[test]
#[ignore = "needs kustomize"]
fn patches_pasted_into_a_kustomization_give_what_the_stream_gives() {
    let site = site();
    let shop = format!("{SHOP}{OTHERS}");
    let regular = site.pipe("kubectl-nativesidecar", &["inject", "--mode", "regular"], &shop).good();
    for (args, input) in [
        (&["annotate"][..], &shop),
        (&["inject"], &shop),
        (&["inject", "--mode", "regular"], &shop),
        (&["inject", "--mode", "native"], &regular),
        (&["annotate", "--remove"], &regular),
        (&["annotate", "--remove"], &shop),
    ] {
        let expected = site.expected(args, input);
        let form = |form| site.pipe("kubectl-nativesidecar", &[args, &["-o", form]].concat(), input).good();
        site.write("all.yaml", input);
        site.write("kustomization.yaml", &format!("resources: [all.yaml]\n{}", form("kustomize")));
        let built = site.run("kustomize", &["build", "."]).good();
        assert_same(&site.objects(&built), &expected, args);
        assert_eq!(site.run("kubectl", &["kustomize", "."]).good(), built, "{args:?}");
        // The operations too, as their targets are those of kustomize.
        let entries: serde_json::Value = serde_json::from_str(&form("jsonpatch")).unwrap();
        let patches: Vec<_> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|e| serde_json::json!({"target": e["target"], "patch": e["patch"].to_string()}))
            .collect();
        let kustomization = serde_json::json!({"resources": ["all.yaml"], "patches": patches});
        site.write("kustomization.yaml", &kustomization.to_string());
        assert_same(&site.objects(&site.run("kustomize", &["build", "."]).good()), &expected, args);
    }
}
