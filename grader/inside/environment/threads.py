"""How many threads TensorFlow computes with: a program may set what it likes, and the grader's number holds.

What a network becomes may follow from how many threads a sum is divided among, and the same code earns the same mark.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from typing import Any

from ..patches import Change

INTRA, INTER = (os.environ.get(f"TF_NUM_{name}_THREADS", "") for name in ("INTRAOP", "INTEROP"))
"""As they were before the student's first line, who may write to the environment."""


def keep_threads(context_class: Any) -> Iterator[Change]:
    """When TensorFlow starts, the numbers are ours; before and after, what the program set is what it reads."""
    original = context_class.ensure_initialized

    @functools.wraps(original)
    def ensure_initialized(self: Any) -> Any:
        if self._initialized:
            return None
        asked = self._intra_op_parallelism_threads, self._inter_op_parallelism_threads
        if INTRA and INTER:
            self._intra_op_parallelism_threads, self._inter_op_parallelism_threads = int(INTRA), int(INTER)
        try:
            return original(self)
        finally:
            self._intra_op_parallelism_threads, self._inter_op_parallelism_threads = asked

    target = "tensorflow.python.eager.context.Context.ensure_initialized"
    yield Change(target, context_class, "ensure_initialized", ensure_initialized)
