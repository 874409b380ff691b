//! README, CHANGELOG and docs state the figures of `benches/figures.yaml`, and no other measurements.
//!
//! `OVERWRITE=1 cargo test --test figures` writes the figures into the pages. `.ci/run` keeps in `target/checks` what its
//! steps print, and compares that with the file.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a file that is missing or malformed is a failure"
)]

mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use regex_automata::meta::Regex;
use serde::Deserialize;
use serde_json::Value;

/// A figure as pages and logs write it: 0.92, 2,300 or 258 of 260.
const FIGURE: &str = r"([0-9](?:[0-9.,]*[0-9])?(?: of [0-9](?:[0-9.,]*[0-9])?)?)";

/// What looks like a measurement: a ratio, thousands, a percentage, or a number with a unit.
const MEASUREMENT: &str = concat!(
    r"\b[0-9][0-9.,]* of [0-9][0-9.,]*\b|\b[0-9]{1,3}(?:,[0-9]{3})+\b|\b[0-9][0-9.]*\s?%|",
    r"\b[0-9][0-9.,]*\s?(?:[MKG]i?B|kB|bytes|[mµ]?s|seconds?|minutes?|millions?|times|",
    r"cases|documents|instructions|lines|manifests|packages|pages|pods|requests|templates|workloads)\b",
);

/// The file of figures.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    measurements: BTreeMap<String, Measurement>,
    pages: BTreeMap<String, Page>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measurement {
    how: String,
    date: String,
    /// Lines of the logs in `target/checks`, for values that CI checks.
    #[serde(default)]
    logs: BTreeMap<String, Vec<String>>,
    /// How many percent a log may differ.
    #[serde(default)]
    tolerance: f64,
    #[serde(default)]
    values: BTreeMap<String, Value>,
    /// What a page has between `<!-- figures: NAME -->` and `<!-- end of figures -->`.
    table: Option<String>,
}

/// The texts of a page with numbers.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    /// Texts with figures in braces: `{name.value}`, or `{name.value:.1}` with one decimal, `{name.value:.1M}` in millions.
    #[serde(default)]
    figures: Vec<String>,
    /// Texts with numbers that are no measurements, such as limits.
    #[serde(default)]
    others: Vec<String>,
}

/// A template cut into texts and figures: each text but the last is followed by a figure.
struct Template<'a> {
    texts: Vec<&'a str>,
    figures: Vec<&'a str>,
}

impl<'a> Template<'a> {
    fn new(template: &'a str) -> Self {
        let mut rest = template;
        let (mut texts, mut figures) = (Vec::new(), Vec::new());
        while let Some((before, after)) = rest.split_once('{') {
            let (figure, after) = after.split_once('}').unwrap();
            texts.push(before);
            figures.push(figure);
            rest = after;
        }
        texts.push(rest);
        Self { texts, figures }
    }

    /// Matches the texts, with a group for each figure. Lines may be broken at any space.
    fn regex(&self) -> String {
        let escape = |text: &str| {
            let words = text.split([' ', '\n']).map(|word| {
                let escaped = word
                    .chars()
                    .map(|c| if c.is_ascii_punctuation() && !"<>".contains(c) { format!("\\{c}") } else { c.into() });
                escaped.collect::<String>()
            });
            words.collect::<Vec<String>>().join(r"\s+")
        };
        self.texts.iter().map(|text| escape(text)).collect::<Vec<_>>().join(FIGURE)
    }
}

impl Figures {
    fn read() -> Self {
        serde_yaml::from_str(&read("benches/figures.yaml")).unwrap()
    }

    fn value(&self, figure: &str, measurement: &str) -> &Value {
        let (measurement, value) = key(figure, measurement);
        let found = self.measurements.get(measurement).and_then(|measurement| measurement.values.get(value));
        found.unwrap_or_else(|| panic!("benches/figures.yaml has no {measurement}.{value}"))
    }

    /// A figure as pages write it.
    fn text(&self, figure: &str, measurement: &str) -> String {
        let value = self.value(figure, measurement);
        let Some((_, format)) = figure.split_once(':') else {
            return value
                .as_u64()
                .map_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned), thousands);
        };
        let (decimals, scale) = match format.strip_suffix('M') {
            Some(decimals) => (decimals, 1e6),
            None => (format, 1.0),
        };
        let number = value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap();
        format!("{:.*}", decimals.trim_start_matches('.').parse().unwrap(), number / scale)
    }

    /// A template with its figures.
    fn render(&self, template: &str, measurement: &str) -> String {
        let template = Template::new(template);
        let figures = template.figures.iter().map(|figure| self.text(figure, measurement)).chain([String::new()]);
        template.texts.iter().zip(figures).flat_map(|(text, figure)| [(*text).to_owned(), figure]).collect()
    }

    /// The places of a page that have figures, with the text that each must have. Reports templates that are not found.
    fn places(&self, page: &str, text: &str, problems: &mut Vec<String>) -> Vec<(Range<usize>, String)> {
        let mut places = Vec::new();
        for (begin, _) in text.match_indices("<!-- figures: ") {
            let (name, table) = text[begin + "<!-- figures: ".len()..].split_once(" -->\n").unwrap();
            let length = table.find("<!-- end of figures -->").unwrap();
            let recorded = self.measurements.get(name).and_then(|measurement| measurement.table.as_deref()).unwrap();
            let begin = text.len() - table.len();
            places.push((begin..begin + length, format!("\n{}\n\n", self.render(recorded.trim_end(), name))));
        }
        for template in self.pages.get(page).iter().flat_map(|page| &page.figures) {
            let parsed = Template::new(template);
            let regex = Regex::new(&parsed.regex()).unwrap();
            let found: Vec<_> = regex.captures_iter(text).collect();
            let [found] = &found[..] else {
                problems.push(format!("{page} has {template:?} {} times", found.len()));
                continue;
            };
            for (index, figure) in parsed.figures.iter().enumerate() {
                places.push((found.get_group(index + 1).unwrap().range(), self.text(figure, "")));
            }
        }
        places.sort_by_key(|(range, _)| range.start);
        places
    }
}

/// The measurement and the value of a figure. `value` alone is of the given measurement.
fn key<'a>(figure: &'a str, measurement: &'a str) -> (&'a str, &'a str) {
    let key = figure.split_once(':').map_or(figure, |(key, _)| key);
    key.split_once('.').unwrap_or((measurement, key))
}

/// A number with commas between thousands.
fn thousands(number: u64) -> String {
    match number / 1000 {
        0 => number.to_string(),
        rest => format!("{},{:03}", thousands(rest), number % 1000),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages by their paths from the root, but those that are generated from the code.
fn pages() -> Vec<String> {
    let entries = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let packages = entries(root().join("crates")).chain([root().join("fuzz")]);
    let readmes = packages.map(|package| package.join("README.md"));
    let all = entries(root().to_owned()).chain(readmes).chain(folder::files(&root().join("docs")));
    let pages = all.filter(|path| path.extension().is_some_and(|extension| extension == "md") && path.exists());
    let names = pages.map(|page| page.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
    let generated = |page: &String| page.starts_with("docs/reference/commands/") || page == "docs/reference/rules.md";
    names.filter(|page| !generated(page)).collect()
}

/// Replaces what a regular expression matches by spaces.
fn blank(text: &mut String, regex: &str) -> usize {
    let regex = Regex::new(regex).unwrap();
    let found: Vec<Range<usize>> = regex.find_iter(text.as_str()).map(|found| found.range()).collect();
    for range in &found {
        blank_range(text, range.clone());
    }
    found.len()
}

/// Replaces all but line breaks by spaces.
fn blank_range(text: &mut String, range: Range<usize>) {
    let spaces: String = text[range.clone()].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(range, &spaces);
}

/// Numbers of a page's prose that look like measurements, with their lines.
fn measurements(mut text: String) -> Vec<(usize, String)> {
    for code in [r"(?m)^ *```(?s:.*?)^ *```", r"`[^`\n]+`", r"\]\([^)\s]*\)"] {
        blank(&mut text, code);
    }
    let regex = Regex::new(MEASUREMENT).unwrap();
    let found = regex.find_iter(&text).map(|found| found.range());
    found.map(|range| (text[..range.start].matches('\n').count() + 1, text[range].to_owned())).collect()
}

#[test]
fn pages_state_what_was_measured() {
    let figures = Figures::read();
    let overwrites = std::env::var_os("OVERWRITE").is_some();
    let mut problems = Vec::new();
    for page in pages() {
        let mut text = read(&page);
        let places = figures.places(&page, &text, &mut problems);
        for (range, expected) in places.into_iter().rev() {
            if !overwrites && text[range.clone()] != expected {
                let line = text[..range.start].matches('\n').count() + 1;
                problems.push(format!("{page}:{line}: expected {}: set OVERWRITE=1", expected.trim()));
            }
            text.replace_range(range, &expected);
        }
        if overwrites {
            fs::write(root().join(page), text).unwrap();
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn numbers_of_pages_are_figures() {
    let figures = Figures::read();
    let mut problems = Vec::new();
    let pages = pages();
    for page in figures.pages.keys().filter(|page| !pages.contains(page)) {
        problems.push(format!("benches/figures.yaml has {page}, which is no page"));
    }
    for page in pages {
        let mut text = read(&page);
        for (range, _) in figures.places(&page, &text, &mut Vec::new()) {
            blank_range(&mut text, range);
        }
        for other in figures.pages.get(&page).iter().flat_map(|page| &page.others) {
            if blank(&mut text, &Template::new(other).regex()) == 0 {
                problems.push(format!("{page} does not have {other:?}"));
            }
        }
        for (line, number) in measurements(text) {
            problems.push(format!("{page}:{line}: {number} is not in benches/figures.yaml"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn figures_are_used_and_say_how_they_were_measured() {
    let figures = Figures::read();
    let text: String = pages().iter().map(read).collect();
    let of_pages = figures.pages.values().flat_map(|page| &page.figures).map(|template| (template, ""));
    let of_measurements = figures.measurements.iter().flat_map(|(name, measurement)| {
        measurement.logs.values().flatten().chain(&measurement.table).map(move |template| (template, name.as_str()))
    });
    let used: BTreeSet<(&str, &str)> = of_pages
        .chain(of_measurements)
        .flat_map(|(template, name)| Template::new(template).figures.into_iter().map(move |figure| key(figure, name)))
        .collect();
    for (name, measurement) in &figures.measurements {
        assert!(!measurement.how.is_empty() && measurement.date.len() == "2026-11-30".len(), "{name}");
        let is_on_a_page = text.contains(&format!("<!-- figures: {name} -->"));
        assert!(measurement.table.is_none() || is_on_a_page, "no page has the table of {name}");
        for value in measurement.values.keys() {
            assert!(used.contains(&(name.as_str(), value.as_str())), "{name}.{value} is not used");
        }
    }
}

#[test]
#[ignore = "needs what .ci/run prints"]
fn logs_of_checks_have_the_figures() {
    let figures = Figures::read();
    let mut problems = Vec::new();
    for (name, measurement) in &figures.measurements {
        for (log, template) in
            measurement.logs.iter().flat_map(|(log, lines)| lines.iter().map(move |line| (log, line)))
        {
            let text = read(Path::new("target/checks").join(log));
            let parsed = Template::new(template);
            let regex = Regex::new(&format!("(?m)^{}$", parsed.regex())).unwrap();
            let found: Vec<_> = regex.captures_iter(text.as_str()).collect();
            let [found] = &found[..] else {
                problems.push(format!("target/checks/{log} has {template:?} {} times", found.len()));
                continue;
            };
            for (index, figure) in parsed.figures.iter().enumerate() {
                let plain = |text: &str| text.replace(',', "");
                let printed = plain(&text[found.get_group(index + 1).unwrap().range()]);
                let recorded = plain(&figures.text(figure, name));
                let deviation = match (printed.parse::<f64>(), recorded.parse::<f64>()) {
                    (Ok(printed), Ok(recorded)) => 100.0 * (printed / recorded - 1.0).abs(),
                    _ => f64::INFINITY,
                };
                if printed != recorded && deviation > measurement.tolerance {
                    problems.push(format!("benches/figures.yaml: {name}.{figure} is {recorded}; {log} has {printed}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn measurements_are_found_in_prose_only() {
    let page =
        "It takes 0.9 s\nfor 5,000 of them, `7 MiB`, 3 %, on k8s 1.30.\n```\n4 s\n```\n[2 of 2](a-3s) Δ 12 MiB\n";
    let found: Vec<String> =
        measurements(page.to_owned()).into_iter().map(|(line, text)| format!("{line} {text}")).collect();
    assert_eq!(found, ["1 0.9 s", "2 5,000", "2 3 %", "6 2 of 2", "6 12 MiB"]);
}

#[test]
fn figures_have_the_form_of_pages() {
    let measurement = "how: by hand\ndate: 2026-11-30\nvalues: {a: 2775981, b: \"0.20\", c: 0.92, d: 258 of 260}";
    let figures = Figures {
        measurements: [("m".to_owned(), serde_yaml::from_str(measurement).unwrap())].into(),
        pages: BTreeMap::new(),
    };
    let rendered = figures.render("{m.a}, {a:.1M} million, {b} s, {c} s, {c:.1} s, {d}.", "m");
    assert_eq!(rendered, "2,775,981, 2.8 million, 0.20 s, 0.92 s, 0.9 s, 258 of 260.");
}
