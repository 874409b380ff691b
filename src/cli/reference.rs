//! The reference of commands, docs/reference/commands: one page a command, written from its definition; and that of exit codes,
//! written from the help. `OVERWRITE=1 cargo test --lib reference` writes the pages again. The commands that pages print have the
//! flags of the definitions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Arg, Command};

use super::{AFTER, command};

const FOLDER: &str = "docs/reference/commands";
const EXIT_CODES: &str = "docs/reference/exit-codes.md";

/// The heading of flags that have none.
const OTHER: &str = "Options";

#[test]
fn pages_of_commands_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join(FOLDER);
    let mut expected = BTreeMap::new();
    let mut command = command().bin_name("kubectl nativesidecar").disable_help_subcommand(true);
    command.build();
    for command in command.get_subcommands_mut() {
        command.build();
        expected.insert(format!("{}.md", command.get_name()), page(root, command));
    }
    if std::env::var_os("OVERWRITE").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for (name, page) in &expected {
            fs::write(folder.join(name), page).unwrap();
        }
    }
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
    };
    let found: BTreeMap<String, String> = fs::read_dir(folder).unwrap().map(read).collect();
    assert!(found == expected, "{FOLDER} is out of date: run OVERWRITE=1 cargo test --lib reference");
}

#[test]
fn the_page_of_exit_codes_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXIT_CODES);
    let expected = exit_codes();
    if std::env::var_os("OVERWRITE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap();
    assert!(found == expected, "{EXIT_CODES} is out of date: run OVERWRITE=1 cargo test --lib reference");
}

/// The guides' commands are run by `tests/clients`. Those of the reference name files that do not exist, so they are only parsed.
#[test]
fn commands_of_pages_parse() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("\n```").skip(1).step_by(2) {
            let (fence, body) = block.split_once('\n').unwrap_or_default();
            if !["console", "sh"].contains(&fence.split(' ').next().unwrap_or_default()) {
                continue;
            }
            for call in calls(body) {
                count += 1;
                let error = command().try_get_matches_from(&call).err().filter(clap::Error::use_stderr);
                wrong.extend(error.map(|error| format!("{}: {}\n{error}", page.display(), call.join(" "))));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 200, "only {count} commands were found");
}

/// The words of each call of this program in a shell script.
fn calls(script: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for line in script.replace("\\\n", " ").lines() {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let mut words: Vec<String> = Vec::new();
        let mut end = |words: &mut Vec<String>| {
            let words = std::mem::take(words);
            let first: Vec<&str> = words.iter().take(2).map(String::as_str).collect();
            match first[..] {
                ["kubectl", "nativesidecar"] => calls.push(words[1..].to_vec()),
                ["kubectl-nativesidecar", ..] => calls.push(words),
                _ => {}
            }
        };
        let (mut quote, mut word) = (None, None::<String>);
        for character in line.chars() {
            match (quote, character) {
                (Some(open), c) if open == c => quote = None,
                (None, '\'' | '"') => {
                    quote = Some(character);
                    word.get_or_insert_default();
                }
                (None, c) if c.is_whitespace() => words.extend(word.take()),
                (None, '|' | ';' | '&' | '>' | '<' | '(' | ')' | '#') if word.is_none() || character != '#' => {
                    words.extend(word.take());
                    end(&mut words);
                    if character == '#' {
                        break;
                    }
                }
                (_, c) => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        end(&mut words);
    }
    calls
}

/// The table of the help, whose meanings may take several lines.
fn exit_codes() -> String {
    let (_, lines) = AFTER.split_once("Exit codes:\n").unwrap();
    let mut rows: Vec<(&str, String)> = Vec::new();
    for line in lines.lines().map(str::trim) {
        match line.split_once("  ").filter(|(code, _)| code.parse::<u8>().is_ok()) {
            Some((code, meaning)) => rows.push((code, meaning.trim().to_owned())),
            None => write!(rows.last_mut().unwrap().1, " {line}").unwrap(),
        }
    }
    let rows: Vec<String> = rows.iter().map(|(code, meaning)| format!("| {code} | {meaning} |\n")).collect();
    format!("# Exit codes\n\nThe same for all commands.\n\n| code | meaning |\n|---|---|\n{}", rows.concat())
}

fn page(root: &Path, command: &mut Command) -> String {
    let name = command.get_name().to_owned();
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.render_usage().to_string();
    let mut text = format!("# {name}\n\n{}\n\n```text\n{}\n```\n", about.trim(), usage.trim_start_matches("Usage: "));
    if root.join(format!("docs/reference/{name}.md")).exists() {
        write!(text, "\nWhat it prints, and how it decides: [{name}](../{name}.md).\n").unwrap();
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let lines = examples.trim().trim_start_matches("Examples:").trim_matches('\n').lines();
        let lines: Vec<&str> = lines.map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
        write!(text, "\n## Examples\n\n```sh\n{}\n```\n", lines.join("\n")).unwrap();
    }
    let subcommands: Vec<&Command> = command.get_subcommands().filter(|found| found.get_name() != "help").collect();
    if !subcommands.is_empty() {
        text.push_str("\n## Commands\n\n");
    }
    for subcommand in subcommands {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(text, "- `{name} {}`: {about}", subcommand.get_name()).unwrap();
    }
    let mut headings: Vec<&str> = Vec::new();
    let args: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help").collect();
    for arg in &args {
        let heading = heading(arg);
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for title in headings {
        write!(text, "\n## {title}\n\n").unwrap();
        args.iter().filter(|arg| heading(arg) == title).for_each(|arg| text.push_str(&flag(arg)));
    }
    text
}

fn heading(arg: &Arg) -> &str {
    arg.get_help_heading().unwrap_or(OTHER)
}

/// One flag as an item of a list: its spelling, what it does, and its values.
fn flag(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = format!("- `{arg}`");
    if let Some(short) = arg.get_short().filter(|_| arg.get_long().is_some()) {
        text = format!("- `-{short}`, `{arg}`");
    }
    let mut paragraphs = help.trim().split("\n\n");
    write!(text, ": {}", paragraphs.next().unwrap_or_default().replace('\n', " ")).unwrap();
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        let names: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        write!(text, " ({})", names.join(", ")).unwrap();
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|v| format!("`{}`", v.to_string_lossy())).collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        write!(text, " (default {})", defaults.join(", ")).unwrap();
    }
    for paragraph in paragraphs {
        write!(text, "\n\n  {}", paragraph.replace('\n', "\n  ")).unwrap();
    }
    text + "\n"
}
