"""Reaches a Dask cluster: one that is there, or one of processes on this machine for as long as it is needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from grader.errors import UserError
from grader.executors.ledger import MOST_KILLS

MISSING = (
    "--executor dask needs Dask: install the grader with its extra, as in pip install 'mlp-lab-grader[cluster]', "
    "or in a clone pip install '.[cluster]'."
)
START = (
    "Start one (dask scheduler); the certificates for tls:// stand in Dask's own configuration: "
    "https://distributed.dask.org/en/stable/tls.html"
)
ANSWERS = 15
"""Seconds in which a scheduler must answer."""
PLAIN_TYPES = ["dask", "msgpack"]
"""What is taken from the network: bytes and plain data, no pickles."""
Say = Callable[[str], object]


def must_have_dask() -> None:
    """Raises UserError where Dask is not installed: it is an extra."""
    if find_spec("distributed") is None:
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
        place: Any = scheduler
        if scheduler is None:
            # Encrypted and authenticated on loopback, too: whoever may talk to a scheduler runs code as its owner.
            place = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    security=True,
                    dashboard_address=None,
                    worker_dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            )
        elif is_open(scheduler):
            say(
                f"NOT ENCRYPTED: whoever reaches {scheduler} can read submissions and run code on its workers. Use tls://."
            )
        try:
            client = stack.enter_context(
                distributed.Client(place, timeout=ANSWERS, set_as_default=False, deserializers=PLAIN_TYPES)
            )
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            # A TypeError is what Dask says where tls:// is asked for and no certificate is configured.
            raise UserError(f"No Dask scheduler answers at {scheduler}: {error}. {START}") from error
        yield client


def is_open(address: str) -> bool:
    """Whether it is on a network and not encrypted."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    return parts.scheme == "tcp" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}
