//! The commands that rules look for: calls of the proxy's endpoints, waiting for it, killing it, and its wrappers.

use std::borrow::Cow;
use std::ops::Range;

use super::ast::{Body, Command, Compound, CompoundKind, List, Script, Word, base_name};
use super::cut::{self, Cut};
use super::endpoint::{self, Endpoint, Port, Variables};
use super::invocation::{Invocation, SHELLS};
use super::parse::parse;
use super::walk::{self, Visited};

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It ends the proxy by its `/quitquitquit`.
    Quit,
    /// It waits until the proxy is ready.
    Wait,
    /// It sends a signal to the proxy.
    Kill,
    /// It is a program that waits for the proxy, runs another program and ends the proxy.
    Wrapper,
}

const QUIT_PATH: &str = "/quitquitquit";
const QUIT_PORTS: [u16; 3] = [15020, 15000, 15021];

/// Ports on which the proxies of others are ended by the same path.
const PORTS_OF_OTHERS: [u16; 5] = [9091, 9901, 19000, 4191, 3500];

const WAIT_ENDPOINTS: [(&str, &[u16]); 3] =
    [("/healthz/ready", &[15021, 15020]), ("/ready", &[15000]), ("/server_info", &[15000])];

/// The port that captures outbound traffic. It is open as soon as the proxy runs.
const OUTBOUND_PORT: &str = "15001";

const CLIENTS: [&str; 6] = ["curl", "wget", "http", "https", "xh", "fetch"];
const CONNECTORS: [&str; 3] = ["nc", "ncat", "netcat"];
const KILLERS: [&str; 3] = ["kill", "pkill", "killall"];
const PROCESSES: [&str; 2] = ["pilot-agent", "envoy"];

/// Programs that start another program when the proxy is ready and end the proxy after it.
pub(crate) const WRAPPERS: [&str; 6] = ["scuttle", "envoy-preflight", "kubexit", "wrapper4", "istio-quit", "sidecard"];

/// Commands whose words are printed, not run.
const PRINTERS: [&str; 3] = ["echo", "printf", "cat"];

/// Commands that loops consist of that only wait.
const IDLE: [&str; 25] = [
    "sleep", "usleep", "echo", "printf", "true", "false", ":", "break", "continue", "exit", "test", "[", "let", "expr",
    "seq", "date", "grep", "egrep", "head", "tail", "tr", "cut", "wc", "awk", "jq",
];

/// How deeply scripts in strings (`sh -c '…'`, `trap '…'`) are searched.
const MAX_DEPTH: usize = 3;

/// A text of a manifest that runs, or that something reads to run it.
pub(crate) struct Text<'t> {
    source: &'t str,
    /// The syntax tree of a shell script; `None` if the text is not a script, or is not understood.
    script: Option<Script>,
    exits_on_error: bool,
    depth: usize,
    /// Whether it may be a file that nothing runs, where a path alone is not a call.
    is_document: bool,
}

impl<'t> Text<'t> {
    /// A shell script. `exits_on_error`: whether its shell is started with `-e`.
    pub(crate) fn script(text: &'t str, exits_on_error: bool) -> Self {
        Self { source: text, script: parse(text), exits_on_error, depth: 0, is_document: false }
    }

    /// A text in some other language.
    pub(crate) fn plain(text: &'t str) -> Self {
        Self { source: text, script: None, exits_on_error: false, depth: 0, is_document: false }
    }

    /// A file by its name: a shell script, or a text in some other language. `None` for documentation.
    pub(crate) fn file(name: &str, text: &'t str) -> Option<Self> {
        let first = text.lines().next().unwrap_or_default();
        let is_script = match name.rsplit_once('.') {
            _ if first.starts_with("#!") => first.split([' ', '/']).any(|word| SHELLS.contains(&word)),
            Some((_, "md" | "rst" | "adoc")) => return None,
            Some((_, extension)) => SHELLS.contains(&extension),
            None => false,
        };
        Some(if is_script { Self::script(text, false) } else { Self { is_document: true, ..Self::plain(text) } })
    }

    /// Where the text does something for this purpose: the bytes of the first place.
    pub(crate) fn find(&self, purpose: Purpose, variables: &Variables) -> Option<Range<usize>> {
        let Some(script) = &self.script else { return self.find_in_lines(purpose, variables) };
        let search = self.search(script, variables);
        let mut found: Option<Range<usize>> = None;
        walk::simple_commands(script, &mut |visited| {
            if found.is_none() {
                found = search.find(purpose, visited);
            }
        });
        found
    }

    /// The best cut of a command that does something for this purpose.
    pub(crate) fn cut(&self, purpose: Purpose, variables: &Variables) -> Option<Cut> {
        let script = self.script.as_ref()?;
        let search = self.search(script, variables);
        match purpose {
            Purpose::Quit => cut::cut(self.source, script, self.exits_on_error, &|command| search.only_quits(command)),
            Purpose::Wait => cut::cut(self.source, script, self.exits_on_error, &|command| search.only_waits(command)),
            Purpose::Kill | Purpose::Wrapper => None,
        }
    }

    /// The longest `sleep` of a script, in whole seconds, and its bytes.
    pub(crate) fn longest_sleep(&self) -> Option<(u64, Range<usize>)> {
        let mut longest: Option<(u64, Range<usize>)> = None;
        walk::simple_commands(self.script.as_ref()?, &mut |visited| {
            if let [name, seconds, ..] = visited.command.program()
                && name.base_name() == "sleep"
                && let Ok(seconds) = seconds.text.parse()
                && longest.as_ref().is_none_or(|(longest, _)| *longest < seconds)
            {
                longest = Some((seconds, visited.command.range.clone()));
            }
        });
        longest
    }

    fn search<'s>(&'s self, script: &'s Script, variables: &Variables) -> Search<'s> {
        let mut variables = variables.clone();
        let mut processes = Vec::new();
        let mut assigned = std::collections::BTreeSet::new();
        walk::simple_commands(script, &mut |visited| {
            if let Body::Compound(Compound { words, variable, .. }) = &visited.command.body
                && words.iter().any(|word| lists_processes(&word.text))
            {
                processes.push(variable.clone());
            }
            let declared = matches!(visited.command.name(), "export" | "local" | "readonly" | "declare");
            let words = if declared { visited.command.words() } else { &[] };
            for word in visited.command.assignments().iter().chain(words) {
                let Some((name, value)) = word.text.split_once('=') else { continue };
                if lists_processes(value) {
                    processes.push(name.to_owned());
                }
                // A variable with two values has no known one.
                if !assigned.insert(name.to_owned()) || value.contains(['$', '`']) {
                    variables.remove(name);
                } else {
                    variables.insert(name.to_owned(), value.to_owned());
                }
            }
        });
        Search { text: self.source, script, variables, processes, depth: self.depth }
    }

    /// Searches a text that is not a script line by line, without comments.
    fn find_in_lines(&self, purpose: Purpose, variables: &Variables) -> Option<Range<usize>> {
        let mut start = 0;
        for line in self.source.split('\n') {
            let code = without_comment(line);
            let found = match purpose {
                Purpose::Quit => find_quit(code, self.source, variables).filter(|found| {
                    let is_bare = code.get(found.clone()) == Some(QUIT_PATH);
                    !(is_bare && self.is_document) || code.to_ascii_lowercase().contains("post")
                }),
                Purpose::Wait => find_wait(code, variables),
                Purpose::Kill => find_kill(code),
                Purpose::Wrapper => None,
            };
            if let Some(found) = found {
                return Some(start + found.start..start + found.end);
            }
            start += line.len() + 1;
        }
        None
    }
}

/// A line without the comment that most languages begin with `#`, or `//` at its beginning.
fn without_comment(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with('#') || trimmed.starts_with("//") {
        return "";
    }
    line.split_once(" #").map_or(line, |(code, _)| code)
}

/// A call of the quit endpoint in `code`, a part of `text`.
fn find_quit(code: &str, text: &str, variables: &Variables) -> Option<Range<usize>> {
    let found = endpoint::find(code, QUIT_PATH, variables).into_iter().find(|endpoint| is_quit(endpoint, text));
    found.map(|endpoint| endpoint.range).or_else(|| find_agent_request(code))
}

fn is_quit(endpoint: &Endpoint, text: &str) -> bool {
    let has_own_port = match endpoint.port {
        Port::Number(port) => QUIT_PORTS.contains(&port),
        Port::Unknown => true,
    };
    has_own_port && !(endpoint.is_bare && mentions_other_ports(text))
}

/// Whether a text names ports of other proxies, and none of Istio's.
fn mentions_other_ports(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|number| number.parse::<u16>().ok());
    let mut has_other = false;
    for number in numbers {
        if QUIT_PORTS.contains(&number) {
            return false;
        }
        has_other |= PORTS_OF_OTHERS.contains(&number);
    }
    has_other
}

/// `pilot-agent request POST quitquitquit`
fn find_agent_request(code: &str) -> Option<Range<usize>> {
    let (start, _) = code.match_indices("pilot-agent request ").next()?;
    let command = code.get(start..)?.split(['\n', ';', '&', '|']).next()?;
    let mut words = command.split_ascii_whitespace().map(|word| word.trim_matches(['"', '\'', ')', '/']));
    words.any(|word| word == "quitquitquit").then(|| start..start + command.trim_end().len())
}

fn find_wait(code: &str, variables: &Variables) -> Option<Range<usize>> {
    WAIT_ENDPOINTS.iter().find_map(|(path, ports)| {
        let found = endpoint::find(code, path, variables);
        let own =
            found.into_iter().find(|endpoint| matches!(endpoint.port, Port::Number(port) if ports.contains(&port)));
        own.map(|endpoint| endpoint.range)
    })
}

/// Whether a text has `envoy` or `pilot-agent` as a word of its own, also as `[e]nvoy`.
fn names_proxy(text: &str) -> bool {
    let text = if text.contains('[') { Cow::Owned(text.replace(['[', ']'], "")) } else { Cow::Borrowed(text) };
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .any(|word| PROCESSES.contains(&word))
}

/// Whether a word is the numbers of the proxy's processes, as `$(pidof envoy)`.
fn lists_processes(word: &str) -> bool {
    ["pidof", "pgrep", "ps "].iter().any(|program| word.contains(program)) && names_proxy(word)
}

/// `pkill envoy` in a text that is not a script.
fn find_kill(code: &str) -> Option<Range<usize>> {
    let is_word_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    KILLERS.iter().find_map(|killer| {
        let (start, _) = code.match_indices(killer).find(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| code.as_bytes().get(at));
            let after = code.as_bytes().get(at + killer.len());
            !before.is_some_and(is_word_byte) && !after.is_some_and(is_word_byte)
        })?;
        names_proxy(code.get(start + killer.len()..)?).then_some(start..code.len())
    })
}

/// The command line `[pkill, -f, envoy]` and the like: the index of the item that a finding is about.
pub(crate) fn find_in_line(purpose: Purpose, line: &[&str]) -> Option<usize> {
    let (name, rest) = line.split_first()?;
    let name = base_name(name);
    match purpose {
        Purpose::Quit if name == "pilot-agent" && rest.first() == Some(&"request") => {
            rest.iter().position(|item| item.trim_start_matches('/') == "quitquitquit").map(|index| index + 1)
        }
        Purpose::Wait if name == "pilot-agent" => (rest.first() == Some(&"wait")).then_some(0),
        Purpose::Wait if CONNECTORS.contains(&name) => probes_outbound_port(rest.iter().copied()).then_some(0),
        Purpose::Kill if KILLERS.contains(&name) => {
            rest.iter().position(|item| names_proxy(item)).map(|index| index + 1)
        }
        _ => None,
    }
}

/// Whether the arguments of `nc` are `-z HOST 15001`, with a host that may be the pod's own.
fn probes_outbound_port<'w>(arguments: impl Iterator<Item = &'w str>) -> bool {
    let mut has_flag = false;
    let mut host = None;
    for argument in arguments {
        if let Some(letters) = argument.strip_prefix('-') {
            has_flag |= letters.contains('z');
        } else if argument == OUTBOUND_PORT {
            return has_flag && host.is_some_and(is_own_host);
        } else {
            host = Some(argument);
        }
    }
    false
}

fn is_own_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || matches!(host, "127.0.0.1" | "::1" | "[::1]") || host.contains('$')
}

/// A script and what is known about it.
struct Search<'s> {
    text: &'s str,
    script: &'s Script,
    variables: Variables,
    /// Variables with the number of the proxy's process.
    processes: Vec<String>,
    depth: usize,
}

impl Search<'_> {
    fn find(&self, purpose: Purpose, visited: Visited<'_>) -> Option<Range<usize>> {
        let command = visited.command;
        let whole = |is_found: bool| is_found.then(|| command.range.clone());
        let found = match purpose {
            Purpose::Quit => self.find_text(visited, &|text| self.quits(text, visited)),
            Purpose::Wait => {
                let is_wait = |text: &str| find_wait(text, &self.variables).is_some();
                whole(self.waits_without_url(command)).or_else(|| self.find_text(visited, &is_wait))
            }
            Purpose::Kill => whole(self.kills(visited)),
            Purpose::Wrapper => whole(WRAPPERS.contains(&command.name())),
        };
        found.or_else(|| whole(self.find_nested(purpose, command)))
    }

    /// The first word or here-document of a command that `is_match` accepts, if the command is not just printing it.
    fn find_text(&self, visited: Visited<'_>, is_match: &dyn Fn(&str) -> bool) -> Option<Range<usize>> {
        let command = visited.command;
        if self.only_prints(visited) || matches!(command.name(), "[" | "test") {
            return None;
        }
        let redirections = command.redirections.iter();
        let words =
            visited.words.iter().chain(command.assignments()).chain(redirections.clone().map(|next| &next.target));
        let mut heredocs = redirections.filter_map(|next| self.script.heredocs.get(next.heredoc?));
        let mut words = words.filter(|word| is_match(&word.text));
        let joined = || {
            let words: Vec<&str> = command.program().iter().map(|word| word.text.as_str()).collect();
            is_match(&words.join(" ")).then(|| command.range.clone())
        };
        words
            .next()
            .map(|word| word.range.clone())
            .or_else(|| heredocs.find(|body| self.text.get((*body).clone()).is_some_and(is_match)).cloned())
            .or_else(joined)
    }

    fn quits(&self, text: &str, visited: Visited<'_>) -> bool {
        // `printf 'POST /quitquitquit …' | nc localhost 15020`: the port is in another command.
        let mut connectors = visited.pipeline.iter().filter(|command| CONNECTORS.contains(&command.name()));
        let context = connectors.next().and_then(|command| self.text.get(command.range.clone()));
        let is_elsewhere = context.is_some_and(|context| {
            let mut ports = context.split_ascii_whitespace().filter_map(|word| word.parse::<u16>().ok()).peekable();
            ports.peek().is_some() && !ports.any(|port| QUIT_PORTS.contains(&port))
        });
        find_quit(text, self.text, &self.variables).is_some() && !is_elsewhere
    }

    /// Whether a command prints its words where nothing runs them.
    fn only_prints(&self, visited: Visited<'_>) -> bool {
        let is_log =
            |word: &Word| matches!(word.text.as_str(), "1" | "2" | "/dev/null" | "/dev/stdout" | "/dev/stderr");
        let redirections = &visited.command.redirections;
        PRINTERS.contains(&visited.command.name())
            && !visited.is_captured
            && redirections.iter().all(|next| {
                let operator = self.text.get(next.operator.clone()).unwrap_or_default();
                operator.starts_with('<') || is_log(&next.target)
            })
    }

    fn waits_without_url(&self, command: &Command) -> bool {
        let [program, arguments @ ..] = command.program() else { return false };
        match program.base_name() {
            "pilot-agent" => arguments.first().is_some_and(|word| word.text == "wait"),
            name if CONNECTORS.contains(&name) => {
                probes_outbound_port(arguments.iter().map(|word| self.resolve(&word.text)))
            }
            _ => false,
        }
    }

    /// The value of a word that is one known variable.
    fn resolve<'w>(&'w self, word: &'w str) -> &'w str {
        let name = word.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        name.and_then(|name| self.variables.get(name)).map_or(word, String::as_str)
    }

    fn kills(&self, visited: Visited<'_>) -> bool {
        let [program, arguments @ ..] = visited.command.program() else { return false };
        let is_kill = |word: &Word| KILLERS.contains(&word.base_name());
        if is_kill(program) {
            let is_process = |word: &Word| {
                let name = word.text.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
                name.is_some_and(|name| self.processes.iter().any(|process| process == name))
            };
            return arguments.iter().any(|word| names_proxy(&word.text) || is_process(word));
        }
        // `pgrep envoy | xargs kill`
        program.base_name() == "xargs"
            && arguments.iter().any(is_kill)
            && visited.pipeline.iter().flat_map(Command::words).any(|word| names_proxy(&word.text))
    }

    /// Whether a script in a string that a command runs does something for this purpose.
    fn find_nested(&self, purpose: Purpose, command: &Command) -> bool {
        let Some(text) = nested_script(command).filter(|_| self.depth < MAX_DEPTH) else { return false };
        let nested = Text {
            source: &text,
            script: parse(&text),
            exits_on_error: false,
            depth: self.depth + 1,
            is_document: false,
        };
        nested.find(purpose, &self.variables).is_some()
    }

    /// Whether a command calls the quit endpoint and does nothing else.
    fn only_quits(&self, command: &Command) -> bool {
        let [program, arguments @ ..] = command.program() else { return false };
        let is_quit = |word: &Word| find_quit(&word.text, self.text, &self.variables).is_some();
        match program.base_name() {
            "pilot-agent" => arguments.iter().any(|word| word.text.trim_start_matches('/') == "quitquitquit"),
            name => CLIENTS.contains(&name) && arguments.iter().any(is_quit) && calls_only(arguments, &is_quit),
        }
    }

    /// Whether a command or loop waits for the proxy and does nothing else.
    fn only_waits(&self, command: &Command) -> bool {
        match &command.body {
            Body::Simple { .. } => self.waits(command),
            Body::Compound(compound) if compound.kind == CompoundKind::Loop => {
                let lists = compound.conditions.iter().chain(&compound.bodies);
                self.all_wait(lists)
            }
            _ => false,
        }
    }

    fn waits(&self, command: &Command) -> bool {
        let is_wait = |word: &Word| find_wait(&word.text, &self.variables).is_some();
        let [program, arguments @ ..] = command.program() else { return false };
        self.waits_without_url(command)
            || (CLIENTS.contains(&program.base_name())
                && arguments.iter().any(is_wait)
                && calls_only(arguments, &is_wait))
    }

    /// Whether all commands only wait, at least one of them for the proxy.
    fn all_wait<'s>(&self, lists: impl Iterator<Item = &'s List>) -> bool {
        let (mut has_wait, mut has_other) = (false, false);
        for list in lists {
            walk::list(list, false, &mut |visited| {
                let is_wait = self.waits(visited.command);
                let name = visited.command.name();
                has_wait |= is_wait;
                has_other |= !(is_wait || name.is_empty() || IDLE.contains(&name));
            });
        }
        has_wait && !has_other
    }
}

/// Whether all URLs among the arguments are of one kind, and nothing is run to make the arguments.
fn calls_only(arguments: &[Word], is_kind: &dyn Fn(&Word) -> bool) -> bool {
    arguments.iter().all(|word| word.substitutions.is_empty() && (!word.text.contains("://") || is_kind(word)))
}

/// The script in a string that a command runs: `sh -c '…'`, `eval '…'`, or `trap '…' EXIT`.
fn nested_script(command: &Command) -> Option<String> {
    let words = command.program();
    match command.name() {
        "trap" => words.get(1).map(|word| word.text.clone()),
        "eval" => Some(words.iter().skip(1).map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")),
        _ => {
            let line: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            let script = Invocation::of(&line)?.script;
            words.get(script).map(|word| word.text.clone())
        }
    }
}
