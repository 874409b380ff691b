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

/// Names that mean something else as regular expressions, and one name in two namespaces.
const NAMES: &str = "---
apiVersion: v1
kind: Pod
metadata: {name: '${APP}-a', namespace: '${NS}'}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: only, namespace: shop, labels: {sidecar.istio.io/inject: 'false'}}
spec: {containers: [{name: b, image: b}]}
";

fn site() -> Site {
    Site::new().with("kustomize", "kustomize").with("kubectl", "kubectl")
}

#[test]
#[ignore = "needs kustomize"]
fn patches_change_the_objects_that_they_name_and_no_others() {
    let site = site();
    let args = ["inject", "--mode", "native"];
    let input = format!("{OTHERS}{NAMES}");
    let patches = site.pipe("kubectl-nativesidecar", &[&args[..], &["-o", "kustomize"]].concat(), &input).good();
    site.write("all.yaml", &input);
    site.write("kustomization.yaml", &format!("resources: [all.yaml]\n{patches}"));
    let built = site.run("kustomize", &["build", "."]).good();
    assert_same(&site.objects(&built), &site.expected(&args, &input), &args);
    site.write("all.yaml", OTHERS);
    assert!(site.run("kustomize", &["build", "."]).failed(1).contains("${APP}-a"));
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

const BUILD: [&str; 4] = ["build", "--enable-alpha-plugins", "--enable-exec", "."];

/// A kustomization of the shop, with the files of plugin/kustomize beside it.
fn with_function(how: &str) -> Site {
    let site = site();
    site.write("shop.yaml", SHOP);
    site.copy("plugin/kustomize/transformer.yaml", "transformer.yaml");
    site.copy("plugin/kustomize/validator.yaml", "validator.yaml");
    site.write("kustomization.yaml", &format!("resources: [shop.yaml]\nnamePrefix: my-\n{how}\n"));
    site
}

/// What the kustomization builds without its function.
fn plain(site: &Site) -> String {
    let kustomization = std::fs::read_to_string(site.path("kustomization.yaml")).unwrap();
    let before = kustomization.lines().take(2).collect::<Vec<_>>().join("\n");
    site.write("kustomization.yaml", &before);
    let built = site.run("kustomize", &["build", "."]).good();
    site.write("kustomization.yaml", &kustomization);
    built
}

#[test]
#[ignore = "needs kustomize"]
fn the_transformer_injects_what_is_built() {
    let site = with_function("transformers: [transformer.yaml]");
    let expected = site.expected(&["inject", "--istio", "1.30"], &plain(&site));
    assert_same(&site.objects(&site.run("kustomize", &BUILD).good()), &expected, &[]);
    // The same by a ConfigMap, in the kustomization itself, and with an argument as kustomize can since 5.7.
    let inline = "transformers:
- |-
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: inject
    annotations:
      config.kubernetes.io/function: |
        exec: {path: kubectl-nativesidecar, args: [fn]}
  data: {istio: '1.30', mode: regular, kinds: 'Job, CronJob'}";
    let site = with_function(inline);
    let args = ["inject", "--istio", "1.30", "--mode", "regular", "--kind", "Job,CronJob"];
    let expected = site.expected(&args, &plain(&site));
    assert_same(&site.objects(&site.run("kustomize", &BUILD).good()), &expected, &[]);
}

#[test]
#[ignore = "needs kustomize"]
fn what_is_wrong_with_a_workload_or_the_configuration_fails_the_build() {
    let site = with_function("transformers: [transformer.yaml]");
    let config = std::fs::read_to_string(site.path("transformer.yaml")).unwrap();
    site.write("transformer.yaml", &config.replace("istio: \"1.30\"", "istio: 1.30"));
    let said = site.run("kustomize", &BUILD).failed(1);
    assert!(said.contains("must be a string") && said.contains("quote it"), "{said}");
    site.write("transformer.yaml", &config.replace("istio: \"1.30\"", "mode: mesh"));
    let said = site.run("kustomize", &BUILD).failed(1);
    assert!(said.contains("depends on the cluster's nodes"), "{said}");
}

#[test]
#[ignore = "needs kustomize"]
fn the_validator_fails_a_build_and_prints_nothing_into_it() {
    let site = with_function("validators: [validator.yaml]");
    let said = site.run("kustomize", &BUILD).failed(1);
    assert!(said.contains("deployment/my-web: would be annotated"), "{said}");
    let annotated = site.run("kubectl-nativesidecar", &["annotate", "shop.yaml"]).good();
    site.write("shop.yaml", &annotated);
    assert_eq!(site.run("kustomize", &BUILD).good(), plain(&site));
}

#[test]
#[ignore = "needs kustomize"]
fn a_check_of_the_output_sees_that_no_function_ran() {
    let site = with_function("transformers: [transformer.yaml]");
    let silent = site.run("kustomize", &["build", "--enable-alpha-plugins", "."]).good();
    assert!(!silent.contains("istio-proxy"), "kustomize has learned to run functions: this check can go");
    site.pipe("kubectl-nativesidecar", &["inject", "--istio", "1.30", "--check"], &silent).failed(1);
    let built = site.run("kustomize", &BUILD).good();
    site.pipe("kubectl-nativesidecar", &["inject", "--istio", "1.30", "--check"], &built).good();
}

#[test]
#[ignore = "needs kustomize"]
fn fn_run_keeps_comments() {
    let site = site();
    site.write("k8s/shop.yaml", SHOP);
    let program = site.bin("kubectl-nativesidecar");
    let args = ["fn", "run", "k8s", "--enable-exec", "--exec-path", program.to_str().unwrap(), "--", "action=annotate"];
    site.run("kustomize", &args).good();
    let text = std::fs::read_to_string(site.path("k8s/shop.yaml")).unwrap();
    assert_same(&site.objects(&text), &site.expected(&["annotate"], SHOP), &args);
    let comments = SHOP.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment.trim());
    comments.for_each(|comment| assert!(text.contains(comment), "{comment} is gone:\n{text}"));
}

#[test]
#[ignore = "needs check-jsonschema"]
fn the_schema_fits_the_files_and_no_others() {
    let site = site().with("check-jsonschema", "check-jsonschema");
    for name in ["functionconfig.schema.json", "transformer.yaml", "validator.yaml"] {
        site.copy(&format!("plugin/kustomize/{name}"), name);
    }
    let check = |files: &[&str]| {
        site.run("check-jsonschema", &[&["--schemafile", "functionconfig.schema.json"], files].concat())
    };
    check(&["transformer.yaml", "validator.yaml"]).good();
    site.write(
        "bad.yaml",
        "apiVersion: nativesidecar.dev/v1alpha1\nkind: NativeSidecar\nmetadata: {name: a}\nspec: {istio: 1.30}\n",
    );
    assert!(check(&["bad.yaml"]).failed(1).contains("istio"));
}
