"""Which row of a gradebook is which student: by the system's id, then login or e-mail, then name; never by a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from grader.exports.graded import Graded
from grader.intake.present import as_key, by_keys, name_keys

Keys = frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the gradebook: its number, how it is called, and by what it may be known."""

    row: int
    label: str
    ids: Keys = frozenset()
    logins: Keys = frozenset()
    names: Keys = frozenset()


@dataclass(slots=True)
class Matching:
    """Who is whose row; what is in doubt is in words and stands in `rows` not at all."""

    rows: dict[int, Graded] = field(default_factory=dict)
    ambiguous: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    """Students who are in no row."""
    without: list[str] = field(default_factory=list)
    """Rows of nobody who was graded."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """That a row which has one of these keys is this student's."""

    student: Graded
    keys: Keys
    names: Keys = frozenset()
    """Only where the row has one of these names; empty where its name does not matter."""

    def fits(self, person: Person) -> bool:
        return not self.names or bool(self.names & person.names)


def match(graded: Sequence[Graded], people: Sequence[Person], system: str) -> Matching:
    """The rows of the students; `system` is the one whose ids the rows have (moodle, canvas).

    A stronger key decides before a weaker one is looked at. Where a key fits two, neither gets the row, nor by a
    weaker one. Who handed in together (`identity.members`) has a row each.
    """
    found = Matching()
    students, rows = list(graded), list(people)
    tiers: list[tuple[Callable[[Graded], list[_Claim]], Callable[[Person], Keys]]] = [
        (lambda g: _id_claims(g, system), lambda p: p.ids),
        (lambda g: [_Claim(g, _logins(g, system))], lambda p: p.logins),
        (lambda g: [_Claim(g, _names(g))], lambda p: p.names),
    ]
    for claims_of, keys_of in tiers:
        claims = [claim for g in students for claim in claims_of(g) if claim.keys]
        settled_students, settled_rows = _settle(claims, rows, keys_of, found)
        students = [g for g in students if g.student not in settled_students]
        rows = [p for p in rows if p.row not in settled_rows]
    found.unmatched += [g.student for g in students]
    found.without += [p.label for p in rows]
    return found


def _settle(
    claims: Iterable[_Claim], people: Sequence[Person], keys_of: Callable[[Person], Keys], found: Matching
) -> tuple[set[str], set[int]]:
    """Notes what these claims decide; returns the students and rows that are decided or in doubt."""
    by_key = by_keys(people, keys_of)
    wanted: dict[int, list[_Claim]] = defaultdict(list)
    rows_of: list[tuple[_Claim, dict[int, Person]]] = []
    for claim in claims:
        rows = {p.row: p for key in claim.keys for p in by_key.get(key, ()) if claim.fits(p)}
        rows_of.append((claim, rows))
        for row in rows:
            wanted[row].append(claim)
    students: set[str] = set()
    for claim, rows in rows_of:
        if not rows:
            continue
        students.add(claim.student.student)
        doubt = _doubt(claim, list(rows.values()), [c for row in rows for c in wanted[row]])
        if doubt:
            found.ambiguous.append(doubt)
        else:
            found.rows[next(iter(rows))] = claim.student
    return students, set(wanted)


def _doubt(claim: _Claim, rows: Sequence[Person], claimants: Iterable[_Claim]) -> str:
    """Why none of these rows is certainly the student's; empty where the one is."""
    me = claim.student.student
    rivals = sorted({c.student.student for c in claimants} - {me})
    if len(rows) > 1 or rivals:
        return f"{me} could be {' or '.join(p.label for p in rows)}" + "".join(f", as could {r}" for r in rivals)
    return f"{me} has the number of {rows[0].label} and another name" if _another_name(claim, rows[0]) else ""


def _another_name(claim: _Claim, person: Person) -> bool:
    """A Moodle group's number may happen to be a participant's; then the names tell."""
    who = claim.student.grade.identity
    by_number = claim.keys == {who.id} and who.lms == "moodle"
    return by_number and bool(who.name and person.names) and not name_keys(who.name) & person.names


def _id_claims(graded: Graded, system: str) -> list[_Claim]:
    who = graded.grade.identity
    if who.lms == "plain" and who.id and not who.members:
        # A number of a list of one's own, which may be another's here: the names tell.
        return [_Claim(graded, frozenset({who.id}), name_keys(who.name))]
    if who.lms != system:
        return []
    return [_Claim(graded, frozenset({id_})) for id_ in (who.members or (who.id,)) if id_]


def _logins(graded: Graded, system: str) -> Keys:
    who = graded.grade.identity
    foreign = who.id if who.lms != system else ""
    return keys(who.email, graded.student, foreign)


def _names(graded: Graded) -> Keys:
    return name_keys(graded.grade.identity.name or graded.student)


def keys(*texts: str) -> Keys:
    """The texts as keys; empty ones are none."""
    return frozenset(as_key(text) for text in texts) - {""}


def login_keys(*texts: str) -> Keys:
    """Logins and e-mail addresses of a row; an address may also be known by what stands before the @."""
    return keys(*texts, *(text.partition("@")[0] for text in texts))
