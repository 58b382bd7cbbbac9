"""The frozen facts and findings that the steps of the pipeline hand to one another."""

from grader.records.evidence import (
    EVIDENCE_VERSION,
    Advisory,
    Architecture,
    Block,
    CompileFacts,
    DataFacts,
    DataLoad,
    Evaluation,
    Evidence,
    FitFacts,
    LabelFacts,
    Layer,
    Measurement,
    TrainingRun,
)
from grader.records.executions import CellRun, CellStatus, Ending, Execution, Limits
from grader.records.expectations import Band, StageMatch, StageSignature, nearest_band
from grader.records.findings import CheckResult, CriterionResult, Facts, Grade, Outcome, Verdict
from grader.records.submissions import FileKind, Program, SourceFile, Submission

__all__ = [
    "EVIDENCE_VERSION",
    "Advisory",
    "Architecture",
    "Band",
    "Block",
    "CellRun",
    "CellStatus",
    "CheckResult",
    "CompileFacts",
    "CriterionResult",
    "DataFacts",
    "DataLoad",
    "Ending",
    "Evaluation",
    "Evidence",
    "Execution",
    "Facts",
    "FileKind",
    "FitFacts",
    "Grade",
    "LabelFacts",
    "Layer",
    "Limits",
    "Measurement",
    "Outcome",
    "Program",
    "SourceFile",
    "StageMatch",
    "StageSignature",
    "Submission",
    "TrainingRun",
    "Verdict",
    "nearest_band",
]
