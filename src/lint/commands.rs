//! The commands of a pod's containers: what `command` and `args` run, and the handlers of `lifecycle`.

use std::cell::OnceCell;
use std::ops::Range;

use super::context::{Container, Pod};
use super::finding::Found;
use super::fix::{Edit, Grade};
use super::node::Node;
use super::shell::{Cut, Invocation, Purpose, Text, Variables, find_in_line};
use crate::istio::names::annotation::STATUS;
use lossless_yaml::{NodeId, Scalar};

/// A command line: the items of `command` and `args`, or of a handler's `command`.
pub(super) struct CommandLine<'c> {
    items: Vec<Node<'c>>,
    is_handler: bool,
    /// The script, if a shell runs one, and its item. Several rules look at it.
    script: OnceCell<Option<(usize, Text<'c>)>>,
}

/// What a container runs.
pub(super) struct Commands<'c> {
    /// The container.
    pub container: Container<'c>,
    /// The environment variables.
    pub variables: Variables,
    /// Its command; `None` if the image decides.
    pub line: Option<CommandLine<'c>>,
    /// The handlers of its `lifecycle`.
    handlers: Vec<(Node<'c>, Option<CommandLine<'c>>)>,
}

/// A place in a manifest with a command for a [`Purpose`].
pub(super) struct Call<'c> {
    node: Node<'c>,
    part: Option<Range<usize>>,
    cut: Option<Cut>,
}

impl<'c> Call<'c> {
    /// A call that cannot be cut.
    pub(super) fn at(node: Node<'c>, part: Option<Range<usize>>) -> Self {
        Self { node, part, cut: None }
    }

    /// The node of the finding.
    pub(super) fn id(&self) -> NodeId {
        self.node.id()
    }

    /// Adds the marked text and the fix to a finding. The fix is never safer than `best`.
    pub(super) fn complete(self, found: &mut Found, pod: &Pod<'_>, best: Grade) {
        let Self { node, part, cut } = self;
        if let Some(part) = part {
            found.part(part);
        }
        if let Some(cut) = cut {
            let grade = if cut.is_safe { best } else { Grade::Unsafe };
            let edit = Edit::Cut { path: node.path(), ranges: vec![cut.range] };
            pod.fix_workaround(found, grade, edit);
        }
    }
}

impl<'c> CommandLine<'c> {
    /// What a container runs; `None` if the image decides.
    pub(super) fn of_container(container: &Container<'c>) -> Option<Self> {
        let lists = [container.node.get("command"), container.node.get("args")];
        Self::of(lists.iter().flatten().flat_map(Node::items).collect(), false)
    }

    /// The command of a handler such as `preStop`.
    pub(super) fn of_handler(handler: &Node<'c>) -> Option<Self> {
        Self::of(handler.at(&["exec", "command"])?.items(), true)
    }

    fn of(items: Vec<Node<'c>>, is_handler: bool) -> Option<Self> {
        (!items.is_empty()).then(|| Self { items, is_handler, script: OnceCell::new() })
    }

    /// The items. Only strings are allowed, but numbers are read too.
    pub(super) fn texts(&self) -> Vec<&'c str> {
        self.items.iter().map(Node::written).collect()
    }

    /// The script, if a shell runs one.
    fn script(&self) -> Option<(&Node<'c>, &Text<'c>)> {
        let script = self.script.get_or_init(|| {
            let invocation = Invocation::of(&self.texts())?;
            let text = self.items.get(invocation.script)?.text()?;
            Some((invocation.script, Text::script(text, invocation.exits_on_error)))
        });
        let (index, text) = script.as_ref()?;
        Some((self.items.get(*index)?, text))
    }

    /// The first place with a command for this purpose.
    pub(super) fn find(&self, purpose: Purpose, variables: &Variables) -> Option<Call<'c>> {
        let item = |index: usize| self.items.get(index).cloned();
        if let Some((node, text)) = self.script() {
            let part = text.find(purpose, variables)?;
            // Handlers are not cut: something may rely on the time at which they end the proxy.
            let is_cut = !(self.is_handler && purpose == Purpose::Quit);
            let cut = if is_cut { text.cut(purpose, variables) } else { None };
            return Some(Call { node: node.clone(), part: Some(part), cut });
        }
        if let Some(node) = find_in_line(purpose, &self.texts()).and_then(item) {
            return Some(Call::at(node, None));
        }
        self.items.iter().find_map(|node| {
            let part = Text::plain(node.text()?).find(purpose, variables)?;
            Some(Call::at(node.clone(), Some(part)))
        })
    }

    /// Whether a shell runs a script in it.
    pub(super) fn runs_script(&self) -> bool {
        self.script().is_some()
    }

    /// The program that it runs.
    pub(super) fn program(&self) -> Option<&Node<'c>> {
        self.items.first()
    }

    /// The longest sleep, in whole seconds, and the node that has it.
    pub(super) fn longest_sleep(&self) -> Option<(u64, Call<'c>)> {
        if let Some((node, text)) = self.script() {
            let (seconds, part) = text.longest_sleep()?;
            return Some((seconds, Call::at(node.clone(), Some(part))));
        }
        let [program, seconds, ..] = self.items.as_slice() else { return None };
        let is_sleep = super::shell::base_name(program.written()) == "sleep";
        let parsed = seconds.written().parse().ok().filter(|_| is_sleep)?;
        Some((parsed, Call::at(seconds.clone(), None)))
    }
}

/// The handlers of a container's `lifecycle`.
fn handlers<'c>(container: &Container<'c>) -> Vec<Node<'c>> {
    let lifecycle = container.node.get("lifecycle");
    ["postStart", "preStop"].iter().filter_map(|name| lifecycle.as_ref()?.get(name)).collect()
}

/// The user's containers, without those that an injection added.
pub(super) fn users_containers<'c>(pod: &Pod<'c>) -> Vec<Container<'c>> {
    let is_injected = pod.annotation(STATUS).is_some();
    pod.containers().into_iter().filter(|container| !(is_injected && container.is_istios())).collect()
}

/// What the user's containers run.
pub(super) fn commands<'c>(pod: &Pod<'c>) -> Vec<Commands<'c>> {
    let commands = |container: Container<'c>| {
        let handlers = handlers(&container).into_iter().map(|handler| {
            let line = CommandLine::of_handler(&handler);
            (handler, line)
        });
        let (variables, line) = (variables(&container), CommandLine::of_container(&container));
        Commands { handlers: handlers.collect(), variables, line, container }
    };
    users_containers(pod).into_iter().map(commands).collect()
}

/// The places in commands and handlers of a pod with a command for this purpose, in order.
pub(super) fn find<'c>(pod: &Pod<'c>, purpose: Purpose) -> Vec<Call<'c>> {
    let mut calls = Vec::new();
    for Commands { variables, line, handlers, .. } in pod.commands() {
        calls.extend(line.as_ref().and_then(|line| line.find(purpose, variables)));
        for (handler, line) in handlers {
            calls.extend(line.as_ref().and_then(|line| line.find(purpose, variables)));
            calls.extend(http_call(handler, purpose));
        }
    }
    calls
}

/// The call of an `httpGet` handler.
fn http_call<'c>(handler: &Node<'c>, purpose: Purpose) -> Option<Call<'c>> {
    let get = handler.get("httpGet")?;
    let path = get.get("path")?;
    let host = get.get("host").map_or("", |host| host.written());
    let port = get.get("port")?;
    let url = format!("{host}:{}{}", port.written(), path.text()?);
    Text::plain(&url).find(purpose, &Variables::new()).map(|_| Call::at(path, None))
}

/// The environment variables of a container with literal values.
fn variables(container: &Container<'_>) -> Variables {
    let mut variables = Variables::new();
    for item in container.node.get("env").iter().flat_map(Node::items) {
        let name = item.get("name").and_then(|name| name.text());
        if let (Some(name), Some(Scalar::Str(value))) = (name, item.get("value").and_then(|value| value.scalar())) {
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    variables
}
