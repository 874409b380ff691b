#!/usr/bin/env python3
"""Makes the first inputs of fuzz targets: seeds/TARGET, from testdata folders, and from ../shared where that is.

An input is a text; after a NUL byte follow bytes that say what is done to it. The same files give the same seeds.
"""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTDATA = HERE.parent / "testdata"
CRATES = HERE.parent / "crates"
SHARED = HERE.parent.parent / "shared"
LONGEST = 2000
# How many of a folder of real manifests are taken, spread over all.
MOST = 600


def read(paths):
    """The texts of files that are short enough to mutate, each once."""
    texts = {}
    for path in sorted(paths):
        if path.is_file() and path.stat().st_size <= LONGEST:
            texts.setdefault(path.read_bytes())
    return list(texts)


def spread(items, most):
    step = max(1, len(items) // most)
    return items[::step]


def documents(paths):
    """The documents of files of any length."""
    for path in sorted(paths):
        if path.is_file():
            for text in re.split(rb"(?m)^---[ \t]*\n", path.read_bytes()):
                if 20 < len(text) <= LONGEST:
                    yield text


def program(text, length=48):
    """Bytes that are always the same for a text."""
    return hashlib.blake2b(text, digest_size=length).digest()


def edited():
    own = read((CRATES / "lossless-yaml/testdata").glob("edits/*/in.yaml"))
    own += read((CRATES / "lossless-yaml/testdata").glob("oracle/edits/*.in.yaml"))
    own += read(TESTDATA.glob("oracle/lossless/*.in.yaml"))
    suite = read(SHARED.glob("corpus/yaml-yaml-test-suite/*")) + read(SHARED.glob("corpus/broken/*"))
    return own + suite


def manifests(most=MOST):
    own = list(documents(TESTDATA.glob("shop/*.yaml"))) + list(documents(TESTDATA.glob("cli/**/*.yaml")))
    real = [text for text in documents(SHARED.glob("corpus/*/*.y*ml")) if b"containers:" in text]
    return own + spread(real, most)


def istio():
    return spread(list(documents(SHARED.glob("oracle/istio/1.30/inputs/*.yaml"))), 300)


def resolved():
    for line in lines("lossless-yaml/testdata/oracle/yaml/resolve.jsonl"):
        if isinstance(line.get("yaml"), str) and len(line["yaml"]) <= LONGEST:
            yield line["yaml"].encode("utf-8", "surrogatepass")
    for line in lines("lossless-yaml/testdata/oracle/yaml/roundtrip.jsonl"):
        for text in strings(line["value"]):
            yield text.encode("utf-8", "surrogatepass")


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value if isinstance(value, list) else value.values():
            yield from strings(inner)


def lines(name):
    return map(json.loads, (CRATES / name).read_text().strip().split("\n"))


def patches():
    cases = spread(list(lines("strategicpatch/testdata/oracle/strategicpatch/cases.jsonl")), 800)
    pairs = [json.dumps(case["original"]) + "\0" + json.dumps(case["patch"]) for case in cases]
    own = '{"spec":{"containers":[{"name":"a"}]}}\0{"spec":{"containers":[{"name":"b"},{"name":"a","tty":true}]}}'
    return [own.encode()] + [pair.encode() for pair in pairs if len(pair) <= LONGEST]


def templates():
    own = [text for path in sorted(TESTDATA.rglob("*")) if path.is_file() and b"{{" in (text := path.read_bytes())]
    bench = (CRATES / "gotemplate/benches/pod.tmpl").read_bytes()
    # Actions of a long text, a few lines at a time.
    for text in [bench, *own]:
        rows = text.split(b"\n")
        own += [b"\n".join(rows[at : at + 8]) for at in range(0, len(rows), 8)]
    for case in lines("gotemplate/testdata/oracle/gotemplate/cases.jsonl"):
        if isinstance(case.get("template"), str):
            own.append((case["template"] + "\0" + json.dumps(case["data"])).encode("utf-8", "surrogatepass"))
    return list(dict.fromkeys(text for text in own if len(text) <= LONGEST))


def with_programs(texts):
    return [text + b"\0" + program(text) for text in texts]


def made(count=300):
    """Bytes from which documents are made, and what is done to them."""
    return [b"\1" + program(str(number).encode(), 60) * 5 for number in range(count)]


SEEDS = {
    "yaml": lambda: with_programs(edited() + manifests(100)) + made(),
    "resolve": lambda: edited() + list(resolved()),
    "strategicpatch": lambda: patches() + [program(text, 64) for text in edited()],
    "annotate": lambda: with_programs(edited() + manifests() + istio()),
    "inject": lambda: with_programs(manifests() + istio()),
    "gotemplate": templates,
}


def main():
    for target in sys.argv[1:] or SEEDS:
        folder = HERE / "seeds" / target
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (HERE / "corpus" / target).mkdir(parents=True, exist_ok=True)
        seeds = SEEDS[target]()
        for seed in seeds:
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
        print(f"{target}: {len(seeds)} seeds")


main()
