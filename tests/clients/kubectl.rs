//! kubectl: the plugin, its completion, and patches.

use serde_json::Value;

use crate::server;
use crate::site::{Ran, SHOP, Site, assert_same, finish};

fn site() -> Site {
    let site = Site::new().with("kubectl", "kubectl");
    site.write("shop.yaml", SHOP);
    site
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_finds_the_plugin_and_passes_exit_codes_on() {
    let site = site();
    assert!(site.run("kubectl", &["plugin", "list"]).good().contains("kubectl-nativesidecar"));
    let help = site.run("kubectl", &["nativesidecar", "annotate", "-h"]).good();
    assert!(help.contains("Usage: kubectl nativesidecar annotate"), "{help}");
    site.write("bad.yaml", "a: [");
    for (args, code) in [
        (&["annotate", "shop.yaml", "-q"][..], 0),
        (&["annotate", "shop.yaml", "--check"], 1),
        (&["diff", "shop.yaml"], 1),
        (&["annotate", "--no-such-flag"], 2),
        (&["annotate", "bad.yaml"], 3),
        (&["inject", "shop.yaml", "--istio", "1.10.0"], 4),
    ] {
        let ran = site.run("kubectl", &[&["nativesidecar"], args].concat());
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(code < 2 || ran.stdout.is_empty(), "{args:?} failed, but printed {}", ran.stdout);
    }
    let piped = site.pipe("kubectl", &["nativesidecar", "annotate"], SHOP).good();
    assert_eq!(piped, site.pipe("kubectl-nativesidecar", &["annotate"], SHOP).good());
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_completes_the_plugins_arguments() {
    let site = site();
    site.write(".nativesidecar.yaml", "targets: {prod: {istio: '1.30'}, test: {istio: '1.30'}}\n");
    site.write(
        "kubeconfig",
        "contexts:\n- {name: a, context: {cluster: c, namespace: shop}}\n- {name: b, context: {}}\n",
    );
    site.write("k8s/web.yaml", "");
    let complete = |words: &[&str]| {
        let mut command = site.command("kubectl");
        command.args(["__complete", "nativesidecar"]).args(words).env("KUBECONFIG", site.path("kubeconfig"));
        crate::site::finish(&mut command, "").good()
    };
    let nothing = complete(&["inj"]);
    assert!(!nothing.contains("inject"), "completion works without being installed: {nothing}");
    site.run("kubectl", &["nativesidecar", "completion", "install"]).good();
    site.run("kubectl", &["nativesidecar", "completion", "install"]).good();

    let assert_choices = |words: &[&str], expected: &[&str]| {
        let answer = complete(words);
        let choices: Vec<&str> = answer.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(choices, expected, "{words:?}");
    };
    assert_choices(&["inj"], &["inject", ":4"]);
    assert_choices(&["inject", "--ist"], &["--istio", "--istiod-env", ":4"]);
    assert_choices(&["inject", "--mode", ""], &["native", "regular", "mesh", ":4"]);
    assert_choices(&["inject", "--istio", "1.30"], &["1.30", ":4"]);
    assert_choices(&["annotate", "--kind", "Deployment,Stat"], &["Deployment,StatefulSet", ":4"]);
    assert_choices(&["inject", "--target", ""], &["prod", "test", ":4"]);
    assert_choices(&["inject", "-n", ""], &["shop", ":4"]);
    assert_choices(&["annotate", "-f", "sh"], &["shop.yaml", ":4"]);
    assert_choices(&["annotate", "k8"], &["k8s/", ":6"]);
    assert_choices(&["completion", "f"], &["fish", ":4"]);
    assert!(complete(&[""]).contains("annotate\tChoose native or regular"));
}

#[test]
#[ignore = "with the other shells' tests"]
fn bash_completes_the_program() {
    let site = site();
    let script = "source <(kubectl-nativesidecar completion bash)
        COMP_WORDS=(kubectl-nativesidecar inject --mode '') COMP_CWORD=3 COMP_TYPE=9
        _clap_complete_kubectl_nativesidecar kubectl-nativesidecar '' --mode
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let choices = site.run("bash", &["-c", script]).good();
    assert_eq!(choices.split_whitespace().collect::<Vec<_>>(), ["native", "regular", "mesh"]);
}

#[test]
#[ignore = "needs zsh and fish"]
fn zsh_and_fish_complete_the_program() {
    let site = site();
    let first_words = |output: String| -> Vec<String> {
        output.lines().map(|line| line.split(['\t', ':']).next().unwrap().to_owned()).collect()
    };
    let script = "kubectl-nativesidecar completion fish | source; complete -C 'kubectl-nativesidecar inject --mode '";
    let mut choices = first_words(site.run("fish", &["--no-config", "-c", script]).good());
    choices.sort_unstable();
    assert_eq!(choices, ["mesh", "native", "regular"]);
    // Replace the functions that show choices on a terminal.
    let script = "compdef() { }; _describe() { print -rl -- ${(P)@[-1]} }
        source <(kubectl-nativesidecar completion zsh)
        words=(kubectl-nativesidecar inject --mode '') CURRENT=4
        _clap_dynamic_completer_kubectl_nativesidecar";
    let choices = first_words(site.run("zsh", &["-f", "-c", script]).good());
    assert_eq!(choices, ["native", "regular", "mesh"]);
}

/// The objects of a stream. Each is also written to a file.
fn objects(site: &Site, stream: &str) -> Vec<Value> {
    let objects = site.objects(stream);
    for (index, object) in objects.iter().enumerate() {
        site.write(&format!("{index}.json"), &object.to_string());
    }
    objects
}

/// The objects after kubectl applied `patches`, which have the kind and name of their object.
fn patched(site: &Site, objects: &[Value], kind: &str, patches: &[([Value; 2], String)]) -> String {
    let mut list = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        let file = format!("{index}.json");
        match patches.iter().find(|([kind, name], _)| *kind == object["kind"] && *name == object["metadata"]["name"]) {
            Some((_, patch)) => {
                let args = ["patch", "--local", "-f", &file, "--type", kind, "-o", "json", "--patch", patch];
                list.push(serde_json::from_str::<Value>(&site.run("kubectl", &args).good()).unwrap());
            }
            None => list.push(object.clone()),
        }
    }
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": list}).to_string()
}

#[test]
#[ignore = "needs kubectl"]
fn objects_patched_by_kubectl_equal_printed_objects() {
    let site = site();
    let regular = site.run("kubectl-nativesidecar", &["inject", "--mode", "regular", "shop.yaml"]).good();
    for (args, input) in [
        (&["annotate"][..], SHOP),
        (&["inject"], SHOP),
        (&["inject", "--mode", "regular"], SHOP),
        (&["inject", "--mode", "native"], &regular),
        (&["annotate", "--remove", "--all"], &regular),
    ] {
        let objects = objects(&site, input);
        let expected = site.expected(args, input);
        let form = |form| site.pipe("kubectl-nativesidecar", &[args, &["-o", form]].concat(), input).good();
        let entries: Value = serde_json::from_str(&form("jsonpatch")).unwrap();
        let entries: Vec<_> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (["kind", "name"].map(|key| e["target"][key].clone()), e["patch"].to_string()))
            .collect();
        assert!(!entries.is_empty());
        assert_same(&site.objects(&patched(&site, &objects, "json", &entries)), &expected, args);
        let merges = site.objects(&form("kustomize"));
        let merges: Vec<_> = merges[0]["patches"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                let patch = e["patch"].as_str().unwrap().to_owned();
                let named = site.objects(&patch).remove(0);
                ([named["kind"].clone(), named["metadata"]["name"].clone()], patch)
            })
            .collect();
        assert_same(&site.objects(&patched(&site, &objects, "strategic", &merges)), &expected, args);
    }
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_reads_the_json_list() {
    let site = site();
    let list = site.run("kubectl-nativesidecar", &["inject", "shop.yaml", "-o", "json"]).good();
    let names = site.pipe("kubectl", &["label", "--local", "-f", "-", "a=b", "-o", "name"], &list).good();
    let names: Vec<&str> = names.lines().collect();
    assert_eq!(names, ["deployment.apps/web", "job.batch/import", "cronjob.batch/report", "service/web"]);
}

/// Runs `kubectl diff` on the file `web.yaml` while `live` is in the cluster.
fn diff(site: &Site, live: &str) -> Ran {
    let mut object = site.objects(live).remove(0);
    object["metadata"]["uid"] = "1".into();
    object["metadata"]["resourceVersion"] = "1".into();
    object["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
        site.objects(live).remove(0).to_string().into();
    let server = server::serve(object);
    let mut command = site.command("kubectl");
    command.args(["--server", &server, "diff", "-f", "web.yaml"]);
    finish(command.env("KUBECTL_EXTERNAL_DIFF", "kubectl-nativesidecar diff"), "")
}

#[test]
#[ignore = "needs kubectl"]
fn kubectl_diff_shows_user_changes_and_the_sidecar_as_one_line() {
    let site = site();
    let web = SHOP.split("\n---\n").next().unwrap();
    let injected = |manifest: &str, args: &[&str]| {
        site.pipe("kubectl-nativesidecar", &[&["inject", "--istio", "1.30"], args].concat(), manifest).good()
    };
    let newer = web.replace("web:2.4.1", "web:2.5.0");
    let lines = |ran: &Ran| -> Vec<String> {
        let is_changed =
            |line: &&str| line.starts_with(['-', '+']) && !line.starts_with("---") && !line.starts_with("+++");
        ran.stdout.lines().filter(is_changed).map(str::to_owned).collect()
    };

    site.write("web.yaml", &newer);
    let ran = diff(&site, web);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let image = |version: &str| format!("image: registry.example.com/shop/web:{version}");
    let changed = lines(&ran);
    assert_eq!(changed.len(), 2, "{}", ran.stdout);
    assert!(changed[0].contains(&image("2.4.1")) && changed[1].contains(&image("2.5.0")), "{changed:?}");

    // With a sidecar on both sides, the same two lines.
    site.write("web.yaml", &injected(&newer, &[]));
    let ran = diff(&site, &injected(web, &[]));
    assert_eq!((ran.code, lines(&ran)), (1, changed), "{}", ran.stderr);
    assert!(ran.stdout.lines().all(|line| !line.contains("name: istio-proxy")), "{}", ran.stdout);

    // An added sidecar: one line, and the labels and annotations that no status records.
    site.write("web.yaml", &injected(web, &[]));
    let ran = diff(&site, web);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("\n+# injected sidecar, not shown: native, "), "{}", ran.stdout);
    assert!(lines(&ran).len() < 15, "{}", ran.stdout);
    assert!(!lines(&ran).iter().any(|line| line.contains("port:") || line.contains("scheme:")), "{}", ran.stdout);

    // Changes in the sidecar only: reported, but not shown.
    site.write("values.yaml", "global: {proxy: {logLevel: debug}}\n");
    site.write("web.yaml", &injected(web, &["--values", "values.yaml"]));
    let ran = diff(&site, &injected(web, &[]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("only the injected sidecar differs"), "{}", ran.stderr);

    site.write("web.yaml", &injected(web, &[]));
    let ran = diff(&site, &injected(web, &[]));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
}
