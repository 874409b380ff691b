//! What a release is made with, and what runs in other people's pipelines: pinned, and with no more rights than it needs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use regex_automata::meta::Regex;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the repository.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

/// The words behind `key`, with all that is behind them, of each line that begins with it.
fn values(text: &str, key: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_owned()).collect()
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// `OWNER/kubectl-nativesidecar`, in lower case as image names are.
fn own_name() -> String {
    let (rest, name) = REPOSITORY.rsplit_once('/').unwrap();
    format!("{}/{name}", rest.rsplit_once('/').unwrap().1).to_lowercase()
}

/// Actions and images of this repository are named by release, not by commit or digest.
fn is_own(name: &str) -> bool {
    name.starts_with("./") || name.to_lowercase().contains(&own_name())
}

#[test]
fn cargo_toml_alone_decides_repository_and_version() {
    let (own, version) = (own_name(), env!("CARGO_PKG_VERSION"));
    // What `plugin/package stamp` writes.
    let stamped = [
        (r#"https://[^ /"]+/[^ /"]+/kubectl-nativesidecar"#, REPOSITORY),
        (r"uses: ([^ /]+/kubectl-nativesidecar)", REPOSITORY.split_at(REPOSITORY.len() - own.len()).1),
        (r"ghcr\.io/([^ /]+/kubectl-nativesidecar)", &own),
        (r"kubectl-nativesidecar[^ ]*[@:-]v([0-9.]+[0-9])", version),
        (r"/releases/download/v([0-9.]+)", version),
        (r"(?m)^ *(?:version|rev|default): v?([0-9]+[.][0-9.]+)$", version),
    ];
    let named = ["Cargo.toml", "krew-manifest.yaml", "docs/integrations.md"].map(|name| root().join(name));
    let paths: Vec<PathBuf> = files("plugin").into_iter().chain(named).collect();
    for (pattern, expected) in stamped {
        let regex = Regex::new(pattern).unwrap();
        let mut count = 0;
        for path in &paths {
            let text = fs::read_to_string(path).unwrap();
            for captures in regex.captures_iter(&text) {
                let span = captures.iter().flatten().last().unwrap();
                assert_eq!(&text[span.range()], expected, "{}: run plugin/package stamp", path.display());
                count += 1;
            }
        }
        assert!(count > 0, "{pattern} matches nothing");
    }
}

#[test]
fn actions_are_pinned_by_commit_with_the_version_beside_it() {
    let docs = files("docs").into_iter().chain([root().join("README.md")]);
    let mut count = 0;
    for path in files(".github").into_iter().chain(files("plugin")).chain(docs) {
        for action in values(&fs::read_to_string(&path).unwrap(), "uses:") {
            let (name, version) = action.split_once(" # v").unwrap_or((&action, ""));
            if is_own(name) {
                continue;
            }
            let commit = name.split_once('@').map_or("", |(_, commit)| commit);
            assert!(is_hex(commit, 40), "{}: {action}: not a commit", path.display());
            assert!(version.split('.').count() == 3, "{}: {action}: which version?", path.display());
            count += 1;
        }
    }
    assert!(count > 5, "only {count} actions were found");
}

#[test]
fn images_are_pinned_by_digest() {
    let mut count = 0;
    for path in files("plugin").into_iter().chain(files(".github")) {
        let text = fs::read_to_string(&path).unwrap();
        for image in ["FROM ", "image:", "name:"].iter().flat_map(|key| values(&text, key)) {
            let image = image.split(' ').next().unwrap();
            // `name:` is an image's in GitLab's words, but mostly something else.
            if is_own(image) || !image.contains([':', '/']) {
                continue;
            }
            let digest = image.split_once("@sha256:").map_or("", |(_, digest)| digest);
            assert!(is_hex(digest, 64), "{}: {image}: no digest", path.display());
            count += 1;
        }
    }
    assert!(count >= 2, "only {count} images were found");
}

fn read(name: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(root().join(name)).unwrap()).unwrap()
}

#[test]
fn only_the_job_that_publishes_may_write() {
    let mut publishers = Vec::new();
    for path in files(".github/workflows") {
        let workflow: Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{}: a job has only its own rights", path.display());
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            let permissions = job["permissions"].as_object().unwrap();
            let text = job.to_string();
            if permissions.values().all(|right| right == "read") {
                assert!(!text.contains("secrets."), "{}: {name} has a secret", path.display());
                continue;
            }
            publishers.push(format!("{}/{name}", workflow["name"].as_str().unwrap()));
            // Neither the repository's code nor a tool that is built for the occasion runs with these rights.
            assert!(!["checkout", "cargo", "docker build", "plugin/"].iter().any(|word| text.contains(word)));
        }
    }
    assert_eq!(publishers, ["release/publish"]);
}

#[test]
fn pull_requests_run_with_the_rights_of_their_author() {
    let workflow = fs::read_to_string(root().join(".github/workflows/pull-request.yml")).unwrap();
    assert!(workflow.contains("pull_request:") && !workflow.contains("pull_request_target"));
}

#[test]
fn hooks_leave_out_what_would_be_read_as_a_flag() {
    let hooks = read(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        let id = &hook["id"];
        let exclude = Regex::new(hook["exclude"].as_str().unwrap()).unwrap();
        for name in ["--write.yaml", "-f.yaml", "-/web.yaml", "templates/web.yaml", "chart/templates/web.yaml"] {
            assert!(exclude.is_match(name), "{id} takes {name}");
        }
        for name in ["web.yaml", "k8s/web.yaml", "a-b.yaml", "k8s/-f.yaml", "my-templates/web.yaml"] {
            assert!(!exclude.is_match(name), "{id} leaves out {name}");
        }
    }
    let page = fs::read_to_string(root().join("docs/integrations.md")).unwrap();
    let of_hooks = &hooks[0]["exclude"];
    assert_eq!(values(&page, "exclude:"), [of_hooks.as_str().unwrap()], "the page shows another one");
}
