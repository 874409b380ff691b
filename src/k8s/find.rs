//! Finds the objects of a document that have a pod template, items of Lists included.

use std::collections::BTreeSet;

use memchr::memmem;

use super::api_group::{group, qualified_kind};
use super::kinds::{Kinds, Route, intended_kind};
use super::known_crds::{self, PodOrigin};
use super::object::Object;
use super::path::{Element, Path};
use super::template_path::{PathPattern, PatternStep};
use super::unhandled::{Unhandled, UnhandledReason};
use super::{detect, renderers};
use lossless_yaml::{NodeId, Tree, YamlError, YamlErrorKind, top_level_entries};

/// The end of `containers` and `initContainers`.
const CONTAINERS: &str = "ontainers";

/// From this length on, in bytes, a document that mentions containers is looked at before it gets a tree.
const LONG: usize = 64 << 10;

/// How deep Lists may be nested.
const MAX_LISTS: usize = 16;

/// Whether a document passes through without a tree. A short one that mentions containers mostly has a pod template, and
/// looking for it would take longer than it saves.
pub fn passes_unparsed(text: &str, kinds: &Kinds) -> bool {
    (text.len() >= LONG || !mentions_containers(text)) && plainly_without_templates(text, kinds)
}

fn mentions_containers(text: &str) -> bool {
    memmem::find(text.as_bytes(), CONTAINERS.as_bytes()).is_some()
}

/// Whether it is clear without parsing that the document `text` is well-formed and that no object in it has a pod
/// template. If not, its tree is needed.
pub fn plainly_without_templates(text: &str, kinds: &Kinds) -> bool {
    let (mut api_version, mut kind) = (None, None);
    let entry = |key: &str, value: &str| {
        let seen = match key {
            "apiVersion" => &mut api_version,
            "kind" if !value.ends_with("List") => &mut kind,
            "kind" => return false,
            _ => return true,
        };
        // Only the tree shows what an empty or a second one is.
        let is_clear = !value.is_empty() && seen.replace(value.to_owned()).is_none();
        is_clear && !matches!((&api_version, &kind), (Some(version), Some(kind)) if kinds.matters(version, kind))
    };
    // A pod template has a list `containers` or `initContainers`. Mostly this word is nowhere.
    let may_have_template = mentions_containers(text);
    top_level_entries(text, entry, |key| !(may_have_template && key.contains(CONTAINERS)))
}

/// The objects of a document that matter to an injection.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// Objects with a pod template, in order.
    pub workloads: Vec<Object>,
    /// Objects that pass through unchanged although workloads are created from them.
    pub unhandled: Vec<Unhandled>,
    /// The indices of the added paths that led to a pod template.
    pub used: BTreeSet<usize>,
    /// How many objects are items of Lists.
    pub items: usize,
}

/// Finds the objects of a document.
pub fn objects(tree: &Tree<'_>, kinds: &Kinds) -> Result<Objects, YamlError> {
    let mut found = Objects::default();
    let mut finder = Finder { tree, kinds, found: &mut found };
    if let Some(root) = tree.root().filter(|&r| tree.kind(tree.resolve_alias(r)).is_map()) {
        finder.object(root, &mut Path::default(), None, 0)?;
    }
    Ok(found)
}

/// The defaults for items of a typed list.
#[derive(Clone, Copy)]
struct Inherited<'s> {
    api_version: &'s str,
    kind: &'s str,
}

struct Finder<'f, 't, 'a> {
    tree: &'t Tree<'a>,
    kinds: &'f Kinds,
    found: &'f mut Objects,
}

impl Finder<'_, '_, '_> {
    fn object(
        &mut self,
        node: NodeId,
        path: &mut Path,
        inherited: Option<Inherited<'_>>,
        lists: usize,
    ) -> Result<(), YamlError> {
        let tree = self.tree;
        let text = |name: &str| -> Result<Option<String>, YamlError> {
            Ok(tree.get(node, name)?.and_then(|id| string(tree, id)))
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let api_version = api_version.or(inherited.map(|i| i.api_version.to_owned()));
        let kind = kind.or(inherited.map(|i| i.kind.to_owned()));
        let (api_version, kind) = match (api_version, kind) {
            (Some(api_version), Some(kind)) => (api_version, kind),
            (None, None) => return Ok(()),
            (api_version, kind) => {
                self.pass_through(node, path, api_version.as_deref(), kind.as_deref());
                return Ok(());
            }
        };
        let in_list = lists > 0;
        if kind == "List" && group(&api_version).is_empty() {
            self.check_items(node)?;
        }
        if let Some(item_kind) = kind.strip_suffix("List")
            && let Some(items) = tree.get(node, "items")?.filter(|&i| tree.kind(tree.resolve_alias(i)).is_seq())
        {
            if lists == MAX_LISTS {
                let message = format!("Lists are nested deeper than the limit of {MAX_LISTS}");
                return Err(tree.node_error(YamlErrorKind::Limit, node, message, None));
            }
            if !in_list {
                tree.check_repetition()?;
            }
            let inherited = Inherited { api_version: &api_version, kind: item_kind };
            let inherited = Some(inherited).filter(|i| !i.kind.is_empty());
            path.push(Element::Key("items".to_owned()));
            for (index, item) in tree.items(items).enumerate() {
                if tree.kind(tree.resolve_alias(item)).is_map() {
                    path.push(Element::Index(index));
                    self.object(item, path, inherited, lists + 1)?;
                    path.pop();
                }
            }
            path.pop();
            return Ok(());
        }
        let item = in_list.then_some(self.found.items);
        self.found.items += usize::from(in_list);
        let routes = self.kinds.routes(&api_version, &kind);
        if routes.is_empty() {
            self.pass_through(node, path, Some(&api_version), Some(&kind));
            return Ok(());
        }
        let metadata = tree.get(node, "metadata")?;
        let meta = |name: &str| match metadata {
            Some(metadata) => Ok(tree.get_last(metadata, name)?.and_then(|id| string(tree, id))),
            None => Ok(None),
        };
        let mut handled = BTreeSet::new();
        for route in &routes {
            let (way, pod_metadata) = route.to_parent();
            let mut templates = Vec::new();
            self.templates(node, way, path, &mut templates)?;
            if route.origin == PodOrigin::Metadata {
                templates.retain(|(parent, _)| pod_metadata.is_some_and(|key| self.has_map(*parent, key)));
            }
            if let Some(added) = route.added.filter(|_| !templates.is_empty()) {
                self.found.used.insert(added);
            }
            for (template, path) in templates {
                // Several paths may match the same pod template.
                let key = pod_metadata.map(|key| Element::Key(key.to_owned()));
                if route.added.is_some() && !handled.insert(path.iter().cloned().chain(key).collect()) {
                    continue;
                }
                self.found.workloads.push(Object {
                    node,
                    template,
                    pod_metadata: pod_metadata.map(str::to_owned),
                    path,
                    item,
                    api_version: api_version.clone(),
                    kind: kind.clone(),
                    name: meta("name")?.unwrap_or_default(),
                    generate_name: meta("generateName")?,
                    namespace: meta("namespace")?,
                });
            }
        }
        let paths = || routes.iter().map(|route| PathPattern(route.steps.to_vec()).to_string()).collect();
        if routes.iter().all(|route| route.is_known_crd) {
            if handled.is_empty() {
                self.unhandled(node, &api_version, &kind, UnhandledReason::NothingToAnnotate(paths()));
            }
        } else if routes.iter().any(|route| route.added.is_some()) {
            let templates = detect::templates(tree, node, path, &handled);
            if handled.is_empty() {
                self.unhandled(node, &api_version, &kind, UnhandledReason::LeadsNowhere { added: paths(), templates });
            } else if !templates.paths.is_empty() {
                self.unhandled(node, &api_version, &kind, UnhandledReason::LeftOut(templates));
            }
        }
        Ok(())
    }

    fn has_map(&self, parent: NodeId, key: &str) -> bool {
        let tree = self.tree;
        let value = tree.get(parent, key).ok().flatten();
        value.is_some_and(|value| tree.kind(tree.resolve_alias(value)).is_map())
    }

    /// Reports an object of an unknown kind, if workloads are created from it.
    fn pass_through(&mut self, node: NodeId, path: &Path, api_version: Option<&str>, kind: Option<&str>) {
        let group = api_version.map_or("", group);
        let named = kind.unwrap_or_default();
        let why = if let Some(command) = renderers::command(self.tree, node, group, named) {
            UnhandledReason::RenderedBy(command)
        } else {
            let templates = detect::templates(self.tree, node, path, &BTreeSet::new());
            let is_known_crd = known_crds::has(group, named);
            if templates.paths.is_empty() && !is_known_crd {
                return;
            }
            let meant = kind.and_then(|kind| intended_kind(api_version, kind));
            if api_version.is_some() && kind.is_some() && meant.is_none() {
                UnhandledReason::UnknownKind { templates, is_known_crd }
            } else {
                UnhandledReason::NoSuchKind {
                    api_version: api_version.map(str::to_owned),
                    kind: kind.map(str::to_owned),
                    meant,
                }
            }
        };
        self.unhandled(node, api_version.unwrap_or_default(), named, why);
    }

    fn unhandled(&mut self, node: NodeId, api_version: &str, kind: &str, why: UnhandledReason) {
        let tree = self.tree;
        let get = |map: NodeId, key: &str| tree.get(map, key).ok().flatten();
        let meta = |key: &str| get(node, "metadata").and_then(|m| get(m, key)).and_then(|name| string(tree, name));
        let kind = qualified_kind(kind, group(api_version));
        let name = meta("name").or_else(|| meta("generateName")).unwrap_or_default();
        let (place, templates_before) = (tree.place(node), self.found.workloads.len());
        self.found.unhandled.push(Unhandled { place, templates_before, kind, name, why });
    }

    /// Checks that the items of a List are objects. Other kinds with names ending in `List` may have any items.
    fn check_items(&self, node: NodeId) -> Result<(), YamlError> {
        let tree = self.tree;
        let null = |id: NodeId| tree.equals(id, &serde_json::Value::Null);
        let wrong = |id: NodeId, message: &str| Err(tree.node_error(YamlErrorKind::WrongType, id, message, None));
        let Some(items) = tree.get(node, "items")?.filter(|&items| !null(items)) else { return Ok(()) };
        if !tree.kind(tree.resolve_alias(items)).is_seq() {
            return wrong(items, "expected a list of objects");
        }
        match tree.items(items).find(|&item| !tree.kind(tree.resolve_alias(item)).is_map() && !null(item)) {
            Some(item) => wrong(item, "expected an object"),
            None => Ok(()),
        }
    }

    /// Whether a mapping has keys, but none of a pod template.
    fn is_no_template(&self, node: NodeId) -> bool {
        let has = |key: &str| self.tree.get_last(node, key).is_ok_and(|found| found.is_some());
        self.tree.entries(self.tree.resolve_alias(node)).next().is_some() && !has("metadata") && !has("spec")
    }

    /// The nodes that `route` leads to from `node`, except absent and null ones. For added paths, nodes of another type
    /// are also left out.
    fn templates(
        &self,
        node: NodeId,
        route: Route<'_>,
        path: &mut Path,
        templates: &mut Vec<(NodeId, Path)>,
    ) -> Result<(), YamlError> {
        let tree = self.tree;
        let is_map = |id: NodeId| tree.kind(tree.resolve_alias(id)).is_map();
        let Some((first, rest)) = route.steps.split_first() else {
            let is_other =
                || route.origin == PodOrigin::Template && (self.is_another_object(node) || self.is_no_template(node));
            if route.added.is_some() && (!is_map(node) || is_other()) {
                return Ok(());
            }
            // Asking for a key reports a template that is not a mapping.
            tree.get(node, "metadata")?;
            if !tree.equals(node, &serde_json::Value::Null) {
                templates.push((node, path.clone()));
            }
            return Ok(());
        };
        let rest = Route { steps: rest, ..route };
        let mut below = |element: Element, node: NodeId| {
            path.push(element);
            let found = self.templates(node, rest, path, templates);
            path.pop();
            found
        };
        match first {
            PatternStep::Key(_) if route.added.is_some() && !is_map(node) => {}
            PatternStep::Key(key) => {
                if let Some(value) = tree.get(node, key)? {
                    below(Element::Key(key.clone().into_owned()), value)?;
                }
            }
            PatternStep::AnyKey => {
                for (key, value) in tree.entries(node).filter(|&(key, value)| !tree.is_merge(key) && is_map(value)) {
                    below(Element::Key(tree.key(key)?.into_owned()), value)?;
                }
            }
            PatternStep::AnyItem | PatternStep::Item(_) => {
                for (index, item) in tree.items(node).enumerate().filter(|&(_, item)| is_map(item)) {
                    if let PatternStep::Item(name) = first
                        && tree.get(item, "name")?.and_then(|id| string(tree, id)).as_deref() != Some(name)
                    {
                        continue;
                    }
                    below(Element::Index(index), item)?;
                }
            }
        }
        Ok(())
    }

    /// Whether `node` is an object of another kind than Pod: a path may lead to a list of different objects.
    fn is_another_object(&self, node: NodeId) -> bool {
        let kind = self.tree.get(node, "kind").ok().flatten();
        kind.and_then(|kind| string(self.tree, kind)).is_some_and(|kind| kind != "Pod" && kind != "PodTemplate")
    }
}

fn string(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    match tree.scalar_value(id) {
        Ok(Some(lossless_yaml::Scalar::Str(text))) => Some(text.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::detect::DetectedTemplates;
    use super::*;

    fn found(text: &str) -> Result<usize, YamlError> {
        let tree = Tree::parse(text, 1)?;
        objects(&tree, &Kinds::default()).map(|found| found.workloads.len())
    }

    #[test]
    fn the_items_of_a_list_are_objects() {
        assert_eq!(found("apiVersion: v1\nkind: List\nitems:\n-\n- {apiVersion: v1, kind: Pod}\n"), Ok(1));
        assert_eq!(found("apiVersion: v1\nkind: List\nitems:\n"), Ok(0));
        for (items, line) in [("items: {a: 1}\n", 3), ("items:\n- text\n", 4)] {
            let error = found(&format!("apiVersion: v1\nkind: List\n{items}")).unwrap_err();
            assert_eq!((error.kind, error.place.line), (YamlErrorKind::WrongType, line));
        }
    }

    #[test]
    fn other_kinds_ending_in_list_may_have_any_items() {
        assert_eq!(found("apiVersion: example.com/v1\nkind: AllowList\nitems: [a, b]\n"), Ok(0));
        assert_eq!(found("apiVersion: example.com/v1\nkind: List\nitems: [a, b]\n"), Ok(0));
    }

    #[test]
    fn only_lists_of_containers_need_a_tree() {
        let is_skipped = |text: &str| plainly_without_templates(text, &Kinds::default());
        let object = |rest: &str| format!("apiVersion: example.com/v1\nkind: A\n{rest}");
        for rest in [
            "data:\n  a: |\n    containers:\n    - name: a\n",
            "spec:\n  properties:\n    containers:\n      items: {}\n  required: [containers]\n",
            "containers: 'a'\ninitContainers:\n",
        ] {
            assert!(is_skipped(&object(rest)), "{rest}");
        }
        for rest in ["a:\n  containers:\n  - name: a\n", "a: {\"initContainers\": [{}]}\n", "'containers':\n- {}\n"] {
            assert!(!is_skipped(&object(rest)), "{rest}");
        }
        for kind in ["apiVersion: v1\nkind: Pod\n", "kind: PodList\n", "kind:\n", "kind: A\nkind: A\n"] {
            assert!(!is_skipped(kind), "{kind}");
        }
    }

    const POD: &str = "{spec: {containers: [{name: a, image: b}]}}";

    fn torch(replicas: &str) -> String {
        format!(
            "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: {{name: t}}\nspec: {{replicas: {replicas}}}\n"
        )
    }

    fn by(paths: &[&str], text: &str) -> (Vec<String>, Vec<UnhandledReason>, Vec<usize>) {
        let tree = Tree::parse(text, 1).unwrap();
        let paths = paths.iter().map(|path| format!("PyTorchJob.kubeflow.org=spec.{path}").parse().unwrap());
        let found = objects(&tree, &Kinds::given_by(paths.collect())).unwrap();
        let templates = found.workloads.iter().map(|object| tree.path(object.template).to_string()).collect();
        (templates, found.unhandled.into_iter().map(|u| u.why).collect(), found.used.into_iter().collect())
    }

    #[test]
    fn all_paths_of_a_kind_apply_and_other_templates_are_named() {
        let both = torch(&format!("{{Master: {{template: {POD}}}, Worker: {{template: {POD}}}, odd: 3}}"));
        let [master, worker] = ["Master", "Worker"].map(|name| format!("spec.replicas.{name}.template"));
        let all = vec![master.clone(), worker.clone()];
        assert_eq!(by(&["replicas.*.template"], &both), (all.clone(), vec![], vec![0]));
        let paths = ["replicas.*.template", "replicas.Worker.template", "replicas.Ps.template"];
        assert_eq!(by(&paths, &both), (all, vec![], vec![0, 1]));
        let left_out = UnhandledReason::LeftOut(DetectedTemplates { paths: vec![worker], more: false });
        assert_eq!(by(&["replicas.Master.template"], &both), (vec![master], vec![left_out], vec![0]));
    }

    #[test]
    fn a_path_that_leads_nowhere_is_named() {
        let list = torch(&format!("[{{name: a, template: {POD}}}]"));
        let templates = DetectedTemplates { paths: vec!["spec.replicas[*].template".to_owned()], more: false };
        for path in ["replicas.a.template", "replicas.template", "replicas[b].template", "replicas[*].name.template"] {
            let why =
                UnhandledReason::LeadsNowhere { added: vec![format!("spec.{path}")], templates: templates.clone() };
            assert_eq!(by(&[path], &list), (vec![], vec![why], vec![]));
        }
        assert_eq!(by(&["replicas[a].template"], &list).0, ["spec.replicas[0].template"]);
    }

    #[test]
    fn objects_of_other_kinds_in_a_list_are_no_pod_templates() {
        let list =
            torch(&format!("[{{kind: Pod, spec: {{containers: [{{name: a, image: b}}]}}}}, {{kind: Service}}, {POD}]"));
        assert_eq!(by(&["replicas[*]"], &list).0, ["spec.replicas[0]", "spec.replicas[2]"]);
    }

    #[test]
    fn objects_with_an_impossible_kind_or_version_are_named() {
        let whys = |text: &str| by(&[], text).1;
        for (head, why) in [
            ("kind: Deployment", "its apiVersion is missing: Deployment is in apps/v1"),
            ("apiVersion: v1\nkind: Deployment", "apiVersion \"v1\" has no kind Deployment: Deployment is in apps/v1"),
            (
                "apiVersion: batch/v1\nkind: cronjob",
                "apiVersion \"batch/v1\" has no kind cronjob: CronJob is in batch/v1",
            ),
            ("kind: CloneSet", "its apiVersion is missing"),
            ("apiVersion: apps/v1", "its kind is missing"),
        ] {
            let text = format!("{head}\nspec: {{template: {POD}}}\n");
            let tree = Tree::parse(&text, 1).unwrap();
            let found = objects(&tree, &Kinds::default()).unwrap();
            let said: Vec<String> = found.unhandled.iter().map(Unhandled::why).collect();
            assert_eq!(said, [format!("it has a pod template, but {why}")]);
            assert!(found.unhandled.iter().all(|u| u.is_mistake() && u.hint().is_none()));
        }
        assert!(matches!(
            whys(&format!("apiVersion: x.y/v1\nkind: Job\nspec: {{template: {POD}}}"))[..],
            [UnhandledReason::UnknownKind { .. }]
        ));
        assert!(whys("apiVersion: v1\nkind: Deployment\nspec: {template: {metadata: {}}}").is_empty());
        assert!(whys(&format!("spec: {{template: {POD}}}")).is_empty());
    }

    /// The paths of pod metadata, and the reasons why objects pass through.
    fn known(text: &str) -> (Vec<String>, Vec<UnhandledReason>) {
        let tree = Tree::parse(text, 1).unwrap();
        let mut kinds = Kinds::default();
        kinds.add_known_crds();
        let found = objects(&tree, &kinds).unwrap();
        let place = |object: &Object| format!("{}.{}", tree.path(object.template), object.metadata_key());
        (found.workloads.iter().map(place).collect(), found.unhandled.into_iter().map(|u| u.why).collect())
    }

    #[test]
    fn pod_metadata_of_known_custom_kinds_is_found() {
        for (object, places) in [
            (
                torch(&format!("{{}}, pytorchReplicaSpecs: {{Master: {{template: {POD}}}}}")),
                vec!["spec.pytorchReplicaSpecs.Master.template.metadata"],
            ),
            ("apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {}".to_owned(), vec![".metadata"]),
            ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {}".to_owned(), vec!["spec.podMetadata"]),
            (
                "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nspec: {driver: {}, executor: {}}"
                    .to_owned(),
                vec!["spec.driver", "spec.executor"],
            ),
            (
                "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec: {predictor: {model: {}}}"
                    .to_owned(),
                vec!["spec.predictor"],
            ),
        ] {
            assert_eq!(known(&object), (places.into_iter().map(str::to_owned).collect(), vec![]), "{object}");
        }
    }

    #[test]
    fn a_known_custom_kind_without_a_pod_template_is_named() {
        let kibana = "apiVersion: kibana.k8s.elastic.co/v1\nkind: Kibana\nspec: {}";
        assert_eq!(
            known(kibana),
            (vec![], vec![UnhandledReason::NothingToAnnotate(vec!["spec.podTemplate".to_owned()])])
        );
        let (_, whys, _) = by(&[], kibana);
        assert_eq!(
            whys,
            [UnhandledReason::UnknownKind { templates: DetectedTemplates::default(), is_known_crd: true }]
        );
    }

    #[test]
    fn given_paths_take_precedence_over_known_ones() {
        let mut kinds = Kinds::given_by(vec!["Kibana.kibana.k8s.elastic.co=spec.pods".parse().unwrap()]);
        kinds.add_known_crds();
        let text =
            format!("apiVersion: kibana.k8s.elastic.co/v1\nkind: Kibana\nspec: {{pods: {POD}, podTemplate: {POD}}}");
        let tree = Tree::parse(&text, 1).unwrap();
        let found = objects(&tree, &kinds).unwrap();
        assert_eq!(
            found.workloads.iter().map(|o| tree.path(o.template).to_string()).collect::<Vec<_>>(),
            ["spec.pods"]
        );
        assert!(matches!(found.unhandled[..], [Unhandled { why: UnhandledReason::LeftOut(_), .. }]));
    }
}
