from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest

from grader.grading.matching.tuned import tuned_words
from grader.records import (
    Advisory,
    Architecture,
    Bands,
    Beyond,
    Cause,
    CauseKind,
    Ending,
    Evidence,
    Grade,
    Layer,
    Limits,
    Measurement,
    Outcome,
    StageMatch,
)
from grader.reports.background import Background
from grader.reports.band_drawing import band_drawing
from grader.reports.student import exposing_sandboxes, first_step, parts
from grader.reports.words import sentence
from tests.builders import activation, dense, rebuilt
from tests.reports.samples import (
    BACKGROUND,
    BANDS,
    bad_evidence,
    bad_grade,
    check,
    criterion,
    good_evidence,
    good_grade,
    grade,
    student_html,
    training_run,
)

MEGABYTE = 1_000_000


@cache
def good_page() -> str:
    return student_html(good_grade(), good_evidence(), BACKGROUND)


@cache
def bad_page() -> str:
    return student_html(bad_grade(), bad_evidence(), BACKGROUND)


def words(page: str) -> str:
    """The page as a reader sees it, with single blanks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.partition("<main>")[2]))


def test_hostile_text_is_escaped_wherever_it_stands() -> None:
    page = bad_page()
    assert "<script" not in page
    assert "lab <b>" not in page
    assert page.count("&lt;script&gt;") >= 12


def test_a_page_asks_nobody_else_for_anything() -> None:
    page = good_page()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:image/png;base64,)""", page)
    assert not re.search(r"url\((?!#)|@import", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_every_local_link_has_its_target_and_every_id_stands_once() -> None:
    page = good_page()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_total_is_shown_with_two_decimals() -> None:
    assert "10.00 of 10 marks" in words(good_page())
    assert "1.42 of 10 marks, 0.50 not assessed" in words(bad_page())


def test_marks_that_were_not_assessed_are_no_zero() -> None:
    page = words(bad_page())
    assert "batchnorm.accuracyseen in cell 11 of lab &lt;b&gt;.ipynb not assessed" in page
    assert "not measured: quick mode trained for 3 epochs \u2013 / 0.50" in page


def test_a_partial_mark_shows_its_reason_and_what_to_do() -> None:
    page = words(bad_page())
    assert "before it in 1 of 3 layers" in page
    assert "Put BatchNormalization between Dense and its activation." in page
    assert "0.17 / 0.50" in page


def test_the_good_page_has_no_banner() -> None:
    assert 'class="banner' not in good_page()


@pytest.mark.parametrize(
    "sentence",
    [
        "The grader failed here. This is not the student&#39;s doing",
        "Your instructor looks at this before the marks are final.",
        "The programs ran without isolation (sandbox: process).",
        "Each model was trained for at most 3 epochs",
        "measuring run r2 failed: no space left on device",
        "batchnorm: r1 and r3 fit equally well",
        "Stopped after 30 minutes in cell 21",
        "Close call: r3 fits as well",
        "Would have answered it as well: cell 13 of lab",
        "not reached: 1",
        "Note: training was stopped before its end",
        "No training run answers this stage: no run has sigmoid units and plain SGD",
        "a custom layer cannot be rebuilt outside",
    ],
)
def test_the_bad_page_says(sentence: str) -> None:
    assert sentence.replace("&#39;", "'") in words(bad_page())


@pytest.mark.parametrize(
    "sentence",
    [
        "All 6 stages were found, the best network (Batch normalization) reads 96.2 % of the test images rightly",
        "of the test images rightly; no mark is missing.",
        "Nothing: every criterion earned full marks.",
        "Taken for this stage: cell 14 of lab.ipynb (run r4), because it alone has",
        "784 inputs",
        "adam (learning rate 0.001); loss: categorical_crossentropy; metrics: accuracy",
        "100 of 100 epochs; batches of 32; 13,860 images, raw pixels 0…255; validated on 5,940 images",
        "claimed: 0.9620; measured: 0.9616",
        "12 reference runs on raw pixels ended between 0.9516 and 0.9696.",
        "model = build_batchnorm()",
        "lab.ipynb, cell 4: SGD(lr=…) was removed in Keras 3",
        "the newest of two near-identical notebooks",
        "6 min 52 s",
        "1,229 MiB",
        "2.21.0",
        "5eed5eed",
    ],
)
def test_the_good_page_says(sentence: str) -> None:
    assert sentence in words(good_page())


def test_the_same_grade_makes_the_same_bytes() -> None:
    assert student_html(good_grade(), good_evidence(), BACKGROUND) == good_page()


def test_an_outcome_is_a_word_and_a_shape() -> None:
    page = bad_page()
    for word in ("passed", "partial", "failed", "skipped", "not-assessed"):
        assert f'<symbol id="shape-{word}"' in page
        assert re.search(rf'<use href="#shape-{word}"/></svg>{word.replace("-", " ")}</span>', page)


def test_runs_that_answer_no_stage_are_listed() -> None:
    page = words(bad_page())
    assert "Other training runs" in page
    assert "measured 0.9035" in page.partition("Other training runs")[2]


def test_a_network_of_ones_own_beyond_the_stages_stands_beside_what_the_stages_reached() -> None:
    evidence = good_evidence()
    own = replace(evidence.runs[-1], id="own", cell=40, measurement=Measurement(0.9876))
    own = rebuilt(own, dense(128), activation("relu"), dense(10), activation("softmax"))
    judged = replace(good_grade(), beyond=(Beyond("own", tuned_words(own)),))
    page = words(student_html(judged, replace(evidence, runs=(*evidence.runs, own)), BACKGROUND))
    beside = page.partition("Beyond the stages")[2]
    assert "1 hidden layer, relu, Adam; 128 units each" in beside
    assert "0.9876" in beside
    assert "Other training runs" not in page


def test_one_cell_that_answers_two_stages_is_printed_once() -> None:
    evidence = good_evidence()
    one = tuple(replace(run, source="everything = 'in one module'") for run in evidence.runs)
    page = student_html(good_grade(), replace(evidence, runs=one), BACKGROUND)
    assert page.count("in one module") == 1
    assert page.count("since it is the same cell: Naive MLP.") == 5


def test_six_stages_of_a_hundred_epochs_stay_under_a_megabyte() -> None:
    assert len(good_page().encode()) < MEGABYTE


def _bloated() -> tuple[Grade, Evidence]:
    much = "<&'\">" * 200_000
    evidence = good_evidence(10_000)
    deep = (Layer("dense", n, initializer=f"{n}{much}", name="Dense") for n in range(3000))
    odd = (Layer("other", name=f"{n}{much[:500]}") for n in range(3000))
    network = Architecture(tuple(layer for pair in zip(deep, odd, strict=True) for layer in pair))
    runs = tuple(replace(run, source=f"{run.id}{much}", error=much, architecture=network) for run in evidence.runs)
    more = tuple(training_run("init", n, 1, program=f"{n}{much}.ipynb") for n in range(10, 100))
    cells = evidence.executions[0].cells
    return replace(good_grade(), student=much), replace(
        evidence,
        runs=(*runs, *more),
        executions=(replace(evidence.executions[0], message=much, cells=cells),) * 500,
        submission=replace(
            evidence.submission,
            files=tuple(replace(evidence.submission.files[0], name=f"{n}.py") for n in range(5000)),
        ),
        advisories=tuple(Advisory("lab.ipynb", n, much) for n in range(5000)),
    )


def test_a_student_cannot_blow_up_the_page() -> None:
    page = student_html(*_bloated(), BACKGROUND)
    assert len(page.encode()) < MEGABYTE
    assert "… and 4960 more" in page
    assert "… and 4940 more" in page


@pytest.mark.parametrize("ending", list(Ending))
def test_every_ending_has_a_page_even_without_evidence(ending: Ending) -> None:
    empty = replace(good_evidence(), executions=(), runs=(), advisories=(), environment={})
    empty = replace(empty, submission=replace(empty.submission, files=()))
    page = words(student_html(grade("Ada", (), ending=ending), empty, Background(Bands())))
    assert "0.00 of 10 marks" in page
    assert "No file was handed in." in page


def test_a_run_that_was_compiled_and_never_trained_says_so() -> None:
    evidence = good_evidence()
    runs = (replace(evidence.runs[0], fit=None, history={}, measurement=Measurement(None, reason="never trained")),)
    untrained = replace(good_grade(), stages=(StageMatch("naive", "Naive MLP", "r0", "it fits"),))
    page = words(student_html(untrained, replace(evidence, runs=runs), BACKGROUND))
    assert "compiled, but never trained" in page


def test_a_run_in_a_module_is_named_by_its_file() -> None:
    evidence = good_evidence()
    runs = tuple(replace(run, program="stages.py") for run in evidence.runs)
    assert "Taken for this stage: stages.py (run r0)" in words(
        student_html(good_grade(), replace(evidence, runs=runs), BACKGROUND)
    )


def test_what_was_skipped_counts_with_the_fault_that_caused_it() -> None:
    small = criterion("a.network", "Small", check(Outcome.FAILED, "0.25", help="mend a"))
    hangs = criterion("a.accuracy", "Hangs on it", check(Outcome.SKIPPED, "0.5"))
    large = criterion("b.network", "Large", check(Outcome.FAILED, "0.5", help="mend b"))
    step = first_step(parts((large, small, hangs)))
    assert step is not None
    assert (step.help, step.lost) == ("mend a", Fraction(3, 4))


def test_what_was_not_assessed_is_nothing_to_mend() -> None:
    assert first_step(parts((criterion("a.b", "Open", check(Outcome.NOT_ASSESSED)),))) is None


def test_only_programs_that_ran_can_have_run_without_isolation() -> None:
    ran = good_evidence().executions[0]
    unread = replace(ran, sandbox="process", ending=Ending.UNREADABLE)
    assert exposing_sandboxes((ran, unread, replace(ran, sandbox=""))) == ()
    assert exposing_sandboxes((ran, replace(ran, sandbox="process"))) == ("process",)


def test_the_band_of_the_runs_own_scaling_is_drawn() -> None:
    raw = BANDS.by_stage["init"][0]
    unit = replace(raw, scaling="unit", low=0.8, high=0.9)
    run = replace(training_run("init", 1), measurement=Measurement(0.85, "unit"))
    drawn = band_drawing(run, "init", Bands({"init": (raw, unit)}))
    assert drawn is not None
    assert (drawn.band, drawn.caveat) == (unit, "")
    assert drawn.measured is not None
    assert drawn.band_x < drawn.measured.x < drawn.band_x + drawn.band_width


def test_a_scaling_without_a_band_is_said() -> None:
    run = replace(training_run("init", 1), measurement=Measurement(0.85, "standard"))
    drawn = band_drawing(run, "init", BANDS)
    assert drawn is not None
    assert drawn.caveat == (
        "No reference was run with these settings; the nearest band is shown "
        "(standardised pixels instead of raw pixels 0…255)."
    )


def test_a_claim_that_is_no_accuracy_is_not_drawn() -> None:
    run = training_run("init", 1)
    boast = replace(run, evaluations=(replace(run.evaluations[0], accuracy=99.0),))
    drawn = band_drawing(boast, "init", BANDS)
    assert drawn is not None
    assert drawn.claimed is None


def test_without_a_limit_on_epochs_nothing_is_said_of_a_quick_look() -> None:
    evidence = replace(good_evidence(), limits=Limits(seconds=60))
    page = words(student_html(good_grade(), evidence, BACKGROUND))
    assert "A quick look" not in page
    assert "1 min 00 s, 4,096 MiB of memory" in page


def test_a_stage_whose_gradient_was_not_measured_says_why() -> None:
    unseen = Measurement(0.9, "raw", gradients_missing="its weights before were not recorded")
    runs = tuple(replace(r, measurement=unseen) for r in good_evidence().runs)
    page = student_html(good_grade(), replace(good_evidence(), runs=runs), BACKGROUND)
    expected = "The gradient at each layer was not measured: its weights before were not recorded."
    assert expected in words(page)


# ---------------------------------------------------------------- where nothing was trained

ERROR = Cause(CauseKind.ERROR, "lab.ipynb, cell 1 stopped with ImportError: <b>no</b>", "Import only what is needed.")
NO_PROGRAM = Cause(
    CauseKind.NO_PROGRAM, "no program was handed in, but lab.pdf (a PDF)", "Hand in the notebook itself."
)


def because(cause: Cause, **changes: object) -> str:
    given = replace(bad_grade(), cause=cause, review=(cause.found, "another reason"), **changes)  # type: ignore[arg-type] # fields
    return student_html(given, bad_evidence(), BACKGROUND)


def test_the_cause_is_what_happened_and_what_to_do_first_before_all_that_follows_from_it() -> None:
    text = words(because(ERROR))
    assert "What happened. lab.ipynb, cell 1 stopped with ImportError: &lt;b&gt;no&lt;/b&gt;." in text
    assert "What to do first. Import only what is needed." in text
    assert text.count("What to do first.") == 1
    assert text.index("Import only what is needed.") < text.index("Criteria")


def test_where_nothing_ran_two_lines_stand_for_all_criteria_stages_and_parts() -> None:
    page = because(NO_PROGRAM)
    text = words(page)
    assert (
        "What happened. No program was handed in, but lab.pdf (a PDF). What to do. Hand in the notebook itself." in text
    )
    assert not [c.id for c in bad_grade().criteria if f'id="{c.id}"' in page]
    assert "Stages" not in text


def test_a_reason_that_is_the_cause_stands_once_and_the_others_stay() -> None:
    text = words(because(NO_PROGRAM))
    assert text.count("lab.pdf (a PDF)") == 1
    assert "another reason" in text


def test_a_sentence_that_begins_with_a_name_keeps_it_as_it_is() -> None:
    assert sentence("train() in lab.py is never called") == "train() in lab.py is never called."
    assert sentence("lab.py stopped: why?") == "lab.py stopped: why?"
    assert sentence("no program came") == "No program came."
