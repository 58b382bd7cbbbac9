"""The six stages of the lab train to the same bits, for as many epochs as small differences need to become large."""

import pytest

from grader.inside.fast_fit.speed import EXACT
from reference import stages

from .training import fits, mnist, outcomes, same, stage

pytestmark = pytest.mark.slow
ROWS = 700
"""490 are trained on: batches of 32 leave a short last one."""
X, Y = mnist(ROWS)


@pytest.mark.parametrize("name", [s.id for s in stages.STAGES])
def test_twenty_epochs_of_a_stage_leave_the_same_bits_for_each_of_three_seeds(name: str) -> None:
    size = next(s.batch_size for s in stages.STAGES if s.id == name)
    script = fits(x=X, y=Y, epochs=20, batch_size=size, validation_split=0.3)
    plain, exact = (outcomes(stage(name), path, script, (1, 2, 3)) for path in ("plain", EXACT))
    assert len({tuple(run["history"][0]["loss"]) for run in plain}) == 3, "the seeds make no difference"
    for one, other in zip(plain, exact, strict=True):
        assert [what for what in one if not same(one[what], other[what])] == []
