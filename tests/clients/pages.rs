//! Runs the commands in a page of the documentation, with the real tools.
//!
//! The blocks of a page run in order in one folder, which contains the example, a chart, a small mesh, `plugin/`
//! and the page's own files (`testdata/docs/PAGE`). The words after the opening fence select what a block is:
//! - `console`: each line behind `$ ` is run. Lines that must fail end with `# exit 1` or another code.
//! - `console session`: the output is compared, too. A line `…` is any number of lines. `OVERWRITE=1` records it.
//! - `console cluster`: the page asks a cluster, and runs only where there is one (`tests/cluster`).
//! - `helm3`: `helm` is Helm 3 in the page.
//! - `yaml NAME` and other languages with a name: the block is written to the file NAME.

use std::fmt::Write as _;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use crate::site::{Ran, Site, finish, root};

const CHART: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers: [{name: web, image: web}]
";

/// Commands that install the program under test begin so.
const INSTALLS: [&str; 2] = ["cargo ", "git clone "];

/// A page of the documentation.
pub(crate) struct Page {
    name: String,
    text: String,
}

impl Page {
    /// A page by its path in the repository.
    fn read(name: &str) -> Self {
        Self { name: name.to_owned(), text: fs::read_to_string(root().join(name)).unwrap() }
    }

    /// All pages whose commands are run, in order: the README, the tutorial and the guides.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let files = fs::read_dir(root().join("docs/how-to")).unwrap().map(|entry| entry.unwrap().file_name());
        let guides = files.map(|name| format!("docs/how-to/{}", name.to_str().unwrap()));
        let mut names: Vec<_> =
            ["README.md", "docs/tutorial.md"].map(str::to_owned).into_iter().chain(guides).collect();
        names.sort();
        names.into_iter().map(|name| Self::read(&name))
    }

    /// Whether a command asks a cluster.
    pub(crate) fn asks_a_cluster(&self) -> bool {
        self.fences().any(|words| words.starts_with(&["console", "cluster"]))
    }

    /// The words after the opening fences.
    fn fences(&self) -> impl Iterator<Item = Vec<&str>> {
        let fences = self.text.lines().filter_map(|line| line.strip_prefix("```"));
        fences.map(|words| words.split_whitespace().collect())
    }

    /// The folder in which the page's commands run.
    pub(crate) fn site(&self) -> Site {
        let helm3 = self.fences().any(|words| words.contains(&"helm3"));
        let mut site = Site::new().with(if helm3 { "helm3" } else { "helm4" }, "helm");
        for client in ["kubectl", "kustomize", "pre-commit", "actionlint"] {
            site = site.with(client, client);
        }
        fs::copy(root().join("tests/clients/az"), site.bin("az")).unwrap();
        // The tutorial copies them itself.
        if self.stem() != "tutorial" {
            site.copy("examples/shop/k8s", "k8s");
        }
        site.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 0.1.0\n");
        site.write("chart/templates/web.yaml", CHART);
        site.copy("testdata/cli/mesh/file.in/mesh.yaml", "mesh.yaml");
        site.copy("plugin", "plugin");
        std::os::unix::fs::symlink(root(), site.path("kubectl-nativesidecar")).unwrap();
        std::os::unix::fs::symlink(root().join("examples"), site.path("examples")).unwrap();
        site.write("../home/.gitconfig", "[user]\nname = Shop\nemail = shop@example.com\n");
        let own = PathBuf::from("testdata/docs").join(self.stem());
        if root().join(&own).exists() {
            site.copy(own.join(".").to_str().unwrap(), "");
        }
        site
    }

    /// The page's file name without its extension.
    fn stem(&self) -> &str {
        let name = self.name.rsplit('/').next().unwrap_or(&self.name);
        name.trim_end_matches(".md")
    }

    /// Runs pages, each by `run`. Fails with the names of all that did not work.
    pub(crate) fn run_all(pages: impl Iterator<Item = Self>, run: impl Fn(&Self)) {
        let works = |page: &Self| std::panic::catch_unwind(AssertUnwindSafe(|| run(page))).is_ok();
        let pages: Vec<Self> = pages.collect();
        let failed: Vec<&str> = pages.iter().filter(|page| !works(page)).map(|page| &*page.name).collect();
        assert!(!pages.is_empty() && failed.is_empty(), "{failed:?}");
    }

    /// Runs the page's commands, apart from those that install the program. Fails with all that did not work.
    pub(crate) fn run(&self, site: &Site, kubeconfig: Option<&str>) {
        let shell = |line: &str| {
            let mut command = site.command("bash");
            command.args(["-o", "pipefail", "-c", line]);
            if let Some(kubeconfig) = kubeconfig {
                command.env("KUBECONFIG", kubeconfig);
            }
            finish(&mut command, "")
        };
        let mut failures = String::new();
        let mut recorded = String::new();
        let mut rest = self.text.as_str();
        while let Some((before, block)) = rest.split_once("\n```") {
            let (fence, block) = block.split_once('\n').unwrap();
            let end = block.split_once("```");
            let (body, after) = end.unwrap_or_else(|| panic!("{}: a fence is open", self.name));
            let mut output = body.to_owned();
            match fence.split_whitespace().collect::<Vec<_>>()[..] {
                ["console", "session"] => {
                    let found = session(body, shell);
                    if !is_like(&found, body) {
                        failures.extend(["expected\n", body, "found\n", &found]);
                        output = found;
                    }
                }
                ["console", ..] => {
                    for line in commands(body).filter(|line| !INSTALLS.iter().any(|start| line.starts_with(start))) {
                        let expected =
                            line.rsplit_once("# exit ").map_or('0', |(_, rest)| rest.chars().next().unwrap());
                        let ran = shell(&line);
                        if ran.code.to_string() != expected.to_string() {
                            let Ran { code, stdout, stderr } = ran;
                            writeln!(failures, "$ {line}\n{stdout}{stderr}exit code {code}").unwrap();
                        }
                    }
                }
                [_, name] if name.contains('.') => site.write(name, body),
                _ => {}
            }
            recorded.extend([before, "\n```", fence, "\n", &output, "```"]);
            rest = after;
        }
        recorded.push_str(rest);
        if recorded != self.text && std::env::var_os("OVERWRITE").is_some() {
            fs::write(root().join(&self.name), recorded).unwrap();
        } else {
            assert!(failures.is_empty(), "{}:\n{failures}", self.name);
        }
    }
}

/// The commands of a block. A backslash continues one on the next line.
fn commands(block: &str) -> impl Iterator<Item = String> {
    let mut lines = block.lines();
    std::iter::from_fn(move || {
        let mut command = lines.find_map(|line| line.strip_prefix("$ "))?.to_owned();
        while command.ends_with('\\') {
            command.push('\n');
            command.push_str(lines.next()?);
        }
        Some(command)
    })
}

/// A session with the output that its commands print now.
fn session(block: &str, shell: impl Fn(&str) -> Ran) -> String {
    let mut text = String::new();
    for command in commands(block) {
        // Both streams in the order of a terminal.
        let ran = shell(&format!("{{ {command}\n}} 2>&1"));
        text.extend(["$ ", &command, "\n", &ran.stdout]);
    }
    text
}

/// Whether a text is as expected. A line `…` stands for any number of lines.
fn is_like(found: &str, expected: &str) -> bool {
    let mut parts = expected.split("…\n");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = found.strip_prefix(first) else { return false };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.is_empty() || expected.ends_with("…\n")
}
