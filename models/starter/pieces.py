"""The text pieces: Whisper's English vocabulary, restricted to pieces that a small model can learn.

Ids are the ordinary ids, so any Whisper decoder reads the output. The subset is chosen bottom-up:
the most frequent pair that the full vocabulary can merge is added until the size is reached.
"""

import argparse
import collections
import json
import re
import struct
from pathlib import Path

PATTERN = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
EOT, SOT, PREV, NOSPEECH, NOTIMES, TIME0 = 50256, 50257, 50360, 50361, 50362, 50363
VOCAB = 51864
NEWLINE = 198  # what silence decodes to when the prompt forbids <|nospeech|>


SHIPPED = Path(__file__).resolve().parent.parent / "ggml-starter-q5_1.bin"


def read_ranks(path: Path = SHIPPED) -> dict[bytes, int]:
    """The vocabulary of a whisper.cpp file: its order is the order of the merges."""
    with open(path, "rb") as file:
        header = struct.unpack("12i", file.read(48))
        if header[0] != 0x67676D6C or header[1] != VOCAB:
            raise ValueError(f"{path} is not an English Whisper model in ggml's format")
        rows, columns = struct.unpack("2i", file.read(8))
        file.seek(4 * rows * columns, 1)
        ranks = {}
        for rank in range(struct.unpack("i", file.read(4))[0]):
            ranks[file.read(struct.unpack("i", file.read(4))[0])] = rank
    return ranks


def merge(word: bytes, ranks: dict[bytes, int], allowed) -> list[bytes]:
    """Byte pair encoding of one word in the order of the ranks, with the allowed pieces only."""
    parts = [bytes([b]) for b in word]
    while len(parts) > 1:
        pairs = [a + b for a, b in zip(parts, parts[1:], strict=False)]
        best = min(range(len(pairs)), key=lambda i: ranks[pairs[i]] if pairs[i] in allowed else 1 << 30)
        if pairs[best] not in allowed:
            break
        parts[best : best + 2] = [pairs[best]]
    return parts


def choose(texts: list[str], ranks: dict[bytes, int], size: int = 1400) -> list[int]:
    """The ids of the pieces to use for texts like these."""
    counts = collections.Counter()
    for text in texts:
        counts.update(PATTERN.findall(" " + text))
    cut = [([bytes([b]) for b in word.encode()], n) for word, n in counts.items()]
    keep = {bytes([b]) for b in range(256)} | {bytes([32, b]) for b in range(33, 127) if bytes([32, b]) in ranks}
    while len(keep) < size:
        pairs = collections.Counter()
        for parts, n in cut:
            for a, b in zip(parts, parts[1:], strict=False):
                pairs[a + b] += n
        fresh = [p for p, _ in pairs.most_common(400) if p in ranks and p not in keep]
        if not fresh:
            break
        keep |= set(fresh[: max(4, (size - len(keep)) // 12)])
        cut = [(merge(b"".join(parts), ranks, keep) if len(parts) > 1 else parts, n) for parts, n in cut]
    return sorted(ranks[piece] for piece in keep)


class Pieces:
    """Encoder and decoder of text for a list of piece ids."""

    def __init__(self, ids: list[int], ranks: dict[bytes, int]) -> None:
        names = {rank: piece for piece, rank in ranks.items()}
        self.ids = sorted(ids)
        self.bytes = {i: names[i] for i in self.ids}
        self.ranks = {names[i]: i for i in self.ids}
        self.cache: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        out = []
        for word in PATTERN.findall(text):
            if word not in self.cache:
                self.cache[word] = [self.ranks[p] for p in merge(word.encode(), self.ranks, self.ranks)]
            out += self.cache[word]
        return out

    def decode(self, ids: list[int]) -> str:
        return b"".join(self.bytes.get(i, b"") for i in ids).decode(errors="replace")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path, help="train.tsv")
    parser.add_argument("out", type=Path, help="JSON list of ids")
    parser.add_argument("--size", type=int, default=1400)
    parser.add_argument("--vocabulary", type=Path, default=SHIPPED, help="a whisper.cpp model file")
    args = parser.parse_args()
    texts = [line.split("\t", 1)[1] for line in args.sentences.read_text().splitlines()]
    ids = choose(texts, read_ranks(args.vocabulary), args.size)
    args.out.write_text(json.dumps(ids))
    print(len(ids), "pieces")


if __name__ == "__main__":
    main()
