//! Runs the commands of the documentation's pages that ask a cluster.

use std::sync::Arc;

use crate::kubelet::Kubelet;
use crate::pages::Page;
use crate::rollout::Cluster;

#[test]
#[ignore = "needs the control plane of tests/cluster/install, and all clients"]
fn commands_of_pages_work() {
    let cluster = Cluster::start();
    let _kubelet = Kubelet::of(Arc::clone(&cluster.plane), "shop");
    cluster.plane.kubectl(&["config", "rename-context", "test", "prod"], "");
    Page::run_all(Page::all().filter(Page::asks_a_cluster), |page| run(&cluster, page));
}

/// Runs a page where only the shop's workloads run, with regular proxies.
fn run(cluster: &Cluster, page: &Page) {
    let site = page.site();
    let kubectl = |args: &[&str]| cluster.plane.kubectl(args, "");
    kubectl(&["delete", "namespace", "shop", "--ignore-not-found"]);
    kubectl(&["create", "namespace", "shop"]);
    kubectl(&["label", "namespace", "shop", "istio-injection=enabled"]);
    kubectl(&["apply", "-f", site.path("k8s").to_str().unwrap()]);
    kubectl(&["config", "set-context", "--current", "--namespace=shop"]);
    page.run(&site, cluster.plane.kubeconfig.to_str());
}
