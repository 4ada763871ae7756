"""The generated text, its spoken form and the word error rate."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import grammar
import techtalk
from lists import ACTIONS, SUBJECTS, TOOLS
from spoken import spoken
from text import generate
from wer import distance, number_words, words


class Sentences(unittest.TestCase):
    def test_every_family_has_words_and_facts(self):
        self.assertEqual(len(TOOLS), 22)
        for name in TOOLS:
            self.assertGreaterEqual(len(TOOLS[name]), 9, name)
            self.assertGreaterEqual(len(SUBJECTS[name]), 24, name)
            self.assertGreaterEqual(len(ACTIONS[name]), 10, name)
            self.assertGreaterEqual(len(techtalk.FACTS[name]), 14, name)

    def test_sentences_are_filled_and_plain(self):
        rng = random.Random(3)
        for make in (techtalk.sentence, grammar.talk):
            for _ in range(2000):
                sentence = make(rng)
                self.assertNotIn("{", sentence)
                self.assertTrue(sentence.isascii(), sentence)
                self.assertTrue(sentence[0].isupper() or not sentence[0].isalpha() or sentence[0] in "idg", sentence)

    def test_same_seed_same_text(self):
        first = generate(techtalk.sentence, 50, random.Random(1), set())
        self.assertEqual(first, generate(techtalk.sentence, 50, random.Random(1), set()))

    def test_held_out_sentences_are_left_out(self):
        banned = {" ".join(words(s)) for s in generate(techtalk.sentence, 300, random.Random(1), set())}
        again = generate(techtalk.sentence, 300, random.Random(1), banned)
        self.assertFalse(banned & {" ".join(words(s)) for s in again})

    def test_spoken_form(self):
        rng = random.Random(0)
        self.assertEqual(spoken("We cut it by 40%.", rng, 0), "We cut it by 40 percent.")
        self.assertEqual(spoken("PostgreSQL, SQL and Node.js.", rng, 1), "postgres Q L, S Q L and node J S.")


class ErrorRate(unittest.TestCase):
    def test_numbers(self):
        for value, said in ((0, "zero"), (21, "twenty one"), (409, "four hundred nine"), (10000, "ten thousand")):
            self.assertEqual(number_words(value), said)

    def test_signs_and_case_do_not_count(self):
        self.assertEqual(words("It's 40%, e-mail!"), words("its forty percent e mail"))
        self.assertEqual(words("In 1999"), words("in nineteen ninety nine"))

    def test_distance(self):
        for want, got, wrong in (("a b c", "a b c", 0), ("a b c", "a c", 1), ("a b", "a x b y", 2), ("", "a", 1)):
            self.assertEqual(distance(want.split(), got.split()), wrong)


if __name__ == "__main__":
    unittest.main()
