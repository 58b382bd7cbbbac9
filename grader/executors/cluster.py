"""Reaches a Dask cluster: one that is there, or one of processes on this machine for as long as it is needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from grader.errors import UserError
from grader.executors.task_tracker import MOST_KILLS

MISSING = (
    "--executor dask needs Dask, which is an extra of the grader's: pip install '.[cluster]' in a clone, or "
    "pip install distributed cryptography."
)
START = (
    "Start one (dask scheduler); the certificates for tls:// stand in Dask's own configuration: "
    "https://distributed.dask.org/en/stable/tls.html"
)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
ANSWERS = 15
"""Seconds in which a scheduler must answer."""
PLAIN_TYPES = ["dask", "msgpack"]
"""How answers are read: as bytes and plain data. Dask's own messages, such as errors, may hold pickles all the same."""
Say = Callable[[str], object]


def must_have_dask() -> None:
    """Raises UserError where Dask, or what it encrypts with, is not installed: they are an extra."""
    if not all(map(find_spec, ("distributed", "cryptography"))):
        raise UserError(MISSING)


@contextmanager
def connected(scheduler: str | None, workers: int, say: Say) -> Iterator[Any]:
    """A client of the scheduler at that address; without one, of `workers` processes started here, over TLS.

    Raises:
        UserError: no scheduler answers there.
    """
    import dask
    import distributed

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": MOST_KILLS - 1}))
        address: Any = scheduler
        if scheduler is None:
            address = stack.enter_context(_workers_here(workers))
        elif danger := unprotected(scheduler):
            say(danger)
        try:
            client = stack.enter_context(
                distributed.Client(address, timeout=ANSWERS, set_as_default=False, deserializers=PLAIN_TYPES)
            )
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            # A TypeError is what Dask says where tls:// is asked for and no certificate is configured.
            raise UserError(f"No Dask scheduler answers at {scheduler}: {error}. {START}") from error
        yield client


def _workers_here(count: int) -> Any:
    import distributed

    # Encrypted and authenticated on loopback, too: whoever may talk to a scheduler runs code as its owner.
    try:
        return distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            security=True,
            dashboard_address=None,
            worker_dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
    except (OSError, RuntimeError, TimeoutError) as error:
        raise UserError(f"Dask cannot start {count} workers here: {error}. Use --executor local.") from error


def unprotected(address: str) -> str:
    """What may happen where a scheduler asks nobody who they are; empty if it does."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme in {"tls", "wss"}:
        return ""
    who = "every user of this machine" if parts.hostname in LOOPBACK else "whoever reaches it"
    return f"NOT ENCRYPTED: {who} can read submissions and run code on the workers of {address} and here. Use tls://."
