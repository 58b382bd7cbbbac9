"""What late work costs: a pure function of the rubric's rule and of the time that the LMS recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from grader.records import Identity, Lateness

UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1)}
SHOWN = "%Y-%m-%d %H:%M"
FAR_LATE, FAR_EARLY = timedelta(days=60), timedelta(days=180)
"""So far from the due time the rubric's date is more likely wrong than the student; never in a class that is graded
within two months of it."""


@dataclass(frozen=True, slots=True)
class LateRule:
    """The rubric's rule."""

    due: datetime
    """With its zone; a wall-clock time that occurs twice, as clocks go back, is the later one."""
    per: str
    """day or hour; each one begun after the due time counts whole."""
    penalty: Fraction
    """Marks for each."""
    grace: timedelta = timedelta(0)
    """So late it costs nothing; who is later still is late from the due time on."""
    cap: Fraction | None = None
    """Marks at most."""


def lateness(rule: LateRule, identity: Identity) -> Lateness:
    """What the rule makes of when something was handed in.

    A time without a zone is the wall clock of the rule's zone, and the earlier one where the clock shows it twice. A
    day ends when the clock shows the due time again, so that a day on which clocks are changed has 23 or 25 hours; an
    hour is sixty minutes.
    """
    if identity.submitted_at is None:
        return _untimed(rule, identity)
    submitted = _with_zone(identity.submitted_at, rule)
    late = submitted.astimezone(UTC) - rule.due.astimezone(UTC)
    when = f"Handed in {_shown(submitted, rule)}"
    doubt = _doubt(rule, submitted, late)
    if late <= timedelta(0):
        words = f"{when}, in time (due {_shown(rule.due, rule)})."
        return Lateness(rule.due, submitted, per=rule.per, words=words, review=doubt)
    after = f"{when}, {_duration(late)} after it was due ({_shown(rule.due, rule)})"
    if late <= rule.grace:
        return Lateness(
            rule.due, submitted, per=rule.per, words=f"{after}: within the grace period, nothing is taken off."
        )
    begun = _begun(rule, submitted, late)
    whole = begun * rule.penalty
    penalty = whole if rule.cap is None else min(whole, rule.cap)
    counted = f"{begun} {rule.per}{'s' * (begun > 1)} begun, {_marks(penalty)} marks off"
    capped = f" (not {_marks(whole)}: the rubric sets a limit)" if penalty < whole else ""
    return Lateness(rule.due, submitted, begun, rule.per, penalty, f"{after}: {counted}{capped}.", doubt)


def _doubt(rule: LateRule, submitted: datetime, late: timedelta) -> str:
    """Why a person should look at the date before a whole class is late, or nobody."""
    if -FAR_EARLY <= late <= FAR_LATE:
        return ""
    apart = f"{abs(late).days:,} days {'after' if late > timedelta(0) else 'before'}"
    due = f"the rubric's due time ({_shown(rule.due, rule)})"
    return f"handed in {_shown(submitted, rule)}, {apart} {due}: is `late: due` the right date?"


def _untimed(rule: LateRule, identity: Identity) -> Lateness:
    words = "It is not known when this was handed in, so nothing is taken off for lateness."
    if not identity.marked_late:
        return Lateness(rule.due, None, per=rule.per, words=words)
    review = f"{identity.lms.value} calls it late but its download does not say by how much: nothing was taken off"
    return Lateness(
        rule.due, None, per=rule.per, words=f"{words} The system it comes from calls it late.", review=review
    )


def _with_zone(moment: datetime, rule: LateRule) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=rule.due.tzinfo, fold=0)


def _begun(rule: LateRule, submitted: datetime, late: timedelta) -> int:
    if rule.per == "day":
        # The difference between two wall clocks, whatever happened to the clocks in between.
        late = submitted.astimezone(rule.due.tzinfo).replace(tzinfo=None) - rule.due.replace(tzinfo=None)
    return max(1, -(-late // UNITS[rule.per]))


def _shown(moment: datetime, rule: LateRule) -> str:
    return moment.astimezone(rule.due.tzinfo).strftime(SHOWN) + f" {rule.due.tzinfo}"


def _duration(late: timedelta) -> str:
    """`2 days, 3 hours and 5 minutes`, rounded up to whole minutes."""
    minutes = -(-late // timedelta(minutes=1))
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    words = [f"{count} {unit}{'s' * (count > 1)}" for count, unit in parts if count]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _marks(value: Fraction) -> str:
    return f"{round(float(value), 2):g}"
