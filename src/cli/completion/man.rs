//! Man pages: one for each command. Examples come before the flags, as in the help.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::PROGRAM;

/// Writes the pages of all commands into a folder.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    pages()?.iter().try_for_each(|(name, page)| std::fs::write(folder.join(name), page))
}

/// The file names and texts of all pages.
fn pages() -> io::Result<Vec<(String, String)>> {
    let mut command = crate::cli::command().bin_name("kubectl nativesidecar").disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, None, &mut pages)?;
    Ok(pages)
}

fn add_pages(command: &Command, parent: Option<&str>, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(PROGRAM);
    pages.push((format!("{name}.1"), page(command, name, parent)?));
    command.get_subcommands().try_for_each(|subcommand| add_pages(subcommand, Some(name), pages))
}

fn page(command: &Command, name: &str, parent: Option<&str>) -> io::Result<String> {
    // clap adds --help to every command; its text refers to -h.
    let mut command = command.clone().subcommand_help_heading("COMMANDS");
    command = command.mut_args(|arg| if arg.get_id() == "help" { arg.hide(true) } else { arg });
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let description = command.get_long_about().map_or_else(|| about.clone(), ToString::to_string);
    let usage = command.render_usage().to_string();
    let sections = sections(&command);

    let mut start = Roff::new();
    let version = format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"));
    start.control("TH", [&name.replace('-', r"\-"), "1", r#""""#, &version]);
    // No hyphens, which would break names apart (groff restores them by HY), and no spaces to fill lines.
    start.control("nh", []).control("nr", ["HY", "0"]).control("ad", ["l"]);
    start.control("SH", ["NAME"]).text([roman(format!("{name} - {about}"))]);
    start.control("SH", ["SYNOPSIS"]);
    start.text([bold(usage.trim_start_matches("Usage: "))]);
    start.control("SH", ["DESCRIPTION"]);
    start.text([roman(description)]);
    for section in sections.iter().filter(|section| !section.is_last()) {
        section.put_into(&mut start);
    }
    let mut page = Vec::new();
    start.to_writer(&mut page)?;

    let has_flags = command.get_arguments().any(|arg| !arg.is_hide_set());
    let has_commands = command.has_subcommands();
    let man = Man::new(command);
    if has_flags {
        man.render_options_section(&mut page)?;
    }
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    let mut end = Roff::new();
    for section in sections.iter().filter(|section| section.is_last()) {
        section.put_into(&mut end);
    }
    if let Some(parent) = parent {
        end.control("SH", ["SEE ALSO"]).text([bold(parent), roman("(1)")]);
    }
    end.to_writer(&mut page)?;
    Ok(portable(&String::from_utf8_lossy(&page)))
}

/// A part of the text around the flags of a command's help.
struct Section {
    /// `None` for sentences that belong to the description.
    title: Option<String>,
    lines: Vec<String>,
}

/// The examples of a command, or what follows the flags.
fn sections(command: &Command) -> Vec<Section> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines() {
        let title = line.strip_suffix(':').filter(|line| !line.starts_with(' '));
        match sections.last_mut() {
            Some(section) if title.is_none() => section.lines.push(line.to_owned()),
            _ => {
                let lines = if title.is_none() { vec![line.to_owned()] } else { Vec::new() };
                sections.push(Section { title: title.map(str::to_owned), lines });
            }
        }
    }
    for section in &mut sections {
        let len = section.lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        section.lines.truncate(len);
    }
    sections
}

impl Section {
    /// Whether it follows the flags.
    fn is_last(&self) -> bool {
        self.title.as_deref() == Some("Exit codes")
    }

    fn put_into(&self, page: &mut Roff) {
        let text = self.lines.iter().map(|line| [roman(line.strip_prefix("  ").unwrap_or(line))]);
        match self.title.as_deref() {
            None => {
                page.control("PP", []);
                for line in text {
                    page.text(line);
                }
            }
            Some(title) => {
                let title = if self.is_last() { "EXIT STATUS".to_owned() } else { title.to_uppercase() };
                page.control("SH", [title.as_str()]).control("EX", []);
                for line in text {
                    page.text(line);
                }
                page.control("EE", []);
            }
        }
    }
}

/// The same page for all programs that show pages: only ASCII, and characters of commands as they are, where those programs
/// would print typographic ones.
fn portable(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    // Each part of a page begins with a definition of the apostrophe.
    for line in page.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el ")) {
        if line.is_empty() {
            text.push_str(".sp");
        }
        for character in line.replace(r"\*(Aq", r"\(aq").chars() {
            match character {
                '~' => text.push_str(r"\(ti"),
                '^' => text.push_str(r"\(ha"),
                '`' => text.push_str(r"\(ga"),
                character if character.is_ascii() => text.push(character),
                character => {
                    let _ = write!(text, r"\[u{:04X}]", u32::from(character));
                }
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(page: &str) -> Vec<&str> {
        page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect()
    }

    #[test]
    fn every_command_has_a_page_with_its_examples_first() {
        let pages = pages().unwrap();
        let mut command = crate::cli::command();
        command.build();
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            let name = format!("{PROGRAM}-{}.1", command.get_name());
            let (_, page) = pages.iter().find(|(found, _)| *found == name).unwrap();
            let expected = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES"];
            let len = if command.get_after_help().is_some() { 4 } else { 3 };
            assert_eq!(titles(page)[..len], expected[..len], "{name}");
            assert_eq!(titles(page).last(), Some(&"\"SEE ALSO\""), "{name}");
            assert!(!page.contains("Print help"), "{name}");
        }
        let (name, page) = pages.first().unwrap();
        assert_eq!(name, "kubectl-nativesidecar.1");
        assert_eq!(titles(page), ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "\"EXIT STATUS\""]);
        assert!(page.contains("\n.EX\n0   success, no differences\n1   differences"), "{page}");
    }

    #[test]
    fn pages_are_ascii_and_commands_can_be_copied() {
        assert!(pages().unwrap().iter().all(|(_, page)| page.is_ascii()));
        assert_eq!(portable(".ie a\nit\\*(Aqs in ~/x^`…\n\n.el b\n"), "it\\(aqs in \\(ti/x\\(ha\\(ga\\[u2026]\n.sp\n");
    }
}
