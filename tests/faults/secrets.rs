//! Values of Secrets, environment variables, arguments and annotations are not printed. They contain a mark here, which no
//! message and no report may contain, for any error in the manifest.

use std::fs;

use crate::outside::{deployment, run_in};

const MARK: &str = "CANARY";

/// A Secret with marked values in all YAML styles.
fn secret() -> String {
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {note: CANARY-0}}\ndata:\n  plain: CANARY-1\n  quoted: \
     \"CANARY-2\"\n  lines: |\n    CANARY-3\n    CANARY-4\nstringData: {flow: CANARY-5, 'single': 'CANARY-6'}\n"
        .to_owned()
}

/// A workload with marked variables, arguments and annotations, and the lines `more` in its annotations.
fn workload(more: &str) -> String {
    let variables = "        args: [--password, CANARY-7]\n        command: [sh, -c, \"CANARY-8\"]\n        env:\n        - \
                     {name: A, value: CANARY-9}\n        - name: B\n          value: \"CANARY-10\"\n        - name: C\n          \
                     value: |\n            CANARY-11\n";
    deployment(&format!("      annotations:\n        note: CANARY-12\n{more}"), variables)
}

/// `text` with an error near each mark: a stray character before, within or after it, or cut off after it.
fn broken(text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        for stray in [
            "*", "&", "!", "@", "`", "%", "{", "[", "]", "}", "\"", "'", ": ", " #", "- ", "? ", "\t", "\n", "\u{1b}",
            "|", "{{ ", "\\q",
        ] {
            broken.push(format!("{}{stray}{}", &text[..at], &text[at..]));
            broken.push(format!("{}{stray}{}", &text[..at + 3], &text[at + 3..]));
            broken.push(format!("{}{stray}{}", &text[..at + MARK.len() + 2], &text[at + MARK.len() + 2..]));
        }
        broken.push(text[..at + MARK.len()].to_owned());
    }
    broken
}

/// Annotations that Istio parses, marked where an error message might quote the value.
fn annotations() -> Vec<String> {
    let config = |text: &str| format!("        proxy.istio.io/config: '{text}'\n");
    let overrides = |text: &str| format!("        proxy.istio.io/overrides: '{text}'\n");
    vec![
        config("proxyMetadata: {A: [CANARY-20]}"),
        config("proxyMetadata: {A: {CANARY-21: 1}}").replace("{CANARY-21: 1}", "[CANARY-21, 1]"),
        config("proxyMetadata: CANARY-22"),
        config("proxyMetadata: {A: *CANARY-23}"),
        config("proxyMetadata: {A: !!int CANARY-24}"),
        config("{\"proxyMetadata\": {\"A\": \"CANARY-25\"}, \"concurrency\": \"CANARY-26\"}"),
        config("{\"proxyMetadata\": {\"A\": \"CANARY-27\"}, \"drainDuration\": \"CANARY-28\"}"),
        config("{\"discoveryAddress\": \"CANARY-29\"}"),
        config("{\"tracing\": {\"lightstep\": {\"address\": \"CANARY-30\", \"accessToken\": 5}}}"),
        config("CANARY-31"),
        config("proxyMetadata: {A: CANARY-32"),
        config("proxyMetadata: {A: ''CANARY-33\\''}"),
        config("proxyMetadata: {A: \"CANARY-34 \\\" b\"}"),
        overrides(
            "{\"containers\": [{\"name\": \"istio-proxy\", \"env\": [{\"name\": \"A\", \"value\": \"CANARY-35\"}]",
        ),
        overrides("CANARY-36"),
        overrides("{\"containers\": \"CANARY-37\"}"),
        overrides("{\"containers\": [\"CANARY-38\"]}"),
        "        sidecar.istio.io/status: 'CANARY-39'\n".to_owned(),
        "        sidecar.istio.io/userVolume: '{\"CANARY-40\"'\n".replace("CANARY-40", "a\": \"CANARY-40"),
        "        sidecar.istio.io/userVolumeMount: 'CANARY-41'\n".to_owned(),
        "        kubectl.kubernetes.io/last-applied-configuration: |\n          {\"data\": \"CANARY-42\"\n".to_owned(),
    ]
}

#[test]
fn no_message_and_no_report_contains_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("k8s")).unwrap();
    let mut texts = vec![secret(), workload("")];
    texts.extend(broken(&secret()));
    texts.extend(broken(&workload("")));
    texts.extend(annotations().iter().map(|more| workload(more)));
    // Wrong types (such as a mapping for a string) and duplicate keys.
    for (right, wrong) in [
        ("value: CANARY-9", "value: {a: CANARY-9}"),
        ("value: CANARY-9", "value: !!int CANARY-9"),
        ("value: CANARY-9", "value: !!binary CANARY-9"),
        ("value: CANARY-9", "value: CANARY-9, value: CANARY-9"),
        ("note: CANARY-12", "note: [CANARY-12]"),
        ("note: CANARY-12", "note: CANARY-12\n        note: CANARY-12"),
        ("args: [--password, CANARY-7]", "args: CANARY-7"),
        ("args: [--password, CANARY-7]", "args: {a: CANARY-7}"),
        ("env:\n", "env: CANARY-13\n        envs:\n"),
        ("image: web", "image: [CANARY-14]"),
    ] {
        assert!(workload("").contains(right));
        texts.push(workload("").replacen(right, wrong, 1));
    }
    for (index, text) in texts.iter().enumerate() {
        assert!(text.contains(MARK));
        fs::write(folder.path().join(format!("k8s/{index:04}.yaml")), text).unwrap();
    }
    // Run all commands, and search for marks.
    let mut refused = 0;
    for args in [
        &["annotate", "-v"][..],
        &["annotate", "-v", "--keep-going", "--check"],
        &["annotate", "-v", "--remove", "--keep-going", "-o", "name"],
        &["inject", "-v", "--keep-going", "--check"],
        &["inject", "-v", "--mode", "mesh", "--keep-going", "-o", "name"],
        &["inject", "-v", "--keep-going", "-l", "app=web", "--check"],
    ] {
        let args = [args, &["-f", "k8s", "--report-file", "report.json"]].concat();
        let ran = run_in(folder.path(), &args);
        ran.expect(&format!("{args:?}"), &[3]);
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        for (what, text) in
            [("stderr", &ran.stderr), ("report", &report), ("stdout", &String::from_utf8(ran.stdout).unwrap())]
        {
            // A stray character may split a mark, so search for its halves.
            let marked = |line: &&str| line.contains("CAN") || line.contains("ARY-");
            let leaked: Vec<&str> = text.lines().filter(marked).take(20).collect();
            assert!(leaked.is_empty(), "{args:?}: {what}: {leaked:#?}");
        }
        refused = refused.max(ran.stderr.lines().filter(|line| line.starts_with("error: k8s/")).count());
    }
    // Otherwise the test proves nothing.
    assert!(refused > texts.len() / 2, "{refused} of {}", texts.len());
}

#[test]
fn a_diff_shows_only_changes_and_their_context() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), format!("{}---\n{}", secret(), deployment("", ""))).unwrap();
    for command in ["diff", "annotate"] {
        let ran = run_in(folder.path(), &[command, "-f", "a.yaml", if command == "diff" { "-q" } else { "--diff" }]);
        ran.expect(command, &[1]);
        let diff = String::from_utf8(ran.stdout).unwrap();
        assert!(diff.contains('+') && !diff.contains(MARK), "{diff}");
    }
}

#[test]
fn errors_in_project_and_values_files_contain_no_values() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.yaml"), deployment("", "")).unwrap();
    for text in [
        "istiodEnv: CANARY-1",
        "istiodEnv: [CANARY-2]",
        "istiodEnv: {A: [CANARY-3]}",
        "targets: {a: {istiodEnv: CANARY-4}}",
        "istiodEnv: {A: *CANARY-5}",
    ] {
        fs::write(at("project.yaml"), text).unwrap();
        let ran = run_in(folder.path(), &["inject", "-f", "a.yaml", "--config", "project.yaml"]);
        ran.expect(text, &[2]);
        assert!(ran.stderr.contains("project.yaml") && !ran.stderr.contains(MARK), "{}", ran.stderr);
    }
    for text in
        ["meshConfig: {defaultConfig: {proxyMetadata: {A: [CANARY-6]}}}", "pilot: {env: {A: CANARY-7", "a: *CANARY-8"]
    {
        fs::write(at("values.yaml"), text).unwrap();
        let ran = run_in(folder.path(), &["inject", "-f", "a.yaml", "--values", "values.yaml"]);
        ran.expect(text, &[4]);
        assert!(!ran.stderr.contains(MARK), "{}", ran.stderr);
    }
    for (args, code) in [(["--config", "/dev/zero"], 2), (["--values", "/dev/zero"], 4)] {
        let ran = run_in(folder.path(), &[&["inject", "-f", "a.yaml"][..], &args].concat());
        ran.expect(args[0], &[code]);
        assert!(ran.stderr.contains("/dev/zero"), "{}", ran.stderr);
    }
}
