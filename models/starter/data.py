"""Training batches from the shards."""

import bisect
import queue
import random
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from augment import FLOOR, NoiseBank, babble, distort, to_input
from pieces import EOT, NEWLINE, NOSPEECH, NOTIMES, PREV, SOT, TIME0, Pieces
from voices import Espeak

LETTERS = {letter: i + 1 for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz '0123456789%$")}
PHONEMES = "It@nasdkr#liz2Em3pDUeVfwbvouSOjN0ZLghAT!?x"  # as espeak-ng writes them, most frequent first
PHONE = {p: i + 1 for i, p in enumerate(PHONEMES)}
MAIN = ("flite:slt", "flite:rms", "flite:awb")
COMMON = ("espeak:en", "espeak:en-us", "espeak:en-us-nyc", "espeak:en-gb-x-rp", "espeak:en-gb-scotland", "flite:kal16")


@dataclass
class Recipe:
    """What a batch is made of; shares are probabilities."""

    main: float = 0.5  # the voices that matter most, undegraded
    common: float = 0.22  # plain system voices
    frames: int = 1800  # frames in a batch, about
    longest: int = 1650
    window: float = 0.03  # batches of up to 30 s
    several: float = 0.06  # batches in which every clip holds several utterances
    silence: float = 0.04
    times: float = 0.2  # with timestamps
    history: float = 0.04  # with a preceding text
    distorted: float = 0.18
    corrupt: float = 0.05  # wrong pieces in the decoder's own history


@dataclass
class Utterance:
    shard: np.ndarray
    start: int
    frames: int
    text: str
    tokens: list[int]
    first: int
    last: int

    @property
    def mel(self) -> np.ndarray:
        return self.shard[self.start : self.start + self.frames]


class Corpus:
    """All utterances of a folder, in three groups, sorted by length; `refresh` takes up new shards."""

    def __init__(self, folder: Path, pieces: Pieces) -> None:
        self.folder, self.pieces = folder, pieces
        self.espeak = Espeak()
        self.phonemes: dict[str, list[int]] = {}
        self.known: set[Path] = set()
        self.groups: list[list[Utterance]] = [[], [], []]
        self.lengths: list[list[int]] = [[], [], []]
        self.refresh()

    def __len__(self) -> int:
        return sum(map(len, self.groups))

    def refresh(self) -> None:
        fresh: list[list[Utterance]] = [list(group) for group in self.groups]
        for path in sorted(self.folder.glob("*.npz")):
            if path in self.known:
                continue
            self.known.add(path)
            z = np.load(path)
            mel, offset = z["mel"], 0
            clean = z["clean"] if "clean" in z.files else np.ones(len(z["n"]), bool)
            for n, text, first, last, voice, plain in zip(
                z["n"].tolist(), z["text"].tolist(), z["on"].tolist(), z["off"].tolist(), z["voice"].tolist(), clean, strict=True
            ):
                tokens = self.pieces.encode(" " + text)
                if len(tokens) < 150 and n >= 25:
                    if text not in self.phonemes:
                        said = self.espeak.phonemes(text)
                        self.phonemes[text] = [PHONE[p] for p in said if p in PHONE]
                    group = 2 if not plain else 0 if voice in MAIN else 1 if voice in COMMON else 2
                    fresh[group].append(Utterance(mel, offset, n, text, tokens, first, last))
                offset += n
        for group in fresh:
            group.sort(key=lambda u: u.frames)
        self.lengths = [[u.frames for u in group] for group in fresh]
        self.groups = fresh

    def pick(self, rng: random.Random, recipe: Recipe, shortest: int, longest: int) -> Utterance:
        """A random utterance of about that length, the group by the recipe's shares."""
        x = rng.random()
        first = 0 if x < recipe.main else 1 if x < recipe.main + recipe.common else 2
        for group in (first, 2, 0, 1):
            lengths, members = self.lengths[group], self.groups[group]
            low = bisect.bisect_left(lengths, shortest)
            high = bisect.bisect_right(lengths, longest)
            if high > low:
                return members[min(rng.randrange(low, high), len(members) - 1)]
        return self.groups[first][0] if self.groups[first] else self.groups[2][0]


def quiet(frames: int) -> np.ndarray:
    return np.full((frames, 80), FLOOR, np.float32)


def one_clip(rng, corpus, recipe, total):
    """One utterance with some silence around it, sometimes cut close."""
    u = corpus.pick(rng, recipe, int(total * 0.82) - 50, total)
    mel, first = u.mel.astype(np.float32), u.first
    if rng.random() < 0.3 and first > 6:
        cut = rng.randint(1, first - 4)
        mel, first = mel[cut:], first - cut
    last = first + u.last - u.first
    room = max(0, total - len(mel))
    lead = min(room, rng.choice([0, 0, rng.randint(0, 30), rng.randint(0, 80)]))
    if lead:
        mel = np.concatenate([quiet(lead), mel])
    return mel, [((lead + first) / 100, (lead + last) / 100, u)]


def many_clips(rng, corpus, recipe, total):
    """Several utterances one after the other."""
    parts, found, at = [], [], 0
    for _ in range(rng.randint(2, 6)):
        gap = rng.randint(0, 60)
        left = total - at - gap
        if left < 60:
            break
        u = corpus.pick(rng, recipe, 40, left)
        if u.frames > left:
            break
        parts += [quiet(gap), u.mel.astype(np.float32)]
        at += gap
        found.append(((at + u.first) / 100, (at + u.last) / 100, u))
        at += u.frames
    return (np.concatenate(parts) if parts else quiet(50)), found


def targets(rng, pieces, found, times):
    """The tokens to predict, and for text tokens the second at which they are roughly spoken (else -1)."""
    if not found:
        if rng.random() < 0.6:
            return [NOSPEECH, EOT], [-1.0, -1.0]
        return [TIME0 if times else NEWLINE, EOT], [-1.0, -1.0]
    tokens, seconds = [], []
    stamp = lambda s: TIME0 + max(0, min(1500, round(s / 0.02)))  # noqa: E731
    for start, end, u in found:
        sizes = np.array([len(pieces.bytes[t]) for t in u.tokens], np.float64)
        centre = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
        if times:
            tokens.append(stamp(start))
            seconds.append(-1.0)
        tokens += u.tokens
        seconds += list(start + centre * (end - start))
        if times:
            tokens.append(stamp(end))
            seconds.append(-1.0)
    return tokens + [EOT], seconds + [-1.0]


class Batcher:
    """Makes batches: mel, decoder input, targets, CTC targets and the times for the guided heads."""

    def __init__(self, corpus: Corpus, used: list[int], recipe: Recipe) -> None:
        self.corpus, self.recipe = corpus, recipe
        self.index = {token: i for i, token in enumerate(used)}
        self.noise = NoiseBank()

    def clips(self, rng: random.Random) -> tuple[list, int]:
        r, corpus = self.recipe, self.corpus
        if rng.random() < r.window:
            total = 3000 if rng.random() < 0.6 else rng.randrange(1600, 3000, 100)
            return [many_clips(rng, corpus, r, total) for _ in range(2)], total
        several = rng.random() < r.several
        size = min(corpus.pick(rng, r, 25, r.longest).frames, r.longest)
        size = min(1400, size * 2 + 200) if several else size
        total = size + rng.choice([10, rng.randint(0, 60), rng.randint(0, 160)])
        total = max(128, (total + 31) // 32 * 32)
        clips = []
        for _ in range(max(2, r.frames // total)):
            if rng.random() < r.silence:
                frames = rng.randint(20, total)
                hush = rng.random() < 0.25
                level = rng.uniform(-6, 0.4)
                clips.append((quiet(frames) if hush else self.background(rng, frames).astype(np.float32) + level, []))
            else:
                clips.append((many_clips if several else one_clip)(rng, corpus, r, total))
        return clips, total

    def background(self, rng: random.Random, frames: int) -> np.ndarray:
        if rng.random() < 0.2:
            others = [self.corpus.pick(rng, self.recipe, 100, 1600).mel for _ in range(rng.randint(3, 5))]
            return babble(rng, frames, others)
        return self.noise.segment(rng, frames)

    def batch(self, rng: random.Random):
        r, corpus = self.recipe, self.corpus
        clips, total = self.clips(rng)
        mels, inputs, outputs, times, letters, phones = [], [], [], [], [], []
        for mel, found in clips:
            if found:
                mel = mel + rng.uniform(-2.0, 0.4)
                if rng.random() < r.distorted:
                    mel = distort(rng, mel, self.background(rng, len(mel)))
            mels.append(to_input(mel, total))
            stamped = rng.random() < r.times
            tokens, seconds = targets(rng, corpus.pieces, found, stamped)
            head = [SOT] if stamped else [SOT, NOTIMES]
            if rng.random() < r.history:
                head = [PREV, *corpus.pick(rng, r, 25, 1600).tokens[-60:], *head]
            given = head + tokens[:-1]
            if rng.random() < 0.7:
                given = [
                    rng.choice(corpus.pieces.ids) if i >= len(head) and t < EOT and rng.random() < r.corrupt else t
                    for i, t in enumerate(given)
                ]
            inputs.append([self.index[t] for t in given])
            outputs.append([-100] * (len(head) - 1) + [self.index[t] for t in tokens])
            times.append([-1.0] * (len(head) - 1) + seconds)
            said = " ".join(u.text for _, _, u in found).lower()
            letters.append([LETTERS[x] for x in said if x in LETTERS])
            phones.append([p for _, _, u in found for p in corpus.phonemes[u.text]])
        width = max(map(len, inputs))
        fill = lambda rows, value, kind: np.array([row + [value] * (width - len(row)) for row in rows], kind)  # noqa: E731
        return (
            torch.from_numpy(np.stack(mels)).transpose(1, 2).contiguous(),
            torch.from_numpy(fill(inputs, 0, np.int64)),
            torch.from_numpy(fill(outputs, -100, np.int64)),
            torch.from_numpy(fill(times, -1.0, np.float32)),
            letters,
            phones,
        )


class Loader:
    """Batches from background threads."""

    def __init__(self, batcher: Batcher, seed: int, threads: int = 1) -> None:
        self.ready: queue.Queue = queue.Queue(8)
        for k in range(threads):
            threading.Thread(target=self._work, args=(batcher, random.Random(f"{seed} {k}")), daemon=True).start()

    def _work(self, batcher: Batcher, rng: random.Random) -> None:
        while True:
            try:
                self.ready.put(batcher.batch(rng))
            except Exception:  # one bad clip must not end the training
                traceback.print_exc()

    def get(self):
        return self.ready.get()
