"""The six stages of the lab train to the same bits, for as many epochs as small differences need to become large."""

import pytest

from reference import stages

from .training import differences, fits, mnist, stage

pytestmark = pytest.mark.slow
ROWS = 700
"""490 are trained on: batches of 32 leave a short last one."""
X, Y = mnist(ROWS)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", [s.id for s in stages.STAGES])
def test_twenty_epochs_of_a_stage_leave_the_same_bits(name: str, seed: int) -> None:
    size = next(s.batch_size for s in stages.STAGES if s.id == name)
    script = fits(x=X, y=Y, epochs=20, batch_size=size, validation_split=0.3)
    assert differences(stage(name), script, seed=seed) == []
