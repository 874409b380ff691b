//! The Argo CD config management plugin: its commands with the environment of the repo server.

use serde_json::Value;

use crate::site::{Ran, SHOP, Site, assert_same, finish};

fn site() -> Site {
    let site = Site::new().with("kustomize", "kustomize").with("helm4", "helm");
    site.copy("plugin/argocd", "argocd");
    site
}

/// The plugin's configuration.
fn plugin(site: &Site) -> Value {
    site.objects(&std::fs::read_to_string(site.path("argocd/plugin.yaml")).unwrap()).remove(0)
}

/// Runs `generate` in the folder `app`.
fn generate(site: &Site, environment: &[(&str, &str)]) -> Ran {
    let plugin = plugin(site);
    let generate = &plugin["spec"]["generate"];
    let words = ["command", "args"].map(|key| generate[key].as_array().unwrap().iter().map(|w| w.as_str().unwrap()));
    let words: Vec<&str> = words.into_iter().flatten().collect();
    let mut command = site.command(words[0]);
    command.args(&words[1..]).current_dir(site.path("app"));
    command.envs([("ARGOCD_APP_NAME", "shop"), ("ARGOCD_APP_NAMESPACE", "prod"), ("ARGOCD_APP_PARAMETERS", "[]")]);
    command.envs(environment.iter().copied());
    finish(&mut command, "")
}

#[test]
#[ignore = "needs kustomize and Helm"]
fn generate_prints_the_manifests_of_a_folder() {
    let site = site();
    site.write("app/k8s/shop.yaml", SHOP);
    site.write("app/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web} # comment\n");
    let ran = generate(&site, &[]);
    assert_eq!(ran.stderr, "");
    let all = site.run("kubectl-nativesidecar", &["annotate", "-q", "-R", "app"]).good();
    assert_eq!(ran.good(), all);
    let ran = generate(&site, &[("PARAM_ACTION", "inject"), ("PARAM_MODE", "regular"), ("PARAM_ISTIO", "1.30")]);
    let args = ["inject", "-q", "-R", "app", "--mode", "regular", "--istio", "1.30", "-n", "prod"];
    assert_eq!(ran.good(), site.run("kubectl-nativesidecar", &args).good());
}

#[test]
#[ignore = "needs kustomize and Helm"]
fn generate_builds_kustomizations_and_renders_charts() {
    let site = site();
    site.write("app/shop.yaml", SHOP);
    site.write("app/kustomization.yaml", "namePrefix: my-\nresources: [shop.yaml]\n");
    let built = site.run("kustomize", &["build", "app"]).good();
    let expected = site.expected(&["annotate"], &built);
    assert_same(&site.objects(&generate(&site, &[]).good()), &expected, &[]);

    std::fs::remove_dir_all(site.path("app")).unwrap();
    site.write("app/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
    site.write("app/prod.yaml", "image: prod:1\n");
    let template = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n\
                    spec: {containers: [{name: web, image: {{ .Values.image }}}]}\n";
    site.write("app/templates/pod.yaml", template);
    let printed = generate(&site, &[("PARAM_HELM_VALUES_0", "prod.yaml")]).good();
    let pod = site.objects(&printed).remove(0);
    assert_eq!(pod["metadata"]["name"], "shop");
    assert_eq!(pod["metadata"]["namespace"], "prod");
    assert_eq!(pod["metadata"]["annotations"]["sidecar.istio.io/nativeSidecar"], "true");
    assert_eq!(pod["spec"]["containers"][0]["image"], "prod:1");
}

#[test]
#[ignore = "needs kustomize and Helm"]
fn failures_print_nothing() {
    let site = site();
    site.write("app/shop.yaml", SHOP);
    let ran = generate(&site, &[("PARAM_ACTION", "inject"), ("PARAM_MODE", "mesh"), ("PARAM_ISTIO", "1.30")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("depends on the cluster's nodes"));
    // No release is assumed for a cluster.
    let ran = generate(&site, &[("PARAM_ACTION", "inject")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    site.write("app/.nativesidecar.yaml", "istio: \"1.30\"\n");
    assert!(generate(&site, &[("PARAM_ACTION", "inject")]).good().contains("istio-proxy"));
    site.write("app/kustomization.yaml", "resources: [gone.yaml]\n");
    let ran = generate(&site, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
}

#[test]
#[ignore = "needs kustomize"]
fn the_component_adds_the_plugin_as_a_sidecar_of_the_repo_server() {
    let site = site();
    let server = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: argocd-repo-server}\nspec:\n  template:\n    spec:\n      \
                  containers: [{name: argocd-repo-server, image: argocd}]\n      volumes: [{name: var-files, emptyDir: {}}, \
                  {name: plugins, emptyDir: {}}]\n";
    site.write("server.yaml", server);
    site.write("kustomization.yaml", "resources: [server.yaml]\ncomponents: [argocd]\n");
    let objects = site.objects(&site.run("kustomize", &["build", "."]).good());
    let (map, pod) = (&objects[0], &objects[1]["spec"]["template"]["spec"]);
    assert_eq!(map["data"]["plugin.yaml"], std::fs::read_to_string(site.path("argocd/plugin.yaml")).unwrap());
    let names = |list: &str| -> Vec<&str> {
        pod[list].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names("containers"), ["nativesidecar", "argocd-repo-server"]);
    let mounted: Vec<&Value> = pod["containers"][0]["volumeMounts"].as_array().unwrap().iter().collect();
    assert!(mounted.iter().all(|mount| names("volumes").contains(&mount["name"].as_str().unwrap())));
    assert_eq!(pod["containers"][0]["securityContext"]["runAsUser"], 999);
    let hashed = pod["volumes"].as_array().unwrap().iter().find_map(|volume| volume.pointer("/configMap/name"));
    assert_eq!(hashed, Some(&map["metadata"]["name"]));
}
