"""JUnit XML, which every CI reads: a suite for each student, a case for each criterion, marks as properties."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grader.exports.feedback import because, points, reason
from grader.exports.graded import Graded
from grader.workspace.grade_file import StoredCriterion

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 file may hold, not even escaped; a student's output may."""


def junit_xml(graded: Sequence[Graded], title: str) -> bytes:
    """Lost marks are failures, what was skipped or not assessed is skipped, failures of the grader are errors."""
    top = ET.Element("testsuites", {"name": _clean(title)})
    for one in graded:
        _suite(top, one)
    for kind in ("tests", "failures", "errors"):
        top.set(kind, str(sum(int(suite.get(kind, "0")) for suite in top)))
    top.set("time", "0")
    ET.indent(top, " ")
    whole: bytes = ET.tostring(top, encoding="utf-8", xml_declaration=True)
    return whole + b"\n"


def _suite(top: ET.Element, graded: Graded) -> None:
    grade = graded.grade
    suite = ET.SubElement(top, "testsuite", {"name": _clean(graded.student)})
    properties = ET.SubElement(suite, "properties")
    score = "" if graded.no_mark else graded.total
    said = {"score": score, "max_score": f"{grade.max:g}", "ending": grade.ending, "not_final": graded.withheld}
    for name, value in said.items():
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    if grade.unconfirmed_zero or graded.cause_alone:
        words = _clean(" ".join(because(graded)) or graded.withheld)
        case = ET.SubElement(suite, "testcase", _case_name(graded, "what was handed in"))
        ET.SubElement(case, "error", {"type": "nothing to judge", "message": words}).text = words
    else:
        for criterion in grade.criteria:
            _case(suite, graded, criterion)
    for fault in grade.faults:
        case = ET.SubElement(suite, "testcase", _case_name(graded, "the grader itself"))
        ET.SubElement(case, "error", {"type": "fault", "message": _clean(fault.splitlines()[-1])}).text = _clean(fault)
    found = {"tests": "testcase", "failures": ".//failure", "errors": ".//error", "skipped": ".//skipped"}
    for name, path in found.items():
        suite.set(name, str(len(suite.findall(path))))
    suite.set("time", "0")


def _case(suite: ET.Element, graded: Graded, criterion: StoredCriterion) -> None:
    case = ET.SubElement(suite, "testcase", _case_name(graded, criterion.id))
    words = _clean(f"{points(criterion)}: {reason(criterion)}")
    open_ = criterion.manual is None and criterion.outcome in {"not assessed", "skipped"}
    if open_:
        ET.SubElement(case, "skipped", {"type": criterion.outcome, "message": words})
    elif criterion.score < criterion.max:
        ET.SubElement(case, "failure", {"type": criterion.outcome, "message": words}).text = words
    ET.SubElement(case, "system-out").text = f"score {criterion.score:g} of {criterion.max:g}"


def _case_name(graded: Graded, name: str) -> dict[str, str]:
    return {"classname": _clean(graded.student), "name": _clean(name), "time": "0"}


def _clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)
