//! What is found in scripts, and what is left of them after a cut. A property runs scripts before and after safe cuts.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::parse::parse;
use super::{Purpose, Text, Variables};

const QUIT: &str = "curl -sf -XPOST http://127.0.0.1:15020/quitquitquit";
const WAIT: &str = "until curl -fsI http://localhost:15021/healthz/ready; do sleep 1; done";

fn finds(purpose: Purpose, script: &str) -> bool {
    Text::script(script, false).find(purpose, &Variables::new()).is_some()
}

/// The script without the command, with `$Q` for the call of the quit endpoint and `$W` for the loop, and whether the cut
/// is safe.
fn cut(purpose: Purpose, script: &str, exits_on_error: bool) -> Option<(String, bool)> {
    let mut script = script.replace("$Q", QUIT).replace("$W", WAIT);
    let cut = Text::script(&script, exits_on_error).cut(purpose, &Variables::new())?;
    script.replace_range(cut.range, "");
    Some((script.replace(QUIT, "$Q").replace(WAIT, "$W"), cut.is_safe))
}

#[expect(clippy::unnecessary_wraps, reason = "compared with what `cut` returns")]
fn safe(text: &str) -> Option<(String, bool)> {
    Some((text.to_owned(), true))
}

#[expect(clippy::unnecessary_wraps, reason = "compared with what `cut` returns")]
fn risky(text: &str) -> Option<(String, bool)> {
    Some((text.to_owned(), false))
}

#[test]
fn scripts_of_posix_and_bash_are_understood() {
    for script in [
        "",
        "# only a comment",
        "a; b & c\n\n  d | e |& f && g || ! h",
        "a \\\n  --flag # comment\nb",
        "if a; then b; elif c; then d; else e; fi > out 2>&1",
        "while read -r line; do echo \"$line\"; done < <(list)",
        "for x in a b; do c; done; for ((i = 0; i < 3; i++)); do d; done; for y do e; done",
        "case \"$1\" in (a|b) c;; *) d ;; esac; case x in y) ;& z) w; esac",
        "f() { a; }; function g { b; }\nfunction h() ( c )",
        "x=$(a \"$(b)\" `c`) y+=1 z[2]=3 cmd <<< \"$x\"",
        "arr=(a b \"c d\"\n e) && echo \"${arr[@]}\" ${#arr} $# $?",
        "[[ -n $x && ( $y == z* || $x < 3 ) ]] && (( i++ )) && echo $(( 1 + (2 * 3) ))",
        "cat <<EOF; b\n$(not closed\nEOF\nc <<-'X' > out\n\tx\n\tX\n",
        "( a; b ) | ( ( c ) ); { d; }",
        "echo 'it''s' \"a \\\" b\" $'c\\'d' \"${x:-\"}\"}\" '$(' {{ .Values.x }}",
        "echo ${x:-$(date)} ${y//a/b} \"`echo \\`x\\``\"",
        "a &> out; b &>> out; c 2>/dev/null >&2 <&-",
    ] {
        assert!(parse(script).is_some(), "{script}");
    }
}

#[test]
fn scripts_with_errors_are_not() {
    for script in
        ["if a; then", "a; done", "(a", "echo 'a", "echo \"$(a\"", "a &&", "| a", "a )", "{ a", "for x; a", "a <"]
    {
        assert!(parse(script).is_none(), "{script}");
    }
}

#[test]
fn deep_nesting_is_not_understood() {
    for (open, close) in [
        ("(", ")"),
        ("$(", ")"),
        ("{ ", "; }"),
        ("${x:-", "}"),
        ("if a; then ", "; fi"),
        ("f() ", ""),
        ("((", "))"),
        ("`", "`"),
        ("x=(", ")"),
    ] {
        let script = format!("{}a{}", open.repeat(5000), close.repeat(5000));
        let _ = parse(&script);
        let _ = parse(&format!("\"{script}\""));
        assert!(parse(&format!("{}a", open.repeat(5000))).is_none() || close.is_empty() || open == "`");
    }
}

#[test]
fn calls_of_the_quit_endpoint_are_found() {
    for script in [
        "./a; curl -X POST http://localhost:15020/quitquitquit",
        "x=$(curl -s localhost:15000/quitquitquit)",
        "trap 'curl -X POST localhost:15020/quitquitquit' EXIT",
        "for port in 15000 15020; do curl -X POST localhost:$port/quitquitquit; done",
        "for url in localhost:15020/quitquitquit; do curl -X POST $url; done",
        "printf 'POST /quitquitquit HTTP/1.0\\r\\n\\r\\n' | nc localhost 15020",
        "cat > end.sh <<EOF\ncurl -X POST localhost:15020/quitquitquit\nEOF\nsh end.sh",
        "./run --on-exit=http://localhost:15020/quitquitquit",
        "python -c 'requests.post(\"http://localhost:15020/quitquitquit\")'",
        "pilot-agent request POST quitquitquit",
        "pilot-agent request POST quitquitquit --debug-port 15000",
        "exec 3<>/dev/tcp/127.0.0.1/15020; echo 'POST /quitquitquit HTTP/1.0' >&3",
        "curl http://\"$HOST\":15020/quitquitquit",
        "if a; then curl localhost:15020/quitquitquit; fi; echo done",
        "if a; then curl localhost:15020/quitquitquit",
    ] {
        assert!(finds(Purpose::Quit, script), "{script}");
    }
}

#[test]
fn other_calls_and_mentions_are_not() {
    for script in [
        "./a; curl -XPOST http://127.0.0.1:9091/quitquitquit",
        "URL=http://localhost:9091; curl -XPOST $URL/quitquitquit",
        "printf 'POST /quitquitquit HTTP/1.0\\r\\n\\r\\n' | nc localhost 9901",
        "# curl -XPOST http://127.0.0.1:15020/quitquitquit\n./a # localhost:15020/quitquitquit",
        "echo \"not calling http://localhost:15020/quitquitquit\" >&2; ./a",
        "cat <<EOF\nlocalhost:15020/quitquitquit\nEOF\n",
        "cloud-sql-proxy --quitquitquit",
        "curl -X POST localhost:4191/shutdown",
    ] {
        assert!(!finds(Purpose::Quit, script), "{script}");
    }
}

#[test]
fn other_languages_are_searched_without_comments() {
    let find = |text| Text::plain(text).find(Purpose::Quit, &Variables::new());
    assert_eq!(find("x = 1\npost('http://localhost:15020/quitquitquit')"), Some(19..47));
    assert_eq!(find("# http://localhost:15020/quitquitquit\n  // localhost:15020/quitquitquit"), None);
    assert_eq!(find("HTTPConnection('localhost', 9091).request('POST', '/quitquitquit')"), None);
    assert!(find("HTTPConnection('localhost', 15020).request('POST', '/quitquitquit')").is_some());
}

#[test]
fn waiting_for_the_proxy_is_found() {
    for script in [
        WAIT,
        "until nc -z 127.0.0.1 15001; do sleep 1; done",
        "while ! nc -vz -w 1 localhost 15001; do sleep 1; done",
        "pilot-agent wait; ./a",
        "curl --retry 30 --retry-connrefused localhost:15000/server_info && ./a",
        "until [ \"$(curl -s http://127.0.0.1:15000/ready)\" = LIVE ]; do sleep 1; done",
        "timeout 30 sh -c 'until nc -z localhost 15001; do sleep 1; done'; ./a",
        "PROXY=localhost:15021; wget -q $PROXY/healthz/ready",
    ] {
        assert!(finds(Purpose::Wait, script), "{script}");
    }
    for script in [
        "until nc -z postgres 5432; do sleep 1; done",
        "nc localhost 15001",
        "until curl -sf http://search:15021/healthz/ready; do sleep 1; done",
        "curl localhost:8080/healthz/ready",
        "curl localhost:15021/healthz/ready/x",
        "pilot-agent request GET stats",
    ] {
        assert!(!finds(Purpose::Wait, script), "{script}");
    }
}

#[test]
fn signals_to_the_proxy_are_found() {
    for script in [
        "pkill -f pilot-agent",
        "killall -9 envoy || true",
        "kill -TERM $(pidof envoy)",
        "kill `pgrep -f /usr/local/bin/envoy`",
        "PID=$(pgrep pilot-agent); ./a; kill $PID",
        "pgrep envoy | xargs kill -9",
        "trap 'pkill envoy' EXIT; ./a",
        "for pid in $(pidof envoy); do kill $pid; done",
        "ps aux | grep '[e]nvoy' | awk '{print $2}' | xargs kill",
        "kill $(ps aux | grep '[p]ilot-agent' | awk '{print $2}')",
    ] {
        assert!(finds(Purpose::Kill, script), "{script}");
    }
    for script in
        ["pkill -HUP nginx", "kill -QUIT 1", "pkill envoy-preflight", "echo envoy; kill $(pidof java)", "start envoy"]
    {
        assert!(!finds(Purpose::Kill, script), "{script}");
    }
}

#[test]
fn wrappers_are_programs() {
    assert!(finds(Purpose::Wrapper, "cd /app; exec /bin/scuttle node server.js"));
    assert!(!finds(Purpose::Wrapper, "cp /scuttle /shared/scuttle"));
    assert!(!finds(Purpose::Wrapper, "exec ./scuttlebutt --peer=scuttle"));
}

#[test]
fn a_call_at_the_end_is_cut_safely_if_the_exit_code_stays() {
    let cut = |script: &str| cut(Purpose::Quit, script, false);
    assert_eq!(cut("a && $Q"), safe("a"));
    assert_eq!(cut("a || b && $Q\n"), safe("a || b\n"));
    assert_eq!(cut("a &&\n  $Q"), safe("a"));
    assert_eq!(cut("set -e\na\n$Q\n"), safe("set -e\na\n"));
    assert_eq!(cut("set -euo pipefail\na\n  $Q || true # quit\n"), safe("set -euo pipefail\na\n"));
    assert_eq!(cut("set -o errexit; a; $Q;"), safe("set -o errexit; a;"));
    assert_eq!(cut("set -e\na\n$Q"), safe("set -e\na"));
    assert_eq!(cut("set -e\nif x; then y; fi\n$Q\n"), safe("set -e\nif x; then y; fi\n"));
    assert_eq!(self::cut(Purpose::Quit, "a; exec $Q", true), safe("a"));
    assert_eq!(cut("trap '$Q' EXIT; a"), safe("a"));
    assert_eq!(cut("trap \"$Q || true\" 0\na\n"), safe("a\n"));
    assert_eq!(cut("a && $Q && $Q"), safe("a && $Q"));
}

#[test]
fn a_cut_that_may_change_the_exit_code_is_not_safe() {
    let cut = |script: &str| cut(Purpose::Quit, script, false);
    assert_eq!(cut("a; $Q"), risky("a"));
    assert_eq!(cut("a\n$Q\n"), risky("a\n"));
    assert_eq!(cut("a && $Q || true"), risky("a || true"));
    assert_eq!(cut("set -e; a && b; $Q"), risky("set -e; a && b"));
    assert_eq!(cut("set -e; ! a; $Q"), risky("set -e; ! a"));
    assert_eq!(cut("set -e; set +e; a; $Q"), risky("set -e; set +e; a"));
    assert_eq!(cut("set -e\n{ a && b; }\n$Q\n"), risky("set -e\n{ a && b; }\n"));
    assert_eq!(cut("set -e; eval 'a && b'; $Q"), risky("set -e; eval 'a && b'"));
    for start in ["set -- -e", "set - -e", "set -e &", "set -e; set -u +e", "set -e; f() { set +e; }; f"] {
        assert_eq!(cut(&format!("{start}\na; $Q")), risky(&format!("{start}\na")));
    }
    assert_eq!(cut("x=$?; $Q; exit $x"), risky("x=$?; exit $x"));
    assert_eq!(cut("a\n$Q -o /dev/null\nb"), risky("a\nb"));
    assert_eq!(cut("a && $Q; b"), risky("a; b"));
    assert_eq!(cut("a && $Q && b"), risky("a && b"));
    assert_eq!(cut("$Q && a"), risky("a"));
    assert_eq!(cut("a; $Q\nb"), risky("a\nb"));
    assert_eq!(cut("a; $Q & b"), risky("a; b"));
    assert_eq!(cut("a; $Q &"), risky("a"));
    assert_eq!(cut("a & $Q"), risky("a &"));
    assert_eq!(cut("a\ntrap '$Q' EXIT\nexit $?"), risky("a\nexit $?"));
    assert_eq!(cut("trap '$Q' EXIT INT; a"), risky("a"));
    assert_eq!(cut("trap b EXIT; trap '$Q' EXIT; a"), risky("trap b EXIT; a"));
}

#[test]
fn calls_inside_other_commands_are_not_cut() {
    for script in [
        "set -e\na && $Q\nb",
        "$Q",
        "set -e\n$Q\n",
        "#!/bin/sh\n$Q; exit 0",
        "a || $Q",
        "$Q || a",
        "a; $Q | tee log",
        "if $Q; then a; fi",
        "a; until $Q; do sleep 1; done",
        "quit() { $Q; }; a; quit",
        "a; (b; $Q)",
        "a; x=$($Q)",
        "a; $Q http://example.com/ping",
        "a; ./notify --url http://localhost:15020/quitquitquit",
        "trap 'rm x; $Q' EXIT; a",
        "a; curl -d @- localhost:15020/quitquitquit <<X\nX\n",
        "a; if b",
        "a {{- if .Values.mesh }}; $Q {{- end }}",
    ] {
        assert_eq!(cut(Purpose::Quit, script, false), None, "{script}");
    }
}

#[test]
fn loops_that_only_wait_are_cut() {
    let cut = |script: &str| cut(Purpose::Wait, script, false);
    assert_eq!(cut("$W; exec a"), risky("exec a"));
    assert_eq!(cut("$W && a"), risky("a"));
    assert_eq!(cut("set -e\n$W\na\n"), risky("set -e\na\n"));
    assert_eq!(cut("a; $W"), risky("a"));
    assert_eq!(cut("pilot-agent wait\na"), risky("a"));
    assert_eq!(cut("for i in $(seq 30); do\n  nc -z localhost 15001 && break\n  sleep 1\ndone\na\n"), risky("a\n"));
    assert_eq!(cut("$W"), None);
    assert_eq!(cut("if curl localhost:15021/healthz/ready; then a; fi"), None);
    assert_eq!(cut("until curl localhost:15021/healthz/ready && pg_isready; do sleep 1; done; a"), None);
    assert_eq!(cut("until curl localhost:15021/healthz/ready; do ./register; done; a"), None);
}

#[test]
fn the_longest_sleep_counts() {
    let longest = |script| Text::script(script, false).longest_sleep().map(|(seconds, _)| seconds);
    assert_eq!(longest("sleep 5; sleep 20 && kill 1"), Some(20));
    assert_eq!(longest("sleep 1.5; sleep 2m; sleep $X"), None);
}

/// Commands with exit codes, and programs that print and fail.
fn piece() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        Just("true"),
        Just("false"),
        Just("echo a"),
        Just("f 3"),
        Just("f 0"),
        Just("x=$?"),
        Just("x=$(f 4)"),
        Just("set +e"),
        Just("set -e"),
        Just("echo $?"),
        Just("exit 5"),
        Just("trap 'echo end' EXIT"),
        Just("g"),
    ]
    .prop_map(str::to_owned);
    simple.prop_recursive(3, 8, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            two.clone().prop_map(|(a, b)| format!("{a} && {b}")),
            two.clone().prop_map(|(a, b)| format!("{a} || {b}")),
            two.clone().prop_map(|(a, b)| format!("{{ {a}; {b}; }}")),
            two.clone().prop_map(|(a, b)| format!("({a}; {b})")),
            two.clone().prop_map(|(a, b)| format!("if {a}; then {b}; fi")),
            two.clone().prop_map(|(a, b)| format!("{a} | {{ {b}; }}")),
            two.prop_map(|(a, b)| format!("for i in 1 2; do {a}; {b}; done")),
            inner.prop_map(|a| format!("! {{ {a}; }}")),
        ]
    })
}

fn quit() -> impl Strategy<Value = String> {
    let call = prop_oneof![
        Just(QUIT.to_owned()),
        Just(format!("{QUIT} || true")),
        Just(format!("trap '{QUIT}' EXIT")),
        Just(format!("exec {QUIT}")),
    ];
    (call, 0..8_usize).prop_map(|(call, form)| if form == 0 { format!("{{ {call}; }}") } else { call })
}

fn separator() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("; "), 3 => Just("\n"), 3 => Just(" && "), 1 => Just(" || "), 1 => Just(" & ")]
}

/// The exit code and the output of a script, with a `curl` that does nothing.
fn run(folder: &Path, script: &str) -> (Option<i32>, String) {
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = Command::new("/bin/sh").args(["-c", script]).env("PATH", path).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn safe_cuts_change_neither_exit_code_nor_output() {
    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl");
    fs::write(&curl, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
    let scripts = (
        prop::collection::vec((piece(), separator()), 0..4),
        quit(),
        separator(),
        prop::option::of(piece()),
        any::<bool>(),
        any::<bool>(),
    );
    let config = ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() };
    let mut safe = 0;
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let counter = std::cell::RefCell::new(&mut safe);
    runner
        .run(&scripts, |(pieces, quit, separator, last, exits_on_error, has_functions)| {
            let mut script = String::new();
            script.push_str(if has_functions { "f() { echo f; return $1; }; g() { false && true; }\n" } else { "" });
            script.push_str(if exits_on_error { "set -e\n" } else { "" });
            for (piece, separator) in &pieces {
                script.extend([piece.as_str(), separator]);
            }
            script.push_str(&quit);
            if let Some(last) = last {
                script.extend([separator, &last]);
            }
            prop_assert!(parse(&script).is_some(), "{}", script);
            let Some(cut) = Text::script(&script, false).cut(Purpose::Quit, &Variables::new()) else { return Ok(()) };
            let mut rest = script.clone();
            rest.replace_range(cut.range, "");
            prop_assert!(parse(&rest).is_some(), "{} becomes {}", script, rest);
            if cut.is_safe {
                **counter.borrow_mut() += 1;
                prop_assert_eq!(run(folder.path(), &script), run(folder.path(), &rest), "{} becomes {}", script, rest);
            }
            Ok(())
        })
        .unwrap();
    assert!(safe > 20, "only {safe} safe cuts");
}
