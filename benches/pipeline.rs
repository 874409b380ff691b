//! Measures each stage and whole runs: `cargo bench --bench pipeline`. docs/dev/performance.md has results and their history.
//!
//! The manifests are Deployments of about 1.3 KB that differ in their numbers.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench that cannot run is a failure")]
#![allow(clippy::wildcard_imports, clippy::format_collect, reason = "the modules only group the names of the benches")]

use std::hint::black_box;
use std::io::{Read, Write as _};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use lossless_yaml::{Draft, Step, Tree, split};
use nativesidecar::diagnostic::ExitCode;
use nativesidecar::inject::{Injector, ModeRequest, Workload};
use nativesidecar::input::{Batches, Inputs, Source};
use nativesidecar::istio::Mesh;
use nativesidecar::k8s::{Kinds, objects, plainly_without_templates, pod_value, update_pod};
use nativesidecar::output::{RunInfo, changes};
use nativesidecar::run::{
    Annotate, AnnotationAction, DiffStyle, Inject, Job, OutputRequest, Print, Selection, Task, run,
};
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn deployment(number: usize) -> String {
    format!(
        "---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{number}
  namespace: shop
  labels:
    app.kubernetes.io/name: web-{number}
    app.kubernetes.io/managed-by: Helm
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: web-{number}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{number}
      annotations:
        checksum/config: c{number:063x}
    spec:
      serviceAccountName: web # shared
      securityContext:
        runAsNonRoot: true
      containers:
      - name: web
        image: \"registry.example.com/shop/web:1.{number}.0\"
        ports:
        - name: http
          containerPort: 8080
          protocol: TCP
        env:
        - name: LOG_LEVEL
          value: info
        - name: PASSWORD
          valueFrom:
            secretKeyRef: {{name: web-{number}, key: password}}
        livenessProbe:
          httpGet:
            path: /healthz
            port: http
        readinessProbe:
          httpGet:
            path: /ready
            port: http
          periodSeconds: 5
        resources:
          limits: {{memory: 512Mi}}
          requests: {{cpu: 100m, memory: 256Mi}}
        volumeMounts:
        - name: config
          mountPath: /etc/web
      volumes:
      - name: config
        configMap:
          name: web-{number}
"
    )
}

fn config_map(number: usize) -> String {
    let lines: String = (0..30).map(|line| format!("    key-{line} = value {line} of {number}\n")).collect();
    format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-{number}\ndata:\n  app.conf: |\n{lines}")
}

fn manifests(count: usize) -> String {
    (0..count).map(deployment).collect()
}

fn mesh() -> Injector {
    Injector::new(Mesh::install("1.30".parse().unwrap(), &Value::Null).unwrap()).unwrap()
}

/// One document, stage by stage.
mod stage {
    use super::*;

    fn on_one<T>(bencher: Bencher<'_, '_>, text: &str, work: impl Fn(&str) -> T + Sync) {
        bencher.counter(BytesCount::of_str(text)).counter(ItemsCount::new(1_u32)).bench(|| work(black_box(text)));
    }

    #[divan::bench]
    fn split_into_documents(bencher: Bencher<'_, '_>) {
        let text = manifests(1000);
        bencher
            .counter(BytesCount::of_str(&text))
            .counter(ItemsCount::new(1000_u32))
            .bench(|| split(black_box(text.as_bytes())).len());
    }

    #[divan::bench]
    fn cut_into_batches(bencher: Bencher<'_, '_>) {
        let text = manifests(1000);
        let bytes = |from: &mut dyn Read| Batches::new(from).map(|batch| batch.unwrap().bytes.len()).sum::<usize>();
        bencher
            .counter(BytesCount::of_str(&text))
            .counter(ItemsCount::new(1000_u32))
            .bench(|| bytes(&mut black_box(text.as_bytes())));
    }

    #[divan::bench]
    fn skip_without_parsing(bencher: Bencher<'_, '_>) {
        let kinds = Kinds::default();
        on_one(bencher, &config_map(1), |text| assert!(plainly_without_templates(text, &kinds)));
    }

    #[divan::bench]
    fn parse(bencher: Bencher<'_, '_>) {
        on_one(bencher, &deployment(1), |text| Tree::parse(text, 1).map(drop));
    }

    #[divan::bench]
    fn find_objects(bencher: Bencher<'_, '_>) {
        let text = deployment(1);
        let (tree, kinds) = (Tree::parse(&text, 1).unwrap(), Kinds::default());
        on_one(bencher, &text, |_| objects(&tree, &kinds).unwrap());
    }

    #[divan::bench]
    fn read_the_pod(bencher: Bencher<'_, '_>) {
        let text = deployment(1);
        let tree = Tree::parse(&text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        on_one(bencher, &text, |_| pod_value(&tree, found.workloads.first().unwrap().template).unwrap());
    }

    fn before_and_after(text: &str) -> (Value, Value) {
        let tree = Tree::parse(text, 1).unwrap();
        let found = objects(&tree, &Kinds::default()).unwrap();
        let pod = pod_value(&tree, found.workloads.first().unwrap().template).unwrap();
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        let nativesidecar::inject::Injection::Injected(injected) =
            mesh().inject(&web, &pod, ModeRequest::default()).unwrap()
        else {
            unreachable!("the pod can be injected");
        };
        (pod, injected.pod)
    }

    #[divan::bench]
    fn inject_the_pod(bencher: Bencher<'_, '_>) {
        let text = deployment(1);
        let ((pod, _), mesh) = (before_and_after(&text), mesh());
        let web = Workload::new("apps/v1", "Deployment", "web", "shop");
        on_one(bencher, &text, |_| mesh.inject(&web, &pod, ModeRequest::default()).unwrap());
    }

    #[divan::bench]
    fn edit_the_text(bencher: Bencher<'_, '_>) {
        let text = deployment(1);
        let tree = Tree::parse(&text, 1).unwrap();
        let (pod, injected) = before_and_after(&text);
        let base = [Step::Key("spec"), Step::Key("template")];
        bencher.with_inputs(|| (pod.clone(), injected.clone())).bench_values(|(pod, injected)| {
            let mut draft = Draft::new(&tree);
            update_pod(&mut draft, &base, pod, injected).unwrap();
            draft.finish().unwrap().text.len()
        });
    }

    #[divan::bench]
    fn find_changed_lines(bencher: Bencher<'_, '_>) {
        let (old, new) = (deployment(1), deployment(1).replace("periodSeconds: 5", "periodSeconds: 7\n          x: y"));
        on_one(bencher, &old, |old| changes(old.as_bytes(), new.as_bytes()).len());
    }
}

/// Whole runs on a file, on all cores.
mod whole {
    use super::*;

    fn on_all(bencher: Bencher<'_, '_>, text: &str, count: u32, task: &dyn Task, request: &OutputRequest) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let inputs = Inputs { sources: vec![Source::File(file.path().to_owned())], ..Inputs::default() };
        let (selection, kinds) = (Selection::default(), Kinds::default());
        let job = Job { task, selection: &selection, kinds: &kinds };
        bencher.counter(BytesCount::of_str(text)).counter(ItemsCount::new(count)).bench_local(|| {
            let finished = run(&inputs, &job, request.clone(), RunInfo::default(), &mut |_| {});
            assert!(matches!(finished.code, ExitCode::Success | ExitCode::Differences));
            finished.stdout.len()
        });
    }

    fn annotate() -> Annotate {
        Annotate::new(AnnotationAction::Set(ModeRequest::default()))
    }

    fn injection() -> Inject {
        Inject::new(mesh(), ModeRequest::default())
    }

    #[divan::bench(args = [1, 1000], sample_count = 20)]
    fn annotate_documents(bencher: Bencher<'_, '_>, count: u32) {
        on_all(bencher, &manifests(count as usize), count, &annotate(), &OutputRequest::default());
    }

    #[divan::bench(args = [1, 1000], sample_count = 20)]
    fn inject_documents(bencher: Bencher<'_, '_>, count: u32) {
        on_all(bencher, &manifests(count as usize), count, &injection(), &OutputRequest::default());
    }

    #[divan::bench(args = [1000], sample_count = 20)]
    fn diff_documents(bencher: Bencher<'_, '_>, count: u32) {
        let request = OutputRequest { print: Print::Diff(DiffStyle::default()), ..OutputRequest::default() };
        on_all(bencher, &manifests(count as usize), count, &injection(), &request);
    }

    #[divan::bench(args = [1000], sample_count = 20)]
    fn pass_documents_without_workloads(bencher: Bencher<'_, '_>, count: u32) {
        let text: String = (0..count as usize).map(config_map).collect();
        on_all(bencher, &text, count, &annotate(), &OutputRequest::default());
    }
}
