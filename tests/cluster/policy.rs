//! Generated admission policies on a real API server: recorded requests, random pods compared with `annotate`, and a mesh
//! behind a policy. A sample of the recorded requests is in `testdata/oracle/policy`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nativesidecar::inject::{AnnotationChange, ExistingMode, ModeRequest, annotation_value};
use nativesidecar::istio::names::annotation::NATIVE_SIDECAR;
use oracle_suite::Tally;
use serde_json::{Value, json};

use crate::api::{Answer, Api, list_path, path};
use crate::control_plane::{ControlPlane, version};
use crate::random_pods::Random;
use crate::site::Site;
use crate::webhook::{self, SAW};

/// How long a policy may take to come into force. This is long: the machine may be busy.
const WORKS_WITHIN: Duration = Duration::from_mins(1);

/// What an API server before 1.36 needs for the beta API.
const BETA_API: &str = "--runtime-config=admissionregistration.k8s.io/v1beta1=true";
const BETA_GATE: &str = "--feature-gates=MutatingAdmissionPolicy=true";

/// All kinds with pod templates.
const TEMPLATES: &str = "deploy,sts,ds,rs,job,cj,rc";

/// How many random pods are sent to each policy.
const RANDOM_PODS: usize = 100;

/// A cluster with policies, and the plugin.
struct Cluster {
    plane: Arc<ControlPlane>,
    api: Api,
    site: Site,
}

/// Whether `MutatingAdmissionPolicy` is beta.
fn is_beta() -> bool {
    let version = version();
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    minor < 36
}

impl Cluster {
    fn start() -> Self {
        let audit = ["--audit-policy-file=DIR/audit.yaml", "--audit-log-path=DIR/audit.log"];
        let flags = [&audit[..], if is_beta() { &[BETA_API, BETA_GATE] } else { &[] }].concat();
        Self::start_with(&flags)
    }

    fn start_with(flags: &[&str]) -> Self {
        let plane = Arc::new(ControlPlane::start_with(flags));
        let api = Api::of(&plane);
        Self { plane, api, site: Site::new().with("kubectl", "kubectl") }
    }

    fn apply(&self, text: &str) {
        self.plane.kubectl(&["apply", "-f", "-"], text);
    }

    /// Creates namespaces, and waits until pods can be created there.
    fn namespaces(&self, namespaces: &[Value]) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": namespaces});
        self.apply(&list.to_string());
        for namespace in namespaces {
            let name = namespace["metadata"]["name"].as_str().unwrap();
            let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
            Self::wait(name, || self.api.get(&account)["kind"] == "ServiceAccount");
        }
    }

    #[track_caller]
    fn wait(what: &str, mut is_there: impl FnMut() -> bool) {
        let start = Instant::now();
        while !is_there() {
            assert!(start.elapsed() < WORKS_WITHIN, "{what}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Generates a policy.
    fn policy(&self, args: &[&str]) -> String {
        let kubernetes = version();
        let beta: &[&str] = if is_beta() { &["--beta-api"] } else { &[] };
        let words = [&["policy", "--kubernetes", &kubernetes], beta, args].concat();
        self.plugin(&words, "").good()
    }

    fn plugin(&self, args: &[&str], input: &str) -> crate::site::Ran {
        let mut command = self.site.command("kubectl-nativesidecar");
        command.args(args).env("KUBECONFIG", &self.plane.kubeconfig);
        crate::site::finish(&mut command, input)
    }

    /// The audit log's annotations about failed validations of the request with this id.
    fn audited(&self, id: &str) -> bool {
        let log = fs::read_to_string(self.plane.path("audit.log")).unwrap();
        log.lines().any(|line| line.contains(&format!("\"auditID\":\"{id}\"")) && line.contains("validation_failure"))
    }
}

fn namespace(name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// A pod with a controller of this kind.
fn pod(namespace: &str, kind: &str, template: &Value) -> Value {
    let mut pod = template.clone();
    (pod["apiVersion"], pod["kind"]) = ("v1".into(), "Pod".into());
    pod["metadata"]["name"] = "p".into();
    pod["metadata"]["namespace"] = namespace.into();
    let group = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    if !kind.is_empty() {
        pod["metadata"]["ownerReferences"] = json!([{"apiVersion": group, "kind": kind, "name": "o", "controller": true,
            "uid": "00000000-0000-4000-8000-000000000001"}]);
    }
    pod
}

fn plain_template() -> Value {
    json!({"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "w", "image": "example.com/w:1"}]}})
}

/// The annotation of a pod, or of a pod template.
fn annotation(object: &Value) -> Value {
    let at = match object["kind"].as_str() {
        Some("Pod") => "/metadata/annotations",
        Some("CronJob") => "/spec/jobTemplate/spec/template/metadata/annotations",
        _ => "/spec/template/metadata/annotations",
    };
    object.pointer(at).map_or(Value::Null, |annotations| annotations[NATIVE_SIDECAR].clone())
}

// Recorded requests.

/// Policies that are in force together, in namespaces of their own.
struct Set {
    /// The recorded policies.
    recorded: Vec<String>,
    /// The path of a webhook.
    webhook: Option<&'static str>,
    reinvocation: String,
}

impl Set {
    fn of(case: &Value, answer: &Value) -> Self {
        let webhook = case["webhook"].as_str().map(|text| if text.contains("removes") { "/strip" } else { "/copy" });
        Self {
            recorded: answer["policies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect(),
            webhook,
            reinvocation: case["reinvocationPolicy"].as_str().unwrap_or("Never").to_owned(),
        }
    }

    /// What distinguishes it. The recorded policies with two kinds of patches are one that is generated.
    fn name(&self) -> String {
        let recorded = self.recorded.join("-").replace("set-jsonpatch", "set").replace("set-apply", "set");
        format!("{recorded}{}-{}", self.webhook.unwrap_or_default().replace('/', "-"), self.reinvocation).to_lowercase()
    }

    /// The arguments for each generated policy.
    fn policies(&self) -> Vec<Vec<&str>> {
        let one = |recorded: &String| match recorded.as_str() {
            "set-apply" | "set-jsonpatch" => vec![vec!["--action", "set", "--kind", "Job"]],
            "warn-audit-templates" => {
                vec![vec!["--action", "warn", "--kind", TEMPLATES], vec!["--action", "audit", "--kind", TEMPLATES]]
            }
            other => {
                let (action, subject) = other.split_once('-').unwrap();
                let action = ["require", "warn", "audit"].into_iter().find(|word| *word == action).unwrap();
                // The policy for everything has nothing else to check where only pods are sent.
                if subject == "pods" {
                    vec![vec!["--action", action]]
                } else {
                    vec![vec!["--action", action, "--kind", TEMPLATES]]
                }
            }
        };
        self.recorded.iter().flat_map(one).collect()
    }
}

/// A recorded request.
struct Case {
    name: String,
    folder: PathBuf,
    set: usize,
    record: Value,
    /// The answer under the policies of the set.
    answer: Value,
}

impl Case {
    fn read(&self, file: &str) -> Option<Value> {
        let text = fs::read_to_string(self.folder.join(file)).ok()?;
        Some(serde_yaml::from_str(&text).unwrap())
    }

    /// An object of the case, in the namespace of its set. Objects that are there before have names of their own.
    fn object(&self, file: &str, sets: &[Set]) -> Option<Value> {
        let mut object = self.read(file)?;
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
        object["metadata"]["namespace"] = format!("{namespace}-{}", sets[self.set].name()).into();
        if self.folder.join("stored.yaml").exists() {
            object["metadata"]["name"] = self.name.clone().into();
        }
        Some(object)
    }

    /// Sends the request.
    fn send(&self, cluster: &Cluster, sets: &[Set]) -> Answer {
        let stored = self.object("stored.yaml", sets);
        let at = stored.as_ref().map(path).unwrap_or_default();
        let id = &self.name;
        match (self.record["operation"].as_str().unwrap(), self.object("request.yaml", sets)) {
            ("CREATE", Some(object)) => cluster.api.dry_run(&object, id),
            ("UPDATE", Some(mut object)) => {
                // What the server filled in may not change.
                let current = cluster.api.get(&at);
                object["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"].clone();
                if object["kind"] == "Pod" {
                    object["spec"] = current["spec"].clone();
                }
                cluster.api.send("PUT", &format!("{at}?dryRun=All"), "application/json", &object, id)
            }
            ("PATCH", _) => {
                let patch = self.read("patch.yaml").unwrap();
                let (sub, form) = match self.record["subresource"].as_str() {
                    Some(name) => (format!("/{name}"), "application/merge-patch+json"),
                    None => (String::new(), "application/strategic-merge-patch+json"),
                };
                cluster.api.send("PATCH", &format!("{at}{sub}?dryRun=All"), form, &patch, id)
            }
            (operation, _) => panic!("{}: {operation}", self.name),
        }
    }

    /// Compares an answer with the record.
    fn compare(&self, cluster: &Cluster, answer: &Answer) -> Result<(), String> {
        let differs = |what: &str, got: &Value, expected: &Value| {
            if got == expected { Ok(()) } else { Err(format!("{what} is {got}, expected {expected}: {}", answer.body)) }
        };
        differs("code", &answer.code.into(), &self.answer["code"])?;
        let warnings = self.answer["warnings"].as_array().unwrap().len();
        let validation = |warning: &&String| warning.starts_with("Validation failed for ValidatingAdmissionPolicy");
        differs("warnings", &answer.warnings.iter().filter(validation).count().into(), &warnings.into())?;
        let is_audited =
            !self.answer["auditAnnotations"]["validation.policy.admission.k8s.io/validation_failure"].is_null();
        differs("audited", &cluster.audited(&self.name).into(), &is_audited.into())?;
        if answer.code >= 400 {
            return differs(
                "reason",
                &answer.body["reason"],
                &self.answer.get("reason").cloned().unwrap_or("BadRequest".into()),
            );
        }
        if let Some(expected) = self.answer.get("annotation") {
            differs("annotation", &annotation(&answer.body), &self.expected(expected))?;
        }
        if let Some(saw) = self.answer.get("webhookSaw") {
            differs("webhook saw", &answer.body["metadata"]["annotations"][SAW], saw)?;
        }
        Ok(())
    }

    /// The recorded annotation. The recorded policies replace all values that are invalid by "true"; those that are
    /// generated do what `annotate` does.
    fn expected(&self, recorded: &Value) -> Value {
        let sets =
            self.answer["policies"].as_array().unwrap().iter().any(|name| name.as_str().unwrap().starts_with("set-"));
        let was = annotation(&self.read("request.yaml").unwrap_or_default());
        if !sets || recorded.is_null() || was.is_null() {
            return recorded.clone();
        }
        let change = AnnotationChange::of(ModeRequest::default(), &ExistingMode::of(Some(&was)));
        change.written().map_or(was, |mode| annotation_value(mode).into())
    }
}

fn folder() -> PathBuf {
    oracle_suite::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/oracle"), "policy")
}

fn cases() -> (Vec<Set>, Vec<Case>) {
    let mut folders: Vec<PathBuf> = fs::read_dir(folder().join("cases")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let (mut sets, mut cases) = (Vec::<Set>::new(), Vec::new());
    for folder in folders {
        let record: Value = serde_json::from_slice(&fs::read(folder.join("answer.json")).unwrap()).unwrap();
        for answer in record["answers"].as_array().unwrap() {
            let new = Set::of(&record, answer);
            let set = sets.iter().position(|set| set.name() == new.name()).unwrap_or_else(|| {
                sets.push(new);
                sets.len() - 1
            });
            let name = format!("{}-{}", folder.file_name().unwrap().to_str().unwrap(), cases.len());
            cases.push(Case { name, folder: folder.clone(), set, record: record.clone(), answer: answer.clone() });
        }
    }
    (sets, cases)
}

/// Puts the policies of a set into force, in its namespaces.
fn put_into_force(cluster: &Cluster, set: &Set, webhooks: u16) {
    let name = set.name();
    if let Some(path) = set.webhook {
        let configuration = webhook::recorder(&cluster.plane, webhooks, path, &json!({"test/set": name}));
        // One for each set.
        let hook = path.trim_start_matches('/');
        cluster.apply(&configuration.replace(&format!("\"name\":\"{hook}\""), &format!("\"name\":\"{name}\"")));
    }
    for args in set.policies() {
        let selector = format!("nativesidecar.dev/policy=on,test/set={name}");
        let text = cluster.policy(&[&args[..], &["--namespace-selector", &selector]].concat());
        if set.reinvocation == "Never" {
            cluster.apply(&text);
        } else {
            let again = text.replace("reinvocationPolicy: Never", &format!("reinvocationPolicy: {}", set.reinvocation));
            cluster.apply(&again.replace("nativesidecar-set-job", "nativesidecar-set-job-again"));
        }
    }
}

/// Waits until all policies of a set are in force.
fn wait_for(cluster: &Cluster, set: &Set) {
    let namespace = format!("orchard-{}", set.name());
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": "probe"}}, "template": {"metadata": {"labels": {"app": "probe"}},
            "spec": {"containers": [{"name": "w", "image": "example.com/w:1"}]}}}});
    for args in set.policies() {
        let mut attempt = 0;
        Cluster::wait(&set.name(), || match args[1] {
            // A webhook may remove the annotation again.
            "set" => {
                let answer = cluster.api.dry_run(&pod(&namespace, "Job", &plain_template()), "").body;
                annotation(&answer) == "true" || answer["metadata"]["annotations"][SAW] == "true"
            }
            "require" => cluster.api.dry_run(&deployment, "").code == 422,
            "warn" => !cluster.api.dry_run(&deployment, "").warnings.is_empty(),
            _ => {
                attempt += 1;
                let id = format!("probe-{}-{attempt}", set.name());
                cluster.api.dry_run(&deployment, &id);
                cluster.audited(&id)
            }
        });
    }
}

fn recorded_requests(cluster: &Cluster, webhooks: u16) {
    let (sets, cases) = cases();
    let text = fs::read_to_string(folder().join("namespaces.yaml")).unwrap();
    let namespaces: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect();
    let of_set = |set: &Set| {
        let name = set.name();
        namespaces.iter().cloned().map(move |mut namespace: Value| {
            namespace["metadata"]["name"] =
                format!("{}-{name}", namespace["metadata"]["name"].as_str().unwrap()).into();
            if namespace["metadata"]["labels"].is_null() {
                namespace["metadata"]["labels"] = json!({});
            }
            namespace["metadata"]["labels"]["test/set"] = name.clone().into();
            namespace["metadata"]["labels"].as_object_mut().unwrap().remove("istio-injection");
            namespace
        })
    };
    cluster.namespaces(&sets.iter().flat_map(of_set).collect::<Vec<_>>());
    for stored in cases.iter().filter_map(|case| case.object("stored.yaml", &sets)) {
        let answer = cluster.api.send("POST", &list_path(&stored), "application/json", &stored, "");
        assert_eq!(answer.code, 201, "{}", answer.body);
    }
    for set in &sets {
        put_into_force(cluster, set, webhooks);
    }
    for set in &sets {
        wait_for(cluster, set);
    }
    let mut tally = Tally::new("policies, recorded requests");
    for case in &cases {
        let answer = case.send(cluster, &sets);
        tally.count(&case.name, case.compare(cluster, &answer));
    }
    tally.finish();
}

// Random pods.

/// A policy, and what `annotate` is asked for.
struct Comparison {
    namespace: &'static str,
    policy: &'static [&'static str],
    /// `None`: the policy requires the annotation.
    annotate: Option<&'static [&'static str]>,
}

const COMPARISONS: [Comparison; 5] = [
    Comparison { namespace: "random-set", policy: &["--action", "set"], annotate: Some(&[]) },
    Comparison {
        namespace: "random-native",
        policy: &["--action", "set", "--mode", "native"],
        annotate: Some(&["--mode", "native", "--keep-existing"]),
    },
    Comparison {
        namespace: "random-regular",
        policy: &["--action", "set", "--mode", "regular"],
        annotate: Some(&["--mode", "regular", "--keep-existing"]),
    },
    Comparison { namespace: "random-kinds", policy: &["--action", "set", "--kind", "Job,Pod"], annotate: Some(&[]) },
    Comparison { namespace: "random-require", policy: &["--action", "require"], annotate: None },
];

/// What `annotate` makes of owners with these pod templates: the annotation, and whether the owner is skipped.
fn annotated(cluster: &Cluster, templates: &[Value], args: &[&str]) -> Vec<(Value, bool)> {
    let items: Vec<Value> = templates
        .iter()
        .enumerate()
        .map(|(index, template)| {
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": format!("j{index}"), "namespace": "shop"},
                "spec": {"template": template}})
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let report = cluster.site.path("report.json").display().to_string();
    let words = [&["annotate", "-f", "-", "-o", "json", "-q", "--report-file", &report], args].concat();
    let output: Value = serde_json::from_str(&cluster.plugin(&words, &list).good()).unwrap();
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    let skipped = report["workloads"].as_array().unwrap().iter().map(|entry| entry["outcome"] == "skipped");
    output["items"].as_array().unwrap().iter().map(annotation).zip(skipped).collect()
}

fn random_pods(cluster: &Cluster) {
    let namespaces: Vec<Value> = COMPARISONS.iter().map(|one| namespace(one.namespace, &json!({}))).collect();
    cluster.namespaces(&namespaces);
    for one in &COMPARISONS {
        cluster.apply(&cluster.policy(&[one.policy, &["-n", one.namespace]].concat()));
    }
    let mut random = Random(20_261_130);
    let mut tally = Tally::new("policies, random pods");
    for one in &COMPARISONS {
        Cluster::wait(one.namespace, || {
            let answer = cluster.api.dry_run(&pod(one.namespace, "Job", &plain_template()), "");
            answer.code == 422 || !annotation(&answer.body).is_null()
        });
        let templates: Vec<Value> = (0..RANDOM_PODS).map(|_| random.template()).collect();
        let expected = annotated(cluster, &templates, one.annotate.unwrap_or_default());
        for (index, (template, (expected, is_skipped))) in templates.iter().zip(expected).enumerate() {
            let kind = ["Job", "", "ReplicaSet"][index % 3];
            let answer = cluster.api.dry_run(&pod(one.namespace, kind, template), "");
            let was = template["metadata"]["annotations"][NATIVE_SIDECAR].clone();
            let is_selected = kind != "ReplicaSet" || !one.policy.contains(&"--kind");
            let got = (answer.code, annotation(&answer.body));
            let expected = match one.annotate {
                Some(_) if is_selected => (201, expected),
                None if !is_skipped && !["true", "false"].contains(&was.as_str().unwrap_or_default()) => {
                    (422, Value::Null)
                }
                _ => (201, was),
            };
            let result =
                if got == expected { Ok(()) } else { Err(format!("{got:?}, expected {expected:?}: {template}")) };
            tally.count(&format!("{} {index}", one.namespace), result);
        }
    }
    tally.finish();
}

/// A mesh that prefers regular proxies injects a native one behind the policy: its webhook sees the annotation.
fn a_mesh_behind_a_policy(cluster: &Cluster, webhooks: u16) {
    cluster.namespaces(&[namespace("meshed", &json!({"istio-injection": "enabled"}))]);
    cluster.apply(&webhook::configuration(&cluster.plane, webhooks));
    cluster.apply(&cluster.policy(&["--action", "set", "--kind", "Job", "-n", "meshed"]));
    let has_proxy = |kind: &str, list: &str| {
        let answer = cluster.api.dry_run(&pod("meshed", kind, &plain_template()), "").body;
        answer["spec"][list].as_array().is_some_and(|list| list.iter().any(|one| one["name"] == "istio-proxy"))
    };
    Cluster::wait("a native proxy", || has_proxy("Job", "initContainers"));
    assert!(has_proxy("", "containers") && !has_proxy("", "initContainers"));
}

/// The API server has no complaints about the types in expressions.
fn expressions_have_the_right_types(cluster: &Cluster) {
    let list = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    Cluster::wait("checked types", || {
        let policies = cluster.api.get(list)["items"].as_array().unwrap().clone();
        policies.iter().all(|policy| !policy["status"]["observedGeneration"].is_null())
    });
    for policy in cluster.api.get(list)["items"].as_array().unwrap() {
        let warnings = policy.pointer("/status/typeChecking/expressionWarnings");
        assert!(warnings.is_none(), "{}: {warnings:#?}", policy["metadata"]["name"]);
    }
}

#[test]
#[ignore = "needs the control plane of tests/cluster/install, and kubectl"]
fn policies_do_what_annotate_does() {
    let cluster = Cluster::start();
    cluster.site.write("mesh.yaml", include_str!("mesh.yaml"));
    let webhooks = webhook::serve(&cluster.plane, cluster.site.path("mesh.yaml"));
    recorded_requests(&cluster, webhooks);
    random_pods(&cluster);
    a_mesh_behind_a_policy(&cluster, webhooks);
    expressions_have_the_right_types(&cluster);
}

#[test]
#[ignore = "needs the control plane of tests/cluster/install, and kubectl"]
fn a_beta_policy_without_its_gate_does_nothing() {
    if !is_beta() {
        return;
    }
    let cluster = Cluster::start_with(&[BETA_API]);
    cluster.namespaces(&[namespace("shop", &json!({}))]);
    cluster.apply(&cluster.policy(&["--action", "set", "-n", "shop"]));
    // A policy that works comes into force within a second; another one shows when that time is over.
    cluster.apply(&cluster.policy(&["--action", "warn", "-n", "shop"]));
    let unannotated = pod("shop", "Job", &plain_template());
    Cluster::wait("a warning", || !cluster.api.dry_run(&unannotated, "").warnings.is_empty());
    assert_eq!(annotation(&cluster.api.dry_run(&unannotated, "").body), Value::Null);
    // The command of the note shows it.
    let metrics = cluster.plane.kubectl(&["get", "--raw", "/metrics"], "");
    let gate = metrics.lines().find(|line| line.contains("feature_enabled{name=\"MutatingAdmissionPolicy\""));
    assert!(gate.is_some_and(|line| line.ends_with(" 0")), "{gate:?}");
}
