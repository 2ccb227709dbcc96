"""What is told to those who watch the service: systemd, a dead man's switch, Prometheus, the readers of its log."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from orchestrator.cli.logs import Json, Text
from orchestrator.gateways.alarm.life import SignsOfLife
from orchestrator.gateways.alarm.ping import APART, Ping
from orchestrator.gateways.alarm.systemd import notify
from orchestrator.store import Store
from tests.doors.lab import Lab
from tests.doors.pages import opened

NOON = datetime(2027, 6, 24, 12, tzinfo=UTC)
SECRET = "/canary-3f1c"


@contextmanager
def switch(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A dead man's switch on loopback, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{SECRET}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def systemd(folder: Path) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """A socket to be notified at, and what was said there so far."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        path = str(folder / "notify")
        sock.bind(path)
        sock.setblocking(False)

        def said() -> list[str]:
            heard = []
            while True:
                try:
                    heard.append(sock.recv(1000).decode())
                except BlockingIOError:
                    return heard

        yield path, said


def pinged(ping: Ping, at: datetime) -> bool:
    """Ping and wait until it is done."""
    thread = ping.send(at)
    if thread is not None:
        thread.join()
    return thread is not None


def test_systemd_is_told_ready_alive_and_stopping(tmp_path: Path) -> None:
    with systemd(tmp_path) as (path, said):
        signs = SignsOfLife({"NOTIFY_SOCKET": path})
        signs.ready()
        signs.alive()
        signs.good(NOON)
        signs.stopping()
        assert said() == ["READY=1", "WATCHDOG=1", "STOPPING=1"]


def test_an_abstract_socket_is_reached_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0orchestrator-test")
        notify({"NOTIFY_SOCKET": "@orchestrator-test"}, "READY=1", "STATUS=…")
        assert sock.recv(100).decode() == "READY=1\nSTATUS=…"


def test_without_systemd_nothing_is_said_and_a_socket_that_is_gone_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    SignsOfLife().alive()
    assert caplog.messages == []
    SignsOfLife({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()
    assert caplog.messages == ["systemd was not reached: No such file or directory"]


def test_the_dead_mans_switch_is_asked_after_good_beats_but_not_too_often() -> None:
    with switch() as (url, asked):
        ping = Ping(url)
        second = timedelta(seconds=1)
        assert [pinged(ping, at) for at in (NOON, NOON + APART - second, NOON + APART)] == [True, False, True]
        assert asked == [SECRET, SECRET]


def test_a_dead_mans_switch_that_refuses_or_is_away_is_said_once_without_its_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with switch(404) as (url, _asked):
        ping = Ping(url)
        assert [pinged(ping, NOON + n * APART) for n in range(3)] == [True, True, True]
    assert caplog.messages == ["the dead man's switch was not reached: HTTP 404"]
    caplog.clear()
    assert pinged(Ping(url), NOON)
    assert caplog.messages == ["the dead man's switch was not reached: ConnectionError"]


def test_health_and_metrics_are_served(sqlite_url: str) -> None:
    well = {"ok": True}
    store = Store(sqlite_url)
    with opened(store, health=lambda: (well["ok"], well), metrics=lambda: b"up 1\n") as port:
        page = f"http://127.0.0.1:{port}"
        assert json.load(urlopen(f"{page}/healthz?x")) == {"ok": True}
        answer = urlopen(f"{page}/metrics")
        assert (answer.read(), answer.headers["Content-Type"]) == (
            b"up 1\n",
            "text/plain; version=0.0.4; charset=utf-8",
        )
        well["ok"] = False
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{page}/healthz")
        assert refused.value.code == 503
        refused.value.close()
    store.close()


def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("orchestrator.daemon", logging.INFO, "daemon.py", 1, message, None, exc_info)
    made.created = NOON.timestamp() + 0.25
    return made


HOSTILE = "Zoé\n2027-06-24T12:00:00.000Z INFO forged\x1b[2J\x85\u202e\u2028"


def test_a_line_of_the_log_cannot_be_forged_by_what_is_in_it() -> None:
    line = Text().format(record(f"event {HOSTILE}"))
    assert line == (
        "2027-06-24T12:00:00.250Z INFO event Zoé\\n2027-06-24T12:00:00.000Z INFO forged\\x1b[2J\\x85\\u202e\\u2028"
    )
    traceback = Text().format(record("failed", ValueError(HOSTILE))).splitlines()
    assert traceback[0] == "2027-06-24T12:00:00.250Z INFO failed"
    assert all(line.startswith("    ") for line in traceback[1:])


def test_the_log_in_json_is_one_object_a_line_with_control_characters_escaped() -> None:
    line = Json().format(record(f"event {HOSTILE}", ValueError("why")))
    assert re.search("[\x00-\x1f\x7f-\x9f\u2028\u202e]", line) is None
    assert json.loads(line) == {
        "time": "2027-06-24T12:00:00.250Z",
        "level": "INFO",
        "logger": "orchestrator.daemon",
        "message": "event Zoé\\n2027-06-24T12:00:00.000Z INFO forged\\x1b[2J\\x85\\u202e\\u2028",
        "traceback": ["ValueError: why"],
    }


@pytest.mark.slow
def test_run_tells_systemd_the_switch_prometheus_and_its_log(tmp_path: Path) -> None:
    with Lab(tmp_path) as lab, systemd(tmp_path) as (path, said), switch() as (url, asked):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        lab.write_config(bind=f'"127.0.0.1:{port}"')
        environ = {
            **lab.environ,
            "PATH": "/usr/bin",
            "NOTIFY_SOCKET": path,
            "ORCHESTRATOR_ALARMS__PING_URL": url,
            "ORCHESTRATOR_LOG_FORMAT": "json",
        }
        command = [sys.executable, "-m", "orchestrator", "run", "-c", str(lab.config)]
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as service:
            deadline, heard = time.monotonic() + 40, list[str]()
            while not ({"READY=1", "WATCHDOG=1"} <= set(heard) and asked and len(lab.relay.accepted) == 12):
                assert time.monotonic() < deadline, (heard, asked, len(lab.relay.accepted))
                time.sleep(0.05)
                heard += said()
            metrics = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
            service.send_signal(signal.SIGTERM)
            assert service.stderr is not None
            log = service.stderr.read()
            assert service.wait(20) == 0
        assert heard[0] == "READY=1"
        assert said()[-1] == "STOPPING=1"
        assert asked == [SECRET]
        assert 'orchestrator_letters{event="relation-police-population",state="sent"} 12.0' in metrics
        facts = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        assert any("réunion créée" in fact["message"] for fact in facts), log
        assert SECRET not in log
