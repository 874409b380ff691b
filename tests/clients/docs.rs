//! The snippets of the README and of docs/integrations.md, run as they stand.
//!
//! A section is run in one folder, with the shop's manifests, a chart and `plugin/` in it. A block `console` is run line by
//! line, `# exit 1` stands behind what ends so; a word behind `console` names what `helm`
//! is. A `console session` shows what is said, too. A block `yaml` with a name is
//! written to that file.

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

/// A block between fences: the words behind the fence, and its lines.
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

/// Runs a page's snippets; returns how many commands there were.
fn run(page: &str, leaves_out: &[&str]) -> usize {
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
                    let mut said = String::new();
                    for line in block.text.lines().filter(|line| line.starts_with("$ ")) {
                        let both = format!("{{ {}\n}} 2>&1", line.trim_start_matches("$ "));
                        said.extend([line, "\n", &site.run("bash", &["-c", &both]).stdout]);
                        commands += 1;
                    }
                    assert_eq!(said, block.text, "{page}");
                }
                ["console", ..] => {
                    let lines = block.text.lines().filter_map(|line| line.strip_prefix("$ "));
                    for line in lines.filter(|line| !leaves_out.iter().any(|left| line.contains(left))) {
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
fn the_snippets_of_the_integrations_run() {
    let commands = run("docs/integrations.md", &[]);
    assert!(commands > 20, "only {commands} commands were found");
}

#[test]
#[ignore = "needs all clients"]
fn the_snippets_of_the_readme_run() {
    // A cluster, and the tests that this is one of.
    let commands = run("README.md", &["kubectl apply", "cargo ", ".ci/run"]);
    assert!(commands > 5, "only {commands} commands were found");
}
