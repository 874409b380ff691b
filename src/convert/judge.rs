//! Judges a conversion: what follows from it, and what does not survive it.
//!
//! The rules are those of Kubernetes: init containers start one after the other; a native sidecar counts as started when its
//! `postStart` handler has ended and its startup probe has succeeded, and its readiness does not matter. When the pod stops,
//! `preStop` handlers of all containers run at once; native sidecars get SIGTERM after the app containers.

use serde_json::Value;

use super::Facts;
use super::container::{Container, List, containers, probed_port};
use super::known::KnownSidecar;
use super::reason::Reason;
use super::warning::Warning;
use crate::istio::names::{annotation, container::PROXY};
use crate::istio::native::Mode;
use crate::k8s::defaults::Admission;
use crate::k8s::{KubernetesVersion, effective_resources};

/// The first version in which Services find named ports of native sidecars (kubernetes#127976).
const NAMED_PORTS: KubernetesVersion = KubernetesVersion::of_minor(32);

/// The first version in which the scheduler considers host ports of native sidecars (kubernetes#132040).
const HOST_PORTS: KubernetesVersion = KubernetesVersion::of_minor(34);

/// Calls by which containers end a sidecar: of Cloud SQL, Envoy and Istio, of Linkerd, and of Dapr.
const QUIT_CALLS: [&str; 4] = ["quitquitquit", ":4191/shutdown", "/v1.0/shutdown", "linkerd-await"];

/// Commands that end a sidecar where the containers of a pod see each other's processes.
const KILL_COMMANDS: [&str; 3] = ["kill", "killall", "pkill"];

/// Judges the conversion of the pod `old` to `new`, in which the containers `names` moved.
pub(super) fn judge(old: &Value, new: &Value, names: &[String], to: Mode, facts: Facts) -> (Vec<Reason>, Vec<Warning>) {
    let mut judge = Judge {
        old_init: containers(old, List::Init),
        init: containers(new, List::Init),
        apps: containers(new, List::Apps),
        old,
        new,
        facts,
        reasons: Vec::new(),
        warnings: Vec::new(),
    };
    for name in names {
        match to {
            Mode::Native => judge.native(name),
            Mode::Regular => judge.regular(name),
        }
    }
    if to == Mode::Native {
        judge.requests();
        if facts.is_job {
            judge.reasons.push(Reason::JobFinishes);
        }
    }
    (judge.reasons, judge.warnings)
}

struct Judge<'p> {
    old: &'p Value,
    new: &'p Value,
    old_init: Vec<Container<'p>>,
    init: Vec<Container<'p>>,
    apps: Vec<Container<'p>>,
    facts: Facts,
    reasons: Vec<Reason>,
    warnings: Vec<Warning>,
}

impl<'p> Judge<'p> {
    fn native(&mut self, name: &str) {
        let Some(index) = self.init.iter().position(|container| container.name == name) else { return };
        let Some(container) = self.init.get(index).copied() else { return };
        let later: Vec<Container<'p>> = self.init.iter().skip(index + 1).copied().collect();
        self.startup(&container, &later);
        self.lifecycle(&container);
        self.restart_policy(&container);
        self.volumes(&container, &later);
        self.proxy(&container, &later);
        self.ports(&container);
        self.quit_calls(&container);
        let words = container.texts();
        if let Some(known) = container.image().and_then(|image| KnownSidecar::of(image, &words)) {
            self.warnings.extend(known.traps_of(&container).map(|trap| Warning::Known {
                name: name.to_owned(),
                sidecar: known.name,
                trap,
            }));
        }
    }

    /// What waits for the container, and for what.
    fn startup(&mut self, container: &Container<'_>, later: &[Container<'_>]) {
        let name = container.name.to_owned();
        let Some(probe) = container.get("startupProbe") else {
            self.warnings.push(match container.get("readinessProbe") {
                Some(_) => Warning::ReadinessGatesNothing { name },
                None => Warning::NoStartupProbe { name },
            });
            return;
        };
        let port = probed_port(probe).filter(|port| !container.has_port(port));
        let app = port.and_then(|port| later.iter().chain(&self.apps).find(|other| other.has_port(port)));
        match (port, app) {
            (Some(port), Some(app)) => {
                let (port, app) = (text(port), app.name.to_owned());
                self.warnings.push(Warning::StartupProbeOfApp { name, port, app });
            }
            _ => self.reasons.push(Reason::Gates { name }),
        }
    }

    fn lifecycle(&mut self, container: &Container<'_>) {
        let name = || container.name.to_owned();
        if container.handler("postStart").is_some() {
            self.warnings.push(Warning::PostStart { name: name() });
        }
        if container.handler("preStop").is_some() {
            self.warnings.push(Warning::PreStop { name: name() });
        }
    }

    /// A container outside of `initContainers` may have a policy of its own (Kubernetes 1.34).
    fn restart_policy(&mut self, container: &Container<'_>) {
        let before = containers(self.old, List::Apps).into_iter().find(|before| before.name == container.name);
        let policy = before.and_then(|before| before.get("restartPolicy")).filter(|policy| *policy != "Always");
        if let Some(policy) = policy {
            self.warnings.push(Warning::RestartPolicyReplaced { name: container.name.to_owned(), was: text(policy) });
        }
    }

    /// Init containers that may prepare an empty volume for the container, and now run after it.
    fn volumes(&mut self, container: &Container<'_>, later: &[Container<'_>]) {
        let is_read_only = |mount: &Value| mount.get("readOnly").and_then(Value::as_bool) == Some(true);
        let volumes = self.new.pointer("/spec/volumes").and_then(Value::as_array);
        let empty = volumes.into_iter().flatten().filter(|volume| volume.get("emptyDir").is_some());
        for volume in empty.filter_map(|volume| volume.get("name")?.as_str()) {
            if container.mount(volume).is_none() {
                continue;
            }
            let writes = |init: &&Container<'_>| {
                !init.is_native() && init.mount(volume).is_some_and(|mount| !is_read_only(mount))
            };
            if let Some(init) = later.iter().rfind(writes) {
                self.warnings.push(Warning::VolumeFilledLater {
                    name: container.name.to_owned(),
                    volume: volume.to_owned(),
                    init: init.name.to_owned(),
                });
            }
        }
    }

    /// The order of the container and of Istio's proxy, as far as the manifest has it.
    fn proxy(&mut self, container: &Container<'_>, later: &[Container<'_>]) {
        let name = container.name.to_owned();
        let is_proxy = |container: &Container<'_>| container.name == PROXY;
        let annotations = self.new.pointer("/metadata/annotations");
        let requested = annotations.and_then(|annotations| annotations.get(annotation::NATIVE_SIDECAR)?.as_str());
        if later.iter().any(is_proxy) {
            self.warnings.push(Warning::StartsBeforeProxy { name });
        } else if self.apps.iter().any(is_proxy) || requested == Some("false") {
            self.warnings.push(Warning::ProxyStartsLater { name });
        }
    }

    fn ports(&mut self, container: &Container<'_>) {
        let kubernetes = self.facts.kubernetes;
        let is_older = move |version| kubernetes.is_none_or(|kubernetes| kubernetes < version);
        let ports = |key: &'static str, version| {
            let ports = container.items("ports").filter_map(move |port| port.get(key).filter(|value| !value.is_null()));
            ports.filter(move |_| is_older(version)).map(text)
        };
        let name = || container.name.to_owned();
        self.warnings.extend(ports("name", NAMED_PORTS).map(|port| Warning::NamedPort { name: name(), port }));
        self.warnings.extend(ports("hostPort", HOST_PORTS).map(|port| Warning::HostPort { name: name(), port }));
    }

    /// Calls of other containers that end a sidecar.
    fn quit_calls(&mut self, container: &Container<'_>) {
        let others = self.init.iter().chain(&self.apps).filter(|other| other.name != container.name);
        let shares_processes = self.new.pointer("/spec/shareProcessNamespace").and_then(Value::as_bool) == Some(true);
        let calls = others.filter(|other| other.name != PROXY && !other.is_native()).filter_map(|other| {
            let kill = |text| shares_processes.then(|| kill_call(text)).flatten();
            let call = other.texts().into_iter().find_map(|text| quit_call(text).or_else(|| kill(text)))?;
            Some(Warning::QuitCall { name: container.name.to_owned(), caller: other.name.to_owned(), call })
        });
        self.warnings.extend(calls);
    }

    /// What the pod requests, if that grows.
    fn requests(&mut self) {
        let requests = |pod| effective_resources(pod, Admission::default()).requests;
        let before = requests(self.old);
        for (resource, after) in requests(self.new) {
            let was = before.get(&resource).copied();
            if was.is_none_or(|was| after > was) {
                let before = was.map_or_else(|| "nothing".to_owned(), |was| was.to_string());
                self.warnings.push(Warning::RequestsGrow { resource, before, after: after.to_string() });
            }
        }
    }

    fn regular(&mut self, name: &str) {
        let index = self.old_init.iter().position(|container| container.name == name);
        let Some((index, container)) = index.and_then(|index| Some((index, *self.old_init.get(index)?))) else {
            return;
        };
        let later = self.old_init.iter().skip(index + 1).filter(|init| !init.is_native());
        let init: Vec<String> = later.map(|init| init.name.to_owned()).collect();
        let name = || name.to_owned();
        if !init.is_empty() {
            self.warnings.push(Warning::InitContainersLoseIt { name: name(), init });
        }
        if container.get("startupProbe").is_some() {
            self.warnings.push(Warning::GateLost { name: name() });
        }
        if self.facts.is_job {
            self.warnings.push(Warning::JobNeverFinishes { name: name() });
        }
    }
}

/// The command in a text that signals processes.
fn kill_call(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| c.is_whitespace() || "\"';|&()`".contains(c));
    words.find(|word| KILL_COMMANDS.contains(word)).map(str::to_owned)
}

/// A scalar as it is written.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The call in a text that ends a sidecar, with its port if it has one.
fn quit_call(text: &str) -> Option<String> {
    let call = QUIT_CALLS.iter().find(|call| text.contains(*call))?;
    let words = text.split(|c: char| c.is_whitespace() || "\"';|&()`".contains(c));
    let word = words.into_iter().find(|word| word.contains(call)).unwrap_or(call);
    let word = word.split_once("://").map_or(word, |(_, rest)| rest);
    let most = word.char_indices().nth(60).map_or(word.len(), |(end, _)| end);
    Some(word.get(..most).unwrap_or(word).to_owned())
}
