//! Conversions of small pods.

use serde_json::{Value, json};

use super::*;

fn conversion(containers: &[&str], to: Mode, position: Position) -> Conversion {
    Conversion { containers: containers.iter().map(|name| (*name).to_owned()).collect(), to, position }
}

fn pod(init: Value, apps: Value) -> Value {
    json!({"spec": {"initContainers": init, "containers": apps}})
}

fn app(name: &str) -> Value {
    json!({"name": name, "image": name})
}

fn with(name: &str, fields: Value) -> Value {
    let mut container = app(name);
    container.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    container
}

fn converted(conversion: &Conversion, pod: &Value) -> Converted {
    match conversion.of(pod, Facts::default()) {
        Ok(Outcome::Converted(converted)) => *converted,
        other => unreachable!("{other:?}"),
    }
}

/// The names in both lists.
fn names(pod: &Value) -> String {
    let list = |list| containers(pod, list).iter().map(|one| one.name.to_owned()).collect::<Vec<_>>().join(" ");
    format!("{} | {}", list(List::Init), list(List::Apps))
}

fn native(containers: &[&str], position: Position, pod: &Value) -> String {
    names(&converted(&conversion(containers, Mode::Native, position), pod).pod)
}

fn error(conversion: &Conversion, pod: &Value) -> String {
    let error = conversion.of(pod, Facts::default()).unwrap_err();
    format!("{error}; {}", error.hint())
}

/// The codes of the warnings of a sidecar that becomes native.
fn codes(sidecar: Value, facts: Facts, more: &[(&str, Value)]) -> Vec<&'static str> {
    let mut pod = pod(json!([app("migrate")]), json!([app("web"), sidecar]));
    for (pointer, value) in more {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        pod.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    match conversion(&["sql"], Mode::Native, Position::Default).of(&pod, facts) {
        Ok(Outcome::Converted(converted)) => converted.warnings.iter().map(Warning::code).collect(),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_sidecar_goes_first_or_to_the_requested_place() {
    let pod = pod(json!([app("a"), app("b")]), json!([app("web"), app("sql")]));
    assert_eq!(native(&["sql"], Position::Default, &pod), "sql a b | web");
    assert_eq!(native(&["sql"], Position::Before("b".to_owned()), &pod), "a sql b | web");
    assert_eq!(native(&["sql"], Position::After("b".to_owned()), &pod), "a b sql | web");
    let converted = converted(&conversion(&["sql"], Mode::Native, Position::Default), &pod);
    assert_eq!(converted.pod["spec"]["initContainers"][0]["restartPolicy"], "Always");
}

#[test]
fn several_sidecars_keep_their_order() {
    let pod = json!({"spec": {"initContainers": null, "containers": [app("z"), app("web"), app("a")]}});
    assert_eq!(native(&["a", "z"], Position::Default, &pod), "z a | web");
}

#[test]
fn a_native_sidecar_goes_back_to_the_end() {
    let original = json!({"spec": {"containers": [app("web"), app("sql")]}});
    let native = converted(&conversion(&["sql"], Mode::Native, Position::Default), &original).pod;
    let back = converted(&conversion(&["sql"], Mode::Regular, Position::Default), &native);
    assert_eq!(back.pod, original);
    assert_eq!(
        names(&converted(&conversion(&["sql"], Mode::Regular, Position::Before("web".to_owned())), &native).pod),
        " | sql web"
    );
}

#[test]
fn what_is_in_its_list_already_is_unchanged() {
    let sidecar = with("sql", json!({"restartPolicy": "Always"}));
    let pod = pod(json!([sidecar]), json!([app("web")]));
    let of = |name: &str, to| conversion(&[name], to, Position::Default).of(&pod, Facts::default());
    assert_eq!(of("sql", Mode::Native), Ok(Outcome::Already(vec!["sql".to_owned()])));
    assert_eq!(of("web", Mode::Regular), Ok(Outcome::Already(vec!["web".to_owned()])));
    assert_eq!(of("other", Mode::Native), Ok(Outcome::Absent));
}

#[test]
fn a_patch_is_partial() {
    let pod = json!({"spec": {"containers": [app("web"), {"name": "sql", "args": []}]}});
    let of = |facts| conversion(&["sql"], Mode::Native, Position::Default).of(&pod, facts);
    assert_eq!(of(Facts::default()), Ok(Outcome::Partial("sql".to_owned())));
    let facts = Facts { images_filled_elsewhere: true, ..Facts::default() };
    assert!(matches!(of(facts), Ok(Outcome::Converted(_))));
}

#[test]
fn impossible_conversions_are_errors_with_hints() {
    let sql = conversion(&["sql"], Mode::Native, Position::Default);
    let only = json!({"spec": {"containers": [app("sql")]}});
    assert!(
        error(&sql, &only)
            .starts_with("sql cannot move to initContainers: a pod needs at least one other app container")
    );
    let both = pod(json!([app("sql")]), json!([app("web"), app("sql")]));
    assert!(error(&sql, &both).starts_with("containers and initContainers both have sql;"));
    let twice = json!({"spec": {"containers": [app("sql"), app("web"), app("sql")]}});
    assert!(error(&sql, &twice).starts_with("two containers are named sql;"));
    let init = pod(json!([app("sql")]), json!([app("web")]));
    for to in [Mode::Native, Mode::Regular] {
        let error = error(&conversion(&["sql"], to, Position::Default), &init);
        assert!(error.starts_with("init container sql is not a sidecar;"), "{error}");
    }
    let rules = json!({"spec": {"containers": [app("web"), with("sql", json!({"restartPolicyRules": []}))]}});
    assert!(error(&sql, &rules).starts_with("sql has restartPolicyRules;"));
    for pod in [json!(null), json!({}), json!({"spec": []}), json!({"spec": {"containers": {"sql": 1}}})] {
        assert_eq!(sql.of(&pod, Facts::default()), Ok(Outcome::Absent));
    }
}

#[test]
fn the_neighbor_must_be_in_the_new_list() {
    let pod = pod(json!([app("migrate")]), json!([app("web"), app("sql"), app("log")]));
    let of = |position| error(&conversion(&["sql", "log"], Mode::Native, position), &pod);
    let before = |name: &str| Position::Before(name.to_owned());
    assert_eq!(
        of(before("migrat")),
        "--before migrat: the pod has no such init container; did you mean --before migrate?"
    );
    assert!(
        of(before("web")).starts_with("--before web: this container is not an init container; app containers start")
    );
    assert!(of(Position::After("log".to_owned())).starts_with("--after log: this container is converted itself;"));
}

#[test]
fn probes_are_judged() {
    let codes = |sidecar| codes(sidecar, Facts::default(), &[]);
    assert_eq!(codes(app("sql")), ["no-startup-probe"]);
    assert_eq!(codes(with("sql", json!({"readinessProbe": {"exec": {}}}))), ["readiness-gates-nothing"]);
    assert_eq!(codes(with("sql", json!({"startupProbe": {"httpGet": {"port": 9090}}}))), [""; 0]);
    let of_port = |host: &str| {
        let probe = json!({"startupProbe": {"httpGet": {"port": 8080, "host": host}}});
        let pod = pod(json!([]), json!([with("web", json!({"ports": [{"containerPort": 8080}]})), with("sql", probe)]));
        let converted = converted(&conversion(&["sql"], Mode::Native, Position::Default), &pod);
        converted.warnings.iter().map(Warning::code).collect::<Vec<_>>()
    };
    assert_eq!(of_port(""), ["startup-probe-of-app"]);
    assert_eq!(of_port("health.example.com"), [""; 0]);
}

#[test]
fn handlers_policies_and_ports_are_judged() {
    let probe = json!({"exec": {"command": ["true"]}});
    let sidecar = |fields: Value| {
        let mut sidecar = with("sql", fields);
        sidecar["startupProbe"] = probe.clone();
        sidecar
    };
    let of = |fields| codes(sidecar(fields), Facts::default(), &[]);
    let lifecycle = json!({"lifecycle": {"postStart": {"exec": {}}, "preStop": {"sleep": {"seconds": 5}}}});
    assert_eq!(of(lifecycle), ["post-start", "pre-stop"]);
    assert_eq!(of(json!({"restartPolicy": "OnFailure"})), ["restart-policy-replaced"]);
    let ports = json!({"ports": [{"containerPort": 1}, {"name": "pg", "containerPort": 5432, "hostPort": 5432}]});
    assert_eq!(of(ports.clone()), ["named-port", "host-port"]);
    let two = json!({"ports": [{"name": "pg", "containerPort": 5432}, {"name": "metrics", "containerPort": 9187}]});
    assert_eq!(of(two), ["named-port", "named-port"]);
    for (minor, expected) in [(33, &["host-port"][..]), (34, &[])] {
        let facts = Facts { kubernetes: Some(KubernetesVersion::of_minor(minor)), ..Facts::default() };
        assert_eq!(codes(sidecar(ports.clone()), facts, &[]), expected);
    }
    let sizes = |cpu: &str| json!({"resources": {"requests": {"cpu": cpu}}});
    let large = ("/spec/initContainers", json!([with("migrate", sizes("1"))]));
    assert_eq!(codes(sidecar(sizes("100m")), Facts::default(), &[large]), ["requests-grow"]);
}

#[test]
fn the_order_of_volumes_and_proxies_is_judged() {
    let mount = |read_only: bool| json!({"volumeMounts": [{"name": "cfg", "mountPath": "/c", "readOnly": read_only}]});
    let volumes = ("/spec/volumes", json!([{"name": "cfg", "emptyDir": {}}]));
    let init = |read_only| ("/spec/initContainers", json!([with("render", mount(read_only))]));
    let of = |more: &[_]| codes(with("sql", mount(false)), Facts::default(), more);
    assert_eq!(of(&[volumes.clone(), init(false)]), ["no-startup-probe", "volume-filled-later"]);
    assert_eq!(of(&[volumes, init(true)]), ["no-startup-probe"]);
    let proxy = with("istio-proxy", json!({"restartPolicy": "Always"}));
    assert_eq!(of(&[("/spec/initContainers", json!([proxy]))]), ["no-startup-probe", "starts-before-proxy"]);
    let metadata = json!({"annotations": {"sidecar.istio.io/nativeSidecar": "false"}});
    assert_eq!(of(&[("/metadata", metadata)]), ["no-startup-probe", "proxy-starts-later"]);
}

#[test]
fn calls_that_end_the_sidecar_are_found() {
    let of = |command: &str, more: &[(&str, Value)]| {
        let web = with("web", json!({"command": ["sh", "-c", command]}));
        let apps = ("/spec/containers", json!([web, app("sql")]));
        codes(app("sql"), Facts::default(), &[&[apps], more].concat())
    };
    assert_eq!(of("./run; curl -XPOST localhost:9091/quitquitquit", &[]), ["no-startup-probe", "quit-call"]);
    assert_eq!(of("./run; pkill cloud_sql_proxy", &[]), ["no-startup-probe"]);
    let shares = ("/spec/shareProcessNamespace", json!(true));
    assert_eq!(of("./run; pkill cloud_sql_proxy", &[shares]), ["no-startup-probe", "quit-call"]);
}

#[test]
fn the_way_back_is_judged() {
    let sidecar = with("sql", json!({"restartPolicy": "Always", "startupProbe": {"exec": {}}}));
    let pod = pod(json!([sidecar, app("migrate")]), json!([app("web")]));
    let facts = Facts { is_job: true, ..Facts::default() };
    let Ok(Outcome::Converted(back)) = conversion(&["sql"], Mode::Regular, Position::Default).of(&pod, facts) else {
        unreachable!()
    };
    let codes: Vec<&str> = back.warnings.iter().map(Warning::code).collect();
    assert_eq!(codes, ["init-containers-lose-it", "gate-lost", "job-never-finishes"]);
}

#[test]
fn traps_of_a_known_sidecar_are_reported_where_they_concern_it() {
    let image = json!({"image": "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2", "args": ["--exit-zero-on-sigterm"]});
    assert_eq!(codes(with("sql", image), Facts::default(), &[]), ["no-startup-probe", "known-sidecar"]);
}
