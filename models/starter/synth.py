"""Speak training sentences and keep their log mel power in shards (npz).

Worker K of N takes every N-th sentence. Every flite utterance is kept twice: as it is, and once more
resampled (speed, pitch and formants together) and sent through rooms, microphones and telephones;
flite is by far the slowest part of the synthesis, and its voices matter most.
"""

import argparse
import random
import time
from pathlib import Path

import numpy as np

from effects import degrade
from mel import RATE, log_power
from spoken import spoken
from voices import UNSEEN, Espeak, Flite, Setting, festival, pick, to_16k


class Shards:
    """Collects utterances and writes them in groups."""

    def __init__(self, folder: Path, name: str, size: int) -> None:
        self.folder, self.name, self.size = folder, name, size
        self.rows: list[tuple] = []
        self.count = 0
        self.seconds = 0.0
        self.start = time.time()
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, wave: np.ndarray, text: str, label: str, clean: bool) -> None:
        if len(wave) < 0.2 * RATE or len(wave) > 16.5 * RATE or np.abs(wave).max() < 1e-3:
            return
        mel = log_power(wave / np.abs(wave).max() * 0.5)
        loud = mel.max(1)
        voiced = np.where(loud > loud.max() - 4.5)[0]
        self.rows.append((mel.astype(np.float16), text, label, voiced[0], voiced[-1] + 1, clean))
        self.seconds += len(wave) / RATE
        if len(self.rows) >= self.size:
            self.flush()

    def flush(self) -> None:
        if not self.rows:
            return
        mels, texts, labels, first, last, clean = zip(*self.rows, strict=True)
        path = self.folder / f"{self.name}-{self.count:06d}.npz"
        part = path.with_suffix(".part")
        with open(part, "wb") as file:
            np.savez(
                file, mel=np.concatenate(mels), n=np.array([len(m) for m in mels], np.int32), text=np.array(texts),
                voice=np.array(labels), on=np.array(first, np.int32), off=np.array(last, np.int32), clean=np.array(clean),
            )  # fmt: skip
        part.rename(path)
        self.count += len(self.rows)
        self.rows = []
        print(f"{path.name} {self.seconds / 3600:.2f} h in {time.time() - self.start:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path, help="train.tsv")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worker", type=int, nargs=2, default=(0, 1), metavar=("K", "N"))
    parser.add_argument("--range", type=int, nargs=2, default=(0, 10**9), metavar=("FROM", "TO"))
    parser.add_argument("--name", default="s")
    parser.add_argument("--flite", type=float, default=0.35, help="share of utterances")
    parser.add_argument("--festival", type=float, default=0.02)
    parser.add_argument("--once", action="store_true", help="no second copy of flite utterances")
    parser.add_argument("--shard", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    k, count = args.worker
    rows = [line.split("\t", 1)[1] for line in args.sentences.read_text().splitlines()]
    rows = rows[args.range[0] : args.range[1]][k::count]
    rng = random.Random(f"{args.seed} {args.name} {k} {args.range[0]}")
    espeak, flite = Espeak(), Flite()
    shards = Shards(args.folder, f"{args.name}{k}-{args.range[0]}", args.shard)
    waiting: dict[Setting, list[tuple[str, str]]] = {}

    def keep(wave: np.ndarray, rate: int, text: str, how: Setting) -> None:
        twice = how.engine == "flite" and not args.once
        plain = how in (Setting(how.engine, how.voice), Setting("flite", how.voice, how.stretch))
        if twice or plain:
            shards.add(to_16k(wave, rate), text, how.label, True)
        if twice or not plain:
            factor = rng.uniform(0.87, 1.15) if rng.random() < 0.7 else 1.0
            copy = to_16k(wave, rate, factor)
            changed = rng.random() < 0.5
            shards.add(degrade(copy, rng.getrandbits(32)) if changed else copy, text, how.label, False)

    for text in rows:
        how = pick(rng, args.flite, args.festival)
        if how.label in UNSEEN:
            continue
        said = spoken(text, rng, 0.2 if how.engine == "flite" else 0.5)
        try:
            if how.engine == "festival":
                queue = waiting.setdefault(how, [])
                queue.append((said, text))
                if len(queue) >= 25:
                    for result, (_, written) in zip(festival([a for a, _ in queue], how), queue, strict=True):
                        if result is not None:
                            keep(*result, written, how)
                    queue.clear()
            else:
                keep(*(flite if how.engine == "flite" else espeak).speak(said, how), text, how)
        except (ValueError, OSError) as error:
            print("skipped", how.label, repr(error), flush=True)
    shards.flush()


if __name__ == "__main__":
    main()
