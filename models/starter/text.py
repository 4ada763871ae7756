"""Make the training sentences: technical talk, interview talk and documentation sentences.

The order is shuffled once, with the seed, so a prefix of the list is a fair sample of it.
Sentences that occur in held-out material (--exclude) are left out.
"""

import argparse
import json
import lzma
import random
from pathlib import Path

import grammar
import techtalk
from wer import words



def key(sentence: str) -> str:
    """What counts as the same sentence."""
    return " ".join(words(sentence))


def held_out(folder: Path) -> set[str]:
    """Every sentence found in the text, TOML, JSON and JSON lines files of a folder."""
    found = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".txt", ".toml", ".jsonl", ".json", ".tsv"} or not path.is_file():
            continue
        for line in path.read_text(errors="replace").splitlines():
            chunks = [line]
            if path.suffix == ".jsonl":
                chunks = [v for v in json.loads(line).values() if isinstance(v, str)]
            for chunk in chunks:
                for mark in '.?!"=':
                    chunk = chunk.replace(mark, "\n")
                found.update(key(part) for part in chunk.split("\n"))
    return {k for k in found if len(k.split()) >= 4}


def generate(make, count: int, rng: random.Random, banned: set[str], limit: int = 38) -> list[str]:
    """Distinct sentences of a generator (short ones may repeat a few times)."""
    seen: dict[str, int] = {}
    out = []
    while len(out) < count:
        sentence = make(rng)
        k = key(sentence)
        size = len(k.split())
        allowed = 40 if size <= 3 else 6 if size <= 12 else 1
        if size > limit or seen.get(k, 0) >= allowed:
            continue
        if k in banned or any(key(part) in banned for part in sentence.replace("?", ".").split(".")):
            continue
        seen[k] = seen.get(k, 0) + 1
        out.append(sentence)
    return out


def general_sentences(path: Path, banned: set[str]) -> list[str]:
    """The lines of a text file, without those that are held out."""
    opener = lzma.open if path.suffix == ".xz" else open
    with opener(path, "rt") as file:
        return [s for s in (line.rstrip("\n") for line in file) if key(s) not in banned]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--docs", type=Path, help="general sentences, one a line (may be .xz); none if left out")
    parser.add_argument("--exclude", type=Path, action="append", default=[], help="folder of held-out text")
    parser.add_argument("--tech", type=int, default=45000)
    parser.add_argument("--talk", type=int, default=12000)
    parser.add_argument("--documents", type=int, default=30000)
    parser.add_argument("--test", type=int, default=150, help="sentences of each kind kept for testing")
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    banned = set().union(*[held_out(folder) for folder in args.exclude]) if args.exclude else set()
    docs = general_sentences(args.docs, banned) if args.docs else []
    kinds = {
        "tech": generate(techtalk.sentence, args.tech, rng, banned),
        "talk": generate(grammar.talk, args.talk, rng, banned),
        "docs": rng.sample(docs, min(args.documents, len(docs))),
    }
    test, train = [], []
    for kind, sentences in kinds.items():
        rng.shuffle(sentences)
        test += [(kind, s) for s in sentences[: args.test]]
        known = {key(s) for _, s in test}
        train += [(kind, s) for s in sentences[args.test :] if key(s) not in known]
    rng.shuffle(train)
    args.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", train), ("test", test)):
        (args.out / f"{name}.tsv").write_text("".join(f"{kind}\t{s}\n" for kind, s in rows))
        print(name, len(rows), {kind: sum(k == kind for k, _ in rows) for kind in kinds})
    if banned:
        print(len(banned), "held-out sentences known")


if __name__ == "__main__":
    main()
