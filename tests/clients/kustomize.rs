//! kustomize: patches and the KRM function.

use crate::site::{SHOP, Site, assert_same};

/// Kinds that kustomize knows and one that it does not. No name is a regular expression.
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

/// Names that match differently as regular expressions, and a name that is used in two namespaces.
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
fn patches_change_only_the_objects_that_they_name() {
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
fn objects_patched_by_kustomize_equal_printed_objects() {
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
        // JSON patches have kustomize's targets, too.
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

/// A kustomization of the shop with the line `function`, next to the files of plugin/kustomize.
fn with_function(function: &str) -> Site {
    let site = site();
    site.write("shop.yaml", SHOP);
    site.copy("plugin/kustomize/transformer.yaml", "transformer.yaml");
    site.copy("plugin/kustomize/validator.yaml", "validator.yaml");
    site.copy("plugin/kustomize/linter.yaml", "linter.yaml");
    site.write("kustomization.yaml", &format!("resources: [shop.yaml]\nnamePrefix: my-\n{function}\n"));
    site
}

/// The output of the kustomization without its function.
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
fn the_transformer_injects_sidecars() {
    let site = with_function("transformers: [transformer.yaml]");
    let expected = site.expected(&["inject", "--istio", "1.30"], &plain(&site));
    assert_same(&site.objects(&site.run("kustomize", &BUILD).good()), &expected, &[]);
    // Configured by an inline ConfigMap, with an argument (kustomize 5.7 and later).
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
fn errors_in_workloads_or_the_configuration_fail_the_build() {
    let site = with_function("transformers: [transformer.yaml]");
    let config = std::fs::read_to_string(site.path("transformer.yaml")).unwrap();
    site.write("transformer.yaml", &config.replace("istio: \"1.30\"", "istio: 1.30"));
    let output = site.run("kustomize", &BUILD).failed(1);
    assert!(output.contains("must be a string") && output.contains("quote it"), "{output}");
    site.write("transformer.yaml", &config.replace("istio: \"1.30\"", "mode: mesh"));
    let output = site.run("kustomize", &BUILD).failed(1);
    assert!(output.contains("depends on the cluster's nodes"), "{output}");
}

#[test]
#[ignore = "needs kustomize"]
fn the_validator_fails_a_build_without_changing_its_output() {
    let site = with_function("validators: [validator.yaml]");
    let output = site.run("kustomize", &BUILD).failed(1);
    assert!(output.contains("deployment/my-web: would be annotated"), "{output}");
    let annotated = site.run("kubectl-nativesidecar", &["annotate", "shop.yaml"]).good();
    site.write("shop.yaml", &annotated);
    assert_eq!(site.run("kustomize", &BUILD).good(), plain(&site));
}

#[test]
#[ignore = "needs kustomize"]
fn the_linter_fails_a_build_with_findings() {
    let site = with_function("validators: [linter.yaml]");
    let output = site.run("kustomize", &BUILD).failed(1);
    assert!(output.contains("error[job-never-finishes]"), "{output}");
    let fixed = site.run("kubectl-nativesidecar", &["lint", "--fix", "--unsafe-fixes", "shop.yaml"]).good();
    site.write("shop.yaml", &fixed);
    assert_eq!(site.run("kustomize", &BUILD).good(), plain(&site));
}

#[test]
#[ignore = "needs kustomize"]
fn checking_the_output_detects_that_no_function_ran() {
    let site = with_function("transformers: [transformer.yaml]");
    let silent = site.run("kustomize", &["build", "--enable-alpha-plugins", "."]).good();
    assert!(!silent.contains("istio-proxy"), "kustomize runs functions by default now: remove this test");
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
    comments.for_each(|comment| assert!(text.contains(comment), "{comment} is missing:\n{text}"));
}

#[test]
#[ignore = "needs check-jsonschema"]
fn the_schema_accepts_the_files_and_rejects_errors() {
    let site = site().with("check-jsonschema", "check-jsonschema");
    for name in ["functionconfig.schema.json", "transformer.yaml", "validator.yaml", "linter.yaml"] {
        site.copy(&format!("plugin/kustomize/{name}"), name);
    }
    let check = |files: &[&str]| {
        site.run("check-jsonschema", &[&["--schemafile", "functionconfig.schema.json"], files].concat())
    };
    check(&["transformer.yaml", "validator.yaml", "linter.yaml"]).good();
    site.write(
        "bad.yaml",
        "apiVersion: nativesidecar.dev/v1alpha1\nkind: NativeSidecar\nmetadata: {name: a}\nspec: {istio: 1.30}\n",
    );
    assert!(check(&["bad.yaml"]).failed(1).contains("istio"));
}
