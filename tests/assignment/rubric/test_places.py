"""Problems stand where the author wrote them: line, criterion and stage; one for each cause, all in one go."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment.rubric import load
from grader.assignment.rubric.entries import STAGE
from grader.evidence.excerpts import MARKER
from tests.assignment.rubric.writing import BUNDLED, changed, line_of, problems, warnings


def section(name: str) -> tuple[int, int]:
    """Where the criteria of a stage begin and end in the bundled rubric."""
    begin = BUNDLED.index(f"  # ------------------------------------------------------------------ {name}")
    return begin, BUNDLED.index("  # ----", begin + 10)


def without_stage(name: str, following: str) -> str:
    begin = BUNDLED.index(f"\n  {name}:\n") + 1
    return BUNDLED[:begin] + BUNDLED[BUNDLED.index(following, begin) :]


def test_a_stage_that_was_removed_is_one_problem_that_names_the_criteria_left_over(tmp_path: Path) -> None:
    text = without_stage("dropout", "\ncriteria:")
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"x.yaml:{line_of(text, 'id: dropout.placement')}:9: criterion dropout.placement: ")
    assert "'dropout' is no stage" in problem
    ids = "dropout.placement, dropout.rate, dropout.kept, dropout.accuracy"
    assert f"Then remove its criteria, too: {ids}" in problem


def test_a_stage_that_was_renamed_is_one_problem_with_what_was_meant(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, changed(("\n  batchnorm:\n", "\n  batchnrom:\n")))
    assert "4 criteria judge its run" in problem
    assert "(did you mean 'batchnrom'?)" in problem


def test_a_mistake_below_an_anchor_is_told_once_with_all_criteria_that_repeat_it(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, changed(("units: 50", "units: fifty")))
    assert problem.startswith(
        f"x.yaml:{line_of(BUNDLED, 'units: 50')}:57: criterion naive.network, check hidden_layers: "
    )
    repeated = "criterion init.kept, criterion activation.kept, criterion optimizer.kept, criterion batchnorm.kept"
    assert problem.endswith(f"(repeated by an alias in {repeated}, criterion dropout.kept)")


def test_what_is_wrong_only_where_an_alias_repeats_it_is_told_where_the_alias_stands(tmp_path: Path) -> None:
    text = changed(("en: [dropout, ", "en: &words [dropout, "), ("needs: [batchnorm.layers]", "needs: *words"))
    found = problems(tmp_path, text)
    assert len(found) == 4, "a keyword is no criterion"
    start = f"x.yaml:{line_of(text, 'needs: *words')}:12: criterion batchnorm.placement: needs unknown criterion"
    assert all(problem.startswith(start) for problem in found)
    assert all(problem.endswith(f"(written in line {line_of(text, '&words')})") for problem in found)


def test_anchors_that_were_removed_with_their_stage_are_all_told_at_once(tmp_path: Path) -> None:
    begin, end = section("naive")
    text = BUNDLED[:begin] + BUNDLED[end:]
    found = problems(tmp_path, text)
    gone = [p for p in found if "repeats what" in p]
    assert [p.split("*")[1].split(" ")[0] for p in gone] == ["layers", "softmax", "loss", "epochs"]
    assert gone[0].startswith(f"x.yaml:{line_of(text, '*layers')}:9: criterion init.kept: ")
    assert "write it out here, after &layers" in gone[0]
    (other,) = set(found) - set(gone)
    assert "the criteria's marks sum to 8.75" in other


@pytest.mark.parametrize(
    ("slips", "subjects"),
    [
        (
            [("kind: sgd", "kind: sdg"), ("rate: 0.2", "rate: 20"), ("activation: [sigmoid]", "activation: [sigmiod]")],
            [
                "stage naive: ",
                "criterion naive.compile, check optimizer: ",
                "criterion dropout.rate, check dropout_rate: ",
            ],
        ),
        (
            [
                ("marks: 0.25", "marks: quarter"),
                ("reference: reference", "reference: 7"),
                ("check: loss", "check: los"),
            ],
            ["'reference'", "criterion data.load: ", "criterion naive.compile: unknown check 'los'"],
        ),
    ],
)
def test_slips_of_several_kinds_are_told_in_one_go_each_with_its_part_of_the_file(
    slips: list[tuple[str, str]], subjects: list[str], tmp_path: Path
) -> None:
    found = problems(tmp_path, changed(*slips))
    assert len(found) == len(subjects)
    assert all(subject in problem for subject, problem in zip(subjects, found, strict=True))


@pytest.mark.parametrize("stage", ["l2", "Dropout", "drop-out", "2nd", "stufe_ä"])
def test_a_stage_that_no_comment_can_name_is_an_error(stage: str, tmp_path: Path) -> None:
    text = changed(("\n  dropout:\n", f"\n  {stage}:\n"))
    found = [p for p in problems(tmp_path, text) if f"stage {stage}: " in p]
    assert found[0].startswith(f"x.yaml:{line_of(text, f'  {stage}:')}:3: ") or found
    assert f"a comment `# stage: {stage}`" in found[0]
    read = MARKER.search(f"# stage: {stage}")
    assert read is None or read.group(1) != stage or stage != stage.lower()


@given(st.from_regex(STAGE, fullmatch=True))
def test_every_stage_that_a_rubric_may_have_can_be_named_by_a_comment(stage: str) -> None:
    read = MARKER.search(f"model.fit(x, y)  # stage: {stage}")
    assert read
    assert read.group(1) == stage.rstrip("\n")


def test_the_comment_that_would_be_misread_is_shown_as_it_would_be_read(tmp_path: Path) -> None:
    found = problems(tmp_path, changed(("\n  dropout:\n", "\n  l2:\n")).replace("id: dropout.", "id: l2."))
    assert len(found) == 1
    assert "a comment `# stage: l2` would be read as 'l'" in found[0]


WHOLE_FILES = {
    "a tab": (changed(("    marks: 0.25", "\tmarks: 0.25")), "(a tab: YAML takes spaces only)"),
    "a colon in plain text": (changed(('"Naive: the lab\'s network"', "Naive: network")), "into quotes"),
    "latin-1": ("title: für\n".encode("latin-1"), "line 1 is not UTF-8 text; save the file as UTF-8"),
    "empty": ("", "the file is empty"),
    "comments alone": ("# later\n", "the file is empty"),
    "a list": ("- id: a.b\n", "expected a mapping of keys to values"),
    "two documents": ("title: A\n---\ntitle: B\n", "not valid YAML"),
    "an open quote": ("title: 'A\n", "is a quote or bracket left open?"),
}


@pytest.mark.parametrize("kind", WHOLE_FILES)
def test_a_file_that_is_no_rubric_says_what_it_is_and_what_to_do(kind: str, tmp_path: Path) -> None:
    content, words = WHOLE_FILES[kind]
    assert any(words in p for p in problems(tmp_path, content))


def test_a_byte_order_mark_changes_nothing(tmp_path: Path) -> None:
    assert problems(tmp_path, b"\xef\xbb\xbf" + BUNDLED.encode()) == []


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (("at_least: 100", "at_least: 0100"), "YAML reads 0100 as 64; write 100"),
        (("at_least: 100", "at_least: 1:40"), "YAML reads 1:40 as 100; write plain digits"),
        (("marks: 0.25", "marks: yes"), "'marks': expected anything but true and false, found True"),
        (("marks: 0.25", "marks: 0,25"), "'marks': expected a number, found '0,25'"),
        (("marks: 0.25", "marks: -0.25"), "'marks': expected greater than 0, found -0.25"),
        (("count: 4", "count: on"), "'count': expected anything but true and false"),
        (("check: rows", "check: rows\n        share: -2"), "'share': expected greater than 0, found -2"),
        (("check: rows", "check: rows\n        hidden: ture"), "'hidden': expected true or false, found 'ture'"),
        (("check: rows", "check: rows\n        hiden: true"), "unknown key 'hiden' (did you mean 'hidden'?)"),
        (("    needs: [", "    hidden: treu\n    needs: ["), "'hidden': expected true or false, found 'treu'"),
        (("needs: [batchnorm.layers]", "needs: [batchnorm.layer]"), "(did you mean 'batchnorm.layers'?)"),
        (("en: [naive, ", "en: [naive, ' ', "), "'en': expected text that is not blank"),
        (("accepted: [he_normal]", "accepted: he_normal"), "expected a list, as in [he_normal], found 'he_normal'"),
        (("full_up_to: 0.25", "full_up_to: 0.55"), "full_up_to must be less than none_from"),
        (("[60000, 28, 28]", "[60000, 28, 82]"), "mnist has no array of shape [60000, 28, 82]"),
        (("rows: 10000", "rows: 100000"), "mnist has 10,000 test images, so that 100000 can never pass"),
        (("floor: 0.80", "floor: 80"), "'floor': expected less than or equal to 1, found 80"),
        (("title: Naive MLP", "title: '  '"), "'title': expected text that is not blank"),
    ],
)
def test_a_value_that_reads_otherwise_than_it_looks_or_can_never_pass_is_an_error(
    slip: tuple[str, str], words: str, tmp_path: Path
) -> None:
    text = changed(slip)
    found = problems(tmp_path, text)
    first = next(n for n, (a, b) in enumerate(zip(text.splitlines(), BUNDLED.splitlines(), strict=False), 1) if a != b)
    assert any(words in p and int(p.split(":")[1]) in {first, first + 1} for p in found), found


DOUBTFUL = {
    "stages that nothing tells apart": (
        ("initializer: [he_normal, he_uniform]", "initializer: [he_normal, glorot_uniform]"),
        "stage init: nothing tells it apart from stage naive",
    ),
    "a stage that nothing judges": (
        ("criteria:", "  last:\n    title: Last\n    activation: [softsign]\ncriteria:"),
        "stage last: no criterion judges this stage",
    ),
    "a word that is almost a stage": (
        ("id: data.load", "id: dropuot.load"),
        "criterion dropuot.load: 'dropuot' is no stage, so that this looks at no stage's run (did you mean 'dropout'?)",
    ),
    "a keyword of two stages": (
        ("en: [dropout,", "en: [Adam,"),
        "the keyword 'adam' stands for stage optimizer",
    ),
    "a stage that does not say what makes it": (
        ("    dropout: true\n", ""),
        "stage dropout: its dropout is what makes it, but it does not say which; add `dropout:`",
    ),
    "a name twice": (("[he_normal, he_uniform]", "[he_normal, he_normal]"), "stands in this list already"),
    "a check twice": (("- check: validation", "- check: validation\n      - check: validation"), "stands here twice"),
    "a stage known by another optimizer": (
        ("optimizer: [adam]", "optimizer: [rmsprop]"),
        "asks for adam, but the stage is known by its optimizer rmsprop",
    ),
    "a stage known to have no dropout": (
        ("batch_norm: false\n    dropout: true", "batch_norm: false\n    dropout: false"),
        "looks at layers that the stage is known not to have (dropout: false)",
    ),
    "all marks for a day": (
        ("stages:", "late: {due: 2024-08-14 23:59, zone: UTC, per_day: 10}\nstages:"),
        "takes all 10 marks in the first day; is 10 % meant?",
    ),
    "a share of the marks written as a fraction": (
        ("stages:", "late: {due: 2024-08-14 23:59, zone: UTC, per_day: 0.1}\nstages:"),
        "takes 0.1 of 10 marks (1 %) each day; is 10 % meant?",
    ),
    "a cap above all marks": (
        ("stages:", "late: {due: 2024-08-14 23:59, zone: UTC, per_day: 1, cap: 50}\nstages:"),
        "more than all 10 marks, so that it bounds nothing; is 50 % meant?",
    ),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_is_hardly_meant_is_warned_of_at_its_line(kind: str, tmp_path: Path) -> None:
    slip, words = DOUBTFUL[kind]
    assert problems(tmp_path, changed(slip)) == []
    assert any(words in w for w in warnings(tmp_path, changed(slip)))


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (("criteria:", "criterea:"), ["missing 'criteria'", "unknown key 'criterea' (did you mean 'criteria'?)"]),
        (("- check: curves_plotted", "- curves_plotted"), ["'checks': expected a mapping of keys to values"]),
        (("- {check: one_hot, classes: 10}", "- one_hot: {classes: 10}"), ["missing 'check'"]),
        (("needs: [batchnorm.layers]", "needs: [batchnorm: layers]"), ["'needs': expected text"]),
    ],
)
def test_a_cause_is_told_without_its_consequences(slip: tuple[str, str], words: list[str], tmp_path: Path) -> None:
    found = problems(tmp_path, changed(slip))
    assert [word in problem for word, problem in zip(words, found, strict=True)] == [True] * len(words)


def test_the_bundled_rubric_has_neither_problems_nor_warnings(tmp_path: Path) -> None:
    assert (problems(tmp_path, BUNDLED), warnings(tmp_path, BUNDLED)) == ([], [])


def test_capitals_in_a_keyword_make_no_difference(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(changed(("en: [naive, basic", "en: [Naive, Basic")))
    assert load(path).stages[0].keywords[:2] == ("naive", "basic")
