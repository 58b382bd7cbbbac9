"""What a run has written is kept to the last byte, and whoever outlives it holds nobody up."""

from __future__ import annotations

import os
from io import FileIO
from threading import Event, Thread

import pytest

from grader.sandbox.pipes import CHUNK, FULLEST, Drain
from tests.sandbox.conftest import wait_until


def test_what_was_written_before_the_end_is_kept_however_slow_the_disk_is() -> None:
    def slow(data: bytes) -> bool:
        taken.append(data)
        begun.set()
        return disk.wait(20)

    taken: list[bytes] = []
    begun, disk = Event(), Event()
    read, write = os.pipe()
    with FileIO(read) as pipe:
        drain = Drain(pipe, slow)
        os.write(write, b"the first cell, ")
        assert begun.wait(20)
        os.write(write, b"and the last")
        os.close(write)
        ending = Thread(target=drain.finish, args=(0.0,))
        ending.start()
        wait_until(lambda: drain._until < float("inf"))
        disk.set()
        ending.join()
    assert b"".join(taken) == b"the first cell, and the last"


@pytest.mark.parametrize("is_loud", [False, True])
def test_a_survivor_that_holds_the_other_end_is_not_waited_for(is_loud: bool) -> None:
    def flood() -> None:
        try:
            while is_loud:
                os.write(write, b"x" * 4096)
        except BrokenPipeError:
            pass

    def sink(data: bytes) -> bool:
        flooded.set()
        late.append(len(data) if drain._until < float("inf") else 0)
        return True

    late: list[int] = []
    flooded = Event()
    read, write = os.pipe()
    survivor = Thread(target=flood)
    with FileIO(read) as pipe:
        drain = Drain(pipe, sink)
        survivor.start()
        assert not is_loud or flooded.wait(20)
        drain.finish(0.0)
    assert sum(late) <= FULLEST + 2 * CHUNK
    survivor.join()
    os.close(write)
