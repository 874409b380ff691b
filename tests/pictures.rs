//! The pictures in `docs/pictures` show what the program prints on a terminal. `OVERWRITE=1 cargo test --test pictures`
//! redraws them.

#![allow(clippy::unwrap_used, reason = "a picture that cannot be drawn is a failure")]

use std::fs;
use std::path::Path;
use std::process::Command;

use anstyle_svg::Term;

/// The commands of the picture, run in the folder of the example.
const SHOP: [&str; 2] =
    ["explain -f k8s --istio 1.27 --node-version v1.32.4,v1.33.1", "annotate -f k8s --kind CronJob --diff"];

#[test]
fn pictures_show_what_the_program_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut session = String::new();
    for command in SHOP {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-nativesidecar"))
            .args(command.split(' '))
            .args(["--color", "always"])
            .current_dir(root.join("examples/shop"))
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
        session.extend(["$ kubectl nativesidecar ", command, "\n", &text(&output.stdout), &text(&output.stderr), "\n"]);
    }
    let picture = Term::new().render_svg(session.trim_end());
    let path = root.join("docs/pictures/shop.svg");
    if std::env::var_os("OVERWRITE").is_some() {
        fs::write(&path, &picture).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == picture, "{} is out of date: set OVERWRITE=1", path.display());
}
