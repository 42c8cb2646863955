"""Takes limits upon itself and becomes another program: ``confined.py MEMORY CPU FILE -- program argument ...``.

It stands between the hub and the program, so that the hub, which has threads, runs nothing of its own after a fork.
The hub's Python runs it, without any packages.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

_DIES_WITH_ITS_PARENT, _GAINS_NOTHING = 1, 38
"""``PR_SET_PDEATHSIG`` and ``PR_SET_NO_NEW_PRIVS`` of prctl(2)."""
_OPEN_FILES = 512


def confine(memory: int, processor: int, file: int) -> None:
    """Limits in bytes, seconds of processor time, and bytes of one file; none of them above what there is already."""
    limits = (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            prctl = ctypes.CDLL(None).prctl
            prctl(_DIES_WITH_ITS_PARENT, signal.SIGKILL, 0, 0, 0)
            prctl(_GAINS_NOTHING, 1, 0, 0, 0)


if __name__ == "__main__":
    confine(*map(int, sys.argv[1:4]))
    program = sys.argv[5:]
    os.execv(program[0], program)  # noqa: S606 (there is no shell, and the hub has looked for the program)
