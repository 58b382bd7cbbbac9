"""Which stages a title or a name speaks of: keywords of the rubric, read with negation and compounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from grader.evidence.names import AFTER_SIGN, BEFORE_SIGN
from grader.evidence.sections import REMARK_SIGN
from grader.records import StageSignature

LONGEST = 400
"""Characters of a text that are looked at; titles are shorter."""
SHORTEST_ROOT = 5
"""Letters from which a keyword may be part of a longer word, as in German compounds."""
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
CLAUSE = re.compile(r"[.,;:!?()\[\]{}|/+&\n、。，；：（）的]|\b(?:but|with|mit|con|com|avec|and then|then|plus)\b")
DENIED_BEFORE = {
    "en": r"without|w ?o|no|not|non(?! ?(?:linear|saturat))|never|instead of|rather than|remove\w*|except|minus|lacks?"
    r"|before|until|pre",
    "de": r"ohne|kein\w*|statt",
    "es, pt": r"sin|sem",
    "fr, it": r"sans|senza",
    "pl, ru": r"bez|без",
}
"""By language, the words after which what is named, up to the end of the clause, is what there is not."""
DENIED_BEFORE_ANYWHERE = {"zh": r"不使用|不用|不加|没有|没|无|不|去掉|除去"}
"""The same where words are not apart."""
DENIED_AFTER = {
    "ko": r"(?:(?:를|을|이|가|은|는)\s*)?(?:없이|없는|없음|제외|안 |미사용)",
    "tr": r"olmadan|olmaksızın|hariç|kullanmadan",
    "ja": r"なし",
    "en": r"free\b|removed\b|off\b",
}
"""Words that deny what stands before them."""
BEFORE = re.compile(rf"\b(?:{'|'.join(DENIED_BEFORE.values())})\b|{'|'.join(DENIED_BEFORE_ANYWHERE.values())}")
AFTER = re.compile(rf"^\s*(?:{'|'.join(DENIED_AFTER.values())})")
OPTIMIZERS = r"sgd|rms ?prop|ada ?grad|ada ?delta|ada ?max|nadam|adam ?w|adam|ftrl|lion|momentum|gradient descent"
ACTIVATIONS = r"sigmoid|softmax|tanh|linear|relu|elu|selu|gelu|swish|leaky ?relu"
COMPOUNDS = (
    # "SGDOptimizer" speaks of SGD, "sigmoid activation" of sigmoid: not of a stage about optimizers or activations.
    (re.compile(rf"\b({OPTIMIZERS})\s*optimi[sz](?:er|ation)s?\b"), r"\1"),
    (re.compile(rf"\b({ACTIVATIONS})\s*(?:activations?|units?|neurons?)\b"), r"\1"),
    (re.compile(r"\bl[12] regulari[sz](?:ation|ers?)\b"), " "),
    (re.compile(r"\b(?:default|random|glorot|xavier|zeros?) (?:weight )?initiali[sz](?:ation|er)s?\b"), " "),
)
EVERYTHING = 4
"""So many stages in one title are the title of the whole."""
OWN = {
    "en": r"tuned?|tuning|best|final|own|my|bonus|extra|improv\w+|optimal|custom|experiments?|combined?"
    r"|all (?:together|combined|remedies)",
    "de": r"finale?s?|beste\w*|eigene\w*",
    "es, pt": r"mejor\w*|melhor\w*",
    "tr": r"en iyi",
}
"""What a title of the lab's last step says: change layers, nodes and parameters for the best result."""
OWN_ANYWHERE = {"zh": r"最终|最佳|最好", "ko": r"최종|최적", "ja": r"最終"}
EXTRA = re.compile(rf"\b(?:{'|'.join(OWN.values())})\b|{'|'.join(OWN_ANYWHERE.values())}")
CLOSING = {
    "en": r"summary|conclusions?|comparison|compare|results?|discussion",
    "de": r"fazit|zusammenfassung",
    "es, pt": r"conclusi\w+|conclus[aã]o",
    "tr": r"sonuç",
}
"""Titles that end the section before them, whatever they are about."""
ENDS = re.compile(rf"\b(?:{'|'.join(CLOSING.values())})\b|总结|结论|결론")
NUMBER = re.compile(r"^\(?(?:\d{1,2}|[ivx]{1,4}|[a-h])[.):]")
HEADING = re.compile(r"^(?P<level>#{1,6}) ")
ABBREVIATIONS = {
    "initializer": frozenset({"init", "weights", "he"}),
    "activation": frozenset({"act"}),
    "optimizer": frozenset({"opt", "optim"}),
    "batch_norm": frozenset({"bn"}),
    "dropout": frozenset({"do", "drop", "dp"}),
}
"""By the stage's feature, parts of names in code."""
NETWORKS = frozenset({"model", "net", "network", "mlp", "nn", "history", "hist", "h", "m"})
VERBS = frozenset({"weights"})
"""What is loaded and saved."""
COMMENT_LEVEL = 7


@lru_cache(maxsize=4096)
def named(text: str, stages: tuple[StageSignature, ...]) -> frozenset[str]:
    """The stages that a text speaks of; none where it speaks of so many that it says nothing."""
    plain = _plain(text[:LONGEST])
    found = frozenset(
        stage for stage, patterns in _patterns(stages) if any(_speaks(plain, pattern) for pattern in patterns)
    )
    return frozenset() if len(found) >= EVERYTHING else found


def is_extra(text: str) -> bool:
    """Whether a title announces a network of the student's own, beyond the stages."""
    return bool(EXTRA.search(_plain(text)))


def section(heading: str, stages: tuple[StageSignature, ...]) -> tuple[str, frozenset[str], bool]:
    """The title that a place stands under, the stages that it names, and whether it announces an extra run.

    `heading` has the titles above the place, the nearest first. A title that names no stage ("Build", "Train") goes on
    with the section above it, unless it begins another one: by a number of its own, or by what it says.
    """
    highest = COMMENT_LEVEL + 1
    for line in heading.splitlines():
        if line.startswith(REMARK_SIGN):
            # Remarks tell of the code below them as well: "# final layer", "# results".
            if len(found_here := named(line.removeprefix(REMARK_SIGN), stages)) == 1:
                return line, found_here, False
            continue
        found = HEADING.match(line)
        level = len(found["level"]) if found else COMMENT_LEVEL
        title = line[found.end() :] if found else line
        if level > highest:
            continue
        stages_named = named(title, stages)
        if stages_named:
            return title, stages_named, False
        if is_extra(title):
            return title, frozenset(), True
        if ENDS.search(_plain(title)) or NUMBER.match(title):
            highest = min(highest, level - 1)
            if highest < 1:
                break
    return "", frozenset(), False


def spoken(names: Sequence[str], stages: tuple[StageSignature, ...]) -> list[frozenset[str]]:
    """For each training the one stage that names in the code speak of; names of several say nothing.

    Where names are silent, so may be prints: those before the trainings or those after them, whichever speak of more.
    A program that announces each training prints nothing before the first that is about another one, and one that
    reports on each nothing after the last.
    """
    own = [_one(_unsigned(lines), stages) for lines in names]
    printed = max(
        ([_one(_signed(lines, sign), stages) for lines in names] for sign in (BEFORE_SIGN, AFTER_SIGN)),
        key=lambda found: sum(map(bool, found)),
    )
    return [mine or told for mine, told in zip(own, printed, strict=True)]


def _unsigned(names: str) -> Sequence[str]:
    return [line for line in names.splitlines() if not line.startswith((BEFORE_SIGN, AFTER_SIGN))]


def _signed(names: str, sign: str) -> Sequence[str]:
    return [line.removeprefix(sign) for line in names.splitlines() if line.startswith(sign)]


def _one(lines: Sequence[str], stages: tuple[StageSignature, ...]) -> frozenset[str]:
    found = frozenset().union(*(named(line, stages) | _abbreviated(line, stages) for line in lines))
    return found if len(found) == 1 else frozenset()


def _abbreviated(name: str, stages: tuple[StageSignature, ...]) -> frozenset[str]:
    """By parts of a compound name, `net_opt` or `initModel`: alone, such a word is a variable like any other."""
    if not name.isidentifier():
        return frozenset()
    parts = [part.rstrip("0123456789") for part in _lowered(CAMEL.sub(" ", name[:LONGEST])).split()]
    # `_` has no part at all.
    if len(parts) <= 1:
        return frozenset()
    # `model_do` and `do_model`, not `do_fit` or `load_weights_from`.
    told = {part for part, after in zip(parts, [*parts[1:], "model"], strict=True) if after in NETWORKS}
    told -= VERBS if parts[0] in {"load", "save", "get", "set"} else set()
    return frozenset(s.id for s in stages if told & ABBREVIATIONS.get(s.feature, frozenset()))


def _plain(text: str) -> str:
    """Lower case, compounds resolved: once with words in camel case apart and, where that differs, once as written."""
    whole = unicodedata.normalize("NFKC", text)
    return "\n".join(dict.fromkeys(_lowered(t) for t in (CAMEL.sub(" ", whole), whole)))


def _lowered(text: str) -> str:
    plain = re.sub(r"[ \t]+", " ", re.sub(r"[_\-‐-―'’`*#]+", " ", text.casefold())).strip()
    for pattern, instead in COMPOUNDS:
        plain = pattern.sub(instead, plain)
    return plain


@lru_cache(maxsize=16)
def _patterns(stages: tuple[StageSignature, ...]) -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    """By stage, what finds its keywords."""
    return tuple((s.id, tuple(re.compile(_pattern(_lowered(word))) for word in s.keywords)) for s in stages)


def _speaks(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether the word stands in the text and is not denied there."""
    return any(not _denied(text, found) for found in pattern.finditer(text))


def _pattern(word: str) -> str:
    escaped = re.escape(word.strip()).replace(r"\ ", r" ?")
    if not re.search(r"[a-z]", word):
        return escaped
    if len(word) >= SHORTEST_ROOT:
        return escaped
    return rf"(?<![a-z]){escaped}s?(?![a-z])"


def _denied(text: str, found: re.Match[str]) -> bool:
    if AFTER.match(text[found.end() :]):
        return True
    clauses = [m.end() for m in CLAUSE.finditer(text, 0, found.start())]
    return bool(BEFORE.search(text, clauses[-1] if clauses else 0, found.start()))


def listed(stages: Iterable[str], order: Sequence[StageSignature]) -> str:
    """Stage ids in the rubric's order, for people."""
    wanted = set(stages)
    return " and ".join(s.id for s in order if s.id in wanted)
