//! What releases are built from: actions, images and hooks are pinned and have the least privileges, and the version and the
//! repository come from `Cargo.toml`.

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

/// What `plugin/package stamp` writes, as patterns with the name in a group, and the names in this repository.
fn stamped_names() -> [(&'static str, String); 3] {
    let own = own_name();
    [
        (r#"(https://[^ /"]+/[^ /"]+/kubectl-nativesidecar)"#, REPOSITORY.to_owned()),
        (r"uses: ([^ /]+/kubectl-nativesidecar)", REPOSITORY[REPOSITORY.len() - own.len()..].to_owned()),
        (r"ghcr\.io/([^ /]+/kubectl-nativesidecar)", own),
    ]
}

/// The files with a version that `plugin/package stamp` writes.
fn stamped_files() -> Vec<PathBuf> {
    let named = [
        "Cargo.toml",
        "krew-manifest.yaml",
        "docs/reference/project-file.md",
        "docs/tutorial.md",
        "src/config/template.rs",
        "testdata/cli/init/new.out/.nativesidecar.yaml",
    ];
    files("plugin").into_iter().chain(files("docs/how-to")).chain(named.map(|name| root().join(name))).collect()
}

/// The texts that the group of `pattern` matches in a file; none if it is not text.
fn matches(pattern: &str, path: &Path) -> Vec<String> {
    let Ok(text) = fs::read_to_string(path) else { return Vec::new() };
    let regex = Regex::new(pattern).unwrap();
    regex.captures_iter(&text).map(|found| text[found.get_group(1).unwrap().range()].to_owned()).collect()
}

#[test]
fn the_version_matches_cargo_toml() {
    for pattern in [
        r"kubectl-nativesidecar[^ ]*[@:-]v([0-9.]+[0-9])",
        r"/releases/download/v([0-9.]+)",
        r"(?m)^ *(?:version|rev|default): v?([0-9]+[.][0-9.]+)$",
    ] {
        let mut count = 0;
        for path in stamped_files() {
            for version in matches(pattern, &path) {
                assert_eq!(version, env!("CARGO_PKG_VERSION"), "{}: run plugin/package stamp", path.display());
                count += 1;
            }
        }
        assert!(count > 0, "{pattern} matches nothing");
    }
}

#[test]
fn the_repository_is_named_as_in_cargo_toml_everywhere() {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let skipped = ["target", "testdata", ".git"].map(|name| root().join(name));
    let folders = entries.filter(|path| path.is_dir() && !skipped.contains(path));
    let mut paths: Vec<PathBuf> = folders.flat_map(|folder| folder::files(&folder)).collect();
    paths.extend(files("testdata/cli").into_iter().chain(stamped_files()));
    paths.extend(fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    // Patterns take long.
    paths.retain(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("/kubectl-nativesidecar")));
    for (pattern, expected) in stamped_names() {
        let mut count = 0;
        for path in &paths {
            // Tests use a host that cannot exist.
            for name in matches(pattern, path).iter().filter(|name| !name.contains("example.com")) {
                assert_eq!(*name, expected, "{}: run plugin/package stamp", path.display());
                count += 1;
            }
        }
        assert!(count > 0, "{pattern} matches nothing");
    }
}

/// The output of `plugin/package` of a copy of the repository's files. It needs GNU's tools.
#[cfg(target_os = "linux")]
fn package(copy: &Path, args: &[&str]) -> Result<String, String> {
    let output = std::process::Command::new(copy.join("plugin/package")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
#[cfg(target_os = "linux")]
fn a_change_of_the_repository_is_stamped_everywhere() {
    let copy = tempfile::tempdir().unwrap();
    let copied = |path: &Path| copy.path().join(path.strip_prefix(root()).unwrap());
    for path in stamped_files() {
        fs::create_dir_all(copied(&path).parent().unwrap()).unwrap();
        fs::copy(&path, copied(&path)).unwrap();
    }
    let manifest = copy.path().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let version = format!("\nversion = \"{}\"", env!("CARGO_PKG_VERSION"));
    let text = text.replacen(&version, "\nversion = \"7.8.9\"", 1);
    let line = |repository| format!("\nrepository = \"{repository}\"");
    let text = text.replace(&line(REPOSITORY), &line("https://git.example.com/Shop/kubectl-nativesidecar"));
    fs::write(&manifest, text).unwrap();
    assert_eq!(package(copy.path(), &["stamp"]), Ok(String::new()));
    let new = [
        "https://git.example.com/Shop/kubectl-nativesidecar",
        "Shop/kubectl-nativesidecar",
        "shop/kubectl-nativesidecar",
    ];
    for ((pattern, _), new) in stamped_names().iter().zip(new) {
        let names: Vec<String> = stamped_files().iter().flat_map(|path| matches(pattern, &copied(path))).collect();
        assert!(!names.is_empty() && names.iter().all(|name| name == new), "{names:?}");
    }
    for path in stamped_files().iter().filter(|path| !path.ends_with("plugin/package")) {
        let text = fs::read_to_string(copied(path)).unwrap_or_default();
        assert!(!text.contains("is a placeholder for the place"), "{}: the place is known now", path.display());
    }
    let krew = fs::read_to_string(copy.path().join("krew-manifest.yaml")).unwrap();
    assert!(krew.contains("/releases/download/v7.8.9/kubectl-nativesidecar-v7.8.9-linux-amd64.tar.gz"), "{krew}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_changelog_has_the_notes_of_releases() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let versions: Vec<&str> = changelog.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let newest = versions[0].split(' ').next().unwrap();
    assert!(newest == "Unreleased" || newest == env!("CARGO_PKG_VERSION"), "{newest} is not the version of Cargo.toml");
    let notes = package(root(), &["notes", newest]).unwrap();
    // One section, with one line for each item and links that work outside of the repository.
    assert!(notes.lines().all(|line| line.is_empty() || !line.starts_with(' ') && !line.starts_with("## ")), "{notes}");
    assert!(notes.starts_with(|first: char| !first.is_whitespace()) && notes.contains("\n- "), "{notes}");
    assert!(!Regex::new(r"\]\([^):]+\)").unwrap().is_match(&notes), "{notes}");
    let words = |text: &str| text.split_whitespace().count();
    let section = changelog.split("\n## ").nth(1).unwrap();
    assert_eq!(words(&notes), words(section) - words(versions[0]));
    let error = package(root(), &["notes", "9.9.9"]).unwrap_err();
    assert_eq!(error, "CHANGELOG.md has no section for 9.9.9\n");
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

#[test]
fn the_image_runs_the_program_without_rights() {
    let text = fs::read_to_string(root().join("plugin/container/Dockerfile")).unwrap();
    let instructions = |name: &str| values(&text, &format!("{name} "));
    // A number: kubelets do not look up names, and refuse them with runAsNonRoot.
    let user = instructions("USER").pop().unwrap();
    let ids: Vec<u32> = user.split(':').map(|id| id.parse().unwrap()).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| *id >= 10_000), "{user}");
    // The form without a shell passes signals and arguments on.
    assert_eq!(instructions("ENTRYPOINT"), [r#"["/usr/local/bin/kubectl-nativesidecar"]"#]);
    // The image is built from released programs, and nothing is fetched or run.
    assert!(["RUN", "ADD"].iter().all(|name| instructions(name).is_empty()));
    let copied = instructions("COPY");
    let sources: Vec<&str> = copied.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(sources, ["LICENSE", "${TARGETOS}-${TARGETARCH}/kubectl-nativesidecar"]);
    let workflow = fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    let targets = [
        "{platform: linux-amd64, runner: ubuntu-24.04, target: x86_64-unknown-linux-musl}",
        "aarch64-unknown-linux-musl}",
    ];
    assert!(targets.iter().all(|target| workflow.contains(target)), "the image needs static programs");
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
