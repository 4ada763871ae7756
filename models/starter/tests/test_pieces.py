"""The restricted vocabulary."""

import json
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from pieces import SHIPPED, Pieces, choose, merge, read_ranks


class Merging(unittest.TestCase):
    ranks = {b"a": 0, b"b": 1, b"c": 2, b"ab": 3, b"bc": 4, b"abc": 5}

    def test_lower_rank_merges_first(self):
        self.assertEqual(merge(b"abc", self.ranks, self.ranks), [b"abc"])
        self.assertEqual(merge(b"bcab", self.ranks, {b"ab", b"bc"}), [b"bc", b"ab"])
        self.assertEqual(merge(b"abc", self.ranks, {b"bc"}), [b"a", b"bc"])


@unittest.skipUnless(SHIPPED.exists(), "needs the shipped model file")
class Shipped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ranks = read_ranks()
        cls.pieces = Pieces(json.loads((HERE / "pieces.json").read_text()), cls.ranks)

    def test_text_survives(self):
        for text in (" I deployed it on Kubernetes.", " What's CI/CD? 40% of 1,000!", " Node.js", ""):
            self.assertEqual(self.pieces.decode(self.pieces.encode(text)), text)

    def test_common_words_are_short(self):
        self.assertEqual(len(self.pieces.encode(" the")), 1)
        self.assertLess(len(self.pieces.encode(" we used Python and Docker for the model")), 16)

    def test_choice_keeps_every_byte_and_the_frequent_pairs(self):
        ids = choose(["the model is the model"] * 5, self.ranks, 420)
        names = {rank: piece for piece, rank in self.ranks.items()}
        kept = {names[i] for i in ids}
        self.assertTrue({bytes([b]) for b in range(256)} <= kept)
        self.assertIn(b" the", kept)


if __name__ == "__main__":
    unittest.main()
