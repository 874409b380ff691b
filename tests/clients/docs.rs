//! Runs the snippets in the README and docs/integrations.md.
//!
//! The blocks of a section run in the same folder, which contains the shop's manifests, a chart and `plugin/`.
//! - `console`: each line is run. Commands that fail end with `# exit 1`. The word `helm3` or `helm4` selects the `helm`.
//! - `console session`: the output is compared, too.
//! - `console cluster`: without a cluster, each command says that it found none, and nothing else is wrong with it.
//! - `yaml NAME`: the block is written to the file NAME.

use std::fs;

use crate::site::{SHOP, Site, root};

const CHART: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
                     containers: [{name: web, image: web}]\n";

fn site(helm: &str) -> Site {
    let mut site = Site::new();
    for client in ["kubectl", "kustomize", "pre-commit", "actionlint"] {
        site = site.with(client, client);
    }
    let site = site.with(helm, "helm");
    site.write("k8s/shop.yaml", SHOP);
    site.write("job.yaml", SHOP);
    site.write("testdata/shop/shop.yaml", SHOP);
    site.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
    site.write("chart/templates/web.yaml", CHART);
    site.copy("testdata/cli/mesh/file.in/mesh.yaml", "mesh.yaml");
    site.copy("plugin", "plugin");
    site
}

/// A fenced block: the words after the opening fence, and its text.
struct Block<'t> {
    words: Vec<&'t str>,
    text: String,
}

/// The blocks of a section.
fn blocks(section: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in section.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(words), None) => {
                open = Some(Block { words: words.split_whitespace().collect(), text: String::new() });
            }
            (None, Some(mut block)) => {
                block.text.extend([line, "\n"]);
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Runs a page's snippets without commands that contain a text in `skipped`. Returns the number of commands.
fn run(page: &str, skipped: &[&str]) -> usize {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut commands = 0;
    for section in text.split("\n## ") {
        let blocks = blocks(section);
        let words = || blocks.iter().flat_map(|block| block.words.iter().copied());
        let site = site(words().find(|word| word.starts_with("helm")).unwrap_or("helm4"));
        for block in blocks {
            match block.words[..] {
                ["yaml", name] => site.write(name, &block.text),
                ["console", "session"] => {
                    let mut session = String::new();
                    for line in block.text.lines().filter(|line| line.starts_with("$ ")) {
                        let both = format!("{{ {}\n}} 2>&1", line.trim_start_matches("$ "));
                        session.extend([line, "\n", &site.run("bash", &["-c", &both]).stdout]);
                        commands += 1;
                    }
                    assert_eq!(session, block.text, "{page}");
                }
                ["console", "cluster"] => {
                    for line in block.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
                        let ran = site.run("bash", &["-c", line]);
                        assert_eq!(ran.code, 5, "{page}: {line}\n{}{}", ran.stdout, ran.stderr);
                        assert!(ran.stderr.starts_with("error: no kubeconfig found"), "{page}: {line}\n{}", ran.stderr);
                        commands += 1;
                    }
                }
                ["console", ..] => {
                    let lines = block.text.lines().filter_map(|line| line.strip_prefix("$ "));
                    for line in lines.filter(|line| !skipped.iter().any(|text| line.contains(text))) {
                        let ran = site.run("bash", &["-o", "pipefail", "-c", line]);
                        let expected = i32::from(line.contains("# exit 1"));
                        assert_eq!(ran.code, expected, "{page}: {line}\n{}{}", ran.stdout, ran.stderr);
                        commands += 1;
                    }
                }
                _ => {}
            }
        }
        if site.path(".github/workflows/manifests.yml").exists() {
            site.run("actionlint", &[".github/workflows/manifests.yml"]).good();
        }
    }
    commands
}

#[test]
#[ignore = "needs all clients"]
fn snippets_in_the_integrations_page_work() {
    let commands = run("docs/integrations.md", &[]);
    assert!(commands > 20, "only {commands} commands were found");
}

#[test]
#[ignore = "needs all clients"]
fn snippets_in_the_readme_work() {
    // These need a cluster, or run the tests.
    let commands = run("README.md", &["kubectl apply", "cargo ", ".ci/run"]);
    assert!(commands > 5, "only {commands} commands were found");
}
