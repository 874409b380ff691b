//! Manifests with an error at each byte.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::outside::{SMALL, deployment, run, run_in};

const COMMANDS: [&[&str]; 4] = [
    &["annotate", "-f", "."],
    &["inject", "-f", ".", "--keep-going"],
    &["diff", "-f", "."],
    &["annotate", "-f", ".", "--check"],
];

/// A manifest with quotes, a block scalar, a comment, braces, characters of two and three bytes, and an alias.
fn manifest() -> Vec<u8> {
    let more = "      annotations: {a: \"b\\tc\", 'd': &x é}\n      # 漢\n";
    deployment(more, "        args: [*x, \"1\"]\n        command:\n        - |\n          sh\n").into_bytes()
}

/// Writes a file for each text, `0001.yaml` and so on.
fn files(folder: &Path, texts: impl Iterator<Item = Vec<u8>>) -> usize {
    let write = |(index, text): (usize, Vec<u8>)| fs::write(folder.join(format!("{index:04}.yaml")), text).unwrap();
    texts.enumerate().map(write).count()
}

/// The line and column, in characters, of a byte. The text before it is UTF-8, but may end inside a character.
fn place(text: &[u8], at: usize) -> String {
    let before = &text[..at];
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    let line = before.split(|&b| b == b'\n').count();
    let column = before[line_start..].iter().filter(|&&b| b & 0xc0 != 0x80).count() + 1;
    format!("{line}:{column}")
}

/// Checks that each file of `folder` has an error at its place.
fn all_are_refused(folder: &Path, places: &[String]) {
    for args in COMMANDS {
        let ran = run_in(folder, args);
        ran.expect(&format!("{args:?}"), &[3]);
        for (index, place) in places.iter().enumerate() {
            let begins = format!("error: ./{index:04}.yaml:{place}: not UTF-8: byte 0x");
            assert!(ran.stderr.lines().any(|line| line.starts_with(&begins)), "{args:?}: {begins}\n{}", ran.stderr);
        }
    }
}

#[test]
fn invalid_utf_8_is_reported_at_any_place() {
    let manifest = manifest();
    let folder = tempfile::tempdir().unwrap();
    let inserted = (0..=manifest.len()).map(|at| [&manifest[..at], b"\xff", &manifest[at..]].concat());
    files(folder.path(), inserted);
    // Inside a character, the error is at the character's start.
    let start = |at: usize| (0..=at).rev().find(|&i| i == manifest.len() || manifest[i] & 0xc0 != 0x80).unwrap();
    let places: Vec<String> = (0..=manifest.len()).map(|at| place(&manifest, start(at))).collect();
    all_are_refused(folder.path(), &places);
    let replaced = (0..manifest.len()).map(|at| [&manifest[..at], b"\xff", &manifest[at + 1..]].concat());
    fs::remove_file(folder.path().join(format!("{:04}.yaml", manifest.len()))).unwrap();
    files(folder.path(), replaced);
    all_are_refused(folder.path(), &places[..manifest.len()]);
}

#[test]
fn truncated_files_are_processed_or_refused() {
    let manifest = manifest();
    let folder = tempfile::tempdir().unwrap();
    let count = files(folder.path(), (0..manifest.len()).map(|end| manifest[..end].to_vec()));
    for args in COMMANDS {
        let ran = run_in(folder.path(), args);
        ran.expect(&format!("{args:?}"), &[3]);
        // Each is processed, or has an error with line and column.
        let problems =
            ran.stderr.lines().filter(|line| line.starts_with("error: ./") || line.starts_with("./")).count();
        assert!(problems > count / 4, "{args:?}: {}", ran.stderr);
        for line in ran.stderr.lines().filter(|line| line.contains("not YAML")) {
            let place: Vec<&str> = line.splitn(5, ':').collect();
            assert!(place[2].parse::<usize>().is_ok() && place[3].parse::<usize>().is_ok(), "{line}");
        }
    }
}

#[test]
fn any_byte_may_be_inserted_anywhere() {
    // One byte of each kind that YAML distinguishes.
    let kinds = b"\t\r\n \"'#&*!|>%@`[]{},:?-~\\0x.\x7f\x1b\xc2";
    let manifest = manifest();
    let folder = tempfile::tempdir().unwrap();
    for &byte in kinds {
        files(folder.path(), (0..manifest.len()).map(|at| [&manifest[..at], &[byte], &manifest[at..]].concat()));
        for args in [&["annotate", "-f", ".", "-q"][..], &["inject", "-f", ".", "-q"]] {
            run_in(folder.path(), args).expect(&format!("{args:?}, byte {byte:#x}"), &[0, 3]);
        }
    }
}

#[test]
fn other_encodings_have_a_hint() {
    let text = deployment("", "");
    let units: Vec<u16> = text.encode_utf16().collect();
    let little = [&b"\xff\xfe"[..], &units.iter().flat_map(|u| u.to_le_bytes()).collect::<Vec<u8>>()].concat();
    let big = [&b"\xfe\xff"[..], &units.iter().flat_map(|u| u.to_be_bytes()).collect::<Vec<u8>>()].concat();
    let unmarked: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
    let latin = text.replace("image: web", "image: wéb").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for input in [little, big, unmarked, latin] {
        for command in ["annotate", "inject", "diff"] {
            let ran = run(&[command], &input, SMALL);
            ran.expect(command, &[3]);
            assert!(ran.stderr.contains("hint: save the file as UTF-8"), "{}", ran.stderr);
            assert!(ran.stdout.is_empty());
        }
    }
}

#[test]
fn messages_contain_no_control_sequences() {
    // Written as escapes, because YAML does not allow the characters themselves.
    let evil = r"\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\u2028\n<stdin>:1: all is well";
    // Manifests with control characters in every kind of value.
    let mut input = String::new();
    for place in ["name: web", "app: web", "image: web"] {
        let (key, _) = place.split_once(':').unwrap();
        let text = deployment("", "").replace(place, &format!("{key}: \"{evil}\""));
        write!(input, "---\n{text}").unwrap();
    }
    for more in [
        format!("      annotations: {{sidecar.istio.io/nativeSidecar: \"{evil}\"}}\n"),
        format!("      annotations: {{sidecar.istio.io/interceptionMode: \"{evil}\"}}\n"),
        format!("      annotations: {{proxy.istio.io/config: \"{evil}\"}}\n"),
        format!("      annotations: {{inject.istio.io/templates: \"{evil}\"}}\n"),
        format!("      annotations: {{\"{evil}\": [1], \"{evil}\": [1]}}\n"),
    ] {
        write!(input, "---\n{}", deployment(&more, "")).unwrap();
    }
    write!(input, "---\napiVersion: x.y/v1\nkind: \"{evil}\"\nmetadata: {{name: \"{evil}\"}}\nspec: {{template: {{spec: {{containers: [{{name: a}}]}}}}}}\n").unwrap();
    let has_control =
        |text: &str| text.contains(|c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2028}".contains(c)));
    for args in [
        &["annotate", "-v", "--keep-going", "-o", "name"][..],
        &["inject", "-v"],
        &["inject", "-v", "--keep-going", "--diff"],
    ] {
        let ran = run(args, input.as_bytes(), SMALL);
        ran.expect(&format!("{args:?}"), &[0, 3]);
        assert!(!has_control(&ran.stderr), "{args:?}: {:?}", ran.stderr);
        assert!(!ran.stderr.lines().any(|line| line.starts_with("<stdin>:1: all is well")), "{args:?}: {}", ran.stderr);
        // Manifests keep the author's escapes, and new text is escaped as YAML requires.
        assert!(!String::from_utf8(ran.stdout).unwrap().contains(|c: char| c != '\n' && c.is_control()), "{args:?}");
    }
    // File names with control characters.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a\u{1b}[31m\nb.yaml"), deployment("", "")).unwrap();
    fs::write(folder.path().join("c\u{1b}[31m.yaml"), "a: [").unwrap();
    for args in
        [&["annotate", "-f", ".", "--check", "--keep-going"][..], &["annotate", "-f", ".", "--diff", "--keep-going"]]
    {
        let ran = run_in(folder.path(), args);
        ran.expect(&format!("{args:?}"), &[3]);
        assert!(!has_control(&ran.stderr) && ran.stderr.contains("c\\u{1b}[31m.yaml:1:4"), "{:?}", ran.stderr);
        assert!(!has_control(&String::from_utf8(ran.stdout).unwrap()), "{args:?}");
    }
}
