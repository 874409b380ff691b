//! krew's rules for manifests and archives, and an installation like krew's. krew itself is not run here.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::site::{PROGRAM, Site, root};

const PLATFORMS: [&str; 6] =
    ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64", "windows-amd64", "windows-arm64"];

/// The address of a release.
const URL: &str =
    concat!("https://git.example.com/shop/kubectl-nativesidecar/releases/download/v", env!("CARGO_PKG_VERSION"));

/// A site with archives for all platforms and the manifest in `dist`.
fn packaged() -> Site {
    let site = Site::new().with("kubectl", "kubectl");
    let package = root().join("plugin/package");
    let run = |args: &[&str]| site.run(package.to_str().unwrap(), args).good();
    run(&["extras", PROGRAM, "extras"]);
    for platform in PLATFORMS {
        let (os, arch) = platform.split_once('-').unwrap();
        // Programs for other platforms are not run, so any file will do.
        let program = if platform == "linux-amd64" { PROGRAM } else { package.to_str().unwrap() };
        run(&["archive", os, arch, program, "extras", "dist"]);
    }
    run(&["krew", "dist", URL]);
    run(&["checksums", "dist"]);
    site
}

/// Checks a manifest against the rules of krew and its index, and returns the platforms.
fn check(manifest: &Value, url: &str) -> Vec<Value> {
    assert_eq!(manifest["apiVersion"], "krew.googlecontainertools.github.com/v1alpha2");
    assert_eq!(manifest["kind"], "Plugin");
    assert_eq!(manifest["metadata"]["name"], "nativesidecar");
    let spec = &manifest["spec"];
    assert_eq!(spec["version"], concat!("v", env!("CARGO_PKG_VERSION")));
    assert_eq!(spec["homepage"], url.split_once("/releases/").unwrap().0);
    let short = spec["shortDescription"].as_str().unwrap();
    assert!(short.len() <= 50 && !short.contains('\n') && !short.ends_with('.'), "{short}");
    assert!(!spec["description"].as_str().unwrap().contains("Usage"));
    let platforms = spec["platforms"].as_array().unwrap().clone();
    let mut found = Vec::new();
    for platform in &platforms {
        let labels = platform["selector"]["matchLabels"].as_object().unwrap();
        let label = |key: &str| labels[key].as_str().unwrap();
        assert_eq!(labels.len(), 2);
        found.push(format!("{}-{}", label("os"), label("arch")));
        let (is_windows, program) = (label("os") == "windows", platform["bin"].as_str().unwrap());
        assert_eq!(program, if is_windows { "kubectl-nativesidecar.exe" } else { "kubectl-nativesidecar" });
        let copied = |name: &str| json!({"from": name, "to": "."});
        assert_eq!(platform["files"], json!([copied(program), copied("LICENSE")]));
        let file = platform["uri"].as_str().unwrap().strip_prefix(url).unwrap();
        assert!(file.ends_with(if is_windows { ".zip" } else { ".tar.gz" }), "{file}");
        let sum = platform["sha256"].as_str().unwrap();
        assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sum}");
    }
    found.sort_unstable();
    let mut expected = PLATFORMS;
    expected.sort_unstable();
    assert_eq!(found, expected);
    platforms
}

fn read(site: &Site, path: &Path) -> Value {
    site.objects(&fs::read_to_string(path).unwrap()).remove(0)
}

#[test]
#[ignore = "with the clients' tests"]
fn the_template_follows_krews_rules() {
    let url = concat!(env!("CARGO_PKG_REPOSITORY"), "/releases/download/v", env!("CARGO_PKG_VERSION"));
    check(&read(&Site::new(), &root().join("krew-manifest.yaml")), url);
}

#[test]
#[ignore = "with the clients' tests"]
fn the_manifest_follows_krews_rules() {
    let site = packaged();
    assert_eq!(
        fs::read(site.path("dist/krew-manifest.yaml")).unwrap(),
        fs::read(site.path("dist/nativesidecar.yaml")).unwrap()
    );
    for platform in check(&read(&site, &site.path("dist/krew-manifest.yaml")), URL) {
        let file = platform["uri"].as_str().unwrap().rsplit('/').next().unwrap();
        let sum = site.run("sha256sum", &[&format!("dist/{file}")]).good();
        assert_eq!(platform["sha256"].as_str().unwrap(), sum.split(' ').next().unwrap());
        let archive = format!("dist/{file}");
        let listed = if Path::new(file).extension().is_some_and(|extension| extension == "zip") {
            site.run("python3", &["-m", "zipfile", "-l", &archive]).good()
        } else {
            site.run("tar", &["-tzf", &archive]).good()
        };
        for copied in platform["files"].as_array().unwrap() {
            let name = copied["from"].as_str().unwrap();
            let is_listed =
                |line: &str| line.split_whitespace().next().is_some_and(|f| f.trim_start_matches("./") == name);
            assert!(listed.lines().any(is_listed), "{name} is not in {file}:\n{listed}");
        }
    }
}

#[test]
#[ignore = "with the clients' tests"]
fn archives_are_reproducible() {
    let (one, other) = (packaged(), packaged());
    let sums = |site: &Site| fs::read_to_string(site.path("dist/SHA256SUMS")).unwrap();
    assert_eq!(sums(&one), sums(&other));
    let check = one.command("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(one.path("dist")).output().unwrap();
    assert!(check.status.success());
    assert_eq!(sums(&one).lines().count(), 2 * PLATFORMS.len() + 2);
}

#[test]
#[ignore = "needs kubectl"]
fn the_program_works_when_installed_like_krew_does() {
    let site = packaged();
    fs::remove_file(site.bin("kubectl-nativesidecar")).unwrap();
    let store = site.path("store/nativesidecar/v0.1.0");
    fs::create_dir_all(&store).unwrap();
    let archive = format!("dist/kubectl-nativesidecar-v{}-linux-amd64.tar.gz", env!("CARGO_PKG_VERSION"));
    site.run("tar", &["-xzf", &archive, "-C", store.to_str().unwrap()]).good();
    std::os::unix::fs::symlink(store.join("kubectl-nativesidecar"), site.bin("kubectl-nativesidecar")).unwrap();
    assert!(site.run("kubectl", &["nativesidecar", "version"]).good().contains(env!("CARGO_PKG_VERSION")));
    site.run("kubectl", &["nativesidecar", "completion", "install"]).good();
    assert!(site.run("kubectl", &["__complete", "nativesidecar", "annot"]).good().contains("annotate"));
    // An upgrade changes the link's target.
    let moved = site.path("store/nativesidecar/v0.2.0");
    Command::new("mv").args([&store, &moved]).status().unwrap();
    fs::remove_file(site.bin("kubectl-nativesidecar")).unwrap();
    std::os::unix::fs::symlink(moved.join("kubectl-nativesidecar"), site.bin("kubectl-nativesidecar")).unwrap();
    assert!(site.run("kubectl", &["__complete", "nativesidecar", "annot"]).good().contains("annotate"));
}
