//! What archives bring along with the program: man pages, read by groff, and completion scripts, run by the shells.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::site::{PROGRAM, Site, root};

/// A site with the folder `extras`.
fn site() -> Site {
    let site = Site::new();
    let package = root().join("plugin/package");
    site.run(package.to_str().unwrap(), &["extras", PROGRAM, "extras"]).good();
    site
}

/// The commands that `--help` lists.
fn commands(site: &Site) -> Vec<String> {
    let help = site.run("kubectl-nativesidecar", &["--help"]).good();
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let words = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    words.filter(|word| *word != "help").map(str::to_owned).collect()
}

/// A page as groff shows it, without its warnings, of which there must be none.
fn shown(site: &Site, page: &str) -> String {
    let page = format!("extras/man/man1/{page}.1");
    let shown = site.run("groff", &["-ww", "-man", "-Tutf8", "-rLL=100n", "-P-cbou", &page]);
    assert_eq!(shown.stderr, "", "{page}");
    shown.good()
}

#[test]
#[ignore = "needs groff"]
fn every_command_has_a_page_that_groff_shows_as_the_help() {
    let site = site();
    let mut pages: BTreeSet<String> = BTreeSet::new();
    for entry in fs::read_dir(site.path("extras/man/man1")).unwrap() {
        pages.insert(entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    }
    for page in &pages {
        let text = shown(&site, page);
        // Backslashes are at the end of lines of commands only; hyphens would break words.
        for odd in ["`", "**", "](", "\\", "\u{2010}"] {
            let odd_line = text.lines().find(|line| line.trim_end_matches('\\').contains(odd));
            assert_eq!(odd_line, None, "{page} has {odd:?}");
        }
    }
    for command in commands(&site) {
        let page = format!("kubectl-nativesidecar-{command}");
        assert!(pages.contains(&page), "{page} is missing");
        let text = shown(&site, &page);
        let help = site.run("kubectl-nativesidecar", &[&command, "--help"]).good();
        // Examples are the same line by line, so that they can be copied.
        let examples = help.split_once("Examples:\n").map_or("", |(_, rest)| rest.split("\n\nUsage:").next().unwrap());
        let mut lines = text.lines().map(str::trim);
        for example in examples.lines().map(str::trim) {
            assert!(lines.any(|line| line == example), "{page} does not have, in this order: {example}");
        }
        let flags = help.lines().filter_map(|line| line.trim_start().split_once("--"));
        for (short, flag) in flags.filter(|(short, _)| short.is_empty() || short.ends_with(", ")) {
            let flag = format!("{short}--{}", flag.split([' ', '[', '=']).next().unwrap());
            let is_listed = text.lines().any(|line| line.trim_start().starts_with(&flag));
            assert!(is_listed || flag == "-h, --help", "{page} does not list {flag}");
        }
    }
}

#[test]
#[ignore = "needs zsh and fish"]
fn completion_scripts_work_as_files() {
    let site = site();
    let first_words = |output: String| -> BTreeSet<String> {
        output.split_whitespace().map(|word| word.split(':').next().unwrap().to_owned()).collect()
    };
    let modes = ["native", "regular", "mesh"].map(str::to_owned);
    let has_modes = |output: String| modes.iter().all(|mode| first_words(output.clone()).contains(mode));
    let script = "source extras/completions/kubectl-nativesidecar.bash
        COMP_WORDS=(kubectl-nativesidecar inject --mode '') COMP_CWORD=3 COMP_TYPE=9
        _clap_complete_kubectl_nativesidecar kubectl-nativesidecar '' --mode
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    assert!(has_modes(site.run("bash", &["-c", script]).good()));
    let script = "source extras/completions/kubectl-nativesidecar.fish
        complete -C 'kubectl-nativesidecar inject --mode '";
    assert!(has_modes(site.run("fish", &["--no-config", "-c", script]).good()));
    // zsh loads the file when it completes for the first time. Replace what shows choices on a terminal.
    let script = "compdef() { }; _describe() { print -rl -- ${(P)@[-1]} }
        fpath=($PWD/extras/completions $fpath); autoload -U _kubectl-nativesidecar
        words=(kubectl-nativesidecar inject --mode '') CURRENT=4
        _kubectl-nativesidecar; print next; _kubectl-nativesidecar";
    let answers = site.run("zsh", &["-f", "-c", script]).good();
    let (first, second) = answers.split_once("next\n").unwrap();
    assert!(has_modes(first.to_owned()) && has_modes(second.to_owned()), "{answers}");
}

#[test]
#[ignore = "with the clients' tests"]
fn the_archive_has_them_and_leaves_the_folder_as_it_is() {
    let site = site();
    let package = root().join("plugin/package");
    let package = package.to_str().unwrap();
    // Any file will do for a program of another platform.
    site.run(package, &["archive", "linux", "arm64", package, "extras", "dist"]).good();
    let archive = format!("dist/kubectl-nativesidecar-v{}-linux-arm64.tar.gz", env!("CARGO_PKG_VERSION"));
    let listed = site.run("tar", &["-tzf", &archive]).good();
    let listed: BTreeSet<&str> = listed.lines().collect();
    for name in [
        "LICENSE",
        "README.md",
        "kubectl-nativesidecar",
        "completions/_kubectl-nativesidecar",
        "completions/kubectl-nativesidecar.bash",
        "completions/kubectl-nativesidecar.fish",
        "completions/kubectl-nativesidecar.ps1",
        "man/man1/kubectl-nativesidecar.1",
        "man/man1/kubectl-nativesidecar-explain.1",
    ] {
        assert!(listed.contains(name), "{name} is not in {listed:?}");
    }
    // Unpacked over a folder such as /usr/local/bin, an entry for the folder would change its mode.
    assert!(!listed.contains("./"), "{listed:?}");
    site.run("mkdir", &["-m", "751", "there"]).good();
    site.run("tar", &["-xpzf", &archive, "-C", "there"]).good();
    let mode = |name: &str| fs::metadata(site.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("there"), 0o751);
    assert_eq!(mode("there/kubectl-nativesidecar"), 0o755);
    assert_eq!(mode("there/man/man1"), 0o755);
    assert_eq!(mode("there/man/man1/kubectl-nativesidecar.1"), 0o644);
}
