//! Small cases of each rule, and properties of every patch.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::order::sort_by_rank;
use super::{Kind, Problem, diff, merge};

fn merged(original: Value, patch: Value) -> Value {
    merge(original, patch, Kind::Pod).unwrap()
}

fn under(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

fn under_spec(value: Value) -> Value {
    under("spec", value)
}

/// The result for a pod's spec.
fn spec(original: Value, patch: Value) -> Value {
    merged(under_spec(original), under_spec(patch))["spec"].take()
}

/// Path and problem of a patch to a pod's spec.
fn failure(original: Value, patch: Value) -> (String, Problem) {
    let error = merge(under_spec(original), under_spec(patch), Kind::Pod).unwrap_err();
    (error.path(), error.problem)
}

/// The names of a list's items, as `a b c`.
fn names(list: &Value) -> String {
    let names: Vec<_> = list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    names.join(" ")
}

/// A list of containers with these names.
fn containers(names: &str) -> Value {
    names.split_whitespace().map(|name| json!({ "name": name })).collect()
}

#[test]
fn a_null_removes_a_field() {
    let patch = json!({"metadata": {"labels": {"old": null, "new": "1"}}});
    let original = json!({"metadata": {"labels": {"old": "1", "kept": "1"}}});
    assert_eq!(merged(original, patch), json!({"metadata": {"labels": {"kept": "1", "new": "1"}}}));
}

#[test]
fn nulls_are_not_stored_where_nothing_was() {
    assert_eq!(spec(json!({}), json!({"affinity": {"podAffinity": null}})), json!({"affinity": {}}));
}

#[test]
fn fields_keep_the_original_order_and_new_ones_follow() {
    let original = json!({"metadata": {"labels": {"z": "1", "m": "1", "a": "1"}}});
    let merged = merged(original, json!({"metadata": {"labels": {"y": "2", "a": "2", "b": "2", "z": null}}}));
    assert_eq!(merged.to_string(), r#"{"metadata":{"labels":{"m":"1","a":"2","y":"2","b":"2"}}}"#);
}

#[test]
fn null_is_an_empty_document() {
    assert_eq!(merged(Value::Null, json!({"kind": "Pod"})), json!({"kind": "Pod"}));
    assert_eq!(merged(json!({"kind": "Pod"}), Value::Null), json!({"kind": "Pod"}));
}

#[test]
fn containers_are_merged_by_name_and_their_lists_by_their_own_keys() {
    let original = json!({"containers": [{
        "name": "app",
        "command": ["run"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "ports": [{"containerPort": 80}],
        "volumeMounts": [{"mountPath": "/a", "name": "x"}],
    }]});
    let patch = json!({"containers": [{
        "name": "app",
        "command": ["walk", "-slow"],
        "env": [{"name": "B", "value": "3"}],
        "ports": [{"containerPort": 90}],
        "volumeMounts": [{"mountPath": "/a", "name": "y"}],
    }]});
    let expected = json!({"containers": [{
        "name": "app",
        "command": ["walk", "-slow"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}],
        "ports": [{"containerPort": 90}, {"containerPort": 80}],
        "volumeMounts": [{"mountPath": "/a", "name": "y"}],
    }]});
    assert_eq!(spec(original, patch), expected);
}

#[test]
fn new_items_come_first_and_the_rest_is_interleaved() {
    for (original, patch, expected) in [
        ("app", "proxy", "proxy app"),
        ("a b c", "b", "a b c"),
        ("a b c", "x b", "x a b c"),
        ("a b c", "b x", "a b x c"),
        ("a b c", "c a", "b c a"),
        ("a b a", "", "a a b"),
    ] {
        let spec = spec(json!({"containers": containers(original)}), json!({"containers": containers(patch)}));
        assert_eq!(names(&spec["containers"]), expected, "{patch} onto {original}");
    }
}

#[test]
fn lists_without_a_merge_key_are_replaced() {
    let original = json!({"tolerations": [{"key": "a"}, {"key": "b"}], "dnsConfig": {"searches": ["x"]}});
    let patch = json!({"tolerations": [{"key": "c"}], "dnsConfig": {"searches": ["y"]}});
    assert_eq!(spec(original, patch.clone()), patch);
}

#[test]
fn lists_of_scalars_are_merged_where_the_api_says_so() {
    let finalizers = |list: Value, patch: Value| {
        let merged = merged(json!({"metadata": {"finalizers": list}}), json!({ "metadata": patch }));
        merged["metadata"]["finalizers"].clone()
    };
    assert_eq!(finalizers(json!(["a", "b"]), json!({"finalizers": ["c", "a"]})), json!(["c", "a", "b"]));
    assert_eq!(finalizers(json!(["a", "b"]), json!({"$deleteFromPrimitiveList/finalizers": ["a"]})), json!(["b"]));
    assert_eq!(finalizers(json!(["a", "b"]), json!({"$setElementOrder/finalizers": ["b", "a"]})), json!(["b", "a"]));
}

#[test]
fn scalars_can_be_deleted_from_a_list_that_is_otherwise_replaced() {
    let patch = json!({"dnsConfig": {"$deleteFromPrimitiveList/searches": ["x"]}});
    assert_eq!(spec(json!({"dnsConfig": {"searches": ["x", "y"]}}), patch), json!({"dnsConfig": {"searches": ["y"]}}));
}

#[test]
fn patch_directives_replace_and_delete() {
    let original = json!({"securityContext": {"runAsUser": 1}, "containers": containers("a b c")});
    let object = |directive: &str| json!({"securityContext": {"$patch": directive, "fsGroup": 2}});
    assert_eq!(spec(original.clone(), object("replace"))["securityContext"], json!({"fsGroup": 2}));
    assert_eq!(spec(original.clone(), object("delete"))["securityContext"], json!({}));
    assert_eq!(failure(original.clone(), object("merge")).0, "spec.securityContext");

    let list = |items: Value| json!({ "containers": items });
    let after = |items: Value| names(&spec(original.clone(), list(items))["containers"]);
    assert_eq!(after(json!([{"$patch": "delete", "name": "b"}])), "a c");
    assert_eq!(after(json!([{"$patch": "replace"}, {"name": "x"}])), "x");
    let merging = failure(original.clone(), list(json!([{"$patch": "merge", "name": "b"}])));
    assert_eq!(merging, ("spec.containers[0]".to_owned(), Problem::MergeDirectiveInList));
}

#[test]
fn a_directive_with_nothing_to_act_on_leaves_nothing() {
    assert_eq!(spec(json!({}), json!({"securityContext": {"$patch": "replace", "fsGroup": 2}})), json!({}));
    let patch = json!({"containers": [{"name": "a"}, {"name": "b", "$patch": "delete"}]});
    assert_eq!(spec(json!({}), patch), json!({"containers": [{"name": "a"}]}));
}

#[test]
fn new_items_of_a_merged_list_are_taken_as_they_are() {
    let item = json!({"name": "b", "image": null, "securityContext": {"$patch": "delete"}});
    let spec = spec(json!({"containers": containers("a")}), json!({"containers": [item.clone()]}));
    assert_eq!(spec["containers"][0], item);
}

#[test]
fn retain_keys_drops_the_rest() {
    let original = json!({"volumes": [{"name": "v", "emptyDir": {}}]});
    let patch = |kept: &str| json!({"volumes": [{"name": "v", "$retainKeys": ["name", kept], "hostPath": {}}]});
    assert_eq!(spec(original.clone(), patch("hostPath")), json!({"volumes": [{"name": "v", "hostPath": {}}]}));
    let problem = Problem::NotRetained { field: "hostPath".to_owned() };
    assert_eq!(failure(original, patch("secret")), ("spec.volumes[0].$retainKeys".to_owned(), problem));
}

#[test]
fn set_element_order_sorts_the_list() {
    for (original, patch, order, expected) in [
        ("a b c", "", "c b a", "c b a"),
        ("a b c", "x", "a x c", "a x b c"),
        ("a b", "", "b", "a b"),
        ("", "x y", "x y", "x y"),
        ("a b c", "x y", "", "a b c y x"),
    ] {
        let patched = json!({"containers": containers(patch), "$setElementOrder/containers": containers(order)});
        let spec = spec(json!({"containers": containers(original)}), patched);
        assert_eq!(names(&spec["containers"]), expected, "{patch} onto {original} in the order {order}");
    }
}

#[test]
fn set_element_order_must_agree_with_the_patch() {
    let patch = |list: &str, order: &str| json!({"containers": containers(list), "$setElementOrder/containers": containers(order)});
    let original = json!({"containers": containers("a b")});
    for (list, order) in [("a b", "b a"), ("a x", "a"), ("a a", "a")] {
        let expected = ("spec.containers".to_owned(), Problem::OrderMismatch);
        assert_eq!(failure(original.clone(), patch(list, order)), expected, "{list} in the order {order}");
    }
}

#[test]
fn an_unknown_field_can_be_set_but_not_merged() {
    let object = json!({"mine": {"a": 1}});
    assert_eq!(spec(json!({}), object.clone()), object);
    assert_eq!(spec(object.clone(), json!({"mine": 2})), json!({"mine": 2}));
    let problem = Problem::UnknownField { owner: "PodSpec", field: "mine".to_owned() };
    assert_eq!(failure(object.clone(), object), ("spec.mine".to_owned(), problem));
}

#[test]
fn fields_are_found_in_any_letter_case() {
    let spec = spec(json!({"Containers": containers("a")}), json!({"Containers": containers("b")}));
    assert_eq!(names(&spec["Containers"]), "b a");
}

#[test]
fn errors_have_a_path_and_a_reason() {
    let original = json!({"containers": [{"name": "a", "env": [{"name": "A"}]}]});
    for (patch, text) in [
        (json!({"containers": [{"image": "x"}]}), "spec.containers[0]: an item has no \"name\""),
        (json!({"containers": [{"name": "a", "env": [1]}]}), "spec.containers[0].env: the items of the lists are of"),
        (json!({"containers": [{"name": {}}]}), "spec.containers[0]: items can be compared by scalars only"),
        (json!({"containers": [null]}), "spec.containers: the items of the lists are of different types"),
        (
            json!({"$setElementOrder/containers": 1}),
            r#"spec["$setElementOrder/containers"]: expected a list, found a number"#,
        ),
        (json!({"$setElementOrder": []}), "spec: \"$setElementOrder\" does not name a list"),
    ] {
        let error = merge(under_spec(original.clone()), under_spec(patch), Kind::Pod).unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot merge {text}")), "{error}");
    }
    let labels = |value: Value| json!({"metadata": {"labels": {"example.com/a": value}}});
    let error = merge(labels(json!({"b": []})), labels(json!({"b": []})), Kind::Pod).unwrap_err();
    assert_eq!(error.path(), r#"metadata.labels["example.com/a"]"#);
    let error = merge(json!([]), json!({}), Kind::Pod).unwrap_err();
    assert_eq!(error.to_string(), "cannot merge the documents: the original must be an object, found a list");
}

#[test]
fn depth_is_limited() {
    let nested = |levels: usize| (1..levels).fold(json!({}), |below, _| under("a", below));
    assert_eq!(merged(json!({}), nested(1000)), nested(1000));
    let error = merge(json!({}), nested(1001), Kind::Pod).unwrap_err();
    assert_eq!(error.problem, Problem::TooDeep { limit: 1000 });
    // The recursion ends with the schema.
    assert_eq!(merged(nested(5000), json!({"b": 1}))["b"], 1);
}

#[test]
fn workloads_lead_to_their_pod_template() {
    for (kind, at) in [
        (Kind::PodTemplate, "/template/spec"),
        (Kind::Deployment, "/spec/template/spec"),
        (Kind::StatefulSet, "/spec/template/spec"),
        (Kind::DaemonSet, "/spec/template/spec"),
        (Kind::Job, "/spec/template/spec"),
        (Kind::CronJob, "/spec/jobTemplate/spec/template/spec"),
    ] {
        let wrap = |list: &str| {
            at.rsplit('/')
                .filter(|name| !name.is_empty())
                .fold(json!({"containers": containers(list)}), |below, name| json!({ name: below }))
        };
        let merged = merge(wrap("a"), wrap("b"), kind).unwrap();
        assert_eq!(names(&merged.pointer(at).unwrap()["containers"]), "b a", "{kind:?}");
    }
}

#[test]
fn new_items_move_as_gos_sort_moves_them() {
    let sorted = |ranks: &[usize]| {
        // Zero is no rank.
        let mut list: Vec<_> = ranks.iter().map(|rank| (rank.checked_sub(1), *rank)).collect();
        sort_by_rank(&mut list);
        list.into_iter().map(|(_, rank)| rank).collect::<Vec<_>>()
    };
    assert_eq!(sorted(&[3, 1, 2]), [1, 2, 3]);
    assert_eq!(sorted(&[0, 1, 0, 2]), [0, 1, 2, 0]);
    assert_eq!(sorted(&[0, 0, 2, 1]), [1, 2, 0, 0]);
    let long: Vec<_> = (0..30).rev().map(|rank| rank / 2).collect();
    assert_eq!(sorted(&long).last_chunk(), Some(&[14, 0, 0]));
}

/// Any JSON over a small alphabet, so that two documents have fields in common.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3i64).prop_map(Value::from),
        Just(json!(1.5)),
        prop::sample::select(vec!["a", "b", "c", "replace", "delete", "merge"]).prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "metadata",
        "spec",
        "finalizers",
        "labels",
        "containers",
        "volumes",
        "env",
        "tolerations",
        "name",
        "command",
        "unknown",
        "$patch",
        "$retainKeys",
        "$setElementOrder",
        "$setElementOrder/containers",
        "$setElementOrder/finalizers",
        "$setElementOrder/command",
        "$deleteFromPrimitiveList/finalizers",
        "$deleteFromPrimitiveList/",
        "$deleteFromPrimitiveList/containers",
    ]);
    leaf.prop_recursive(6, 64, 5, move |below| {
        prop_oneof![
            1 => prop::collection::vec(below.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::vec((key.clone().prop_map(str::to_owned), below), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Any object with `metadata` and `spec`, so that most documents have something in common.
fn any_pod() -> impl Strategy<Value = Value> {
    (any_json(), any_json()).prop_map(|(metadata, spec)| json!({"metadata": metadata, "spec": spec}))
}

/// A pod of known fields, without nulls or directives. The items of each list have distinct merge keys.
fn plain_pod() -> impl Strategy<Value = Value> {
    let word = || prop::sample::select(vec!["a", "b", "c", "d", "e"]);
    let words = move || prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..=5).prop_shuffle();
    let env = words().prop_map(|names| names.iter().map(|name| json!({"name": name, "value": "1"})).collect::<Value>());
    let container = (word(), prop::option::of(env), prop::option::of(words())).prop_map(|(image, env, command)| {
        let mut container = Map::from_iter([("image".to_owned(), json!(image))]);
        container.extend(env.map(|env| ("env".to_owned(), env)));
        container.extend(command.map(|command| ("command".to_owned(), json!(command))));
        container
    });
    let containers = (words(), prop::collection::vec(container, 5)).prop_map(|(names, bodies)| {
        let named = names.into_iter().zip(bodies).map(|(name, mut body)| {
            body.insert("name".to_owned(), json!(name));
            Value::Object(body)
        });
        named.collect::<Value>()
    });
    let labels =
        words().prop_map(|keys| keys.into_iter().map(|key| (key.to_owned(), json!("1"))).collect::<Map<_, _>>());
    (labels, words(), containers, words()).prop_map(|(labels, finalizers, containers, tolerations)| {
        let tolerations: Value = tolerations.into_iter().map(|key| json!({ "key": key })).collect();
        json!({
            "metadata": {"labels": labels, "finalizers": finalizers},
            "spec": {"containers": containers, "tolerations": tolerations},
        })
    })
}

#[test]
fn a_diff_names_the_items_of_a_list_in_their_order() {
    let old = json!({"spec": {"nodeName": "n", "containers": [
        {"name": "a", "readinessProbe": {"httpGet": {"path": "/x", "port": "http"}}}, {"name": "b"}, {"name": "c"},
    ]}});
    let new = json!({"spec": {"containers": [
        {"name": "new", "image": "i"}, {"name": "a", "readinessProbe": {"httpGet": {"path": "/y"}}}, {"name": "c"},
    ]}});
    let patch = diff(&old, &new, Some(Kind::Pod));
    let expected = json!({"spec": {"nodeName": null, "containers": [
        {"name": "new", "image": "i"},
        {"name": "a", "readinessProbe": {"httpGet": {"path": "/y", "port": null}}},
        {"name": "c"},
        {"name": "b", "$patch": "delete"},
    ]}});
    assert_eq!(patch, expected);
    assert_eq!(merged(old.clone(), patch), new);
    assert_eq!(diff(&old, &new, None)["spec"]["containers"], new["spec"]["containers"]);
}

#[test]
fn a_list_with_an_item_twice_is_replaced() {
    let env = |values: &[&str]| values.iter().map(|v| json!({"name": "A", "value": v})).collect::<Value>();
    let pod = |env: Value| json!({"spec": {"containers": [{"name": "a", "env": env}]}});
    let (old, new) = (pod(env(&["1", "2"])), pod(env(&["2", "1"])));
    let patch = diff(&old, &new, Some(Kind::Pod));
    assert_eq!(patch["spec"]["containers"][0]["env"][0], json!({"$patch": "replace"}));
    assert_eq!(merged(old, patch), new);
}

proptest! {
    #[test]
    fn a_diff_leads_from_one_pod_to_the_other(original in plain_pod(), modified in plain_pod()) {
        let patch = diff(&original, &modified, Some(Kind::Pod));
        prop_assert_eq!(patch == json!({}), original == modified);
        prop_assert_eq!(merged(original, patch), modified);
    }

    #[test]
    fn an_empty_patch_changes_nothing(pod in any_pod()) {
        let merged = merged(pod.clone(), json!({}));
        prop_assert_eq!(merged.to_string(), pod.to_string());
    }

    #[test]
    fn no_patch_makes_it_panic(original in any_pod(), patch in any_pod()) {
        for kind in Kind::ALL {
            let _ = merge(original.clone(), patch.clone(), kind).map_err(|error| error.to_string());
        }
    }

    #[test]
    fn a_plain_patch_is_idempotent(original in plain_pod(), patch in plain_pod()) {
        let once = merged(original, patch.clone());
        let twice = merged(once.clone(), patch);
        prop_assert_eq!(twice.to_string(), once.to_string());
    }

    #[test]
    fn a_plain_patch_makes_a_pod_of_nothing(pod in plain_pod()) {
        prop_assert_eq!(merged(json!({}), pod.clone()), pod);
    }
}
