//! Injection templates that break native sidecars.

use serde_json::Value;

use super::command::{argument, get_injector};
use super::facts::{Injector, items, text};
use super::{Answer, Check, Date, Facts, Group};
use crate::inject;
use crate::istio::names::container::PROXY;
use crate::istio::names::template::{NEVER_NATIVE, SIDECAR};
use crate::istio::native::Mode;
use crate::istio::value::{at, truthy};
use crate::istio::{Mesh, Release, Templates};

pub(super) const CHECK: Check = Check { code: "injector-template", group: Group::Istio, decides: false, answers };

fn answers(facts: &Facts, _: Date) -> Vec<Answer> {
    if facts.injectors.is_empty() {
        return vec![Answer::unknown("", "the input has no injector ConfigMap").fix(get_injector(facts))];
    }
    facts.injectors.iter().flat_map(of_injector).collect()
}

fn of_injector(injector: &Injector) -> Vec<Answer> {
    let subject = format!("ConfigMap {}", injector.name);
    let show = format!(
        "kubectl get configmap -n {} {} -o yaml",
        argument(&injector.namespace, "istio-system"),
        argument(&injector.name, "NAME")
    );
    let unknown = |text: String| vec![Answer::unknown("", text).about(&*subject).fix(&*show)];
    if let Some(key) = injector.unreadable {
        return unknown(format!("its key {key} cannot be read"));
    }
    let renderer = match renderer(injector) {
        Ok(renderer) => renderer,
        Err(error) => return unknown(error),
    };
    let mut answers = Vec::new();
    if truthy(at(&injector.values, &["global", "proxy", "lifecycle"])) {
        let text = "it replaces the drain of native sidecars: connections are cut when pods stop";
        answers.push(Answer::warn("values global.proxy.lifecycle", text).about(&*subject).fix(&*show));
    }
    answers.extend(of_templates(&renderer).map(|answer| answer.fix(&*show)));
    if answers.is_empty() {
        answers.push(Answer::ok("", "its templates render native sidecars").about(subject));
    }
    answers
}

/// What renders the injector's templates, or why nothing can.
fn renderer(injector: &Injector) -> Result<inject::Injector, String> {
    let release = injector.release.clone().unwrap_or_else(Release::newest_built_in);
    let mesh = Mesh::from_config(release, &injector.config, injector.values.clone(), Value::Null);
    let mesh = mesh.map_err(|error| error.to_string())?;
    inject::Injector::new(mesh).map_err(|error| format!("a template does not parse: {error}"))
}

/// Answers about templates that are wrong or cannot be rendered.
fn of_templates(renderer: &inject::Injector) -> impl Iterator<Item = Answer> {
    let config = &renderer.mesh().injector;
    let (Templates::Own(templates) | Templates::BuiltIn(templates)) = &config.templates;
    let is_default = |name: &str| {
        if config.default_templates.is_empty() {
            name == SIDECAR
        } else {
            config.default_templates.iter().any(|it| it == name)
        }
    };
    let concerns = move |name: &&String| is_default(name) || !NEVER_NATIVE.contains(&name.as_str());
    templates.keys().filter(concerns).filter_map(move |name| {
        let answer = match renderer.template_alone(name, Mode::Native) {
            Ok(overlay) => of_overlay(&overlay, is_default(name))?,
            Err(error) => Answer::unknown("", format!("it cannot be rendered: {error}")),
        };
        Some(answer.about(format!("template {name}")))
    })
}

/// The problem in the rendered native pod of a template.
fn of_overlay(overlay: &Value, is_default: bool) -> Option<Answer> {
    let proxy =
        |list: &str| items(overlay, &["spec", list]).iter().find(|container| text(container, &["name"]) == PROXY);
    let (regular, native) = (proxy("containers"), proxy("initContainers"));
    if regular.is_some() && native.is_none() {
        let text = format!(
            "for native pods, it must list {PROXY} under initContainers: this adds a second proxy \
             ({{{{ if .NativeSidecars }}}})"
        );
        let seen = format!("{PROXY} under containers only");
        return Some(if is_default { Answer::fail(seen, text) } else { Answer::warn(seen, text) });
    }
    let stop = native.and_then(|proxy| at(proxy, &["lifecycle", "preStop"]))?;
    let drains = stop.to_string().contains("drain");
    let text = "it replaces the drain of native sidecars: connections are cut when pods stop";
    (!drains).then(|| Answer::warn("lifecycle.preStop", text))
}
