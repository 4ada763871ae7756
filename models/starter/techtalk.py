"""Spoken answers and questions of technical interviews, made from templates.

`sentence(rng)` gives one utterance.  The templates are in answers.txt, the vocabulary of the job
families in families.txt, whole sentences of explanation in the files of facts/.
"""

import random
import re

from lists import ACTIONS, HERE, SUBJECTS, TOOLS, read_lists

FACTS = {path.stem: path.read_text().splitlines() for path in sorted((HERE / "facts").glob("*.txt"))}

WORDS = read_lists("answers.txt")
JOINS = [", and ", ", but ", ", so ", " because ", ", which means ", ". ", ". ", ". And ", ". So ", ", and then "]


def fill(rng: random.Random, template: str, family: str) -> str:
    """Fill the slots of a template with words of one family (now and then of another)."""

    def sub(match: re.Match) -> str:
        slot = match.group(1)
        name = family if rng.random() < 0.85 else rng.choice(sorted(TOOLS))
        family_words = {"tool": TOOLS, "subj": SUBJECTS, "act": ACTIONS}
        if slot in family_words:
            return rng.choice(family_words[slot][name])
        return rng.choice(WORDS[slot])

    filled = re.sub(r"\{(\w+)\}", sub, template)
    return re.sub(r"\ba (?=[aeiou])(?!u[ns]|one)", "an ", filled)


def upper_first(text: str) -> str:
    """Capitalise the first letter."""
    return text[0].upper() + text[1:]


def lower_first(text: str) -> str:
    """Undo the capital of a sentence start, except for names and I."""
    word = re.split(r"[ ,']", text)[0]
    if word == "I" or word[1:] != word[1:].lower() or word in NAMES:
        return text
    return text[0].lower() + text[1:]


NAMES = {tool.split()[0] for tools in TOOLS.values() for tool in tools} | {"Simpson", "Bayes", "English"}


def statement(rng: random.Random, family: str) -> str:
    """One statement without its full stop: a template, or a hand-written fact."""
    if rng.random() < 0.25:
        pool = FACTS[family] if rng.random() < 0.8 else FACTS["general"]
        return rng.choice(pool).rstrip(".?!")
    return fill(rng, rng.choice(WORDS["statements"]), family)


def hesitate(rng: random.Random, text: str) -> str:
    """Put a filler somewhere inside."""
    words = text.split()
    if len(words) > 4:
        words.insert(rng.randint(2, len(words) - 2), rng.choice(WORDS["pause"]))
    return " ".join(words)


def sentence(rng: random.Random) -> str:
    """One utterance: a question, a fact, a statement, or two joined."""
    family = rng.choice(sorted(TOOLS))
    kind = rng.random()
    if kind < 0.10:
        return upper_first(fill(rng, rng.choice(WORDS["questions"]), family))
    if kind < 0.22:
        text = rng.choice(FACTS[family] if rng.random() < 0.85 else FACTS["general"])
        if rng.random() < 0.3:
            text = rng.choice(WORDS["opener"]) + ", " + lower_first(text)
        return upper_first(text)
    if kind < 0.27:
        pool = rng.choice([TOOLS, SUBJECTS, ACTIONS])[family]
        return upper_first(", ".join(rng.sample(pool, rng.randint(1, min(6, len(pool)))))) + "."
    text = statement(rng, family)
    if kind > 0.62 and len(text) < 110:
        other = statement(rng, family)
        join = rng.choice(JOINS)
        text += join + (upper_first(other) if join == ". " else lower_first(other))
    if rng.random() < 0.22:
        text = rng.choice(WORDS["opener"]) + ", " + lower_first(text)
    if rng.random() < 0.08:
        text += rng.choice(WORDS["tag"])
    if rng.random() < 0.10:
        text = hesitate(rng, text)
    return upper_first(text) + "."
