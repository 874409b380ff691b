"""mdBook's search index: https://github.com/weixsong/elasticlunr.js, as JSON in a script."""

import json
import re
from collections import Counter
from pathlib import Path

SCRIPT = re.compile(r"JSON\.parse\('(.*)'\)", re.S)


def file(site: Path) -> Path:
    """The script, whose name has a hash."""
    [found] = site.glob("searchindex*.js")
    return found


def load(site: Path) -> dict:
    """The index and its options."""
    text = SCRIPT.search(file(site).read_text())[1]
    return json.loads(re.sub(r"\\(['\\])", r"\1", text))


def save(site: Path, search: dict) -> None:
    """Writes the index back."""
    text = json.dumps(search, separators=(",", ":"), ensure_ascii=False)
    text = text.replace("\\", "\\\\").replace("'", "\\'")
    script = file(site)
    script.write_text(SCRIPT.sub(lambda _: f"JSON.parse('{text}')", script.read_text()))


def add_parts(search: dict) -> None:
    """Adds the parts of names: a search for `excludeInboundPorts` finds `traffic.sidecar.istio.io/excludeInboundPorts`.

    mdBook separates words at spaces and dashes alone, and its search finds words by how they begin.
    """
    root = search["index"]["index"]["body"]["root"]
    for ref, document in search["index"]["documentStore"]["docs"].items():
        words = re.split(r"[\s-]+", document["body"].lower())
        parts = Counter(part for word in words for part in re.findall(r"(?<=\W)\w{3,}", word))
        for part, count in parts.items():
            node = root
            for letter in part:
                node = node.setdefault(letter, {"df": 0, "docs": {}})
            if ref not in node["docs"]:
                node["docs"][ref] = {"tf": count**0.5}
                node["df"] += 1


def sections(search: dict, word: str) -> list[str]:
    """The sections with words that begin so, as addresses."""
    node = search["index"]["index"]["body"]["root"]
    for letter in word.lower():
        node = node.get(letter, {})
    found, nodes = set(), [node]
    while nodes:
        node = nodes.pop()
        found.update(node.get("docs", {}))
        nodes += [below for key, below in node.items() if len(key) == 1]
    return [search["doc_urls"][int(ref)] for ref in sorted(found, key=int)]
