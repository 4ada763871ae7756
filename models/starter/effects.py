"""What happens to speech between mouth and file: rooms, microphones, telephones, clipping, noise."""

import random

import numpy as np
from scipy.signal import butter, fftconvolve, firwin2, lfilter, sosfilt

from mel import RATE


KINDS = 10


def noise(rng: np.random.Generator, count: int, kind: int | None = None) -> np.ndarray:
    """Noise with unit power: white, pink, brown, randomly coloured, rumble, hum, clicks, sirens, calls or bells."""
    kind = int(rng.integers(KINDS)) if kind is None else kind
    wave = rng.standard_normal(count)
    spectrum = np.fft.rfft(wave)
    freq = np.fft.rfftfreq(count, 1 / RATE) + 1.0
    if kind == 1:
        spectrum /= np.sqrt(freq)
    elif kind == 2:
        spectrum /= freq
    elif kind == 3:
        bands = rng.normal(0, 1.5, 12)
        spectrum *= np.exp(np.interp(np.linspace(0, 1, len(freq)), np.linspace(0, 1, 12), bands))
    elif kind == 4:
        spectrum *= np.interp(freq, [20, 400, 8000], [1, 0.1, 0.005])
    wave = np.fft.irfft(spectrum, count)
    wave /= wave.std() + 1e-9
    if kind == 5:
        time = np.arange(count) / RATE
        base = rng.choice([50.0, 60.0, 100.0, 120.0])
        wave = 0.2 * wave + sum(np.sin(2 * np.pi * base * k * time + k) / k for k in (1, 2, 3, 5))
    elif kind == 6:
        wave *= 0.3
        for start in rng.integers(0, max(1, count - 400), max(1, count // 8000)):
            click = rng.standard_normal(400) * np.exp(-np.arange(400) / 60) * rng.uniform(2, 20)
            wave[start : start + 400] += click[: count - start]
    elif kind == 7:
        wave = 0.05 * wave + siren(rng, count)
    elif kind == 8:
        wave = 0.02 * wave + calls(rng, count)
    elif kind == 9:
        wave = 0.02 * wave + bells(rng, count)
    return (wave / (wave.std() + 1e-9)).astype(np.float32)


def harmonics(rng: np.random.Generator, pitch: np.ndarray, partials: int) -> np.ndarray:
    """A buzzing tone that follows a pitch in Hz, with random strengths of its partials, none above 7 kHz."""
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    gains = rng.exponential(1.0, partials) / np.arange(1, partials + 1) ** rng.uniform(0.2, 1.2)
    top = pitch.max()
    return sum(g * np.sin(k * phase) for k, g in enumerate(gains, 1) if k * top < 7000) + np.zeros(len(pitch))


def siren(rng: np.random.Generator, count: int) -> np.ndarray:
    """A tone that sweeps, or steps between two pitches: sirens, horns, alarms."""
    time = np.arange(count) / RATE
    low, high = np.sort(rng.uniform(250, 1800, 2))
    turn = 2 * np.pi * rng.uniform(0.1, 4.0) * time + rng.uniform(0, 6)
    place = np.sign(np.sin(turn)) if rng.random() < 0.4 else np.sin(turn)
    return harmonics(rng, low + (high - low) * (0.5 + 0.5 * place), int(rng.integers(1, 9)))


def calls(rng: np.random.Generator, count: int) -> np.ndarray:
    """Short falling harsh tones with gaps: barks, cries, engines that cough."""
    wave = np.zeros(count)
    at = int(rng.integers(0, RATE))
    while at < count:
        size = min(int(rng.uniform(0.06, 0.5) * RATE), count - at)
        place = np.linspace(0, 1, size)
        pitch = rng.uniform(120, 900) * (1 + rng.uniform(0, 0.6) * np.sin(np.pi * place) - 0.3 * place)
        rough = 1 + rng.uniform(0, 0.8) * rng.standard_normal(size)
        loud = np.minimum(place * 12, 1) * (1 - place) ** rng.uniform(0.3, 1.5)
        wave[at : at + size] += harmonics(rng, pitch, int(rng.integers(4, 20))) * rough * loud * rng.uniform(0.3, 1)
        at += size + int(rng.exponential(0.4) * RATE) + 400
    return wave


def bells(rng: np.random.Generator, count: int) -> np.ndarray:
    """Struck or ringing tones that die away: telephones, doors, dishes."""
    wave = np.zeros(count)
    tones = rng.uniform(400, 5000, int(rng.integers(2, 6)))
    at = int(rng.integers(0, RATE))
    while at < count:
        size = min(int(rng.uniform(0.05, 1.2) * RATE), count - at)
        time = np.arange(size) / RATE
        fade = np.exp(-time * rng.uniform(2, 30))
        wave[at : at + size] += fade * sum(np.sin(2 * np.pi * f * time + f) for f in tones) * rng.uniform(0.3, 1)
        at += size + int(rng.exponential(0.3) * RATE) + 400
    return wave


def room(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A small synthetic room: direct sound, a few early echoes, an exponential tail."""
    seconds = rng.uniform(0.12, 0.5)
    time = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    tail[: int(0.004 * RATE)] = 0
    tail *= rng.uniform(0.1, 0.7) / (np.sqrt((tail**2).sum()) + 1e-9)
    for _ in range(4):
        tail[rng.integers(int(0.003 * RATE), int(0.03 * RATE))] += rng.uniform(-0.35, 0.35)
    tail[0] = 1.0
    return fftconvolve(wave, tail)[: len(wave)].astype(np.float32)


def microphone(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smooth random frequency response."""
    gains = 10 ** (rng.normal(0, rng.uniform(1.0, 5.0), 9) / 20)
    taps = firwin2(129, np.linspace(0, 1, 9), gains)
    return fftconvolve(wave, taps, mode="same").astype(np.float32)


def telephone(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The telephone band with 8 bit companding."""
    band = butter(4, [rng.uniform(200, 350), rng.uniform(3000, 3600)], "band", fs=RATE, output="sos")
    wave = sosfilt(band, wave)
    wave = wave / (np.abs(wave).max() + 1e-9)
    folded = np.sign(wave) * np.log1p(255 * np.abs(wave)) / np.log(256)
    folded = np.round(folded * 127) / 127
    return (np.sign(folded) * (256 ** np.abs(folded) - 1) / 255).astype(np.float32)


def clip(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut the peaks off."""
    top = np.abs(wave).max() * rng.uniform(0.2, 0.7)
    return np.clip(wave, -top, top)


def low_pass(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A muffled microphone."""
    keep = rng.uniform(0.2, 0.6)
    return lfilter([1 - keep], [1, -keep], wave).astype(np.float32)


def degrade(wave: np.ndarray, seed: int) -> np.ndarray:
    """A random chain of effects."""
    pick = random.Random(seed)
    rng = np.random.default_rng(seed)
    for effect, chance in ((room, 0.4), (microphone, 0.5), (low_pass, 0.15), (telephone, 0.12), (clip, 0.1)):
        if pick.random() < chance:
            wave = effect(wave, rng)
    if pick.random() < 0.6:
        level = np.sqrt((wave**2).mean()) * 10 ** (-pick.uniform(5, 35) / 20)
        wave = wave + level * noise(rng, len(wave))
    return wave.astype(np.float32)
