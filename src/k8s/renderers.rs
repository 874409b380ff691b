//! Objects from which a tool or a controller renders workloads, and the command that renders them.

use lossless_yaml::{NodeId, Scalar, Tree};

/// A word of a command.
enum Word {
    Text(&'static str),
    /// The value at the first of these paths that exists, or the placeholder.
    Value(&'static [&'static [&'static str]], &'static str),
}

use Word::{Text, Value};

const NAME: Word = Value(&[&["metadata", "name"]], "NAME");

/// Group, kind, and the command.
const ROWS: &[(&str, &str, &[Word])] = &[
    // fluxcd.io/flux/components/helm/helmreleases: the release has the object's name, unless `releaseName` is set
    (
        "helm.toolkit.fluxcd.io",
        "HelmRelease",
        &[
            Text("helm template"),
            Value(&[&["spec", "releaseName"], &["metadata", "name"]], "NAME"),
            Value(&[&["spec", "chart", "spec", "chart"]], "CHART"),
        ],
    ),
    (
        "kustomize.toolkit.fluxcd.io",
        "Kustomization",
        &[Text("flux build kustomization"), NAME, Text("--path"), Value(&[&["spec", "path"]], "FOLDER")],
    ),
    ("argoproj.io", "Application", &[Text("argocd app manifests"), NAME]),
    ("argoproj.io", "ApplicationSet", &[Text("argocd appset generate FILE")]),
    // docs.k3s.io/helm
    ("helm.cattle.io", "HelmChart", &[Text("helm template"), NAME, Value(&[&["spec", "chart"]], "CHART")]),
    ("helm.cattle.io", "HelmChartConfig", &[Text("helm template"), NAME, Text("CHART")]),
    (KUSTOMIZE, "Kustomization", &[Text("kustomize build FOLDER")]),
    (KUSTOMIZE, "Component", &[Text("kustomize build FOLDER")]),
];

/// The group of kustomize's own files.
const KUSTOMIZE: &str = "kustomize.config.k8s.io";

/// The longest value in a command, in bytes.
const MAX_VALUE: usize = 100;

/// Whether workloads may be rendered from `kind` of `group`.
pub(super) fn has(group: &str, kind: &str) -> bool {
    ROWS.iter().any(|(its_group, its_kind, _)| *its_group == group && *its_kind == kind)
}

/// The command that renders the workloads of `object`; none if there are no such workloads.
pub(super) fn command(tree: &Tree<'_>, object: NodeId, group: &str, kind: &str) -> Option<String> {
    let (.., words) = ROWS.iter().find(|(its_group, its_kind, _)| *its_group == group && *its_kind == kind)?;
    if group == KUSTOMIZE && !reaches_out(tree, object) {
        return None;
    }
    let words = words.iter().map(|word| match word {
        Text(text) => (*text).to_owned(),
        Value(paths, placeholder) => {
            let value = paths.iter().find_map(|path| value(tree, object, path));
            value.unwrap_or_else(|| (*placeholder).to_owned())
        }
    });
    Some(words.collect::<Vec<_>>().join(" "))
}

/// Whether a kustomization includes charts, or resources from outside its folder.
fn reaches_out(tree: &Tree<'_>, object: NodeId) -> bool {
    let get = |key: &str| tree.get(object, key).ok().flatten();
    let is_elsewhere = |item: NodeId| {
        let text = tree.scalar(tree.resolve_alias(item));
        text.starts_with("..") || text.contains("://") || text.contains("github.com") || text.contains('@')
    };
    let lists = ["resources", "bases", "components"].into_iter().filter_map(get);
    get("helmCharts").is_some() || lists.into_iter().any(|list| tree.items(list).any(is_elsewhere))
}

/// A value as a word for a shell; none if it would need quoting.
fn value(tree: &Tree<'_>, object: NodeId, path: &[&str]) -> Option<String> {
    let mut at = object;
    for key in path {
        at = tree.get(at, key).ok()??;
    }
    let Ok(Some(Scalar::Str(text))) = tree.scalar_value(at) else { return None };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    (!text.is_empty() && text.len() <= MAX_VALUE && text.chars().all(is_plain)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered_by(text: &str) -> Option<String> {
        let tree = Tree::parse(text, 1).unwrap();
        let root = tree.root().unwrap();
        let get = |key: &str| tree.scalar(tree.get(root, key).unwrap().unwrap()).to_owned();
        let version = get("apiVersion");
        command(&tree, root, version.split('/').next().unwrap(), &get("kind"))
    }

    #[test]
    fn commands_contain_values_of_the_object() {
        for (object, command) in [
            (
                "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: web}, spec: {chart: {spec: {chart: podinfo}}}}",
                "helm template web podinfo",
            ),
            (
                "{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, spec: {releaseName: shop, chartRef: {name: a}}}",
                "helm template shop CHART",
            ),
            (
                "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: apps}, spec: {path: ./apps}}",
                "flux build kustomization apps --path ./apps",
            ),
            (
                "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: web}}",
                "argocd app manifests web",
            ),
            ("{apiVersion: argoproj.io/v1alpha1, kind: ApplicationSet}", "argocd appset generate FILE"),
            (
                "{apiVersion: helm.cattle.io/v1, kind: HelmChart, metadata: {name: t}, spec: {chart: traefik}}",
                "helm template t traefik",
            ),
        ] {
            assert_eq!(rendered_by(object).as_deref(), Some(command));
        }
    }

    #[test]
    fn values_that_need_quoting_are_left_out() {
        for name in ["'a; rm b'", "\"a\\nb\"", "'{{ .x }}'", "3", "[a]", "''", &"a".repeat(MAX_VALUE + 1)] {
            let object = format!("{{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {{name: {name}}}}}");
            assert_eq!(rendered_by(&object).as_deref(), Some("argocd app manifests NAME"), "{name}");
        }
    }

    #[test]
    fn kustomizations_of_local_files_are_not_reported() {
        let file = |rest: &str| format!("{{apiVersion: {KUSTOMIZE}/v1beta1, kind: Kustomization, {rest}}}");
        for rest in ["resources: [web.yaml, sub]", "patches: [{path: p.yaml}]", "resources: 3"] {
            assert_eq!(rendered_by(&file(rest)), None, "{rest}");
        }
        for rest in ["resources: [../base]", "helmCharts: [{name: a}]", "resources: [web.yaml, 'https://a.b/c']"] {
            assert_eq!(rendered_by(&file(rest)).as_deref(), Some("kustomize build FOLDER"), "{rest}");
        }
    }
}
