//! The files for CI systems: they pass their validators, and their commands work.

use std::fs;

use serde_json::Value;

use crate::site::{SHOP, Site, finish, root};

fn site() -> Site {
    let site = Site::new().with("actionlint", "actionlint").with("check-jsonschema", "check-jsonschema");
    site.write("k8s/shop.yaml", SHOP);
    site
}

fn file(name: &str) -> String {
    root().join(name).to_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs actionlint and check-jsonschema"]
fn the_files_pass_their_validators() {
    let site = site();
    let workflow = file(".github/workflows/release.yml");
    site.run("actionlint", &[&workflow, &file(".github/workflows/pull-request.yml")]).good();
    for (schema, name) in [
        ("vendor.github-workflows", ".github/workflows/pull-request.yml"),
        ("vendor.github-workflows", ".github/workflows/release.yml"),
        ("vendor.github-actions", "plugin/github/action.yml"),
    ] {
        site.run("check-jsonschema", &["--builtin-schema", schema, &file(name)]).good();
    }
    let template = file("plugin/gitlab/nativesidecar.yml");
    let args = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", &template];
    site.run("check-jsonschema", &args).good();
    // The validator detects an error.
    let wrong = fs::read_to_string(&workflow).unwrap().replace("matrix.target", "matrix.no");
    site.write(".github/workflows/wrong.yml", &wrong);
    site.run("actionlint", &[".github/workflows/wrong.yml"]).failed(1);
}

/// A file of the repository, as data.
fn read(site: &Site, name: &str) -> Value {
    site.objects(&fs::read_to_string(root().join(name)).unwrap()).remove(0)
}

#[test]
#[ignore = "with the clients' tests"]
fn the_action_annotates_lines_that_would_change() {
    let site = site();
    let action = read(&site, "plugin/github/action.yml");
    let script = action["runs"]["steps"][1]["run"].as_str().unwrap();
    let check = |args: &str| {
        let mut command = site.command("bash");
        // Like the runner.
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        finish(command.envs([("COMMAND", "annotate"), ("FILES", "k8s"), ("ARGS", args)]), "")
    };
    let ran = check("--quiet");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let notes: Vec<&str> = ran.stdout.lines().collect();
    let line = |text: &str| SHOP.lines().position(|line| line.trim() == text).unwrap() + 1;
    // The annotation is added above the pod template's spec.
    let web = format!(
        "::error file=k8s/shop.yaml,line={},title=deployment/web::would be annotated, native",
        line("version: v2") + 1
    );
    assert_eq!(notes[0], web);
    assert!(notes[1].contains("title=job/import"), "{notes:?}");
    assert_eq!(notes.len(), 2);
    let fixed = site.run("kubectl-nativesidecar", &["annotate", "k8s", "--write", "-q"]);
    fixed.good();
    assert_eq!(check("").good(), "");
}

#[test]
#[ignore = "with the clients' tests"]
fn the_gitlab_job_writes_a_code_quality_report() {
    let site = site();
    let job = read(&site, "plugin/gitlab/nativesidecar.yml")["nativesidecar"].clone();
    let run = || {
        let mut command = site.command("sh");
        command.args(["-ec", job["script"][0].as_str().unwrap()]);
        for (name, value) in job["variables"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        finish(&mut command, "")
    };
    let report = || -> Value {
        let name = job["artifacts"]["reports"]["codequality"].as_str().unwrap();
        serde_json::from_str(&fs::read_to_string(site.path(name)).unwrap()).unwrap()
    };
    assert_eq!(run().code, 1);
    let items = report();
    let items = items.as_array().unwrap();
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!(item["location"]["path"], "k8s/shop.yaml");
        assert!(item["location"]["lines"]["begin"].as_u64().unwrap() > 1);
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&item["severity"].as_str().unwrap()));
        assert_eq!(item["fingerprint"].as_str().unwrap().len(), 40);
    }
    assert_ne!(items[0]["fingerprint"], items[1]["fingerprint"]);
    site.run("kubectl-nativesidecar", &["annotate", "k8s", "--write", "-q"]).good();
    assert_eq!(run().code, 0);
    assert_eq!(report(), serde_json::json!([]));
}
