"""What candidates and recruiters say in interviews, made from the templates in interview.txt."""

import random
import re

from lists import read_lists

WORDS = read_lists("interview.txt")
SHORT = set(WORDS["short"])
JOINS = [" because ", " so ", " and ", " but ", ", and ", ", but ", ", so ", " which means ", " when ", " while ", ", although "]
DEGREES = ((0.10, "very "), (0.15, "pretty "), (0.20, "quite "), (0.25, "really "), (0.28, "more "), (0.30, "not very "))
PERCENT = [5, 8, 10, 12, 15, 20, 25, 30, 35, 40, 45, 50, 60, 65, 70, 75, 80, 85, 90, 92, 95, 97, 98, 99]
BIG = "a hundred|a thousand|a million|100|200|500|1,000|5,000|10,000|50,000|100,000|two million|ten thousand|several thousand"
BIG += "|20,000|3,000"
MONEY = "$60,000|$80,000|$90,000|$100,000|$120,000|$150,000|50,000 euros|70,000 euros|80,000 dollars|95,000 dollars"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday morning week day".split()
HOURS = "nine|ten|noon|two o'clock|three|four thirty|five"
PRAISE = "Great.|Okay.|I see.|Thank you.|Thanks for that.|Interesting.|Alright.|That makes sense.|Excellent."
TAGS = ", I guess.|, I think.|, you know.|, or something like that.|, to be honest.|, right?|, basically.|, and so on."
LIST_STARTS = "||I know |We used |For example, |Mostly |Things like |It includes "


def _one(rng: random.Random, entries: str) -> str:
    return rng.choice(entries.split("|"))


def _adjective(rng: random.Random) -> str:
    x, word = rng.random(), rng.choice(WORDS["adj"])
    return next((degree for limit, degree in DEGREES if x < limit), "") + word


def _roles(rng: random.Random) -> str:
    role = rng.choice(WORDS["role"])
    return role if role.endswith("s") else role + "s"


SPECIAL = {
    "name": lambda r: f"{r.choice(WORDS['first'])} {r.choice(WORDS['last'])}",
    "fname": lambda r: r.choice(WORDS["first"]),
    "roles": _roles,
    "concept": lambda r: r.choice(WORDS["concept" if r.random() < 0.85 else "tech"]),
    "adj": _adjective,
    "year": lambda r: str(r.randint(2005, 2025)),
    "pct": lambda r: str(r.choice([*PERCENT, r.randint(3, 99)])) + r.choice(["%", "%", "%", " percent"]),
    "big": lambda r: _one(r, BIG),
    "unit": lambda r: _one(r, "second|minute|hour|day|week|month"),
    "units": lambda r: _one(r, "days|weeks|months|years|hours|minutes"),
    "money": lambda r: _one(r, MONEY),
    "day": lambda r: r.choice(DAYS),
    "hour": lambda r: _one(r, HOURS),
}


def fill(rng: random.Random, template: str) -> str:
    """Fill the {slots} of a template."""

    def slot(match: re.Match) -> str:
        name = match.group(1)
        return SPECIAL[name](rng) if name in SPECIAL else rng.choice(WORDS[name])

    return re.sub(r"\{(\w+)\}", slot, template)


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def small(text: str) -> str:
    """A sentence that no longer stands at the beginning."""
    word = text.split()[0]
    if word in ("I", "I'm", "I've", "I'd", "Python", "English") or word[:2].isupper():
        return text
    return text[0].lower() + text[1:]


def _question(rng: random.Random) -> str:
    text = capital(fill(rng, rng.choice(WORDS["questions"])))
    return f"{_one(rng, PRAISE)} {text}" if rng.random() < 0.15 else text


def _clauses(rng: random.Random) -> str:
    text = fill(rng, rng.choice(WORDS["main"])) + rng.choice(JOINS) + fill(rng, rng.choice(WORDS["clause"]))
    if rng.random() < 0.25:
        text += rng.choice(JOINS) + fill(rng, rng.choice(WORDS["clause"]))
    if rng.random() < 0.4:
        text = f"{rng.choice(WORDS['opener'])} {text}"
    return capital(text) + "."


def _terms(rng: random.Random) -> str:
    terms = [rng.choice(WORDS["tech"] + WORDS["concept"]) for _ in range(rng.randint(2, 5))]
    joined = ", ".join(terms[:-1]) + (", and " if rng.random() < 0.7 else " and ") + terms[-1]
    return capital(_one(rng, LIST_STARTS) + joined) + "."


def talk(rng: random.Random) -> str:
    """One utterance of a candidate or recruiter."""
    kind = rng.random()
    if kind < 0.03:
        return rng.choice(WORDS["short"])
    if kind < 0.06:
        answer = capital(fill(rng, rng.choice(WORDS["answers"])))
        short = rng.choice(WORDS["short"])
        return f"{short} {answer}" if rng.random() < 0.5 else f"{short.rstrip('.?!')}, {small(answer)}"
    if kind < 0.30:
        return _question(rng)
    if kind < 0.50:
        return _clauses(rng)
    if kind < 0.54:
        return _terms(rng)
    text = fill(rng, rng.choice(WORDS["answers"]))
    if rng.random() < 0.33:
        text = f"{rng.choice(WORDS['opener'])} {small(text)}"
    elif rng.random() < 0.075:
        text = text.rstrip(".") + _one(rng, TAGS)
    return capital(text)
