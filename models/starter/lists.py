"""Word lists from text files: "[section]" lines, then entries, one a line or separated by "|"."""

from pathlib import Path

HERE = Path(__file__).parent


def read_lists(name: str) -> dict[str, list[str]]:
    """The sections of a file beside this one; lines that begin with # are remarks."""
    sections: dict[str, list[str]] = {}
    entries: list[str] = []
    for line in (HERE / name).read_text().splitlines():
        if line.startswith("["):
            entries = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            entries += [entry for entry in line.split("|") if entry]
    return sections


def read_families() -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, list[str]]]:
    """Tools, subjects and activities by job family."""
    tables: dict[str, dict[str, list[str]]] = {"tools": {}, "subjects": {}, "actions": {}}
    for section, entries in read_lists("families.txt").items():
        family, kind = section.split()
        tables[kind][family] = entries
    return tables["tools"], tables["subjects"], tables["actions"]


TOOLS, SUBJECTS, ACTIONS = read_families()
