"""Word error rate."""

import re
import unicodedata

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_words(value: int) -> str:
    """A whole number in English words, without "and"."""
    if value < 20:
        return _SMALL[value]
    if value < 100:
        return _TENS[value // 10] + (" " + _SMALL[value % 10] if value % 10 else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = value % size
            return f"{number_words(value // size)} {name}" + (f" {number_words(rest)}" if rest else "")
    raise ValueError(value)


def _spell(match: re.Match) -> str:
    digits = match.group(0)
    value = int(digits)
    if len(digits) == 4 and 1900 <= value <= 2099 and value // 100 != 20:
        return f" {number_words(value // 100)} {number_words(value % 100) if value % 100 else 'hundred'} "
    return f" {number_words(value)} " if len(digits) < 13 else digits


def words(text: str) -> list[str]:
    """Lower case words without punctuation; digits and signs are put into words."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"\[[^\]]*\]", " ", text)
    text = re.sub(r"\$([\d,]+)", r"\1 dollars", text).replace("%", " percent ")
    text = re.sub(r"(\d),(\d)", r"\1\2", text)
    text = re.sub(r"(?<![a-z])\d+(?![a-z])", _spell, text)
    return re.sub(r"[^a-z0-9' ]", " ", text.replace("-", " ")).replace("'", "").split()


def distance(reference: list[str], hypothesis: list[str]) -> int:
    """Word edits between the two."""
    previous = list(range(len(hypothesis) + 1))
    for i, want in enumerate(reference, 1):
        row = [i]
        for j, got in enumerate(hypothesis, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (want != got)))
        previous = row
    return previous[-1]
