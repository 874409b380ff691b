//! Actions, images and hooks that build releases or run in users' pipelines are pinned and have the least privileges.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

mod folder;

use std::fs;
use std::path::{Path, PathBuf};

use regex_automata::meta::Regex;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the repository.
fn files(folder: &str) -> Vec<PathBuf> {
    folder::files(&root().join(folder))
}

/// The rest of each line that starts with `key`, also as a list item.
fn values(text: &str, key: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.filter_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_owned()).collect()
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// `OWNER/kubectl-nativesidecar`, in lower case like image names.
fn own_name() -> String {
    let (rest, name) = REPOSITORY.rsplit_once('/').unwrap();
    format!("{}/{name}", rest.rsplit_once('/').unwrap().1).to_lowercase()
}

/// Whether an action or image is this repository's own. Those are pinned by release, not by commit or digest.
fn is_own(name: &str) -> bool {
    name.starts_with("./") || name.to_lowercase().contains(&own_name())
}

#[test]
fn repository_and_version_match_cargo_toml() {
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
    let named = ["Cargo.toml", "krew-manifest.yaml", "docs/tutorial.md"].map(|name| root().join(name));
    let paths: Vec<PathBuf> = files("plugin").into_iter().chain(files("docs/how-to")).chain(named).collect();
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
fn actions_are_pinned_by_commit_with_a_version_comment() {
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
            assert!(version.split('.').count() == 3, "{}: {action}: no version comment", path.display());
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
            // GitLab uses `name:` for images, other files for other things.
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
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{}: permissions belong to jobs", path.display());
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            let permissions = job["permissions"].as_object().unwrap();
            let text = job.to_string();
            if permissions.values().all(|right| right == "read") {
                assert!(!text.contains("secrets."), "{}: {name} has a secret", path.display());
                continue;
            }
            publishers.push(format!("{}/{name}", workflow["name"].as_str().unwrap()));
            // The job runs neither code of the repository nor freshly built tools.
            assert!(!["checkout", "cargo", "docker build", "plugin/"].iter().any(|word| text.contains(word)));
        }
    }
    assert_eq!(publishers, ["release/publish"]);
}

#[test]
fn pull_requests_run_with_the_permissions_of_their_author() {
    let workflow = fs::read_to_string(root().join(".github/workflows/pull-request.yml")).unwrap();
    assert!(workflow.contains("pull_request:") && !workflow.contains("pull_request_target"));
}

#[test]
fn hooks_exclude_file_names_that_look_like_flags() {
    let hooks = read(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        let id = &hook["id"];
        let exclude = Regex::new(hook["exclude"].as_str().unwrap()).unwrap();
        for name in ["--write.yaml", "-f.yaml", "-/web.yaml", "templates/web.yaml", "chart/templates/web.yaml"] {
            assert!(exclude.is_match(name), "{id} does not exclude {name}");
        }
        for name in ["web.yaml", "k8s/web.yaml", "a-b.yaml", "k8s/-f.yaml", "my-templates/web.yaml"] {
            assert!(!exclude.is_match(name), "{id} excludes {name}");
        }
    }
    let page = fs::read_to_string(root().join("docs/how-to/pre-commit.md")).unwrap();
    let pattern = &hooks[0]["exclude"];
    assert_eq!(values(&page, "exclude:"), [pattern.as_str().unwrap()], "docs/how-to/pre-commit.md has another pattern");
}
