"""The gateway and the post against a real Postfix with a configuration of its own; the machine's is not touched.

Runs as root where Postfix is installed, or where $ORCHESTRATOR_POSTFIX names a folder Debian's package was laid out in
(`apt-get download postfix && dpkg -x postfix_*.deb FOLDER`). Its letters are discarded.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection, create_server

import pytest

from benchmarks._post_stage import event, prepare, world
from orchestrator import wiring
from orchestrator.core.errors import AddressRefused
from orchestrator.gateways.mail.smtp import SmtpPost
from orchestrator.jobs.post import PostRoom

pytestmark = pytest.mark.slow

FOLDER = Path(os.environ.get("ORCHESTRATOR_POSTFIX", "/"))
BINARIES = FOLDER / "usr/lib/postfix/sbin"
QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold"),
    *("incoming", "maildrop", "pid", "private", "public", "saved", "trace"),
)
MAIN = """compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
daemon_directory = {binaries}
command_directory = {folder}/usr/sbin
shlib_directory = {folder}/usr/lib/postfix
meta_directory = {home}/conf
import_environment = LD_LIBRARY_PATH MAIL_CONFIG TZ=UTC LANG=C
mail_owner = daemon
setgid_group = staff
default_privs = nobody
myhostname = relay.invalid
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions =
    check_recipient_access inline:{{{{personne-3@exemple.fr=550 5.1.1 unknown}}}}, permit_mynetworks, reject
default_transport = discard
maillog_file = {home}/log
maillog_file_prefixes = {home}
alias_maps =
"""
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 discard
defer unix - - n - 0 discard
trace unix - - n - 0 discard
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A Postfix that takes everything but one address, and delivers nothing."""
    if os.geteuid() != 0 or not (BINARIES / "master").exists():
        pytest.skip("Postfix is not installed, or we may not start it (see the head of this file)")
    with tempfile.TemporaryDirectory(prefix="postfix-") as name:
        home = Path(name)
        home.chmod(0o755)
        with create_server(("127.0.0.1", 0)) as server:
            free: int = server.getsockname()[1]
        _lay_out(home, free)
        environ = {**os.environ, "LD_LIBRARY_PATH": str(FOLDER / "usr/lib/postfix")}
        process = subprocess.Popen([BINARIES / "master", "-c", home / "conf", "-d"], env=environ)
        try:
            _wait_for(free, process)
            yield free
        finally:
            process.terminate()
            process.wait(10)


def _lay_out(home: Path, port: int) -> None:
    for folder in ("conf", "data", "spool", *(f"spool/{queue}" for queue in QUEUES)):
        (home / folder).mkdir()
        if folder not in ("conf", "spool", "spool/pid"):
            os.chown(home / folder, 1, -1)  # daemon, mail_owner above
    (home / "conf/main.cf").write_text(MAIN.format(home=home, folder=str(FOLDER).rstrip("/"), binaries=BINARIES))
    (home / "conf/master.cf").write_text(MASTER.format(port=port))


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "Postfix ended"
        try:
            create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)


def test_a_letter_is_queued_and_a_refusal_named(port: int) -> None:
    with SmtpPost(host="127.0.0.1", port=port, security="none").connect() as line:
        body = b"Subject: x\r\n\r\n.\r\n"
        with pytest.raises(AddressRefused) as caught:
            line.offer("contact@exemple.fr", "personne-3@exemple.fr", body)
        assert (caught.value.code, caught.value.stage) == (550, "rcpt")
        reply = line.offer("contact@exemple.fr", "zoe@exemple.fr", body).finish()
        assert (reply.code, reply.text.startswith("2.0.0 Ok: queued as ")) == (250, True)


def test_a_whole_wave_goes_through_with_pipelining(port: int, tmp_path: Path) -> None:
    store = wiring.open_store(f"sqlite:///{tmp_path / 'post.db'}")
    one = world(event(), store, port, connections=4)
    prepare(one, 60)
    tally = PostRoom({one.event.key: one}).drain()
    rows = store.outbox.all(one.event.key)
    store.close()
    assert (tally.sent, tally.refused, tally.deferred) == ({"link": 59}, {"link": 1}, {})
    assert all(row.reply.startswith("2.0.0 Ok: queued as ") for row in rows if row.state == "sent")
