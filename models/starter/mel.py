"""Whisper's log mel spectrum, before the clamp and the scaling."""

import numpy as np

RATE = 16000
N_FFT = 400
HOP = 160
N_MELS = 80
WINDOW = np.hanning(N_FFT + 1)[:-1].astype(np.float32)


def mel_filters() -> np.ndarray:
    """The Slaney mel filter bank (80 bands up to 8 kHz) that Whisper uses, [80, 201]."""
    step = 200.0 / 3
    knee_hz, knee = 1000.0, 1000.0 / step
    log_step = np.log(6.4) / 27.0
    top = knee + np.log(RATE / 2 / knee_hz) / log_step
    points = np.linspace(0.0, top, N_MELS + 2)
    hz = np.where(points < knee, points * step, knee_hz * np.exp(log_step * (points - knee)))
    freqs = np.linspace(0, RATE / 2, N_FFT // 2 + 1)
    ramps = hz[:, None] - freqs[None]
    width = np.diff(hz)
    lower = -ramps[:-2] / width[:-1, None]
    upper = ramps[2:] / width[1:, None]
    bank = np.maximum(0, np.minimum(lower, upper))
    return (bank * (2.0 / (hz[2:] - hz[:-2]))[:, None]).astype(np.float32)


FILTERS = mel_filters()


def log_power(wave: np.ndarray) -> np.ndarray:
    """log10 mel power of a float32 wave at 16 kHz, [frames, 80]; one frame per 10 ms."""
    padded = np.pad(wave.astype(np.float32), N_FFT // 2, mode="reflect")
    count = (len(padded) - N_FFT) // HOP
    frames = np.lib.stride_tricks.as_strided(padded, (count, N_FFT), (padded.strides[0] * HOP, padded.strides[0]))
    spectrum = np.fft.rfft(frames * WINDOW, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.log10(np.maximum(power @ FILTERS.T, 1e-10))
