"""Are the tests any good? Twelve builds are sabotaged, each in one way that has hurt somebody, and each must be caught.

An edit replaces exact text, so it breaks loudly when the code it edits has changed. Prints JSON; ends with 1 if a
saboteur survives. Arguments are names of saboteurs, for those alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = ("orchestrator", "templates", "examples", "tests", "benchmarks", "config.example.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Text of a file, and what takes its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saboteur:
    """A way to break the promises, and the tests of which one must fail."""

    name: str
    edits: Sequence[Edit]
    tests: Sequence[str]


POST, STEPS, SQL = "tests/jobs/test_post.py", "orchestrator/store/outbox_steps.py", "orchestrator/store/outbox_sql.py"
KILLED, GATEWAY, OUTBOX = (
    "tests/crash/test_post_killed.py",
    "tests/contracts/test_smtp_gateway.py",
    "tests/store/test_outbox.py",
)
TALK = "orchestrator/gateways/mail/smtp_talk.py"

SABOTEURS = (
    Saboteur(
        name="mark before send",
        edits=[Edit(file=SQL, old='        state="dotted",\n', new='        state="sent",\n')],
        tests=[f"{KILLED}::test_a_kill_between_the_acceptance_and_its_reply_makes_one_marked_copy"],
    ),
    Saboteur(
        name="mark after the batch",
        edits=[
            Edit(
                file="orchestrator/jobs/courier.py",
                old="        for key, reply in self._taken.items():\n",
                new="        whole = len(self._taken) == len(self._in_hand) and not self._stock\n"
                "        for key, reply in self._taken.items() if whole else ():\n",
            )
        ],
        tests=[f"{KILLED}::test_a_kill_at_the_last_acceptance_doubles_only_what_is_in_flight"],
    ),
    Saboteur(
        name="no lease",
        edits=[
            Edit(
                file=SQL,
                old='        letter.c.state == "due",\n        letter.c.event.in_',
                new='        letter.c.state.in_(("due", "claimed")),\n        letter.c.event.in_',
            ),
            Edit(
                file=SQL,
                old='among(letter.c.id, "ids"), letter.c.state == "due")\n',
                new='among(letter.c.id, "ids"), letter.c.state.in_(("due", "claimed")))\n',
            ),
        ],
        tests=[
            f"{OUTBOX}::test_a_claim_counts_the_attempt_and_is_leased",
            f"{POST}::test_two_post_rooms_never_send_the_same_letter",
        ],
    ),
    Saboteur(
        name="key without revision",
        edits=[
            Edit(
                file="orchestrator/core/letters.py",
                old='self.rule or "-", self.person, self.revision)',
                new='self.rule or "-", self.person)',
            )
        ],
        tests=["tests/core/test_letters.py"],
    ),
    Saboteur(
        name="new Message-ID per retry",
        edits=[
            Edit(
                file="orchestrator/jobs/relay_room.py",
                old="        if delivery.in_doubt and (message := ",
                new="        if delivery.in_doubt < 0 and (message := ",
            ),
            Edit(
                file="orchestrator/jobs/words.py",
                old="message_id=message_id(event, delivery.key, delivery.kind)",
                new="message_id=message_id(event, f'{delivery.key}{delivery.attempts}', delivery.kind)",
            ),
        ],
        tests=[f"{POST}::test_a_letter_whose_reply_was_lost_is_in_doubt_and_goes_again_byte_for_byte"],
    ),
    Saboteur(
        name="5xx is always the address",
        edits=[
            Edit(
                file=TALK,
                old='    if reply.code == 421 or stage not in ("rcpt", "data", "dot"):\n',
                new="    if reply.code == 421:\n",
            )
        ],
        tests=[f"{POST}::test_a_relay_at_fault_blames_no_letter"],
    ),
    Saboteur(
        name="450 is for good",
        edits=[
            Edit(
                file=TALK,
                old="    if kind == 5:\n        return AddressRefused(",
                new="    if kind in (4, 5):\n        return AddressRefused(",
            )
        ],
        tests=[f"{POST}::test_a_letter_put_off_again_and_again_waits_longer_each_time"],
    ),
    Saboteur(
        name="POST again without GET",
        edits=[
            Edit(
                file="orchestrator/jobs/meetings.py",
                old="    ours = one.world.meetings.find(wanted.host, wanted.tag)\n",
                new="    ours = ()\n",
            )
        ],
        tests=[
            "tests/jobs/test_zoom.py::test_an_answer_lost_when_the_meeting_is_created_makes_no_second_one",
        ],
    ),
    Saboteur(
        name="url_validation answered first",
        edits=[
            Edit(
                file="orchestrator/gateways/zoom/webhooks.py",
                old="    secret = _signed_with(body, signature, stamp, secrets, now)\n    data = _read(body)\n",
                new="    data = _read(body)\n"
                '    if data.get("event") == "endpoint.url_validation":\n'
                '        return Heard(digest="", name="endpoint.url_validation", at=now,\n'
                '                     answer=_answer(data.get("payload") or {}, next(iter(secrets))))\n'
                "    secret = _signed_with(body, signature, stamp, secrets, now)\n",
            )
        ],
        tests=["tests/contracts/test_webhooks.py"],
    ),
    Saboteur(
        name="STARTTLS without a context",
        edits=[
            Edit(
                file="orchestrator/gateways/mail/smtp.py",
                old="        return self._given or _verifying()\n",
                new="        return ssl._create_unverified_context()\n",
            )
        ],
        tests=[f"{GATEWAY}::test_a_certificate_that_proves_nothing_gets_no_password"],
    ),
    Saboteur(
        name="naive local time",
        edits=[
            Edit(
                file="orchestrator/core/facts.py",
                old="        return session.starts_at - reminder.rule.lead\n",
                new="        local = session.starts_at.astimezone(event.zone) - reminder.rule.lead\n"
                "        return local.astimezone(session.starts_at.tzinfo)\n",
            )
        ],
        tests=["tests/core/test_letters.py"],
    ),
    Saboteur(
        name="lease that never expires",
        edits=[
            Edit(
                file="orchestrator/store/outbox.py",
                old="        if not any(row.owner in dead or row.lease_until <= now for row in owners):\n",
                new="        if not any(row.owner in dead for row in owners):\n",
            )
        ],
        tests=[f"{POST}::test_a_letter_held_by_somebody_alive_is_left_to_them_until_their_lease_runs_out"],
    ),
)


class Outdated(Exception):
    """The code an edit is about has changed: the edit must follow it."""


def sabotage(folder: Path, saboteur: Saboteur) -> None:
    """Apply a saboteur's edits to a copy. Raises Outdated."""
    for edit in saboteur.edits:
        file = folder / edit.file
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        if text.count(edit.old) != 1:
            raise Outdated(f"« {saboteur.name} »: {edit.file} holds the text to replace {text.count(edit.old)} times")
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def passes(folder: Path, tests: Sequence[str]) -> bool:
    """Run some tests on a copy."""
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not postgres", *tests]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise Outdated(f"the tests {' '.join(tests)} do not run: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.returncode == 0


def is_caught(saboteur: Saboteur) -> bool:
    """Whether a test fails on the sabotaged build, and none on the true one."""
    with tempfile.TemporaryDirectory(prefix="saboteur-") as name:
        folder = Path(name)
        for part in NEEDED:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        honest = passes(folder, saboteur.tests)
        sabotage(folder, saboteur)
        return honest and not passes(folder, saboteur.tests)


def caught(names: Sequence[str] = ()) -> dict[str, bool]:
    """Which saboteurs are caught, all or those named; says each on the error stream as it is known."""
    found = {}
    for saboteur in SABOTEURS:
        if names and saboteur.name not in names:
            continue
        try:
            found[saboteur.name] = is_caught(saboteur)
        except Outdated as error:
            found[saboteur.name] = False
            print(error, file=sys.stderr)
        print(f"{saboteur.name}: {'caught' if found[saboteur.name] else 'SURVIVED'}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    found = caught(sys.argv[1:])
    print(json.dumps(found, indent=2))
    if not all(found.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
