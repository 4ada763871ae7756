"""Test sets as wav files with a manifest, and word error rates of what a recogniser made of them.

`make` speaks the test sentences with voices seen in training and voices kept out, adds noise at several
levels, silence and noise without speech, and very short answers. `score` reads the manifest and one or
more hypothesis files and prints one table. Both are JSON lines: {"audio", "text", "set", "voice"} and
{"audio", "heard"}. `viva bench stt` reads the same manifest.
"""

import argparse
import collections
import json
import random
import wave
from pathlib import Path

import numpy as np

from effects import noise
from mel import RATE
from voices import UNSEEN, Espeak, Flite, Setting, to_16k
from wer import distance, words

SEEN = ("flite:slt", "flite:rms", "flite:awb", "espeak:en-us", "espeak:en")
SHORT = (
    "Yes.|No.|Okay.|Thank you.|I don't know.|Python.|Kubernetes and Docker.|Could you repeat that?|Hmm, I'm not sure.|SQL.|"
    "Five years.|React and TypeScript."
).split("|")


def write_wav(path: Path, samples: np.ndarray) -> None:
    """16 bit mono at 16 kHz."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


class Maker:
    """Writes clips and remembers their manifest lines."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, []
        self.engines = {"espeak": Espeak(), "flite": Flite()}
        folder.mkdir(parents=True, exist_ok=True)

    def speak(self, text: str, voice: str) -> np.ndarray:
        engine, name = voice.split(":")
        return to_16k(*self.engines[engine].speak(text, Setting(engine, name)))

    def add(self, samples: np.ndarray, text: str, group: str, voice: str) -> None:
        name = f"{len(self.rows):04d}.wav"
        write_wav(self.folder / name, samples)
        self.rows.append({"audio": name, "text": text, "set": group, "voice": voice})


def make(folder: Path, sentences: Path, extra: Path | None, count: int, seed: int) -> None:
    rng, random_noise = random.Random(seed), np.random.default_rng(seed)
    groups = collections.defaultdict(list)
    for line in sentences.read_text().splitlines():
        kind, text = line.split("\t", 1)
        groups[kind].append(text)
    if extra:
        groups["extra"] = [line for line in extra.read_text().splitlines() if line.strip()]
    maker = Maker(folder)
    for kind, texts in groups.items():
        for i, text in enumerate(texts[:count]):
            voice = SEEN[i % len(SEEN)]
            maker.add(maker.speak(text, voice), text, kind, voice)
    main = groups["extra"] or groups["tech"]
    for i, text in enumerate(rng.sample(main, min(45, len(main)))):
        voice = UNSEEN[i % len(UNSEEN)]
        maker.add(maker.speak(text, voice), text, "voices kept out", voice)
    for level in (20, 10, 5):
        for i, text in enumerate(main[:30]):
            clean = 0.5 * maker.speak(text, SEEN[i % 3])
            loud = np.sqrt((clean**2).mean()) * 10 ** (-level / 20)
            maker.add(clean + loud * noise(random_noise, len(clean)), text, f"noise at {level} dB", SEEN[i % 3])
    for i, text in enumerate(SHORT):
        maker.add(maker.speak(text, SEEN[i % 3]), text, "very short", SEEN[i % 3])
    for seconds in (0.5, 1, 3, 10):
        maker.add(np.zeros(int(seconds * RATE)), "", "silence", "none")
        for loud in (0.001, 0.01, 0.1):
            maker.add(loud * noise(random_noise, int(seconds * RATE)), "", "noise only", "none")
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in maker.rows))
    print(len(maker.rows), "clips")


def tally(manifest: list[dict], hypotheses: dict[str, str]) -> dict[str, tuple[int, int, int, int]]:
    """By set, and by set and voice: clips, words, errors, clips without an error."""
    found: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0, 0])
    for row in manifest:
        want, got = words(row["text"]), words(hypotheses.get(row["audio"], ""))
        wrong = distance(want, got)
        for name in (row["set"], f"{row['set']} / {row['voice']}"):
            entry = found[name]
            for i, n in enumerate((1, len(want), wrong, int(wrong == 0))):
                entry[i] += n
    return {name: tuple(entry) for name, entry in sorted(found.items())}


def report(tables: list[dict[str, tuple]], names: list[str]) -> str:
    """A Markdown table, one column per model."""
    lines = ["| set / voice | clips | " + " | ".join(names) + " |", "|-|-|" + "-|" * len(names)]
    for key, (clips, count, *_) in tables[0].items():
        cells = []
        for table in tables:
            _, _, wrong, exact = table[key]
            cells.append(f"{100 * wrong / count:.1f} % ({exact} exact)" if count else f"{wrong} words")
        lines.append(f"| {key} | {clips} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def read_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    sub = parser.add_subparsers(dest="command", required=True)
    maker = sub.add_parser("make")
    maker.add_argument("folder", type=Path)
    maker.add_argument("sentences", type=Path, help="test.tsv")
    maker.add_argument("--extra", type=Path, help="further sentences, one a line")
    maker.add_argument("--count", type=int, default=60)
    maker.add_argument("--seed", type=int, default=7)
    scorer = sub.add_parser("score")
    scorer.add_argument("manifest", type=Path)
    scorer.add_argument("hypotheses", type=Path, nargs="+")
    args = parser.parse_args()
    if args.command == "make":
        make(args.folder, args.sentences, args.extra, args.count, args.seed)
        return
    manifest = read_lines(args.manifest)
    tables = [tally(manifest, {row["audio"]: row["heard"] for row in read_lines(path)}) for path in args.hypotheses]
    print(report(tables, [path.stem for path in args.hypotheses]))


if __name__ == "__main__":
    main()
