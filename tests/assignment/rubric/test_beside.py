"""A rubric beside the reference that it names: what can never pass, and what the bands were not made with."""

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import reference
from grader.assignment.assignment import Assignment
from grader.assignment.rubric import load, read
from grader.assignment.rubric.beside import DataShape, examine_beside
from grader.errors import WrittenError
from grader.records import Band, Bands
from tests.assignment.rubric.writing import BUNDLED, beside, changed, line_of

MNIST = DataShape((28, 28), 10, 70_000, 10_000)
LONGER = (("units: 50", "units: 128"), ("at_least: 100", "at_least: 20"))


def warned(folder: Path, bands: dict[str, tuple[Band, ...]], text: str = BUNDLED) -> list[str]:
    """The warnings of a rubric beside other bands."""
    path = folder / "x.yaml"
    path.write_text(text)
    source, rubric = (reading := read(path)).source, reading.rubric
    assert rubric
    examine_beside(source, rubric, Bands({**reference.load_bands(), **bands}), MNIST)
    assert source.problems == ()
    return [w.removeprefix(f"{folder}/") for w in source.warnings]


def test_the_bundled_rubric_goes_with_its_reference(tmp_path: Path) -> None:
    assert beside(tmp_path, BUNDLED) == ([], [])


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (("features: 784", "features: 748"), "28 x 28 = 784 values, so that 748 can never pass; write 784"),
        (("classes: 10", "classes: 11"), "has 10 classes, so that 11 can never pass; write 10"),
        (("rows: 19800", "rows: 198000"), "has 70,000 images in all, so that 198,000 can never pass"),
        (
            ("reference: reference", "reference: refernce"),
            "cannot be imported: No module named 'refernce' (did you mean",
        ),
        (
            ("reference: reference", "reference: json"),
            "a module but no reference: it lacks load_data, write_data, load_ba",
        ),
    ],
)
def test_what_the_reference_cannot_answer_is_an_error_at_its_line(
    slip: tuple[str, str], words: str, tmp_path: Path
) -> None:
    text = changed(slip)
    found, _ = beside(tmp_path, text)
    assert [p.startswith(f"x.yaml:{line_of(text, slip[1])}:") for p in found] == [True]
    assert words in found[0]


def test_a_reference_that_cannot_be_imported_is_told_beside_every_other_problem(tmp_path: Path) -> None:
    found, _ = beside(tmp_path, changed(("reference: reference", "reference: refernce"), ("kind: adam", "kind: adm")))
    assert ["refernce" in found[0], "'adm'" in found[1]] == [True, True]


def test_no_command_grades_by_a_check_that_can_never_pass(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(changed(("features: 784", "features: 748")))
    with pytest.raises(WrittenError, match=rf"x\.yaml:{line_of(path.read_text(), '748')}:\d+: criterion data\.shapes"):
        Assignment.of(load(path))


def test_an_output_layer_of_another_size_than_the_classes_is_warned_of(tmp_path: Path) -> None:
    _, doubtful = beside(tmp_path, changed(("units: 10}", "units: 100}")))
    assert ["the data set has 10 classes; are 100 units meant?" in w for w in doubtful] == [True]


def test_what_no_band_was_made_with_is_told_once_with_what_they_were_made_with(tmp_path: Path) -> None:
    text = changed(*LONGER)
    found, (doubtful,) = beside(tmp_path, text)
    assert found == []
    assert doubtful.startswith(f"x.yaml:{line_of(text, 'units: 128')}:")
    assert (
        ": stages naive, init, activation, optimizer, batchnorm, dropout: the bands were made with 50 units" in doubtful
    )
    assert "made with 50 units and 100 epochs; " in doubtful
    assert "accuracy will be held against them, though the rubric asks for 128 units and 20 epochs" in doubtful


@pytest.mark.parametrize(
    ("slip", "made", "asked"),
    [
        (("size: 256", "size: 64"), "batch size 256", "batch size 64"),
        (("rows: 19800", "rows: 10000"), "19,800 images or 60,000 images", "10,000 images"),
        (("count: 4", "count: 3"), "4 hidden layers", "3 hidden layers"),
        (("rate: 0.2", "rate: 0.5"), "a dropout rate of 0.2", "a dropout rate of 0.5"),
        (
            ("kind: sgd, learning_rate: 0.001", "kind: sgd, learning_rate: 0.1"),
            "learning rate 0.001",
            "learning rate 0.1",
        ),
        (("kind: adam\n        learning_rate: 0.001", "kind: nadam"), "adam", "nadam"),
        (("accepted: [he_normal]", "accepted: [he_uniform]"), "he_normal", "he_uniform"),
    ],
)
def test_every_setting_on_which_an_accuracy_depends_is_compared(
    slip: tuple[str, str], made: str, asked: str, tmp_path: Path
) -> None:
    _, doubtful = beside(tmp_path, changed(slip))
    assert any(f"made with {made}; " in w and f"asks for {asked}:" in w for w in doubtful)


def test_a_floor_above_a_band_is_warned_of_with_the_band(tmp_path: Path) -> None:
    text = changed(("floor: 0.88", "floor: 0.98"))
    _, (doubtful,) = beside(tmp_path, text)
    assert doubtful.startswith(f"x.yaml:{line_of(text, '0.98')}:")
    assert (
        "the floor 0.98 is not below the band 0.9566 to 0.9666 (raw pixels, batches of 32, 19,800 images)" in doubtful
    )


def test_a_floor_below_chance_is_warned_of(tmp_path: Path) -> None:
    _, (doubtful,) = beside(tmp_path, changed(("floor: 0.80", "floor: 0.08")))
    assert "a network that guesses reaches 0.1 and earns marks above a floor of 0.08" in doubtful


def test_a_floor_within_a_band_is_warned_of_as_it_would_not_be_used(tmp_path: Path) -> None:
    _, (doubtful,) = beside(tmp_path, changed(("floor: 0.80", "floor: 0.91")))
    assert "not below the band 0.9023 to 0.9342" in doubtful
    assert "choose a floor below " in doubtful


def test_limits_that_the_reference_itself_would_miss_are_warned_of(tmp_path: Path) -> None:
    text = changed(("full_up_to: 0.25", "full_up_to: 0.10"))
    _, (doubtful,) = beside(tmp_path, text)
    assert doubtful.startswith(f"x.yaml:{line_of(text, 'full_up_to')}:")
    assert "runs of the reference itself reach up to 0.1185 and would lose marks" in doubtful


def test_fewer_test_images_than_there_are_are_warned_of(tmp_path: Path) -> None:
    _, (doubtful,) = beside(tmp_path, changed(("rows: 10000", "rows: 1000")))
    assert "whoever evaluates on all 10,000 test images fails; are 1,000 meant?" in doubtful


def test_a_band_too_wide_to_tell_anything_is_said_to_be_so(tmp_path: Path) -> None:
    first = reference.load_bands()["dropout"][0]
    (doubtful,) = warned(tmp_path, {"dropout": (replace(first, low=0.0, high=1.0, runs=2),)})
    assert "criterion dropout.accuracy" in doubtful
    assert "the band 0.0000 to 1.0000 of 2 reference runs" in doubtful
    assert "too wide to tell anything" in doubtful


def test_a_stage_without_a_band_is_warned_of(tmp_path: Path) -> None:
    (doubtful,) = warned(tmp_path, {"dropout": ()})
    assert "criterion dropout.accuracy, check measured_accuracy: the reference has no band for this stage" in doubtful


def test_a_reference_that_does_not_say_what_its_bands_were_made_with_is_told_and_loads(tmp_path: Path) -> None:
    silent = {
        stage: tuple(replace(b, made_with=None) for b in bands) for stage, bands in reference.load_bands().items()
    }
    (doubtful,) = warned(tmp_path, silent, changed(*LONGER))
    assert doubtful.startswith(f"x.yaml:{line_of(BUNDLED, 'reference: reference')}:")
    assert "does not say with which network and epochs its bands were made" in doubtful


def test_a_reference_whose_bands_cannot_be_read_is_an_error_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = ModuleType("reference_without_bands")
    vars(broken).update({name: getattr(reference, name) for name in ("load_data", "write_data", "load_runs")})

    def load_bands() -> None:
        raise FileNotFoundError("bands.yaml")

    vars(broken)["load_bands"] = load_bands
    monkeypatch.setitem(__import__("sys").modules, broken.__name__, broken)
    (problem,), _ = beside(tmp_path, changed(("reference: reference", f"reference: {broken.__name__}")))
    assert "has no bands or no data set that can be read: FileNotFoundError: bands.yaml; calibrate it" in problem
