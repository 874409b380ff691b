//! A minimal API server for `kubectl diff`: discovery, one Deployment, and dry-run patches of it, merged by the
//! strategicpatch crate.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};
use strategicpatch::{Kind, merge};

/// Serves the Deployment `live` while the tests run. Returns the address.
pub(crate) fn serve(live: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let live = Arc::new(live);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let live = Arc::clone(&live);
            std::thread::spawn(move || answer_all(stream.unwrap(), &live));
        }
    });
    address
}

/// Answers the requests of one connection.
fn answer_all(stream: TcpStream, live: &Value) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut out = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let mut words = request.split_whitespace();
        let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            match header.trim().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, answer) = answer(&method, path.split('?').next().unwrap(), &body, live);
        let text = answer.to_string();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len());
        out.write_all((head + &text).as_bytes()).unwrap();
    }
}

fn answer(method: &str, path: &str, body: &[u8], live: &Value) -> (&'static str, Value) {
    let group_version = json!({"groupVersion": "apps/v1", "version": "v1"});
    let found = match (method, path) {
        ("GET", "/version") => json!({"major": "1", "minor": "35", "gitVersion": "v1.35.4"}),
        ("GET", "/api") => json!({"kind": "APIVersions", "versions": ["v1"]}),
        ("GET", "/api/v1") => json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": []}),
        ("GET", "/apis") => json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": [
            {"name": "apps", "versions": [group_version], "preferredVersion": group_version},
        ]}),
        ("GET", "/apis/apps/v1") => json!({"kind": "APIResourceList", "groupVersion": "apps/v1", "resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get", "list", "patch"]},
        ]}),
        ("GET", "/apis/apps/v1/namespaces/shop/deployments/web") => live.clone(),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web") => {
            merge(live.clone(), serde_json::from_slice(body).unwrap(), Kind::Deployment).unwrap()
        }
        _ => {
            let status =
                json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404});
            return ("404 Not Found", status);
        }
    };
    ("200 OK", found)
}
