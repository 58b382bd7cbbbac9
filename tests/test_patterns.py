"""No pattern goes back and forth over a student's text: each takes time in proportion to it, however it is made."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from tests.patterns import Unbounded, insist_on_linear

SOURCES = Path(grader.__file__).parent
FUNCTIONS = frozenset({"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"})
OF_NO_STUDENT = {
    "grader.exports.canvas.SUMS": "column titles of the instructor's own gradebook",
    "grader.similarity.given.FENCED": "what the instructor hands out; only the last fence has no end",
}
MADE_IN_A_FUNCTION = {
    "grader/evidence/shortened.py": "the name in a NameError between two ends of words",
    "grader/grading/matching/words.py": "a keyword of the rubric; its letters and blanks between them",
    "grader/yaml_files/source.py": "a word of the rubric, in the rubric",
}
BAD = {
    r"(a+)+$": "a repetition within a repetition",
    r"(?:-\S+ )*x": "a repetition within a repetition",
    r"^\s*\s*x": "follow each other",
    r"^\w+\d+!": "follow each other",
    r"^.*,.*,x": "follow each other",
    r"^a(?:b?\s*)\s*x": "follow each other",
    r"\s+$": "begins anew",
    r"<[^>]*>": "begins anew",
    r"(?m)^\s*x": "begins anew",
    r"(?=[^!]*!)x": "begins anew",
    r"\b.*x": "begins anew",
    r"a[abc]{1,5000}x": "begins anew",
}
GOOD = (
    *(r"^\s*x", r"#.*", r"\b\w+\(", r"(?<!\s)\s+$", r"(?m)^[ \t]*import\b", r"\w+@?", r"(?>\s*)\s*", r"^\s*:\s*x"),
    *(r"\.fit\w*\s*\(", r"^.*\.fit\s*\(", r"a[abc]{1,50}x", r"(?:ab)*"),
)


@pytest.mark.parametrize("pattern", sorted(BAD))
def test_a_pattern_that_takes_longer_than_its_text_is_known(pattern: str) -> None:
    with pytest.raises(Unbounded, match=BAD[pattern]):
        insist_on_linear(re.compile(pattern))


@pytest.mark.parametrize("pattern", GOOD)
def test_a_pattern_that_goes_over_its_text_once_is_let_pass(pattern: str) -> None:
    insist_on_linear(re.compile(pattern))


def patterns_in(value: object, depth: int = 4) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict) and depth:
        yield from patterns_in([*value, *value.values()], depth - 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for part in value:
            yield from patterns_in(part, depth - 1)


def of_modules() -> dict[str, re.Pattern[str]]:
    """Every pattern that stands in a module, by the module's and its own name."""
    found = {}
    for module in pkgutil.walk_packages(grader.__path__, "grader."):
        if not module.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(module.name)).items():
                found |= {f"{module.name}.{name}" + f"[{n}]" * (n > 0): p for n, p in enumerate(patterns_in(value))}
    return found


def test_every_pattern_of_a_module_is_linear() -> None:
    patterns = of_modules()
    assert len(patterns) > 80
    assert OF_NO_STUDENT.keys() <= patterns.keys()
    wrong = {}
    for name, pattern in patterns.items():
        try:
            insist_on_linear(pattern)
        except Unbounded as error:
            wrong[name] = f"{error}: {pattern.pattern!r}"
    assert {name: reason for name, reason in wrong.items() if name not in OF_NO_STUDENT} == {}
    assert wrong.keys() == OF_NO_STUDENT.keys(), "an exception that is none any more"


def calls(path: Path) -> Iterator[ast.Call]:
    """The calls of `re` within functions; what stands in a module is looked at when it is made."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name)) if name in FUNCTIONS:
                        yield node


def test_every_pattern_within_a_function_is_linear_or_of_no_student() -> None:
    made, wrong = set(), []
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES.parent).as_posix()
        for call in calls(path):
            first = call.args[0]
            if not isinstance(first, ast.Constant):
                made.add(name)
                continue
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            try:
                insist_on_linear(re.compile(first.value), anchored=method in {"match", "fullmatch"})
            except Unbounded as error:
                wrong.append(f"{name}:{call.lineno}: {error}")
    assert wrong == []
    assert made == MADE_IN_A_FUNCTION.keys()
