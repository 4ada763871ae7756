"""Put together what is spoken: the sentences that `coverage.py` chose, and some of every kind of `text.py`'s."""

import argparse
import random
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path, help="folder with train.tsv and test.tsv")
    parser.add_argument("out", type=Path)
    parser.add_argument("--chosen", type=Path, help="output of coverage.py")
    parser.add_argument("--docs", type=int, default=10000)
    parser.add_argument("--tech", type=int, default=13000)
    parser.add_argument("--talk", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=2027)
    args = parser.parse_args()
    test = {line.split("\t", 1)[1] for line in (args.text / "test.tsv").read_text().splitlines()}
    rows = (args.text / "train.tsv").read_text().splitlines()
    chosen = args.chosen.read_text().splitlines() if args.chosen else []
    out = [row for row in chosen if row.split("\t", 1)[1] not in test]
    for kind, count in (("docs", args.docs), ("tech", args.tech), ("talk", args.talk)):
        out += [row for row in rows if row.startswith(kind + "\t")][:count]
    random.Random(args.seed).shuffle(out)
    args.out.write_text("".join(row + "\n" for row in out))
    print(len(out), "sentences,", len(chosen), "of them chosen")


if __name__ == "__main__":
    main()
