//! Reads the recorded meshes from their files, as `List`s and as JSON, and compares them with the parsed texts.

use std::fs;
use std::path::PathBuf;

use lossless_yaml::{Tree, split};
use nativesidecar::istio::mesh_file::{File, MeshFile};
use nativesidecar::istio::{Release, UserValues};
use serde_json::{Value, json};

/// The data of a document.
fn plain(text: &str) -> Value {
    let tree = Tree::parse(text, 1).unwrap();
    tree.root().map_or(Value::Null, |root| tree.value(root).unwrap())
}

fn configs() -> Vec<PathBuf> {
    let minors = fs::read_dir(super::folder("istio")).unwrap().map(|entry| entry.unwrap().path().join("configs"));
    let files = minors.filter(|folder| folder.is_dir()).flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| !file.to_string_lossy().ends_with(".values.yaml"));
    files.sort();
    files
}

fn read(name: &str, text: String) -> MeshFile {
    MeshFile::read(&[File { name: name.to_owned(), text }], "default").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
#[ignore = "reads the oracle"]
fn meshes_are_read_from_documents_lists_and_json() {
    let files = configs();
    assert!(files.len() > 50, "{}", files.len());
    for path in &files {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).unwrap();
        let objects: Vec<Value> = split(text.as_bytes())
            .into_iter()
            .map(|chunk| plain(&text[chunk.range]))
            .filter(Value::is_object)
            .collect();
        let data = |key: &str| plain(objects.iter().find_map(|object| object["data"][key].as_str()).unwrap());
        let found = read(&name, text.clone());
        let [plane] = &found.control_planes[..] else { panic!("{name}: {}", found.control_planes.len()) };
        assert_eq!(plane.config, data("config"), "{name}");
        assert_eq!(plane.values, data("values"), "{name}");
        assert_eq!(plane.mesh, data("mesh"), "{name}");
        assert!(found.warnings.is_empty(), "{name}: {:?}", found.warnings);
        let release = plane.release(&[]).unwrap();
        let minor = path.iter().rev().nth(2).unwrap().to_str().unwrap();
        assert_eq!(release.minor(), minor.parse::<Release>().unwrap().minor(), "{name}");
        plane.mesh(release, &UserValues::default(), &[]).unwrap();

        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        let items = split(text.as_bytes()).into_iter().map(|chunk| &text[chunk.range]);
        let items = items.map(|text| text.strip_prefix("---\n").unwrap_or(text)).filter(|text| text.contains("kind:"));
        let items = items.map(|document| document.lines().fold(String::new(), |all, line| format!("{all}  {line}\n")));
        let items = items.map(|item| format!("-{}", &item[1..])).collect::<Vec<_>>().concat();
        for (form, text) in [
            ("json", serde_json::to_string_pretty(&list).unwrap()),
            ("list", format!("apiVersion: v1\nitems:\n{items}kind: List\n")),
        ] {
            let other = read(&name, text);
            assert_eq!(other.control_planes, found.control_planes, "{name} as {form}");
        }
    }
    oracle_suite::print(&format!("mesh files: {0} of {0}", files.len()));
}
