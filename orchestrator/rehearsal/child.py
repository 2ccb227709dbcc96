"""The service as its rehearsal sees it: a process that does a turn when told, is killed and starts again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

from orchestrator.core.errors import OrchestratorError


class Service:
    """The child process, and what it last said."""

    def __init__(self, first_line: str) -> None:
        self._first_line = first_line
        self._process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("COV_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.rehearsal.service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
        )
        self._say(process, self._first_line)
        return process

    def _say(self, process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()

    def turn(self) -> dict[str, Any] | None:
        """Let the service do one turn; None when it was killed on the way. Raises OrchestratorError if it fell."""
        self._say(self._process, "turn")
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if answer:
            return json.loads(answer)  # type: ignore[no-any-return]  # a dict, see service.turn
        if self._process.wait() == -signal.SIGKILL:
            return None
        raise OrchestratorError("le service s'est arrêté tout seul pendant la répétition (voir ci-dessus)")

    def kill(self) -> None:
        self._process.kill()

    def restart(self) -> None:
        self._process.wait()
        self._process = self._start()

    def hang_up(self) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait()
