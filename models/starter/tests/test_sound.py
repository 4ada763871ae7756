"""Spectrum, effects and batches that need no synthesiser and no torch."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from augment import NoiseBank, babble, distort, to_input
from effects import KINDS, degrade, noise
from mel import FILTERS, RATE, log_power


class Spectrum(unittest.TestCase):
    def test_filters_are_slaneys(self):
        self.assertEqual(FILTERS.shape, (80, 201))
        self.assertAlmostEqual(float(FILTERS.max()), 0.025881, places=5)

    def test_a_tone_is_where_it_should_be(self):
        wave = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
        mel = log_power(wave)
        self.assertEqual(mel.shape, (100, 80))
        self.assertEqual(int(mel[50].argmax()), int(FILTERS[:, 25].argmax()))

    def test_input_is_clamped_and_padded(self):
        x = to_input(np.array([[0.0] * 80, [-20.0] * 80]), 4)
        self.assertEqual(x.shape, (4, 80))
        self.assertEqual((x[0, 0], x[1, 0], x[3, 0]), (1.0, -1.0, -1.0))


class Effects(unittest.TestCase):
    def test_noise_has_unit_power(self):
        rng = np.random.default_rng(1)
        for kind in range(KINDS):
            self.assertAlmostEqual(float(noise(rng, RATE, kind).std()), 1.0, places=2)

    def test_degraded_speech_keeps_its_length_and_the_seed_decides(self):
        wave = noise(np.random.default_rng(2), RATE) * 0.1
        for seed in range(25):
            out = degrade(wave, seed)
            self.assertEqual(len(out), len(wave))
            self.assertTrue(np.isfinite(out).all())
            self.assertTrue((out == degrade(wave, seed)).all())

    def test_distortion_keeps_the_shape(self):
        rng, bank = random.Random(1), NoiseBank(count=7, seconds=2)
        mel = log_power(noise(np.random.default_rng(2), RATE) * 0.1)
        for _ in range(20):
            self.assertEqual(distort(rng, mel, bank.segment(rng, len(mel))).shape, mel.shape)
        self.assertEqual(babble(rng, 300, [mel, mel]).shape, (300, 80))


if __name__ == "__main__":
    unittest.main()
