//! Helm 3 and 4: the program between a chart and the cluster.

use std::fs;

use crate::site::{Site, root};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  template:
    spec:
      # the web server
      containers:
      - name: web
        image: web
";

const HOOK: &str = "apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations: {helm.sh/hook: pre-install}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: migrate}]
";

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata: {name: web} # comment
spec: {ports: [{port: 80}]}
";

/// A chart with a workload, a service and a hook, and a chart that renders nothing.
fn site(helm: &str) -> Site {
    let site = Site::new().with(helm, "helm");
    for chart in ["chart", "empty"] {
        site.write(&format!("{chart}/Chart.yaml"), &format!("apiVersion: v2\nname: {chart}\nversion: 0.1.0\n"));
    }
    for (name, text) in [("web", WEB), ("hook", HOOK), ("service", SERVICE)] {
        site.write(&format!("chart/templates/{name}.yaml"), text);
    }
    site.write("empty/templates/web.yaml", "{{ if .Values.on }}a: b{{ end }}\n");
    site
}

/// The part of Helm's output from one template.
fn part<'o>(output: &'o str, template: &str) -> &'o str {
    let source = format!("# Source: chart/templates/{template}.yaml\n");
    let (_, part) = output.split_once(&source).unwrap_or_else(|| panic!("{template} is not in\n{output}"));
    part.split("\n---\n").next().unwrap()
}

#[test]
#[ignore = "needs Helm 3"]
fn helm_3_renders_everything_except_hooks() {
    let site = site("helm3");
    let render = ["template", "shop", "chart", "--post-renderer", "kubectl-nativesidecar"];
    let inject = ["--post-renderer-args", "inject", "--post-renderer-args", "--istio=1.30"];
    let rendered = site.run("helm", &[&render[..], &inject].concat()).good();
    let plain = site.run("helm", &render[..3]).good();
    assert_eq!(part(&rendered, "service"), part(&plain, "service"));
    assert!(part(&rendered, "web").contains("      # the web server\n"));
    assert!(part(&rendered, "web").contains("name: istio-proxy"));
    // Hooks are not post-rendered, as documented.
    assert_eq!(part(&rendered, "hook").trim_end(), part(&plain, "hook").trim_end());
    let piped = site.pipe("kubectl-nativesidecar", &["inject", "--istio", "1.30"], &plain).good();
    assert!(part(&piped, "hook").contains("name: istio-proxy"));

    let arguments = ["--post-renderer-args", "annotate", "--post-renderer-args", "--mode=regular"];
    let rendered = site.run("helm", &[&render[..], &arguments].concat()).good();
    assert!(part(&rendered, "web").contains("sidecar.istio.io/nativeSidecar: \"false\""));
    let arguments = ["--post-renderer-args", "inject", "--post-renderer-args", "--mode=mesh"];
    let output = site.run("helm", &[&render[..], &arguments].concat()).failed(1);
    assert!(output.contains("depends on the cluster's nodes") && output.contains("hint:"), "{output}");
}

const RENDER: [&str; 5] = ["template", "shop", "chart", "--post-renderer", "nativesidecar"];

fn check_helm_4(site: &Site) {
    let plain = site.run("helm", &RENDER[..3]).good();
    let rendered = site.run("helm", &RENDER).good();
    assert_eq!(part(&rendered, "service"), part(&plain, "service"));
    for workload in ["web", "hook"] {
        assert!(part(&rendered, workload).contains("sidecar.istio.io/nativeSidecar: \"true\""), "{workload}");
        assert!(!part(&rendered, workload).contains("name: istio-proxy"), "{workload}");
    }
    assert!(part(&rendered, "web").contains("      # the web server\n"));
    assert!(!rendered.contains("postrender"), "{rendered}");
    site.run("helm", &["template", "shop", "empty", "--post-renderer", "nativesidecar"]).good();
}

#[test]
#[ignore = "needs Helm 4"]
fn helm_4_installs_the_plugin_from_its_folder() {
    let site = site("helm4");
    site.copy("plugin/helm", "nativesidecar");
    site.run("helm", &["plugin", "install", "./nativesidecar"]).good();
    check_helm_4(&site);
    let report = || fs::read_to_string(site.path("nativesidecar/report.json")).unwrap();
    assert!(report().contains("\"errors\": []"));
    let with = |arguments: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().flat_map(|a| ["--post-renderer-args", a]).collect();
        site.run("helm", &[&RENDER[..], &arguments].concat())
    };
    let regular = with(&["--mode=regular"]).good();
    assert!(part(&regular, "web").contains("sidecar.istio.io/nativeSidecar: \"false\""));
    let elsewhere = site.path("elsewhere.json");
    with(&[&format!("--report-file={}", elsewhere.display())]).good();
    assert!(fs::read_to_string(elsewhere).unwrap().contains("\"workloads\": ["));

    // Switch from annotate to inject as documented.
    let plugin = fs::read_to_string(site.path("nativesidecar/plugin.yaml")).unwrap();
    let (annotate, inject) = ("    args: [annotate,", "    # args: [inject,");
    assert!(plugin.contains(annotate) && plugin.contains(inject));
    let switched = plugin.replace(annotate, "    # args: [annotate,").replace(inject, "    args: [inject,");
    site.write("nativesidecar/plugin.yaml", &switched);
    let injected = with(&[]).good();
    for workload in ["web", "hook"] {
        assert!(part(&injected, workload).contains("name: istio-proxy"), "{workload}");
    }
    // Helm does not show the plugin's errors, but the report has them.
    let output = with(&["--mode=mesh"]).failed(1);
    assert!(!output.contains("nodes"), "Helm shows the plugin's errors now: {output}");
    assert!(report().contains("depends on the cluster's nodes"));
}

#[test]
#[ignore = "needs Helm 4"]
fn helm_4_installs_the_plugin_from_an_archive_with_the_program() {
    let site = site("helm4");
    let package = root().join("plugin/package");
    let program = site.bin("kubectl-nativesidecar");
    let (package, path) = (package.to_str().unwrap(), program.to_str().unwrap());
    site.run(package, &["extras", path, "extras"]).good();
    site.run(package, &["archive", "linux", "amd64", path, "extras", "dist"]).good();
    fs::remove_file(&program).unwrap();
    let archive = format!("dist/nativesidecar-helm-{}-linux-amd64.tgz", env!("CARGO_PKG_VERSION"));
    site.run("helm", &["plugin", "install", "--verify=false", &archive]).good();
    check_helm_4(&site);
}
