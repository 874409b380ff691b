//! etcd, an API server and controllers, which run while the test does.

use std::borrow::Cow;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long the server may take to start. This is long: the machine may be busy.
const STARTS_WITHIN: Duration = Duration::from_mins(2);

/// What API servers record that keep an audit log.
const AUDIT_POLICY: &str = "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n  \
     verbs: [create, update, patch]\n";

/// A control plane of its own, with certificates, in a temporary folder.
pub(crate) struct ControlPlane {
    folder: TempDir,
    programs: Vec<Child>,
    /// The kubeconfig of an administrator.
    pub(crate) kubeconfig: PathBuf,
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // The API server before etcd, which it would complain about.
        for program in self.programs.iter_mut().rev() {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

impl ControlPlane {
    /// Starts a control plane, and waits until it answers.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a control plane whose API server gets further flags. `DIR` in them is the folder.
    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("admin.kubeconfig");
        let mut plane = Self { folder, programs: Vec::new(), kubeconfig };
        let [etcd, peers, server, controllers] = ports();
        plane.certificates();
        fs::write(plane.path("audit.yaml"), AUDIT_POLICY).unwrap();
        plane.kubeconfig("admin", server);
        plane.kubeconfig("controllers", server);
        let (etcd, peers) = (format!("http://127.0.0.1:{etcd}"), format!("http://127.0.0.1:{peers}"));
        let file = |name: &str| plane.path(name).display().to_string();
        let etcd_flags = [
            format!("--data-dir={}", file("etcd")),
            format!("--listen-client-urls={etcd}"),
            format!("--advertise-client-urls={etcd}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            "--unsafe-no-fsync".to_owned(),
        ];
        let mut server_flags = vec![
            format!("--etcd-servers={etcd}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--advertise-address=127.0.0.1".to_owned(),
            "--endpoint-reconciler-type=none".to_owned(),
            format!("--secure-port={server}"),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            format!("--tls-cert-file={}", file("server.crt")),
            format!("--tls-private-key-file={}", file("server.key")),
            format!("--cert-dir={}", file("certificates")),
            format!("--client-ca-file={}", file("ca.crt")),
            "--authorization-mode=RBAC".to_owned(),
            "--allow-privileged=true".to_owned(),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--service-account-key-file={}", file("accounts.key")),
            format!("--service-account-signing-key-file={}", file("accounts.key")),
        ];
        let folder = plane.folder.path().display().to_string();
        server_flags.extend(flags.iter().map(|flag| flag.replace("DIR", &folder)));
        let kubeconfig = file("controllers.kubeconfig");
        let controller_flags = [
            format!("--kubeconfig={kubeconfig}"),
            format!("--authentication-kubeconfig={kubeconfig}"),
            format!("--authorization-kubeconfig={kubeconfig}"),
            "--use-service-account-credentials=true".to_owned(),
            format!("--service-account-private-key-file={}", file("accounts.key")),
            format!("--root-ca-file={}", file("ca.crt")),
            "--leader-elect=false".to_owned(),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={controllers}"),
            // Nodes without kubelets would become unready.
            "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller".to_owned(),
        ];
        plane.run("etcd", &etcd_flags);
        plane.run("kube-apiserver", &server_flags);
        plane.wait_for("ok", &["get", "--raw", "/readyz"]);
        // The controllers give up if they lack a right, and the server gives them theirs a little later.
        let map = "extension-apiserver-authentication";
        plane.wait_for(map, &["--kubeconfig", &kubeconfig, "get", "configmap", "-n", "kube-system", map, "-o", "name"]);
        plane.run("kube-controller-manager", &controller_flags);
        plane.wait_for("default", &["get", "serviceaccounts", "-n", "default", "-o", "name"]);
        plane
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs kubectl as the administrator, with an input, and returns what it prints. Fails if it fails.
    #[track_caller]
    pub(crate) fn kubectl(&self, args: &[&str], input: &str) -> String {
        let (is_good, text) = self.try_kubectl(args, input);
        assert!(is_good, "kubectl {}: {text}", args.join(" "));
        text
    }

    /// The same. Returns whether it succeeded, too.
    pub(crate) fn try_kubectl(&self, args: &[&str], input: &str) -> (bool, String) {
        let mut command = Command::new(crate::site::client("kubectl"));
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(args).env("HOME", self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut kubectl = command.spawn().unwrap();
        kubectl.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = kubectl.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let is_ok = output.status.success();
        let errors = if is_ok { Cow::Borrowed("") } else { String::from_utf8_lossy(&output.stderr) };
        (is_ok, text + &errors)
    }

    /// Starts one of the programs. Its output goes to a file.
    fn run(&mut self, name: &str, flags: &[String]) {
        let log = fs::File::create(self.path(&format!("{name}.log"))).unwrap();
        let mut command = Command::new(program());
        command.arg(name).args(flags).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.programs.push(command.spawn().unwrap());
    }

    /// Waits until kubectl prints a text with `expected`.
    fn wait_for(&mut self, expected: &str, args: &[&str]) {
        let start = Instant::now();
        loop {
            let (_, answer) = self.try_kubectl(args, "");
            if answer.contains(expected) {
                return;
            }
            let ended = self.programs.iter_mut().any(|program| program.try_wait().unwrap().is_some());
            if ended || start.elapsed() > STARTS_WITHIN {
                let logs = ["etcd", "kube-apiserver", "kube-controller-manager"].map(|name| self.end_of_log(name));
                panic!("kubectl {}: {answer}\n{}", args.join(" "), logs.concat());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn end_of_log(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        format!("{name}:\n{}\n", lines[lines.len().saturating_sub(10)..].join("\n"))
    }

    /// Creates a certificate authority, and the certificates of the servers and users.
    fn certificates(&self) {
        let script = r#"
            key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
            signed() {
              key "$1"
              openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
              printf 'subjectAltName=IP:127.0.0.1\n' > "$1.ext"
              openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt"
            }
            key ca
            openssl req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.crt
            signed server /CN=127.0.0.1
            signed webhook /CN=127.0.0.1
            signed admin /O=system:masters/CN=admin
            signed controllers /CN=system:kube-controller-manager
            openssl genrsa -out accounts.key 2048
            # The TLS library reads this form of keys.
            openssl pkcs8 -topk8 -nocrypt -in webhook.key -out webhook.pem
        "#;
        let made = Command::new("bash").args(["-euc", script]).current_dir(self.folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Writes the kubeconfig of a user with a certificate.
    fn kubeconfig(&self, user: &str, port: u16) {
        let file = |name: &str| self.path(name).display().to_string();
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\ncontexts:\n- name: test\n  context: {{cluster: test, user: \
             test}}\nclusters:\n- name: test\n  cluster:\n    server: https://127.0.0.1:{port}\n    certificate-authority: \
             {}\nusers:\n- name: test\n  user:\n    client-certificate: {}\n    client-key: {}\n",
            file("ca.crt"),
            file(&format!("{user}.crt")),
            file(&format!("{user}.key")),
        );
        fs::write(self.path(&format!("{user}.kubeconfig")), text).unwrap();
    }
}

/// Free ports. Others may take them before they are used, which is unlikely.
fn ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// The program that `tests/cluster/install` builds.
fn program() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache"))).unwrap();
    let folder = std::env::var_os("NATIVESIDECAR_CLUSTER").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| cache.join("nativesidecar/cluster"));
    let program = folder.join(format!("kubernetes-v{}", version()));
    assert!(program.exists(), "{} is missing: run tests/cluster/install", program.display());
    program
}

/// The version of Kubernetes: the one that `tests/cluster/install` builds with the same environment.
pub(crate) fn version() -> String {
    let install = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/install")).unwrap();
    let default = install.split_once("NATIVESIDECAR_KUBERNETES:-").unwrap().1.split('}').next().unwrap();
    std::env::var("NATIVESIDECAR_KUBERNETES").unwrap_or_else(|_| default.to_owned())
}
