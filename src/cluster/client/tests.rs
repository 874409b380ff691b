//! How the client treats what servers answer.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::time::Duration;

use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

use super::connected::{Client, runtime};
use super::{ClientError, Query, Resource};

/// An expected request, as method and path, and the answer: status, headers and body.
struct Exchange {
    request: &'static str,
    status: u16,
    header: Option<(&'static str, &'static str)>,
    body: String,
}

fn exchange(request: &'static str, status: u16, body: &Value) -> Exchange {
    Exchange { request, status, header: None, body: body.to_string() }
}

fn soon(request: &'static str, status: u16) -> Exchange {
    let body = json!({"kind": "Status", "message": "later\u{1b}[2J"});
    Exchange { header: Some(("retry-after", "0")), ..exchange(request, status, &body) }
}

/// A client of a server that expects these requests and no other.
fn client(exchanges: Vec<Exchange>) -> Client {
    let runtime = runtime().unwrap();
    let (service, mut server) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
    runtime.spawn(async move {
        for Exchange { request: expected, status, header, body } in exchanges {
            let (request, answer) = server.next_request().await.expect(expected);
            assert_eq!(format!("{} {}", request.method(), request.uri()), expected);
            let mut response = Response::builder().status(status);
            if let Some((name, value)) = header {
                response = response.header(name, value);
            }
            answer.send_response(response.body(Body::from(body.into_bytes())).unwrap());
        }
        assert!(server.next_request().await.is_none(), "one request more than expected");
    });
    let kube = {
        let _guard = runtime.enter();
        kube::Client::new(service, "default")
    };
    Client::of(runtime, kube, Some(Duration::from_secs(20)))
}

fn names(client: &Client, query: &Query) -> Result<Vec<String>, ClientError> {
    let mut names = Vec::new();
    client.list(query, &mut |object| {
        let name = object.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("-");
        names.push(format!("{} {name}", object.kind()));
    })?;
    Ok(names)
}

fn page(names: &[&str], next: &str) -> Value {
    let items: Vec<Value> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
    let metadata = json!({"continue": next, "resourceVersion": "7"});
    json!({"apiVersion": "v1", "kind": "PodList", "metadata": metadata, "items": items})
}

const PODS: &str = "GET /api/v1/pods?limit=500";
const SECOND: &str = "GET /api/v1/pods?limit=500&continue=t1";

#[test]
fn lists_are_read_page_by_page() {
    let client = client(vec![exchange(PODS, 200, &page(&["a", "b"], "t1")), exchange(SECOND, 200, &page(&["c"], ""))]);
    assert_eq!(names(&client, &Query::all(Resource::PODS)), Ok(vec!["Pod a".into(), "Pod b".into(), "Pod c".into()]));
}

#[test]
fn an_expired_list_goes_on_where_the_server_says() {
    let gone = json!({"kind": "Status", "code": 410, "reason": "Expired", "metadata": {"continue": "t2"}});
    let third = "GET /api/v1/pods?limit=500&continue=t2";
    let client = client(vec![
        exchange(PODS, 200, &page(&["a"], "t1")),
        exchange(SECOND, 410, &gone),
        exchange(third, 200, &page(&["b"], "")),
    ]);
    assert_eq!(names(&client, &Query::all(Resource::PODS)), Ok(vec!["Pod a".into(), "Pod b".into()]));
}

#[test]
fn an_expired_list_without_a_rest_is_an_error() {
    let gone = json!({"kind": "Status", "code": 410, "metadata": {}});
    let client = client(vec![exchange(PODS, 200, &page(&["a"], "t1")), exchange(SECOND, 410, &gone)]);
    assert_eq!(names(&client, &Query::all(Resource::PODS)), Err(ClientError::Expired { resource: "pods" }));
}

#[test]
fn a_server_that_repeats_itself_ends_a_list() {
    let client = client(vec![exchange(PODS, 200, &page(&["a"], "t1")), exchange(SECOND, 200, &page(&["b"], "t1"))]);
    assert_eq!(names(&client, &Query::all(Resource::PODS)).map(|names| names.len()), Ok(2));
}

#[test]
fn what_fails_in_passing_is_tried_again() {
    for status in [429, 500, 502, 503, 504] {
        let client = client(vec![soon(PODS, status), soon(PODS, status), exchange(PODS, 200, &page(&["a"], ""))]);
        assert_eq!(names(&client, &Query::all(Resource::PODS)).map(|names| names.len()), Ok(1), "{status}");
    }
}

#[test]
fn retries_end() {
    let client = client((0..4).map(|_| soon(PODS, 503)).collect());
    let error = names(&client, &Query::all(Resource::PODS)).unwrap_err();
    assert!(matches!(error, ClientError::Refused { status: 503, .. }), "{error}");
}

#[test]
fn a_wait_that_is_longer_than_the_limit_is_not_begun() {
    let late = Exchange { header: Some(("retry-after", "3600")), ..soon(PODS, 429) };
    let error = names(&client(vec![late]), &Query::all(Resource::PODS)).unwrap_err();
    assert!(matches!(error, ClientError::Refused { status: 429, .. }), "{error}");
}

#[test]
fn a_missing_right_is_named() {
    let forbidden = json!({"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"});
    for (query, request, right) in [
        (Query::all(Resource::PODS), PODS, "list pods in all namespaces"),
        (Query::all(Resource::NODES), "GET /api/v1/nodes?limit=500", "list nodes"),
        (
            Query::all(Resource::JOBS).in_namespace(Some("shop")),
            "GET /apis/batch/v1/namespaces/shop/jobs?limit=500",
            "list jobs.batch in namespace shop",
        ),
    ] {
        let client = client(vec![exchange(request, 403, &forbidden)]);
        assert_eq!(names(&client, &query), Err(ClientError::Forbidden { right: right.to_owned() }));
    }
}

#[test]
fn other_refusals_are_not_tried_again() {
    let status = json!({"kind": "Status", "message": "no such thing"});
    let error = |status_code| {
        let client = client(vec![exchange("GET /api/v1/namespaces/shop/pods/w%2F1", status_code, &status)]);
        client.get(Resource::PODS, Some("shop"), "w/1").unwrap_err()
    };
    assert_eq!(error(404), ClientError::NotFound { what: "pods w/1".to_owned() });
    assert!(matches!(error(401), ClientError::Unauthorized { .. }));
    assert!(matches!(error(400), ClientError::Refused { status: 400, message, .. } if message == "no such thing"));
}

#[test]
fn the_lines_that_start_and_end_of_a_log_share_are_there_once() {
    const LOG: &str = "GET /api/v1/namespaces/shop/pods/web/log?container=istio-proxy&";
    let start: &'static str = format!("{LOG}limitBytes=131072").leak();
    let end: &'static str = format!("{LOG}tailLines=500").leak();
    let line = |number: usize| format!("2026-11-20T08:00:00.{number:09}Z\tinfo\tä\n");
    let lines = |range: std::ops::Range<usize>| range.map(line).collect::<String>();
    let read = |count: usize| {
        let whole = lines(0..count);
        let cut = String::from_utf8_lossy(whole.as_bytes().get(..131_072).unwrap()).into_owned();
        let text = |request, body| Exchange { body, ..exchange(request, 200, &Value::Null) };
        let client = client(vec![text(start, cut), text(end, lines(count - 500..count))]);
        (client.log("shop", "web", "istio-proxy").unwrap(), whole)
    };
    let (log, whole) = read(3500);
    assert_eq!(log, whole);
    let (log, whole) = read(9000);
    assert!(log.len() < whole.len() && log.ends_with(&lines(8500..9000)) && log.starts_with(&lines(0..3000)));
}

#[test]
fn answers_that_are_no_objects_are_errors() {
    for body in ["<html>", "[1", "{\"items\": [{]}", "7"] {
        let answer = Exchange { body: body.to_owned(), ..exchange(PODS, 200, &Value::Null) };
        let error = names(&client(vec![answer]), &Query::all(Resource::PODS)).unwrap_err();
        assert!(matches!(error, ClientError::NotKubernetes { .. }), "{body}: {error}");
    }
}

#[test]
fn only_a_dry_run_is_no_read_and_it_is_not_repeated() {
    let refused = json!({"kind": "Status", "message": "denied by a webhook"});
    let client = client(vec![
        exchange("GET /version", 200, &json!({"gitVersion": "v1.35.4"})),
        exchange("POST /api/v1/namespaces/shop/pods?dryRun=All", 500, &refused),
    ]);
    assert_eq!(client.server_version().unwrap()["gitVersion"], "v1.35.4");
    let error = client.dry_run(Resource::PODS, "shop", &json!({"kind": "Pod"})).unwrap_err();
    assert!(matches!(error, ClientError::Refused { status: 500, .. }), "{error}");
}
