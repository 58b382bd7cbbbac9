"""Holds a class list against what was handed in: who is matched, ambiguous, unmatched, or handed in nothing."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from grader.intake.roster import ClassList, Person
from grader.records import Identity, Lms, Presence, Roster, RosterLine, Submission

Keys: TypeAlias = frozenset[str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Claim:
    """Whom a submission may be of: nobody, one, all of a group, or one of several."""

    people: tuple[Person, ...]
    together: bool = False
    why: str = ""


def call(submissions: Sequence[Submission], listed: ClassList, file: str) -> tuple[tuple[Submission, ...], Roster]:
    """The submissions with what the list says of their students, and the list with who handed in.

    A submission is matched by the LMS's number, else by e-mail or login, else by its name in whatever order and
    spelling of accents; the first of these that finds anybody decides. What could be two people's, and people whom two
    submissions claim, are ambiguous: nobody is chosen by guess.
    """
    finder = _Finder(listed)
    claims = {s.student: finder.claim(s) for s in submissions}
    claimants: dict[Person, list[str]] = defaultdict(list)
    for student, claim in claims.items():
        for person in claim.people if len(claim.people) == 1 or claim.together else ():
            claimants[person].append(student)
    called = tuple(_called(s, claims[s.student], claimants, listed.lms) for s in submissions)
    return called, Roster(file, listed.kind, tuple(_lines(called, listed, claims)))


def _called(submission: Submission, claim: _Claim, claimants: Mapping[Person, Sequence[str]], lms: Lms) -> Submission:
    identity = submission.identity
    if not claim.people:
        return _present(submission, Presence.UNMATCHED, "nobody on the roster has this name or number")
    if len(claim.people) > 1 and not claim.together:
        named = ", ".join(_who(p) for p in claim.people)
        return _present(submission, Presence.AMBIGUOUS, f"could be that of {named}")
    rivals = sorted({s for p in claim.people for s in claimants[p]} - {submission.student})
    if rivals:
        return _present(
            submission, Presence.AMBIGUOUS, f"{_who(claim.people[0])} is also claimed by {', '.join(rivals)}"
        )
    first = claim.people[0]
    moments = [p.submitted_at for p in claim.people if p.submitted_at]
    # A number is its system's: what the download says of it stands, and the list's numbers are the list's.
    plain = identity.lms is Lms.PLAIN
    found = replace(
        identity,
        lms=lms if plain and any(p.id for p in claim.people) else identity.lms,
        id=identity.id if claim.together else identity.id or first.id,
        name=identity.name if claim.together else first.name or identity.name,
        email="" if claim.together else first.email or identity.email,
        members=tuple(p.id for p in claim.people)
        if claim.together and (plain or lms is identity.lms)
        else identity.members,
        submitted_at=identity.submitted_at or next(iter(moments), None),
        presence=Presence.MATCHED,
        note=claim.why,
    )
    return replace(submission, identity=found)


def _present(submission: Submission, presence: Presence, note: str) -> Submission:
    return replace(submission, identity=replace(submission.identity, presence=presence, note=note))


def _who(person: Person) -> str:
    return " ".join(filter(None, (person.name, f"({person.id})" if person.id else person.email)))


def _lines(called: Iterable[Submission], listed: ClassList, claims: Mapping[str, _Claim]) -> Iterable[RosterLine]:
    """One line for each on the list, in its order, then the submissions that are nobody's or of uncertain people."""
    owner: dict[Person, Submission] = {}
    doubtful: set[Person] = set()
    rest: list[RosterLine] = []
    for submission in called:
        identity, people = submission.identity, claims[submission.student].people
        if identity.presence is Presence.MATCHED:
            owner.update(dict.fromkeys(people, submission))
        else:
            doubtful.update(people)
            rest.append(_line(identity, submission.student))
    for person in listed.people:
        if person in owner:
            identity, student = owner[person].identity, owner[person].student
            yield RosterLine(Presence.MATCHED, person.id, person.name, person.email, student, identity.note)
        elif person in doubtful:
            yield RosterLine(Presence.AMBIGUOUS, person.id, person.name, person.email, note="see the submissions below")
        else:
            yield RosterLine(Presence.NOTHING, person.id, person.name, person.email)
    yield from rest


def _line(identity: Identity, student: str) -> RosterLine:
    return RosterLine(
        identity.presence or Presence.UNMATCHED, identity.id, identity.name, identity.email, student, identity.note
    )


class _Finder:
    """Finds people by what a submission says of its student, the surest first."""

    def __init__(self, listed: ClassList) -> None:
        self._listed = listed
        self._by_number = by_keys(listed.people, lambda p: frozenset(as_key(t) for t in (p.id, *p.aliases) if t))
        self._by_mail = by_keys(listed.people, _mail_keys)
        self._by_name = by_keys(listed.people, lambda p: name_keys(p.name))
        self._by_group = by_keys(listed.people, lambda p: frozenset(as_key(g) for g in p.group.split(",") if g.strip()))

    def claim(self, submission: Submission) -> _Claim:
        identity = submission.identity
        numbers = frozenset(as_key(t) for t in (identity.id, *identity.members) if t)
        names = name_keys(identity.name or submission.student)
        by_number = self._of_this_name(identity, self._found(self._by_number, numbers))
        group = self._found(self._by_group, {as_key(identity.name or submission.student)})
        # A group's number may happen to be a participant's: then the names tell.
        if group and not set(by_number) & set(self._found(self._by_name, names)):
            return _Claim(group, together=True, why=f"group of {len(group)}")
        if len(identity.members) > 1 and len(by_number) > 1:
            return _Claim(by_number, together=True, why=f"group of {len(by_number)}")
        mail = {as_key(t) for t in (identity.email, submission.student) if t}
        for people in (by_number, self._found(self._by_number, {as_key(submission.student)})):
            if people:
                return _Claim(people)
        for index, keys in ((self._by_mail, mail), (self._by_name, names)):
            if people := self._found(index, keys):
                return _Claim(people)
        return _Claim(())

    def _of_this_name(self, identity: Identity, people: tuple[Person, ...]) -> tuple[Person, ...]:
        """Without those of another name, where the number is one system's and the list is another's."""
        if identity.lms not in {Lms.MOODLE, Lms.CANVAS} - {self._listed.lms} or not identity.name:
            return people
        names = name_keys(identity.name)
        return tuple(p for p in people if not p.name or names & name_keys(p.name))

    @staticmethod
    def _found(index: Mapping[str, Sequence[Person]], keys: Iterable[str]) -> tuple[Person, ...]:
        return tuple(dict.fromkeys(p for key in sorted(keys) for p in index.get(key, ())))


def by_keys(people: Iterable[T], keys: Callable[[T], Keys]) -> Mapping[str, Sequence[T]]:
    """Who is known by each key."""
    index: dict[str, list[T]] = defaultdict(list)
    for person in people:
        for key in keys(person):
            index[key].append(person)
    return index


def _mail_keys(person: Person) -> Keys:
    """The address, and what stands before its @."""
    mails = [t for t in (person.email, *person.aliases) if "@" in t]
    return frozenset(as_key(part) for mail in mails for part in (mail, mail.partition("@")[0]))


def as_key(text: str) -> str:
    """The text without blanks around it, in whatever case and however its accents are written."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def name_keys(name: str) -> Keys:
    """A name's words as written, last word first (`lovelaceada`, as Canvas has it), and in the order of the alphabet.

    Case, accents, punctuation and blanks make no difference.
    """
    folded = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    letters = "".join(c if c.isalnum() else "" if unicodedata.combining(c) else " " for c in folded)
    words = letters.split()
    if not words:
        return frozenset()
    orders = [words, [words[-1], *words[:-1]], [*words[1:], words[0]], sorted(words)]
    return frozenset("".join(order) for order in orders)
