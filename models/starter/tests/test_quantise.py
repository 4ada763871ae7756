"""q5_1 blocks and the model file."""

import struct
import sys
import unittest
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

import numpy as np

from pieces import SHIPPED
from quantise import FTYPE_Q5_1, is_quantised, pack, unpack


class Blocks(unittest.TestCase):
    def test_round_trip_is_within_half_a_step(self):
        values = np.random.default_rng(1).normal(size=(64, 256)).astype(np.float32)
        back = unpack(pack(values), values.shape)
        blocks = values.reshape(-1, 32)
        step = (blocks.max(1) - blocks.min(1)) / 31
        worst = np.abs(back.reshape(-1, 32) - blocks).max(1)
        self.assertTrue((worst <= 0.5 * step + 0.004).all())

    def test_known_block(self):
        data = pack(np.arange(32, dtype=np.float32)[None])
        self.assertEqual(len(data), 24)
        self.assertEqual(np.frombuffer(data[:4], np.float16).tolist(), [1.0, 0.0])
        self.assertEqual(struct.unpack("<I", data[4:8])[0], 0xFFFF0000)
        self.assertEqual(data[8:], bytes(i | (i << 4) for i in range(16)))

    def test_constant_blocks(self):
        self.assertTrue((unpack(pack(np.full((1, 32), -8.0)), (1, 32)) == -8.0).all())

    def test_odd_rows_are_refused(self):
        with self.assertRaises(ValueError):
            pack(np.zeros((2, 31)))

    def test_which_tensors(self):
        for name, shape, want in (
            ("encoder.blocks.0.attn.query.weight", (256, 256), True),
            ("decoder.positional_embedding", (448, 256), False),
            ("encoder.conv1.bias", (256, 1), False),
            ("encoder.conv1.weight", (256, 80, 3), False),
            ("decoder.ln.weight", (256,), False),
        ):
            self.assertEqual(is_quantised(name, shape), want, name)


@unittest.skipUnless(SHIPPED.exists(), "needs the shipped model file")
class Shipped(unittest.TestCase):
    def test_size_and_header(self):
        self.assertLessEqual(SHIPPED.stat().st_size, 24_000_000)
        with open(SHIPPED, "rb") as file:
            header = struct.unpack("12i", file.read(48))
        self.assertEqual(header[1], 51864)
        self.assertEqual(header[11], FTYPE_Q5_1)

    def test_sum_is_the_one_on_the_card(self):
        import hashlib

        digest = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
        self.assertIn(digest, (HERE / "README.md").read_text())


@unittest.skipUnless(SHIPPED.exists() and find_spec("torch"), "needs the shipped model file and torch")
class ReadBack(unittest.TestCase):
    def test_a_shipped_file_is_a_checkpoint_again(self):
        from unexport import read, trained

        weights, used = trained(read(SHIPPED)[0])
        self.assertEqual(len(weights["decoder.token_embedding.weight"]), len(used))
        self.assertEqual(len(used), 2907)
        name = "encoder.blocks.0.attn.query.weight"
        self.assertIn(pack(weights[name]), SHIPPED.read_bytes())


if __name__ == "__main__":
    unittest.main()
