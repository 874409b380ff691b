//! From regular to native proxies, by what the program prints, through kubectl.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::control_plane::ControlPlane;
use crate::kubelet::Kubelet;
use crate::site::{Ran, Site};
use crate::webhook;

const MESH: &str = include_str!("mesh.yaml");
const WORKLOADS: &str = include_str!("workloads.yaml");

/// How long controllers may take. This is long: the machine may be busy.
const SETTLES_WITHIN: Duration = Duration::from_mins(2);

/// What `kubectl get` is asked for, to save what `status` and `verify` read.
const SAVED: &str = "nodes,namespaces,deployments,replicasets,statefulsets,daemonsets,jobs,cronjobs,pods";

/// A cluster with a mesh, and a site with kubectl and the plugin.
pub(crate) struct Cluster {
    pub(crate) plane: Arc<ControlPlane>,
    site: Site,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let cluster = Self { plane: Arc::new(ControlPlane::start()), site: Site::new().with("kubectl", "kubectl") };
        cluster.site.write("mesh.yaml", MESH);
        cluster.site.write("k8s/shop.yaml", WORKLOADS);
        cluster.kubectl(&["apply", "-f", "mesh.yaml"]).good();
        let port = webhook::serve(&cluster.plane, cluster.site.path("mesh.yaml"));
        cluster.plane.kubectl(&["apply", "-f", "-"], &webhook::configuration(&cluster.plane, port));
        cluster
    }

    /// Runs kubectl of the site.
    fn kubectl(&self, args: &[&str]) -> Ran {
        let mut command = self.site.command("kubectl");
        command.args(args).env("KUBECONFIG", &self.plane.kubeconfig);
        crate::site::finish(&mut command, "")
    }

    /// Runs the plugin.
    fn plugin(&self, args: &[&str]) -> Ran {
        self.kubectl(&[&["nativesidecar"], args].concat())
    }

    /// Saves what questions about the pods of the shop read.
    fn save(&self) {
        let saved = self.kubectl(&["get", SAVED, "-A", "-o", "json"]).good();
        self.site.write("cluster.json", &saved);
    }

    /// The action for each workload, and how many of its pods are native and regular.
    fn status(&self) -> BTreeMap<String, (String, u64, u64)> {
        self.save();
        let answer =
            self.plugin(&["status", "-f", "cluster.json", "--mesh-file", "mesh.yaml", "-n", "shop", "-o", "json"]);
        let answer: Value = serde_json::from_str(&answer.good()).unwrap();
        let rows = answer["rows"].as_array().unwrap().iter().map(|row| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            (text("workload"), (text("action"), row["native"].as_u64().unwrap(), row["regular"].as_u64().unwrap()))
        });
        rows.collect()
    }

    /// Waits until the status is this one.
    #[track_caller]
    fn settles(&self, expected: &[(&str, &str, u64, u64)]) {
        let one = |&(workload, action, native, regular): &(&str, &str, u64, u64)| {
            (workload.to_owned(), (action.to_owned(), native, regular))
        };
        let expected: BTreeMap<_, _> = expected.iter().map(one).collect();
        let start = Instant::now();
        loop {
            let status = self.status();
            if status == expected {
                return;
            }
            assert!(start.elapsed() < SETTLES_WITHIN, "{status:#?}\nis not\n{expected:#?}");
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// Compares all pods with their templates.
    #[track_caller]
    fn verify(&self, differences: bool) -> Value {
        self.save();
        let args = ["verify", "-f", "cluster.json", "--mesh-file", "mesh.yaml", "-n", "shop", "-o", "json"];
        let ran = self.plugin(&args);
        assert_eq!(ran.code, i32::from(differences), "{}\n{}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Lets istiod prefer native sidecars.
    fn prefer_native(&self) {
        let native =
            MESH.replace("ENABLE_NATIVE_SIDECARS, value: \"false\"", "ENABLE_NATIVE_SIDECARS, value: \"true\"");
        assert_ne!(native, MESH);
        // The webhook may read the file at any time.
        self.site.write("new.yaml", &native);
        fs::rename(self.site.path("new.yaml"), self.site.path("mesh.yaml")).unwrap();
        self.kubectl(&["apply", "-f", "mesh.yaml"]).good();
    }
}

#[test]
#[ignore = "needs the control plane of tests/cluster/install, and kubectl"]
fn from_regular_to_native_by_the_printed_commands() {
    let cluster = Cluster::start();
    cluster.kubectl(&["apply", "-f", "k8s/shop.yaml"]).good();
    let _kubelet = Kubelet::of(Arc::clone(&cluster.plane), "shop");
    cluster.kubectl(&["create", "job", "report-1", "--from=cronjob/report", "-n", "shop"]).good();

    // The mesh injects regular proxies.
    cluster.settles(&[
        ("cronjob/report", "none", 0, 1),
        ("deployment/web", "none", 0, 2),
        ("job/import", "none", 0, 1),
        ("statefulset/db", "none", 0, 1),
    ]);
    cluster.verify(false);

    // What is annotated gets a native one: the Deployment by its rollout, the Job once it is created again.
    let annotated = ["annotate", "-f", "k8s/", "--kind", "Deployment,Job", "--mode", "native", "--write"];
    cluster.plugin(&annotated).good();
    let applied = cluster.kubectl(&["apply", "-f", "k8s/shop.yaml"]).failed(1);
    assert!(applied.contains("field is immutable"), "{applied}");
    cluster.settles(&[
        ("cronjob/report", "none", 0, 1),
        ("deployment/web", "none", 2, 0),
        ("job/import", "none", 0, 1),
        ("statefulset/db", "none", 0, 1),
    ]);
    cluster.verify(false);

    // The mesh prefers native sidecars from now on: what runs has to be replaced.
    cluster.prefer_native();
    cluster.settles(&[
        ("cronjob/report", "next-run", 0, 1),
        ("deployment/web", "none", 2, 0),
        ("job/import", "recreate-job", 0, 1),
        ("statefulset/db", "restart", 0, 1),
    ]);
    let verified = cluster.verify(true);
    let causes: Vec<&Value> = verified["pods"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|pod| pod["differences"].as_array().unwrap())
        .map(|difference| &difference["cause"])
        .collect();
    assert!(!causes.is_empty() && causes.iter().all(|cause| **cause == "other-mode"), "{verified:#}");

    // The printed script restarts what a restart reaches. Jobs are created again by hand.
    let script = [
        "status",
        "-f",
        "cluster.json",
        "--mesh-file",
        "mesh.yaml",
        "-n",
        "shop",
        "-o",
        "commands",
        "--context",
        "test",
    ];
    let script = cluster.plugin(&[&script[..], &["--wave", "5"]].concat()).good();
    cluster.site.write("restart.sh", &script);
    let mut bash = cluster.site.command("bash");
    bash.arg("restart.sh").env("KUBECONFIG", &cluster.plane.kubeconfig);
    crate::site::finish(&mut bash, "").good();
    cluster.kubectl(&["delete", "jobs", "--all", "-n", "shop", "--wait=true"]).good();
    cluster.kubectl(&["apply", "-f", "k8s/shop.yaml"]).good();
    cluster.kubectl(&["create", "job", "report-2", "--from=cronjob/report", "-n", "shop"]).good();
    cluster.settles(&[
        ("cronjob/report", "none", 1, 0),
        ("deployment/web", "none", 2, 0),
        ("job/import", "none", 1, 0),
        ("statefulset/db", "none", 1, 0),
    ]);
    let verified = cluster.verify(false);
    assert_eq!(verified["totals"]["pods"], 5, "{verified:#}");
    let status = ["status", "-f", "cluster.json", "--mesh-file", "mesh.yaml", "-n", "shop", "--exit-code"];
    cluster.plugin(&status).good();
    cluster.plugin(&["status", "-n", "shop", "--exit-code"]).good();
    cluster.plugin(&["verify", "-n", "shop"]).good();
}

#[test]
#[ignore = "needs the control plane of tests/cluster/install, and kubectl"]
fn a_snapshot_decides_as_the_cluster_does() {
    let cluster = Cluster::start();
    cluster.kubectl(&["apply", "-f", "k8s/shop.yaml"]).good();
    let kinds = "configmaps,deployments,nodes,namespaces,mutatingwebhookconfigurations,serviceaccounts,limitranges";
    let saved = cluster.kubectl(&["get", kinds, "-A", "-o", "yaml"]).good();
    cluster.site.write("saved.yaml", &saved);
    let first = cluster.plugin(&["snapshot", "-f", "saved.yaml"]).good();
    for absent in ["resourceVersion", "managedFields", "uid:", "caBundle", "ca.crt", "heartbeat"] {
        assert!(!first.contains(absent), "{absent} is in {first}");
    }
    // Nothing in it changes by itself.
    cluster.kubectl(&["annotate", "node", "n1", "seen=now"]).good();
    let saved = cluster.kubectl(&["get", kinds, "-A", "-o", "json"]).good();
    cluster.site.write("again.json", &saved);
    assert_eq!(cluster.plugin(&["snapshot", "-f", "again.json"]).good(), first);
    cluster.site.write("snapshot.yaml", &first);
    let diff = |mesh: &str| {
        let ran = cluster.plugin(&["diff", "-f", "k8s/shop.yaml", "--mesh-file", mesh]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(diff("snapshot.yaml"), diff("saved.yaml"));
    // The live cluster says the same.
    assert_eq!(cluster.plugin(&["snapshot"]).good(), first);
}

/// Every command answers with the rights of its published role, which are to read.
#[test]
#[ignore = "needs the control plane of tests/cluster/install, and kubectl"]
fn readers_are_answered() {
    let cluster = Cluster::start();
    cluster.kubectl(&["apply", "-f", "k8s/shop.yaml"]).good();
    let _kubelet = Kubelet::of(Arc::clone(&cluster.plane), "shop");
    cluster.kubectl(&["create", "job", "report-1", "--from=cronjob/report", "-n", "shop"]).good();
    cluster.settles(&[
        ("cronjob/report", "none", 0, 1),
        ("deployment/web", "none", 0, 2),
        ("job/import", "none", 0, 1),
        ("statefulset/db", "none", 0, 1),
    ]);
    cluster.site.copy("plugin/rbac", "rbac");
    cluster.kubectl(&["apply", "-f", "rbac"]).good();
    for (command, args) in [
        ("policy", &["--action", "warn", "-n", "shop"][..]),
        ("precheck", &[]),
        ("snapshot", &[]),
        ("status", &["-n", "shop"]),
        ("timeline", &["-n", "shop", "deployment/web"]),
        ("verify", &["-n", "shop"]),
    ] {
        let (role, user) = (format!("--clusterrole=nativesidecar-{command}"), format!("{command}-reader"));
        cluster.kubectl(&["create", "clusterrolebinding", &user, &role, &format!("--user={user}")]).good();
        // Roles take effect a moment later.
        let start = Instant::now();
        loop {
            let ran = cluster.plugin(&[&[command], args, &["--as", &user]].concat());
            if [0, 1].contains(&ran.code) && !ran.stderr.contains("no right") {
                break;
            }
            assert!(start.elapsed() < SETTLES_WITHIN, "{command}: {}\n{}", ran.stdout, ran.stderr);
            std::thread::sleep(Duration::from_millis(300));
        }
    }
    // The probe goes through all webhooks and is not stored.
    let probed = cluster.plugin(&["precheck", "--probe", "-n", "shop", "-o", "json"]);
    assert!(probed.stdout.contains("\"seen\": \"intact\""), "{}\n{}", probed.stdout, probed.stderr);
    let refused = cluster.plugin(&["precheck", "--probe", "-n", "shop", "-o", "json", "--as", "precheck-reader"]);
    assert!(refused.stdout.contains("\"seen\": \"refused\""), "{}\n{}", refused.stdout, refused.stderr);
    assert!(!cluster.kubectl(&["get", "pods", "-n", "shop", "-o", "name"]).good().contains("nativesidecar-probe"));
    // Without any right, the command says what is missing.
    let refused = cluster.plugin(&["verify", "-n", "shop", "--istio", "1.30", "--as", "nobody"]);
    assert!(refused.stderr.contains("no right to list"), "{}", refused.stderr);
}
