"""The webhook of alarms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.core.errors import Unheard
from orchestrator.gateways.alarm.webhook import Webhook
from orchestrator.ports import Call
from tests.contracts.listener import Listener

CALL = Call(
    event="relation",
    title="La relation de soin",
    key="relay:x",
    what="le relais ne répond pas",
    remedy="appelez l'informatique",
    since=datetime(2027, 6, 24, 7, tzinfo=UTC),
)


def test_an_alarm_is_posted_as_values_and_as_a_line_for_chat_programs() -> None:
    with Listener(204) as listener:
        Webhook(listener.url).sound([CALL])
    line = "⚠ La relation de soin : le relais ne répond pas → appelez l'informatique"
    assert listener.heard == [
        {
            "event": "relation",
            "title": "La relation de soin",
            "key": "relay:x",
            "what": "le relais ne répond pas",
            "remedy": "appelez l'informatique",
            "since": "2027-06-24T07:00:00+00:00",
            "text": line,
            "content": line,
        }
    ]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_alarm_that_is_refused_or_sent_elsewhere_was_not_heard(status: int) -> None:
    with Listener(status, location="http://127.0.0.1:9/") as listener, pytest.raises(Unheard, match=str(status)):
        Webhook(listener.url).sound([CALL])


def test_the_secret_of_the_address_is_never_said() -> None:
    with Listener() as listener:
        gone = listener.url
    with pytest.raises(Unheard) as caught:
        Webhook(gone).sound([CALL])
    assert "tres-secret" not in str(caught.value) + repr(Webhook(gone)) + repr(caught.value.__cause__)
