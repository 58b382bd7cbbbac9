"""What a preview says of runs that were watched, found or missing; no kernel needed."""

from dataclasses import replace

from grader.notebook.display import Part, Preview, Sign, html, summary, text
from grader.notebook.judge import Seen, assignment_of, sight
from grader.notebook.preview import common_lines, stage_lines
from grader.notebook.watch import Cells
from grader.notebook.whole import further
from tests.builders import perfect_run, perfect_runs


def signs(seen: Seen, stage: str) -> list[Sign]:
    return [line.sign for line in stage_lines(sight(seen, assignment_of(None)), stage)]


def test_a_faultless_stage_is_right_but_for_the_accuracy_that_a_full_run_tells() -> None:
    assert signs(Seen(list(perfect_runs().values())), "batchnorm") == [Sign.RIGHT] * 3 + [Sign.FULL_RUN]


def test_what_waits_for_something_else_says_what_to_mend_first() -> None:
    bare = perfect_run("batchnorm", architecture=perfect_run("optimizer").architecture)
    lines = stage_lines(sight(Seen([bare]), assignment_of(None), "batchnorm"), "batchnorm")
    assert [line.sign for line in lines] == [Sign.WRONG, Sign.BLOCKED, Sign.RIGHT, Sign.FULL_RUN]
    assert lines[1].said == ("Not looked at because batchnorm.layers failed. Mend batchnorm.layers first.",)


def test_a_stage_without_a_network_is_not_yet_wrong() -> None:
    assert set(signs(Seen([perfect_run("naive")]), "dropout")) == {Sign.NOT_YET}


def test_what_nobody_watched_is_not_seen_and_not_wrong() -> None:
    run = replace(perfect_run("dropout"), fit=None)
    seen = Seen([run], answered={run.id: {"dropout_placement", "dropout_rate"}})
    assert signs(seen, "dropout") == [Sign.RIGHT, Sign.RIGHT, Sign.NOT_SEEN, Sign.FULL_RUN]


def test_what_all_stages_need_is_judged_by_the_stages_so_far() -> None:
    lines = common_lines(sight(Seen([perfect_run("naive"), perfect_run("init", plotted=())]), assignment_of(None)))
    by_title = {line.title: line for line in lines}
    assert by_title["All six stages evaluated on the 10,000 test images"].sign is Sign.NOT_YET
    curves = by_title["Training and validation accuracy plotted for all six stages"]
    assert curves.sign is Sign.PARTLY
    assert "found init: no plot." in curves.said[0]


def test_a_hidden_check_is_not_shown_and_said_to_be_there() -> None:
    bundled = assignment_of(None)
    criteria = tuple(replace(c, hidden=c.id == "dropout.rate") for c in bundled.rubric.criteria)
    hiding = replace(bundled, rubric=replace(bundled.rubric, criteria=criteria))
    judged = sight(Seen(list(perfect_runs().values())), hiding)
    assert not any("rate 0.2" in line.title for line in stage_lines(judged, "dropout"))
    assert "something further, worth 0.25 marks" in next(iter(further(judged)))
    assert not list(further(sight(Seen(list(perfect_runs().values())), bundled)))


def test_what_a_student_wrote_is_escaped_in_html() -> None:
    lines = stage_lines(sight(Seen([perfect_run("naive")]), assignment_of(None)), "naive")
    hostile = Preview("<script>1</script>", (Part("Naive", "<img src=x>", lines),), ("<b>",))
    assert "<script>" not in html(hostile)
    assert "<img" not in html(hostile)
    assert "<script>1</script>" in text(hostile)
    assert summary(hostile) == "Criteria by their marks: 1.00 right, 0.25 that only a full run can tell."


def test_the_latest_run_of_a_cell_is_the_one_that_counts() -> None:
    cells = Cells()
    cells.ran(1, "fit(a)", "id-1")
    cells.ran(2, "other", "id-2")
    cells.ran(3, "fit(b)", "id-1")
    assert [cells.superseded(n) for n in (1, 2, 3)] == [True, False, False]
    assert cells.program().cells == ("fit(a)", "other", "fit(b)")


def test_without_identities_a_cell_is_the_same_where_its_code_is() -> None:
    cells = Cells()
    for number, source in enumerate(("fit(a)", "fit(a)", "fit(b)"), 1):
        cells.ran(number, source, None)
    assert [cells.superseded(n) for n in (1, 2, 3)] == [True, False, False]
