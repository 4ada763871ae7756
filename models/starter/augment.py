"""Augmentation on the log mel power, cheap enough to do anew for every use of an utterance."""

import random

import numpy as np
from scipy.signal import lfilter

from effects import KINDS, noise
from mel import RATE, log_power

FLOOR = -10.0


class NoiseBank:
    """Some seconds each of many noises, as log mel power."""

    def __init__(self, count: int = 100, seconds: int = 20) -> None:
        rng = np.random.default_rng(5)
        self.clips = [log_power(0.1 * noise(rng, seconds * RATE, kind % KINDS)) for kind in range(count)]

    def segment(self, rng: random.Random, frames: int) -> np.ndarray:
        """Some frames with mean power 1 (log 0)."""
        clip = rng.choice(self.clips)
        start = rng.randint(0, len(clip) - 1)
        clip = np.concatenate([clip[start:], np.tile(clip, (frames // len(clip) + 1, 1))])[:frames]
        return clip - np.log10(np.mean(10**clip))


def babble(rng: random.Random, frames: int, voices: list[np.ndarray]) -> np.ndarray:
    """Several voices at once, with mean power 1."""
    power = np.zeros((frames, 80), np.float32)
    for mel in voices:
        mel = np.tile(mel.astype(np.float32), (frames // len(mel) + 2, 1))
        start = rng.randint(0, len(mel) - frames)
        power += 10 ** mel[start : start + frames]
    return np.log10(power + 1e-10) - np.log10(power.mean() + 1e-10)


def distort(rng: random.Random, mel: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Reverberation, colouring, a telephone band, and background noise."""
    if rng.random() < 0.25:
        decay = 10 ** (-6 / (rng.uniform(0.15, 0.6) * 100))
        power = 10**mel
        tail = lfilter([0, 0, 1 - decay], [1, -decay], power, axis=0)
        mel = np.log10(power + rng.uniform(0.05, 0.6) * tail + 1e-10)
    if rng.random() < 0.45:
        knots = [rng.gauss(0, 0.25) for _ in range(8)]
        mel = mel + np.interp(np.arange(80), np.linspace(0, 79, 8), knots)
    if rng.random() < 0.08:
        mel = mel.copy()
        mel[:, : rng.randint(2, 8)] -= 3
        mel[:, rng.randint(55, 72) :] -= 4
    if rng.random() < 0.7:
        level = np.log10((10**mel).mean() + 1e-10)
        ratio = rng.uniform(0.3, 0.8) if rng.random() < 0.2 else rng.uniform(0.8, 4.0)
        mel = np.log10(10**mel + 10 ** (background + level - ratio))
    return mel.astype(np.float32)


def to_input(mel: np.ndarray, frames: int) -> np.ndarray:
    """Whisper's clamp and scaling, padded with silence to the given length."""
    mel = np.maximum(mel, FLOOR)
    top = mel.max()
    floor = max(top - 8, FLOOR)
    out = np.full((frames, 80), floor, np.float32)
    count = min(len(mel), frames)
    out[:count] = np.maximum(mel[:count], top - 8)
    return (out + 4) / 4
