from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.errors import UserError
from grader.records import EVIDENCE_VERSION, Evidence
from grader.workspace.evidence_file import evidence_json, evidence_schema, read_evidence
from tests.reports.samples import bad_evidence, good_evidence


@pytest.mark.parametrize("evidence", [good_evidence(), bad_evidence()], ids=["good", "bad"])
def test_evidence_comes_back_as_it_was(evidence: Evidence) -> None:
    assert read_evidence(evidence_json(evidence)) == evidence


def test_what_was_worked_out_from_an_architecture_is_not_stored() -> None:
    evidence = good_evidence()
    assert len(evidence.runs[0].architecture.blocks) == 5
    assert '"blocks"' not in evidence_json(evidence)
    assert read_evidence(evidence_json(evidence)).runs[0].architecture.blocks == evidence.runs[0].architecture.blocks


def test_evidence_that_comes_back_holds_records_not_lists() -> None:
    evidence = read_evidence(evidence_json(good_evidence()))
    assert evidence.submission.root == Path("/class/ada")
    assert isinstance(evidence.runs[0].history["accuracy"], tuple)
    assert evidence.ending is good_evidence().ending


def test_a_file_name_of_broken_bytes_comes_back_as_it_was() -> None:
    evidence = good_evidence()
    odd = replace(evidence, submission=replace(evidence.submission, student="caf\udce9", root=Path("/x/caf\udce9")))
    assert evidence_json(odd).isascii()
    assert read_evidence(evidence_json(odd)) == odd


def test_evidence_of_another_version_asks_to_grade_again() -> None:
    text = evidence_json(replace(good_evidence(), version=99))
    with pytest.raises(UserError, match=rf"of version {EVIDENCE_VERSION}, found version 99\. Grade .* again"):
        read_evidence(text)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"version": 1}', "[" * 100_000])
def test_text_that_is_not_whole_evidence_asks_to_grade_again(text: str) -> None:
    with pytest.raises(UserError, match=r"Grade this submission again"):
        read_evidence(text)


def test_a_damaged_field_is_named() -> None:
    plain = json.loads(evidence_json(good_evidence()))
    plain["runs"][2]["cell"] = "twelve"
    with pytest.raises(UserError, match=r"runs\.2\.cell"):
        read_evidence(json.dumps(plain))


FORMS = {6: "5fc676508a0c0598"}
"""Of each version the digest of its form."""


def form(schema: Any) -> Any:
    """A JSON Schema without its words."""
    if isinstance(schema, dict):
        return {key: form(value) for key, value in schema.items() if key not in {"description", "title"}}
    return [form(value) for value in schema] if isinstance(schema, list) else schema


def test_another_form_of_the_evidence_has_another_version() -> None:
    digest = hashlib.sha256(json.dumps(form(evidence_schema()), sort_keys=True).encode()).hexdigest()[:16]
    assert FORMS.get(EVIDENCE_VERSION) == digest, (
        f"The form of evidence.json has changed, and evidence that was kept would be judged by what nobody looked at: "
        f"raise EVIDENCE_VERSION and put {digest!r} into FORMS under the new number."
    )
