//! Untrusted repositories: ignore files and project files that block the program, hide manifests or refer to files outside
//! of the repository, and links that lead out of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::outside::{Limits, PROGRAM, Ran, deployment, finish, is_root, limited, run_in, skip};
use crate::{new, old};

/// Creates a file of some kind at a path.
type Make<'m> = &'m dyn Fn(&Path);

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("repo/.git")).unwrap();
    fs::create_dir(folder.path().join("repo/k8s")).unwrap();
    fs::write(folder.path().join("repo/k8s/web.yaml"), old()).unwrap();
    folder
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Runs the program in the repository with the limits for a small input.
fn run(repository: &tempfile::TempDir, args: &[&str]) -> Ran {
    let mut command = limited(PROGRAM, Limits { memory_mib: 512, cpu_seconds: 10 });
    command.args(args).current_dir(repository.path().join("repo"));
    finish(command, b"")
}

#[test]
fn an_invalid_ignore_file_is_reported_and_hides_nothing() {
    let makes: [(&str, Make<'_>); 5] = [
        ("not a regular file", &|file| pipe(file)),
        ("a symbolic link", &|file| symlink("/dev/zero", file).unwrap()),
        ("a symbolic link", &|file| symlink("k8s/web.yaml", file).unwrap()),
        (":1:1: a pattern is longer", &|file| {
            fs::write(file, ["{".repeat(100_000), "}".repeat(100_000)].concat()).unwrap();
        }),
        ("longer than the limit", &|file| fs::write(file, "#\n".repeat(1 << 20)).unwrap()),
    ];
    for (expected, make) in makes {
        let folder = repository();
        make(&folder.path().join("repo/.gitignore"));
        let ran = run(&folder, &["annotate", "-R", "-f", "k8s", "--check"]);
        ran.expect(expected, &[3]);
        assert!(ran.stderr.contains(".gitignore") && ran.stderr.contains(expected), "{}", ran.stderr);
        let ran = run(&folder, &["annotate", "-R", "-f", "k8s", "--write", "--keep-going"]);
        ran.expect(expected, &[3]);
        assert_eq!(fs::read_to_string(folder.path().join("repo/k8s/web.yaml")).unwrap(), new());
    }
}

#[test]
fn recursive_processing_writes_nothing_outside_of_the_folder() {
    let folder = repository();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir(at("out")).unwrap();
    fs::write(at("out/o.yaml"), old()).unwrap();
    symlink("../../out/o.yaml", at("repo/k8s/link.yaml")).unwrap();
    symlink("../../out", at("repo/k8s/folder")).unwrap();
    let ran = run(&folder, &["annotate", "-R", "-f", "k8s", "--write"]);
    ran.expect("recursive", &[0]);
    assert!(
        ran.stderr.contains("2 symbolic links out of the folder skipped: k8s/folder, k8s/link.yaml"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_to_string(at("repo/k8s/web.yaml")).unwrap(), new());
    assert_eq!(fs::read_to_string(at("out/o.yaml")).unwrap(), old());
    run(&folder, &["annotate", "-f", "k8s/link.yaml", "--write"]).expect("a link passed with -f", &[0]);
    assert_eq!(fs::read_to_string(at("out/o.yaml")).unwrap(), new());
    assert!(at("repo/k8s/link.yaml").is_symlink());
}

#[test]
fn a_discovered_project_file_is_reported_and_cannot_read_outside_files() {
    let folder = repository();
    let at = |path: &str| folder.path().join(path);
    fs::write(at("values.yaml"), "global: {logging: {level: 'CANARY:info'}}\n").unwrap();
    fs::write(at("repo/values.yaml"), "global: {logging: {level: 'all:info'}}\n").unwrap();
    symlink("../values.yaml", at("repo/link.yaml")).unwrap();
    pipe(&at("repo/pipe.yaml"));
    let inject = ["inject", "-f", "k8s/web.yaml", "-q"];
    for (path, problem) in [
        ("../values.yaml", "outside of the repository"),
        ("link.yaml", "outside of the repository"),
        ("/dev/zero", "outside of the repository"),
        ("pipe.yaml", "neither a regular file nor a folder"),
    ] {
        for key in ["values", "meshFiles"] {
            fs::write(at("repo/.nativesidecar.yaml"), format!("istio: '1.30'\n{key}: [{path}]\n")).unwrap();
            let ran = run(&folder, &inject);
            ran.expect(path, &[2]);
            let expected = format!("error: .nativesidecar.yaml: {key}: {path} is {problem}");
            assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
            assert!(ran.stdout.is_empty() && !ran.stderr.contains("CANARY"));
        }
    }
    fs::write(at("repo/.nativesidecar.yaml"), "istio: '1.30'\nvalues: [../values.yaml]\n").unwrap();
    let ran = run(&folder, &[&inject[..], &["--config", ".nativesidecar.yaml"]].concat());
    ran.expect("a project file passed with --config", &[0]);
    assert!(String::from_utf8(ran.stdout).unwrap().contains("CANARY"));
    fs::write(at("repo/.nativesidecar.yaml"), "istio: '1.30'\nvalues: [values.yaml]\n").unwrap();
    for command in ["inject", "annotate"] {
        let ran = run(&folder, &[command, "-f", "k8s/web.yaml", "-o", "name"]);
        ran.expect(command, &[0]);
        assert!(ran.stderr.contains("note: settings from .nativesidecar.yaml"), "{}", ran.stderr);
    }
}

#[test]
fn a_project_file_must_be_a_regular_file() {
    let folder = repository();
    let file = folder.path().join("repo/.nativesidecar.yaml");
    let makes: [(&str, Make<'_>); 3] = [
        ("not a regular file", &|file| pipe(file)),
        ("a link that leads out of the repository", &|file| symlink("/dev/zero", file).unwrap()),
        ("longer than the limit", &|file| fs::write(file, "#\n".repeat(1 << 20)).unwrap()),
    ];
    for (expected, make) in makes {
        make(&file);
        let ran = run(&folder, &["annotate", "-f", "k8s/web.yaml"]);
        ran.expect(expected, &[2]);
        assert!(ran.stderr.contains(".nativesidecar.yaml: ") && ran.stderr.contains(expected), "{}", ran.stderr);
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn another_owners_project_file_is_refused() {
    if !is_root() {
        return skip("owners", "only the superuser can change owners");
    }
    let give = |path: &Path, owner: u32| std::os::unix::fs::lchown(path, Some(owner), None).unwrap();
    let folder = repository();
    let at = |path: &str| folder.path().join("repo").join(path);
    fs::write(at(".nativesidecar.yaml"), "mode: regular\n").unwrap();
    for path in [".nativesidecar.yaml", ".git", ""] {
        give(&at(path), 12345);
        let ran = run(&folder, &["annotate", "-f", "k8s/web.yaml"]);
        ran.expect(path, &[2]);
        assert!(ran.stderr.contains("belongs to another user\n  hint: pass --config"), "{}", ran.stderr);
        run(&folder, &["annotate", "-f", "k8s/web.yaml", "--config", ".nativesidecar.yaml"])
            .expect("passed with --config", &[0]);
        let mut command = limited(PROGRAM, Limits { memory_mib: 512, cpu_seconds: 10 });
        command.args(["annotate", "-f", "k8s/web.yaml"]).current_dir(at("")).env("SUDO_UID", "12345");
        finish(command, b"").expect("the user who called sudo", &[0]);
        give(&at(path), 0);
    }
}

#[test]
fn a_function_cannot_read_outside_files_and_its_values_are_not_printed() {
    let folder = repository();
    fs::write(folder.path().join("values.yaml"), "global: {hub: CANARY}\n").unwrap();
    for (spec, expected) in [
        ("{values: [../values.yaml]}", "../values.yaml is outside of the repository"),
        ("{meshFiles: [/dev/zero]}", "/dev/zero is outside of the repository"),
        ("{istiodEnv: CANARY}", "spec.istiodEnv must be a mapping, found a string"),
        ("{istiodEnv: {A: [CANARY]}}", "spec.istiodEnv.A must be a string, found a list"),
        ("{istiodEnv: {'': CANARY}}", "spec.istiodEnv must be a mapping of names to strings"),
        ("{values: CANARY}", "spec.values must be a list of strings"),
        ("{action: CANARY}", "spec.action must be one of inject, annotate, remove"),
        ("{mode: CANARY}", "spec.mode must be one of native, regular, mesh"),
        ("{istio: CANARY}", "spec.istio must be an Istio version"),
        ("{selector: 'CANARY in'}", "spec.selector must be a label selector"),
        ("{nodeVersions: ['=CANARY']}", "spec.nodeVersions must be a list of kubelet versions"),
        ("{podTemplatePaths: [CANARY]}", "spec.podTemplatePaths must be a list of paths"),
        ("[CANARY]", "spec must be a mapping, found a list"),
        ("CANARY", "spec must be a mapping, found a string"),
    ] {
        let list = format!("kind: ResourceList\nitems: []\nfunctionConfig: {{kind: NativeSidecar, spec: {spec}}}\n");
        let mut command = limited(PROGRAM, Limits { memory_mib: 512, cpu_seconds: 10 });
        command.arg("fn").current_dir(folder.path().join("repo"));
        let ran = finish(command, list.as_bytes());
        ran.expect(spec, &[2]);
        assert!(ran.stderr.contains("functionConfig: ") && ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(!ran.stderr.contains("CANARY"), "{}", ran.stderr);
    }
}

#[test]
fn skipped_dot_folders_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    for name in [".argo", ".github", ".git"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("a.yaml"), deployment("", "")).unwrap();
    }
    fs::write(folder.path().join("web.yaml"), old()).unwrap();
    let ran = run_in(folder.path(), &["annotate", "-R", "-f", ".", "-o", "name", "--report-file", "report.json"]);
    ran.expect("dot folders", &[0]);
    assert!(ran.stderr.contains("2 dot folders skipped: ./.argo, ./.github"), "{}", ran.stderr);
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert!(report.contains(r#"{"path":"./.argo","code":"dot-folder","why":"dot folder"}"#), "{report}");
}
