"""Choose short documentation sentences that bring words which the other sentences hardly have.

A small model spells a word right only when it has heard it some dozens of times. Greedy: a sentence is
worth the number of its words that are still short of their goal; goals follow how common a word is.
"""

import argparse
import collections
import lzma
import random
from pathlib import Path

from text import held_out, key


def choose(have: collections.Counter, pool: list[str], count: int, goal: int, common: int, rng: random.Random) -> list[str]:
    """Up to `count` sentences of the pool. Words that occur less than `common` times in it do not matter."""
    frequency = collections.Counter(word for sentence in pool for word in set(sentence.split()))
    have = collections.Counter(have)
    out: list[str] = []
    order = list(range(len(pool)))
    for least in (4, 3, 2, 1):
        rng.shuffle(order)
        for i in order:
            words = set(pool[i].split())
            short = [w for w in words if frequency[w] >= common and have[w] < min(goal, frequency[w])]
            if len(short) >= least and len(short) >= 0.25 * len(words):
                out.append(pool[i])
                have.update(words)
                if len(out) >= count:
                    return out
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path, help="train.tsv, what there is")
    parser.add_argument("docs", type=Path, help="sentences to choose from, one a line")
    parser.add_argument("out", type=Path)
    parser.add_argument("--first", type=int, default=10**9, help="count only this many of the sentences there are")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--goal", type=int, default=25)
    parser.add_argument("--common", type=int, default=12)
    parser.add_argument("--longest", type=int, default=15)
    parser.add_argument("--exclude", type=Path, action="append", default=[])
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    have: collections.Counter = collections.Counter()
    for line in args.sentences.read_text().splitlines()[: args.first]:
        have.update(key(line.split("\t", 1)[1]).split())
    banned = set().union(*[held_out(folder) for folder in args.exclude])
    opener = lzma.open if args.docs.suffix == ".xz" else open
    with opener(args.docs, "rt") as file:
        written = {key(line): line.rstrip("\n") for line in file}
    pool = sorted(k for k in written if k not in banned and 4 <= len(k.split()) <= args.longest)
    chosen = choose(have, pool, args.count, args.goal, args.common, random.Random(args.seed))
    random.Random(args.seed).shuffle(chosen)
    args.out.write_text("".join(f"docs\t{written[k]}\n" for k in chosen))
    print(len(chosen), "sentences")


if __name__ == "__main__":
    main()
