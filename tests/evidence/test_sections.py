"""A script is read as a notebook is: whatever stands as a title above a training says what it is meant for."""

import pytest

from grader.evidence.names import names
from grader.evidence.sections import REMARK_SIGN
from grader.evidence.told import told
from grader.records import FileKind, Program


def script(source: str) -> Program:
    return Program("lab.py", FileKind.MODULE, (source,), ("",), ((),), {})


def notebook(*pairs: tuple[str, str]) -> Program:
    """Markdown and the cell below it."""
    return Program(
        "lab.ipynb", FileKind.NOTEBOOK, tuple(c for _, c in pairs), tuple(m for m, _ in pairs), ((),) * len(pairs), {}
    )


def above(program: Program, cell: int, line: int) -> list[str]:
    """The titles, without remarks."""
    return [line for line in told(program, [(cell, line)])[0][0].splitlines() if not line.startswith(REMARK_SIGN)]


@pytest.mark.parametrize(
    "title",
    [
        "# ---- 5. Dropout",
        "# 5. Dropout",
        "# %% 5. Dropout",
        "#%% 5. Dropout",
        "########## 5. Dropout ##########",
        "# ===========\n# 5. Dropout\n# ===========",
        '"""5. Dropout"""',
        "'''\n5. Dropout\nagainst overfitting\n'''",
        "# %% [markdown]\n# ## 5. Dropout",
    ],
)
def test_a_section_of_a_script_has_its_title(title: str) -> None:
    source = f"x = 1\n\n{title}\n\ny = 2\nfit()\n"
    assert above(script(source), 1, len(source.splitlines()))[0].strip("# ") == "5. Dropout"


@pytest.mark.parametrize(
    "line",
    [
        "# model.add(Dropout(0.2))",
        "    # 5. Dropout",
        "net.add(Dense(50))  # 5. Dropout",
        "# In[5]:",
        "# -----------------",
        "# compile it with Adam, since that adapts its step",
        'text = """\n# 5. Dropout\n"""',
    ],
)
def test_remarks_and_code_taken_out_are_no_titles(line: str) -> None:
    source = f"if True:\n    x = 1\n{line}\nfit()\n" if line.startswith(" ") else f"x = 1\n{line}\nfit()\n"
    assert above(script(source), 1, 9) == []


def test_a_title_below_a_place_is_not_above_it() -> None:
    source = "# 4. Batch normalization\nfit()\n\n# 5. Dropout\nfit()\n"
    assert above(script(source), 1, 2) == ["4. Batch normalization"]
    assert above(script(source), 1, 5) == ["5. Dropout", "4. Batch normalization"]


@pytest.mark.parametrize(
    "markdown",
    ["## Dropout", "Dropout\n-------", "**Dropout**", "<h2>Dropout</h2>", "Dropout", "## <b>Dropout</b>", "##Dropout"],
)
def test_a_markdown_title_in_whatever_form(markdown: str) -> None:
    program = notebook(("# Lab", "x = 1"), (f"{markdown}\n\nSome words about what it does.\n", "fit()"))
    assert above(program, 2, 1)[0].strip("# ") == "Dropout"


def test_a_title_counts_at_any_distance_above() -> None:
    program = notebook(("## Dropout\n" + "Prose. " * 400, "x = 1"), ("", "y = 2"), ("### Train", "fit()"))
    assert above(program, 3, 1) == ["### Train", "## Dropout"]


def test_code_within_markdown_holds_no_title() -> None:
    program = notebook(("```python\n# Dropout\n```\n", "fit()"))
    assert above(program, 1, 1) == []


def test_the_names_are_those_of_the_statement_that_trained_and_what_is_told_after_it() -> None:
    trained = "history_dropout = train(build_dropout, optimizer='adam')"
    source = f"model_bn = build()\n{trained}\nplt.title('Dropout')\nmodel_bn.fit()\n"
    assert names(script(source), 1, 2).splitlines() == ["history_dropout", "train", "build_dropout", "Dropout"]


def test_of_a_loop_only_its_first_line_speaks() -> None:
    assert (
        names(script("for build in builders:\n    dropout = build()\n    dropout.fit()\n"), 1, 3) == "build\nbuilders"
    )


SECTIONS = ("Naive network", "1. Weight initialization", "2. Nonlinearity", "Train", "5. Dropout")


@pytest.mark.parametrize("style", ["# %% [markdown]\n# ## {}\n\n# %%", "# ---- {} ----", "#%% {}", '"""{}"""'])
def test_the_same_code_stands_under_the_same_titles_as_notebook_and_as_script(style: str) -> None:
    cells = [(f"## {title}", f"net_{n} = build()\nnet_{n}.fit()") for n, title in enumerate(SECTIONS)]
    source = "\n\n".join(f"{style.format(title.removeprefix('## '))}\n\n{code}" for title, code in cells)
    lines = source.splitlines()
    for number, (_, code) in enumerate(cells, 1):
        line = lines.index(code.splitlines()[1]) + 1
        in_script, in_notebook = above(script(source), 1, line), above(notebook(*cells), number, 2)
        assert [t.strip("# ") for t in in_script] == [t.strip("# ") for t in in_notebook]
