//! pre-commit: the hooks of this repository as pre-commit builds them, and local hooks with the program on the PATH.

use std::fs;
use std::process::Command;

use crate::site::{Ran, SHOP, Site, finish, root};

/// A git repository with pre-commit installed.
struct Repository(Site);

impl Repository {
    fn new(config: &str) -> Self {
        let repository = Self(Site::new().with("pre-commit", "pre-commit"));
        repository.0.write(".pre-commit-config.yaml", config);
        for args in [&["init", "-q"][..], &["config", "user.email", "a@b"], &["config", "user.name", "a"]] {
            repository.run("git", args).good();
        }
        repository.run("pre-commit", &["install"]).good();
        repository
    }

    /// Runs a tool with the environment that cargo needs, and without optimisation to build faster.
    fn run(&self, program: &str, args: &[&str]) -> Ran {
        let mut command = self.0.command(program);
        command.args(args).envs([
            ("CARGO_PROFILE_RELEASE_LTO", "off"),
            ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
            ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ]);
        let home = std::env::home_dir().unwrap();
        for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let folder = std::env::var_os(variable).map_or_else(|| home.join(folder), Into::into);
            command.env(variable, folder);
        }
        command.env("CARGO_TARGET_DIR", root().join("target/pre-commit"));
        finish(&mut command, "")
    }

    /// Commits everything. Returns the exit code and the output.
    fn commit(&self) -> (i32, String) {
        self.run("git", &["add", "-A"]).good();
        let ran = self.run("git", &["commit", "-q", "-m", "more"]);
        (ran.code, ran.stdout + &ran.stderr)
    }
}

/// The commit that is checked out. pre-commit uses committed files only.
fn head() -> String {
    let output = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(root()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn local(id: &str, entry: &str) -> String {
    format!(
        "repos:\n- repo: local\n  hooks:\n  - id: {id}\n    name: {id}\n    entry: kubectl-nativesidecar {entry}\n    \
         language: system\n    types: [yaml]\n    require_serial: true\n"
    )
}

#[test]
#[ignore = "needs pre-commit"]
fn hooks_work_when_built_from_a_checkout() {
    let site = Site::new().with("pre-commit", "pre-commit");
    let manifest = root().join(".pre-commit-hooks.yaml");
    site.run("pre-commit", &["validate-manifest", manifest.to_str().unwrap()]).good();

    let hooks = "  - id: nativesidecar-annotate\n  - id: nativesidecar-check\n";
    let config = format!("repos:\n- repo: {}\n  rev: {}\n  hooks:\n{hooks}", root().display(), head());
    let repository = Repository::new(&config);
    repository.0.write("k8s/shop.yaml", SHOP);
    repository.0.write("chart/Chart.yaml", "name: chart\n");
    repository.0.write("chart/templates/job.yaml", "kind: Job\nmetadata: {name: {{ .Release.Name }}}\n");
    let (code, output) = repository.commit();
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("files were modified by this hook"), "{output}");
    let annotated = fs::read_to_string(repository.0.path("k8s/shop.yaml")).unwrap();
    assert_eq!(annotated, repository.0.pipe("kubectl-nativesidecar", &["annotate"], SHOP).good());
    // The files that the hook changed pass.
    let (code, output) = repository.commit();
    assert_eq!(code, 0, "{output}");
}

#[test]
#[ignore = "needs pre-commit"]
fn a_failed_check_stops_the_commit_and_names_the_command_to_run() {
    let repository = Repository::new(&local("nativesidecar-check", "annotate --check"));
    repository.0.write("k8s/shop.yaml", SHOP);
    let (code, output) = repository.commit();
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("k8s/shop.yaml:2: deployment/web: would be annotated"), "{output}");
    assert!(
        output.contains("kubectl nativesidecar annotate --write ") && output.contains(" k8s/shop.yaml\n"),
        "{output}"
    );
    assert_eq!(fs::read_to_string(repository.0.path("k8s/shop.yaml")).unwrap(), SHOP);
    repository.run("kubectl-nativesidecar", &["annotate", "--write", "k8s/shop.yaml"]).good();
    let (code, output) = repository.commit();
    assert_eq!(code, 0, "{output}");

    repository.0.write("k8s/bad.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: [}\n");
    let (code, output) = repository.commit();
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("k8s/bad.yaml:3:"), "{output}");
}

#[test]
#[ignore = "needs pre-commit"]
fn one_hook_injects_many_files() {
    let repository = Repository::new(&local("nativesidecar-inject", "inject --write --quiet"));
    repository.0.write(".nativesidecar.yaml", "istio: \"1.30\"\n");
    for number in 0..600 {
        repository.0.write(&format!("k8s/{number}.yaml"), &SHOP.replace("name: web", &format!("name: web{number}")));
    }
    let (code, output) = repository.commit();
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("files were modified by this hook"), "{output}");
    for number in 0..600 {
        let text = fs::read_to_string(repository.0.path(&format!("k8s/{number}.yaml"))).unwrap();
        assert!(text.contains("istio-proxy"), "{number} is not injected");
    }
    let (code, output) = repository.commit();
    assert_eq!(code, 0, "{output}");
}
