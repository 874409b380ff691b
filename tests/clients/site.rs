//! An isolated folder in which tools run, with the program under test on the PATH and no configuration of the user.

#![allow(dead_code, reason = "each client uses a part")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-nativesidecar");

/// The manifests that most tests use.
pub(crate) const SHOP: &str = include_str!("../../testdata/shop/shop.yaml");

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a tool installed by `tests/clients/install`.
pub(crate) fn client(name: &str) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).unwrap();
    let clients = std::env::var_os("NATIVESIDECAR_CLIENTS").map(PathBuf::from);
    let program = clients.unwrap_or_else(|| cache.join("nativesidecar/clients")).join("bin").join(name);
    assert!(program.exists(), "{} is missing: run tests/clients/install", program.display());
    program
}

/// The result of a tool.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output. Fails unless the tool succeeded.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Standard output and error. Fails unless the tool exited with `code`.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self.stdout + &self.stderr
    }
}

/// A temporary folder with a home and a working folder.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    /// An empty site with the program under test on the PATH.
    pub(crate) fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "home", "work"] {
            fs::create_dir(site.folder.path().join(folder)).unwrap();
        }
        // A hard link, not a symbolic one: completion creates links next to the program.
        fs::hard_link(PROGRAM, site.bin("kubectl-nativesidecar"))
            .or_else(|_| fs::copy(PROGRAM, site.bin("kubectl-nativesidecar")).map(drop))
            .unwrap();
        site
    }

    /// The path of a program in the site's `bin` folder.
    pub(crate) fn bin(&self, name: &str) -> PathBuf {
        self.folder.path().join("bin").join(name)
    }

    /// A path in the working folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// Adds a client to the PATH as `as_name`.
    pub(crate) fn with(self, name: &str, as_name: &str) -> Self {
        std::os::unix::fs::symlink(client(name), self.bin(as_name)).unwrap();
        self
    }

    /// Writes a file and creates its folders.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Copies a file or folder of the repository.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        let status = Command::new("cp").arg("-r").arg(root().join(from)).arg(self.path(to)).status().unwrap();
        assert!(status.success(), "cannot copy {from}");
    }

    /// A command in the working folder, without the user's configuration.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let folders = std::iter::once(self.folder.path().join("bin")).chain(std::env::split_paths(&path));
        // The system searches this process's PATH, not the command's.
        let program = Some(self.bin(program.as_ref().to_str().unwrap()))
            .filter(|p| p.exists())
            .map_or_else(|| program.as_ref().to_owned(), PathBuf::into_os_string);
        let mut command = Command::new(program);
        command.current_dir(self.path("")).env("PATH", std::env::join_paths(folders).unwrap());
        let home = self.folder.path().join("home");
        command.env("HOME", &home).env("XDG_CACHE_HOME", home.join(".cache")).env("COLUMNS", "100");
        for variable in ["KUBECONFIG", "KUBECTL_EXTERNAL_DIFF", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs a tool with empty standard input.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Ran {
        self.pipe(program, args, "")
    }

    /// Runs a tool on `input`.
    pub(crate) fn pipe(&self, program: &str, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(program);
        command.args(args);
        finish(&mut command, input)
    }

    /// The objects of a stream without nulls, sorted by kind, name and namespace.
    pub(crate) fn objects(&self, stream: &str) -> Vec<Value> {
        let json =
            self.pipe("kubectl-nativesidecar", &["annotate", "--mode", "mesh", "-q", "-o", "json"], stream).good();
        let mut objects = serde_json::from_str::<Value>(&json).unwrap()["items"].as_array().unwrap().clone();
        objects.iter_mut().for_each(drop_nulls);
        objects.sort_by_key(|object| {
            let metadata = &object["metadata"];
            format!("{}/{}/{}", object["kind"], metadata["name"], metadata["namespace"])
        });
        objects
    }

    /// The objects that the program prints for `input`.
    pub(crate) fn expected(&self, args: &[&str], input: &str) -> Vec<Value> {
        self.objects(&self.pipe("kubectl-nativesidecar", args, input).good())
    }
}

/// Runs a command on `input` and waits for it.
pub(crate) fn finish(command: &mut Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Fails with the first difference between two lists of objects.
#[track_caller]
pub(crate) fn assert_same(found: &[Value], expected: &[Value], what: &[&str]) {
    let (found, expected) = (Value::from(found), Value::from(expected));
    if let Some(difference) = difference(&found, &expected, "") {
        panic!("{what:?}: {difference}");
    }
}

/// The first difference between two values.
fn difference(found: &Value, expected: &Value, at: &str) -> Option<String> {
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) if a.keys().all(|key| b.contains_key(key)) && a.len() == b.len() => {
            a.iter().find_map(|(key, value)| difference(value, &b[key], &format!("{at}/{key}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(index, (a, b))| difference(a, b, &format!("{at}/{index}")))
        }
        _ if found == expected => None,
        _ => Some(format!("at {at}\nfound {found}\nexpected {expected}")),
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
