"""What the gradients did, in a sentence: how much of the error at the output came back to the first hidden layer."""

from __future__ import annotations

from collections.abc import Sequence

from grader.i18n.texts import Text, say

VANISHES = 1 / 100
"""Below this share of the output's gradient, next to nothing comes back."""
SHRINKS, GROWS = 1 / 10, 10.0


def returning(norms: Sequence[float]) -> float | None:
    """The gradient at the first hidden layer as a share of that at the output; None where there is no such share."""
    return norms[0] / norms[-1] if len(norms) > 1 and norms[-1] > 0 else None


def gradient_words(before: Sequence[float], after: Sequence[float]) -> str:
    """One sentence about the gradient norms of all dense layers before and after training; empty if there are none."""
    first, last = returning(before), returning(after)
    if first is None or last is None:
        return ""
    found = say(
        "The gradient at the first hidden layer, as a share of that at the output: "
        "{before} before training, {after} after it.",
        before=share(first),
        after=share(last),
    )
    return say("{found} {meaning}", found=found, meaning=_meaning(first, last))


def _meaning(first: float, last: float) -> Text:
    if first < VANISHES:
        return say("It vanishes on its way back: the first layers learn last, if at all.")
    if last < VANISHES:
        return say("It arrived at first and vanishes later: the first layers have stopped learning.")
    if first < SHRINKS:
        return say("It shrinks on its way back: the first layers learn slowly.")
    if first > GROWS:
        return say("It grows on its way back: training may jump about or explode.")
    return say("It arrives: all layers learn.")


def share(value: float) -> str:
    """A share of the gradient as a person says it: 1/2,500, 37 %, 1.3 times."""
    if value <= 0:
        return say("nothing")
    if value < 1 / 20:
        return f"1/{float(f'{1 / value:.2g}'):,.0f}"
    return f"{value:.0%}" if value < 1 else say("{times:.2g} times", times=value)
