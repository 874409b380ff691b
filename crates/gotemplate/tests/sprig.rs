//! Tests of sprig's functions, called from templates: results, unavailable functions, and limits.

#![allow(clippy::unwrap_used, reason = "what is not as expected is a failure")]

use gotemplate::{ErrorKind, Limits, Template, Value, sprig};
use serde_json::json;

fn run_with(limits: Limits, template: &str) -> Result<String, (ErrorKind, String)> {
    let data = Value::from(&json!({
        "text": "text", "list": [3, "x", null, true], "map": {"k": "v", "inner": {"n": 1}}, "number": 1_500_000
    }));
    let template = Template::new("t").with_limits(limits).with_functions(sprig::functions()).parse(template);
    let out = template.and_then(|template| template.execute(&data)).map_err(|why| (why.kind(), why.to_string()))?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn run(template: &str) -> Result<String, String> {
    run_with(Limits::default(), template).map_err(|(_, why)| why)
}

#[track_caller]
fn gives(template: &str, output: &str) {
    assert_eq!(run(template).as_deref(), Ok(output), "{template}");
}

/// The error without the prefix of the engine.
#[track_caller]
fn fails(template: &str, why: &str) {
    let found = run(template).unwrap_err();
    let found = found.rsplit_once("error calling ").map_or(found.as_str(), |(_, found)| found);
    assert_eq!(found, why, "{template}");
}

/// All names of sprig 3.3.0's `TxtFuncMap`.
const NAMES: &str = "abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc \
    base bcrypt biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains date dateInZone \
    dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig dir div divf \
    duration durationRound empty encryptAES env expandenv ext fail first float64 floor fromJson genCA genCAWithKey \
    genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName has \
    hasKey hasPrefix hasSuffix hello htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs join \
    kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf mustAppend mustChunk \
    mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas mustInitial mustLast mustMerge \
    mustMergeOverwrite mustPrepend mustPush mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll \
    mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson \
    mustToRawJson mustUniq mustWithout must_date_modify nindent nospace now omit osBase osClean osDir osExt osIsAbs pick \
    pluck plural prepend push quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric regexFind regexFindAll \
    regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit repeat replace rest reverse round semver \
    semverCompare seq set sha1sum sha256sum sha512sum shuffle slice snakecase sortAlpha split splitList splitn squote sub \
    subf substr swapcase ternary title toDate toDecimal toJson toPrettyJson toRawJson toString toStrings trim trimAll \
    trimPrefix trimSuffix trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep untitle upper \
    urlJoin urlParse uuidv4 values without wrap wrapWith";

#[test]
fn every_name_is_there() {
    let functions = sprig::functions();
    let mut found: Vec<&str> = functions.names().collect();
    found.sort_unstable();
    let wanted: Vec<&str> = NAMES.split_whitespace().collect();
    assert_eq!(found, wanted);
}

#[test]
fn functions_with_dependencies_are_unavailable() {
    for (name, dependency) in sprig::REFUSED {
        let why = run(&format!("{{{{ {name} }}}}")).unwrap_err();
        assert!(why.contains(&format!("{name} is not available: it depends on ")), "{dependency:?}: {why}");
    }
    fails(
        r#"{{ "x" | date "2006" }}"#,
        "date: date needs the current time for a value of kind string, but templates have no access to the clock",
    );
}

#[test]
fn strings() {
    gives(r#"{{ "HTTPServer2Go" | snakecase }} {{ "some words_here" | camelcase }}"#, "http_server2_go SomeWordsHere");
    gives(r#"{{ .text | upper | quote }} {{ list "a" nil 1 | join "-" }}"#, r#""TEXT" a-1"#);
    gives(r#"{{ "a\nb" | nindent 2 }}"#, "\n  a\n  b");
    gives(r#"{{ splitn "." 2 "a.b.c" }} {{ "é" | trunc 2 }} {{ abbrev 6 "abcdefgh" }}"#, "map[_0:a _1:b.c] é abc...");
    gives(r#"{{ wrapWith 3 "|" "abcdefgh" }} {{ title "a b_c-d" }} {{ swapcase "aB c" }}"#, "abc|def|gh A B_c-D Ab C");
    fails("{{ repeat -1 \"a\" }}", "repeat: strings: negative Repeat count");
}

#[test]
fn lists_and_dicts() {
    gives(r"{{ $a := list 1 2 }}{{ $b := append $a 3 }}{{ $a }} {{ $b }} {{ slice $b 1 }}", "[1 2] [1 2 3] [2 3]");
    gives(r"{{ uniq (list 1 1.0 1) | toJson }} {{ chunk 2 (list 1 2 3) }}", "[1,1] [[1 2] [3]]");
    gives("{{ seq 3 -2 -3 }} {{ until -2 }} {{ untilStep 0 5 2 }}", "3 1 -1 -3 [0 -1] [0 2 4]");
    gives(
        r#"{{ $d := merge (dict "a" (dict "x" 1) "e" "") (dict "a" (dict "x" 2 "y" 3) "e" 5) }}{{ toJson $d }}"#,
        r#"{"a":{"x":1,"y":3},"e":5}"#,
    );
    gives(
        r#"{{ $a := dict "n" (dict "x" 1) }}{{ $c := deepCopy $a }}{{ $_ := set $c.n "x" 2 }}{{ $a.n.x }}{{ $c.n.x }}"#,
        "12",
    );
    gives(r#"{{ dig "inner" "n" 0 .map }} {{ dig "no" "n" "d" .map }}"#, "1 d");
    fails("{{ first 5 }}", "first: Cannot find first on type int");
    fails(
        r#"{{ dig "k" "x" 0 .map }}"#,
        "dig: interface conversion: interface {} is string, not map[string]interface {}",
    );
}

#[test]
fn numbers() {
    gives("{{ .number }} {{ .number | int }} {{ add 1 \"0x10\" 2.9 }}", "1.5e+06 1500000 19");
    gives("{{ addf 0.1 0.2 }} {{ divf 1 3 }} {{ round 2.675 2 }}", "0.3 0.3333333333333333 2.68");
    gives("{{ print 170643096039136.625 }} {{ toJson 1e21 }} {{ toJson 1e-7 }}", "1.7064309603913662e+14 1e+21 1e-7");
    fails("{{ div 1 0 }}", "div: runtime error: integer divide by zero");
}

#[test]
fn json() {
    gives(r#"{{ toJson "<é\u2028" }} {{ toRawJson "<" }}"#, r#""\u003cé\u2028" "<""#);
    gives(r#"{{ (fromJson "{\"a\":[1,\"\\ud83d\\ude80\"]}").a }}{{ fromJson "[1,]" }}"#, "[1 🚀]<no value>");
    gives(r#"{{ toPrettyJson (dict "a" (list 1) "b" (dict)) }}"#, "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
    fails(r#"{{ mustFromJson "[1 2]" }}"#, "mustFromJson: invalid character '2' after array element");
}

#[test]
fn dates() {
    gives(r#"{{ dateInZone "2006-01-02 15:04 MST" 1720000000 "America/New_York" }}"#, "2024-07-03 05:46 EDT");
    gives(r#"{{ (toDate "2006-01-02" "2024-02-29").AddDate 1 0 0 | htmlDate }}"#, "2025-03-01");
    gives(r#"{{ duration "3661" }} {{ durationRound "100h" }}"#, "1h1m1s 4d");
    fails(
        r#"{{ mustToDate "2006-01-02" "2023-02-29" }}"#,
        r#"mustToDate: parsing time "2023-02-29": day out of range"#,
    );
}

#[test]
fn versions() {
    gives(
        r#"{{ semverCompare ">=1.33-0" "v1.33.1-gke.1" }} {{ semverCompare "1.2 - 2.x || 4" "4.1.0" }}"#,
        "true true",
    );
    gives(r#"{{ (semver "v1.2.3-rc.1").IncPatch }} {{ (semver "1.2").Original }}"#, "1.2.3 1.2");
    fails(r#"{{ semverCompare ">= a" "1.0" }}"#, "semverCompare: improper constraint: >= a");
}

#[test]
fn regular_expressions() {
    gives(r#"{{ regexReplaceAll "(\\w+)@(\\w+)" "a@b" "$2 ${1}x" }} {{ regexFindAll "a*" "baac" -1 }}"#, "b ax [ aa ]");
    gives(r#"{{ regexSplit "," "a,b,c" 2 }} {{ regexMatch "(?i)STRASSE|ß" "ẞ" }}"#, "[a b,c] true");
    // A byte that is not UTF-8 is one character.
    gives(r#"{{ regexReplaceAll "." "a\xffb" "-" }} {{ printf "%q" (regexFind "[^a]" "a\xffb") }}"#, r#"--- "\xff""#);
    fails(
        r#"{{ regexFind "a**" "a" }}"#,
        "regexFind: regexp: Compile(`a**`): error parsing regexp: invalid nested repetition operator: `**`",
    );
    fails(r#"{{ mustRegexMatch "\\8" "a" }}"#, r"mustRegexMatch: error parsing regexp: invalid escape sequence: `\8`");
}

/// Templates that exceed a limit fail with its error.
#[test]
fn limits_hold() {
    let limits = Limits { memory: 4 << 20, steps: 1_000_000, regex: 1 << 20, nesting: 200, ..Limits::default() };
    let deep = "{{ $x := list }}{{ range until 300 }}{{ $x = list $x }}{{ end }}";
    for (name, template) in [
        ("repeat", r#"{{ repeat 1000000000 "abc" | len }}"#.to_owned()),
        ("indent", r#"{{ indent 1000000000 "a" | len }}"#.to_owned()),
        ("until", "{{ until 1000000000 | len }}".to_owned()),
        ("untilStep", "{{ untilStep 0 -1000000000 -1 | len }}".to_owned()),
        ("seq", "{{ seq 1000000000 | len }}".to_owned()),
        ("replace", r#"{{ $s := repeat 100000 "a" }}{{ replace "a" $s $s | len }}"#.to_owned()),
        ("join", r#"{{ join (repeat 100000 "a") (until 1000) | len }}"#.to_owned()),
        ("wrapWith", r#"{{ wrapWith 1 (repeat 1000 "-") (repeat 100000 "a") | len }}"#.to_owned()),
        ("split", r#"{{ split "" (repeat 1000000 "a") | len }}"#.to_owned()),
        ("append", "{{ $l := list }}{{ range until 10000 }}{{ $l = append $l . }}{{ end }}".to_owned()),
        ("regex size", r#"{{ regexMatch "(\\pL{30}){30}" "a" }}"#.to_owned()),
        (
            "regexReplaceAll",
            r#"{{ $s := repeat 1000 "a" }}{{ regexReplaceAll "a*" $s (repeat 10000 "$0") | len }}"#.to_owned(),
        ),
        ("regexFindAll", r#"{{ regexFindAll "" (repeat 1000000 "a") -1 | len }}"#.to_owned()),
        ("toJson", format!("{deep}{{{{ toJson $x }}}}")),
        ("deepCopy", format!("{deep}{{{{ deepCopy $x | len }}}}")),
        ("uniq", format!("{deep}{{{{ uniq (list $x $x) | len }}}}")),
        ("fromJson", r#"{{ fromJson (repeat 100000 "[") }}"#.to_owned()),
        ("uniq of many", "{{ uniq (until 10000) | len }}".to_owned()),
        ("semverCompare", r#"{{ semverCompare (printf "%sa - 1" (repeat 100000 "1")) "1.0.0" }}"#.to_owned()),
    ] {
        let (kind, why) = run_with(limits.clone(), &template).unwrap_err();
        assert!(matches!(kind, ErrorKind::Limit(_)), "{name}: {why}");
    }
}

#[test]
fn values_as_deep_as_allowed_fit_the_stack() {
    let dicts = r#"{{ $x := dict }}{{ range until 450 }}{{ $x = dict "a" $x }}{{ end }}"#;
    let template = format!(
        "{dicts}{{{{ $y := deepCopy $x }}}}{{{{ merge $x $y | toPrettyJson | len }}}} {{{{ deepEqual $x $y }}}}"
    );
    let small = std::thread::Builder::new().stack_size(2 << 20);
    let out = small.spawn(move || run(&template)).unwrap().join().unwrap();
    assert_eq!(out.as_deref(), Ok("409052 true"));
    // Go crashes here, or does not end.
    fails(r#"{{ $d := dict }}{{ set $d "a" (list $d) }}"#, "set: a map cannot hold itself");
    fails(
        r#"{{ mustRegexMatch (repeat 100000 "(") "a" | len }}"#,
        &format!("mustRegexMatch: error parsing regexp: expression nests too deeply: `{}`", "(".repeat(100_000)),
    );
}
