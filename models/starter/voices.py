"""The synthesisers: espeak-ng and flite through ctypes, festival as a program.

Needs the shared libraries of espeak-ng (libespeak-ng1) and flite (libflite1), and for the festival
voices the packages festival, festvox-us-slt-hts, festvox-kallpc16k and festvox-kdlpc16k.
"""

import ctypes as c
import random
import re
import subprocess
import tempfile
from dataclasses import dataclass

import numpy as np
from scipy.io import wavfile

from mel import RATE

# Kept out of training: these measure how the model does on voices it has never heard.
UNSEEN = ["espeak:en-us+Annie", "espeak:en+benjamin", "espeak:en-us+iven2"]

BASES = ["en-us"] * 9 + ["en"] * 7 + ["en-gb-scotland", "en-gb-x-rp", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd"]
BASES += ["en-029", "en-us-nyc"]
VARIANTS = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 m1 m3 m7 f1 f2 f5 linda steph klatt klatt4 anika edward2 max michel victor "
    "Andy zac Alicia Andrea belinda boris david Diogo Gene Jacky john Lee Mario Mike Michael norbert pablo paul quincy rob "
    "robert shelby Storm travis"
).split()
FLITE = ["slt"] * 4 + ["rms"] * 6 + ["awb"] * 6 + ["kal16"]
FESTIVAL = ["cmu_us_slt_arctic_hts", "kal_diphone", "ked_diphone"]


@dataclass(frozen=True)
class Setting:
    """One way of speaking: engine, voice and its parameters."""

    engine: str
    voice: str
    stretch: float = 1.0
    rate: int = 175
    pitch: int = 50
    spread: int = 50
    gap: int = 0

    @property
    def label(self) -> str:
        return f"{self.engine}:{self.voice}"


def pick(rng: random.Random, flite_share: float = 0.6, festival_share: float = 0.0) -> Setting:
    """A random setting; about half of them are a plain system voice at its usual speed."""
    kind = rng.random()
    if kind < flite_share:
        voice = rng.choice(FLITE)
        return Setting("flite", voice, 1.0 if rng.random() < 0.65 else rng.uniform(0.8, 1.22))
    if kind < flite_share + festival_share:
        return Setting("festival", rng.choice(FESTIVAL), rng.choice([0.85, 1.0, 1.0, 1.15]))
    voice = rng.choice(BASES)
    if rng.random() > 0.55:
        voice += "+" + rng.choice(VARIANTS)
    if rng.random() < 0.45:
        return Setting("espeak", voice)
    gap = 0 if rng.random() < 0.8 else rng.randint(1, 6)
    return Setting("espeak", voice, 1.0, rng.randint(125, 215), rng.randint(20, 85), rng.randint(25, 75), gap)


class Espeak:
    """libespeak-ng: speech and phoneme strings. Global state, so one per process."""

    def __init__(self) -> None:
        self.lib = c.CDLL("libespeak-ng.so.1")
        self.rate = self.lib.espeak_Initialize(2, 0, None, 0)
        self.lib.espeak_TextToPhonemes.restype = c.c_char_p
        self.lib.espeak_TextToPhonemes.argtypes = [c.POINTER(c.c_void_p), c.c_int, c.c_int]
        self.chunks: list[bytes] = []
        kind = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.c_void_p)
        self.callback = kind(self._collect)  # kept alive here
        self.lib.espeak_SetSynthCallback(self.callback)

    def _collect(self, wave, count, _events) -> int:
        if wave and count > 0:
            self.chunks.append(c.string_at(wave, count * 2))
        return 0

    def speak(self, text: str, how: Setting) -> tuple[np.ndarray, int]:
        """The wave (float32) and its sample rate."""
        self.chunks = []
        if self.lib.espeak_SetVoiceByName(how.voice.encode()) != 0:
            raise ValueError(how.voice)
        for key, value in ((1, how.rate), (3, how.pitch), (4, how.spread), (7, how.gap)):
            self.lib.espeak_SetParameter(key, value, 0)
        data = text.encode() + b"\0"
        self.lib.espeak_Synth(data, c.c_size_t(len(data)), 0, 0, 0, 1, None, None)
        self.lib.espeak_Synchronize()
        return np.frombuffer(b"".join(self.chunks), np.int16).astype(np.float32) / 32768, self.rate

    def phonemes(self, text: str) -> str:
        """espeak-ng's mnemonics for American English, one string without spaces and stress."""
        self.lib.espeak_SetVoiceByName(b"en-us")
        buffer = c.create_string_buffer(text.encode())
        pointer = c.c_void_p(c.addressof(buffer))
        found = []
        for _ in range(50):
            if not pointer.value:
                break
            part = self.lib.espeak_TextToPhonemes(c.byref(pointer), 1, 0)
            if part:
                found.append(part.decode("latin1"))
        return re.sub(r"[\s',_:;|%=-]+", "", " ".join(found).replace("(en)", ""))


class _Wave(c.Structure):
    _fields_ = [
        ("type", c.c_char_p), ("rate", c.c_int), ("count", c.c_int), ("channels", c.c_int), ("samples", c.POINTER(c.c_short)),
    ]  # fmt: skip


class _Voice(c.Structure):
    _fields_ = [("name", c.c_char_p), ("features", c.c_void_p)]


class Flite:
    """libflite with its five American voices."""

    def __init__(self, voices: tuple[str, ...] = ("slt", "rms", "awb", "kal16", "kal")) -> None:
        self.lib = c.CDLL("libflite.so.1", mode=c.RTLD_GLOBAL)
        for name in ("libflite_cmulex.so.1", "libflite_usenglish.so.1"):
            c.CDLL(name, mode=c.RTLD_GLOBAL)
        self.lib.flite_init()
        self.voices = {}
        for name in voices:
            register = getattr(c.CDLL(f"libflite_cmu_us_{name}.so.1", mode=c.RTLD_GLOBAL), f"register_cmu_us_{name}")
            register.restype = c.POINTER(_Voice)
            register.argtypes = [c.c_char_p]
            self.voices[name] = register(None)
        self.lib.flite_text_to_wave.restype = c.POINTER(_Wave)
        self.lib.flite_text_to_wave.argtypes = [c.c_char_p, c.c_void_p]
        self.lib.feat_set_float.argtypes = [c.c_void_p, c.c_char_p, c.c_float]
        self.lib.delete_wave.argtypes = [c.c_void_p]

    def speak(self, text: str, how: Setting) -> tuple[np.ndarray, int]:
        """The wave (float32) and its sample rate."""
        voice = self.voices[how.voice]
        self.lib.feat_set_float(voice.contents.features, b"duration_stretch", how.stretch)
        wave = self.lib.flite_text_to_wave(text.encode(), voice)
        count, rate = wave.contents.count, wave.contents.rate
        samples = np.frombuffer(c.string_at(wave.contents.samples, count * 2), np.int16)
        self.lib.delete_wave(wave)
        return samples.astype(np.float32) / 32768, rate


def festival(texts: list[str], how: Setting) -> list[tuple[np.ndarray, int] | None]:
    """Speak several texts with one run of festival (it is slow to start)."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/say.scm", "w") as script:
            script.write(f"(voice_{how.voice})\n(Parameter.set 'Duration_Stretch {how.stretch:.2f})\n")
            for i, text in enumerate(texts):
                text = text.replace("\\", "").replace('"', "")
                script.write(f'(utt.save.wave (utt.synth (eval (list \'Utterance \'Text "{text}"))) "{folder}/{i}.wav" \'riff)\n')
        quiet = subprocess.DEVNULL
        subprocess.run(["festival", "--batch", f"{folder}/say.scm"], stdout=quiet, stderr=quiet, timeout=300, check=False)
        out: list[tuple[np.ndarray, int] | None] = []
        for i in range(len(texts)):
            try:
                rate, wave = wavfile.read(f"{folder}/{i}.wav")
                out.append((wave.astype(np.float32) / 32768, rate))
            except (OSError, ValueError):
                out.append(None)
        return out


def to_16k(wave: np.ndarray, rate: int, factor: float = 1.0) -> np.ndarray:
    """Resample to 16 kHz; a factor other than 1 moves speed, pitch and formants together."""
    from scipy.signal import resample_poly

    up, down = RATE, int(round(rate * factor / 50)) * 50
    common = int(np.gcd(up, down))
    if up == down:
        return wave
    return resample_poly(wave, up // common, down // common, window=("kaiser", 5.0)).astype(np.float32)
