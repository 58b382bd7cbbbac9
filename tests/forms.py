"""The other form of a submission: a notebook as a script, a script as a notebook."""

import ast
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager


def otherwise(program: Path, folder: Path) -> None:
    """Writes the program in its other form into a folder, which is made."""
    folder.mkdir(parents=True)
    if program.suffix == ".py":
        nbformat.write(as_notebook(program), folder / "lab.ipynb")
    else:
        (folder / "lab.py").write_text(as_script(program), encoding="utf-8")


def as_script(notebook: Path) -> str:
    """As Jupyter exports it: `# In[ ]:` above each cell, Markdown as comments, magics as calls of IPython."""
    parts = ["#!/usr/bin/env python\n# coding: utf-8\n"]
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            plain = TransformerManager().transform_cell(cell.source)
            parts.append(f"# In[{cell.execution_count or ' '}]:\n\n\n{plain}")
        else:
            parts.append("".join(f"# {line}\n" for line in cell.source.splitlines()))
    return "\n\n".join(parts)


def as_notebook(script: Path) -> nbformat.NotebookNode:
    """As one pastes it: a cell for each comment that begins a section, or for each statement of several lines."""
    source = script.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    starts = [0] + [
        n.lineno - 1 - _comments_above(lines, n.lineno - 1)
        for n in ast.parse(source).body[1:]
        if _comments_above(lines, n.lineno - 1) or isinstance(n, ast.FunctionDef)
    ]
    ends = [*starts[1:], len(lines)]
    cells = ["".join(lines[a:b]).strip("\n") for a, b in zip(starts, ends, strict=True)]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells if c])


def _comments_above(lines: list[str], index: int) -> int:
    count = 0
    while index - count > 0 and lines[index - count - 1].startswith("#"):
        count += 1
    return count
