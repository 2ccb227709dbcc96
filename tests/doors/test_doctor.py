"""`doctor` for whoever keeps the machine: a name server, a relay and a fake Zoom of ours, on loopback."""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from orchestrator.doctor.files import file_system
from orchestrator.doctor.system import LAST_DAY, zone_data
from orchestrator.gateways.surroundings import certificates
from orchestrator.gateways.surroundings.names import Names, NameServerSilent, Texts
from orchestrator.gateways.surroundings.sender import USUAL, Dkim, Dmarc, Spf, dkim, dmarc, spf
from orchestrator.outside.names import NameServer
from orchestrator.outside.relay import Relay
from orchestrator.outside.zoom import FakeZoom
from orchestrator.store import Store
from tests.doors.lab import Lab, now
from tests.doors.pages import opened

GOOD = {
    "exemple.fr": ["v=spf1 include:_spf.relais.example mx ~all", "another text"],
    "_spf.relais.example": ["v=spf1 ip4:192.0.2.0/24 -all"],
    "default._domainkey.exemple.fr": ["v=DKIM1; k=rsa; p=" + "A" * 390],
    "_dmarc.exemple.fr": ["v=DMARC1; p=quarantine; rua=mailto:x@exemple.fr"],
}


@contextmanager
def asking(texts: Mapping[str, Sequence[str]], *, broken: Sequence[str] = ()) -> Iterator[Names]:
    with NameServer(texts, broken=broken) as server:
        yield Names((server.host, server.port))


def findings(lab: Lab, *options: str, texts: Mapping[str, Sequence[str]] = GOOD, **environ: str) -> dict[str, Any]:
    """What doctor says, by topic: (level, what) of each finding; and its exit code."""
    with NameServer(texts) as server:
        done = lab.run("doctor", "--json", "--dns", f"127.0.0.1:{server.port}", *options, **environ)
    said = json.loads(done.stdout)
    assert said["ok"] is (done.exit_code == 0)
    topics: dict[str, Any] = {"exit": done.exit_code}
    for one in said["findings"]:
        assert bool(one["remedy"]) is (one["level"] != "ok"), one
        topics.setdefault(one["topic"], []).append((one["level"], one["what"]))
    return topics


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path) as found:
        found.folder.chmod(0o700)
        yield found


# the domain's records


def test_a_text_in_several_strings_is_one_and_a_name_that_is_not_there_is_told_from_an_empty_one() -> None:
    with asking({"long.example": ["x" * 500], "a.below.example": ["there"]}) as names:
        assert names.texts("long.example") == Texts(("x" * 500,))
        assert (names.texts("below.example"), names.texts("no.example")) == (Texts(), Texts(exists=False))


def test_a_silent_name_server_is_said_with_its_remedy() -> None:
    with asking({}, broken=["exemple.fr"]) as names, pytest.raises(NameServerSilent, match=r"exemple\.fr.*resolv"):
        names.texts("exemple.fr")


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (GOOD, Spf(records=1, lookups=2, rest="~")),
        ({}, Spf(records=0, domain_exists=False)),
        ({"exemple.fr": ["v=spf10 -all"]}, Spf(records=0)),
        ({"exemple.fr": ["v=spf1 -all", "v=spf1 ~all"]}, Spf(records=2)),
        ({"exemple.fr": ["v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32"]}, Spf(records=1)),
        ({"exemple.fr": ["v=spf1 a mx:x.example a/24 exists:%{i}.x ptr all"]}, Spf(records=1, lookups=5, rest="+")),
        (
            {"exemple.fr": ["v=spf1 redirect=r.example"], "r.example": ["v=spf1 a -all"]},
            Spf(records=1, lookups=2, rest="-"),
        ),
        ({"exemple.fr": ["v=spf1 include:exemple.fr ?all"]}, Spf(records=1, lookups=1, rest="?")),
    ],
)
def test_spf_is_counted_as_a_receiver_counts(texts: Mapping[str, Sequence[str]], found: Spf) -> None:
    with asking(texts) as names:
        assert spf(names, "exemple.fr") == found


def test_an_endless_spf_record_ends() -> None:
    chain = {f"s{n}.example": [f"v=spf1 include:s{n + 1}.example -all"] for n in range(100)}
    with asking(chain) as names:
        assert 10 < spf(names, "s0.example").lookups < 105


def test_dmarc_is_found_on_the_domain_or_above_it() -> None:
    with asking({"_dmarc.exemple.fr": ["v=DMARC1;p=reject; sp=none"], "_dmarc.x.fr": ["p=none"]}) as names:
        assert dmarc(names, "exemple.fr") == Dmarc(domain="exemple.fr", policy="reject")
        assert dmarc(names, "lettres.exemple.fr") == Dmarc(domain="exemple.fr", policy="none")
        assert dmarc(names, "x.fr") is None


def test_dkim_keys_are_found_under_usual_or_given_selectors() -> None:
    texts = {"s1._domainkey.exemple.fr": ["v=DKIM1; p=AAAA"], "own2026._domainkey.exemple.fr": ["p="]}
    with asking(texts) as names:
        assert dkim(names, "exemple.fr", USUAL) == Dkim(selectors=("s1",), withdrawn=(), may_have_others=True)
        assert dkim(names, "exemple.fr", ("own2026",)) == Dkim(
            selectors=(), withdrawn=("own2026",), may_have_others=True
        )
        assert dkim(names, "autre.fr", USUAL) == Dkim(selectors=(), withdrawn=(), may_have_others=False)


# the machine


def test_the_kind_of_file_system_is_that_of_the_deepest_mount() -> None:
    mounts = (
        "/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n"
        "srv:/x /srv/partage\\040commun nfs4 rw 0 0\ntmpfs /srv/partage\\040commun/vif tmpfs rw 0 0\n"
    )
    places = ("/var/lib/orchestrator", "/srv/partage commun/base", "/srv/partage commun/vif/x", "/srv/partage")
    assert [file_system(Path(place), mounts) for place in places] == ["ext4", "nfs4", "tmpfs", "ext4"]
    assert file_system(Path("/x"), "") == ""


def test_the_zone_data_named_are_those_that_are_used(tmp_path: Path) -> None:
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Paris").touch()
    (tmp_path / "tzdata.zi").write_text("# version 2024b\n# more")
    assert zone_data("Europe/Paris", [str(tmp_path)]) == ("2024b", str(tmp_path))
    version, where = zone_data("Europe/Rome", [str(tmp_path)])
    assert (int(version[:4]) >= 2025, where) == (True, "paquet Python tzdata")


def test_every_python_that_the_project_runs_on_has_a_last_day() -> None:
    assert set(LAST_DAY) >= {(3, 11), (3, 12), (3, 13)}
    assert all(day > date(2027, 1, 1) for day in LAST_DAY.values())


# certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ssl.SSLContext]]:
    """Certificates by name and days left, from an authority that this machine trusts meanwhile."""
    ours, before = trustme.CA(), os.environ.get("SSL_CERT_FILE")
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    ours.cert_pem.write_to_path(str(path))
    os.environ["SSL_CERT_FILE"] = str(path)

    def certified(name: str = "127.0.0.1", days: float = 60) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        begin = now() - timedelta(days=90)
        ours.issue_cert(name, not_before=begin, not_after=now() + timedelta(days=days)).configure_cert(context)
        return context

    yield certified
    if before is None:
        del os.environ["SSL_CERT_FILE"]
    else:
        os.environ["SSL_CERT_FILE"] = before


Authority = Callable[..., ssl.SSLContext]


@contextmanager
def relay(tls: ssl.SSLContext | None, *, implicit: bool = False) -> Iterator[int]:
    running = Relay(now=now, tls=tls, implicit_tls=implicit)
    running.start()
    try:
        yield running.port
    finally:
        running.stop()


def test_the_end_of_a_certificate_is_read_at_the_relay_and_on_a_page(authority: Authority) -> None:
    in_60_days = now() + timedelta(days=60)
    with relay(authority()) as port:
        assert abs(certificates.of_relay("127.0.0.1", port, "starttls") - in_60_days) < timedelta(minutes=1)
    with relay(authority(), implicit=True) as port:
        assert abs(certificates.of_relay("127.0.0.1", port, "tls") - in_60_days) < timedelta(minutes=1)
        assert abs(certificates.of_page(f"https://127.0.0.1:{port}/x") - in_60_days) < timedelta(minutes=1)


@pytest.mark.parametrize(("name", "days", "why"), [("127.0.0.1", -1, "expired"), ("127.0.0.2", 60, "mismatch")])
def test_a_certificate_nobody_should_trust_is_said_to_be_bad(
    authority: Authority, name: str, days: float, why: str
) -> None:
    with relay(authority(name, days), implicit=True) as port:
        for ask in (
            lambda: certificates.of_relay("127.0.0.1", port, "tls"),
            lambda: certificates.of_page(f"https://127.0.0.1:{port}"),
        ):
            with pytest.raises(certificates.BadCertificate, match=why):
                ask()


def test_a_relay_without_tls_or_away_is_not_reached(authority: Authority) -> None:
    with relay(None) as port, pytest.raises(certificates.NotReached, match="STARTTLS"):
        certificates.of_relay("127.0.0.1", port, "starttls")
    with pytest.raises(certificates.NotReached):
        certificates.of_relay("127.0.0.1", port, "starttls")


# the verb


def test_a_machine_in_order_has_a_green_doctor(lab: Lab, authority: Authority) -> None:
    with relay(authority()) as port:
        lab.write_config(security='"starttls"', port=str(port), bind='"127.0.0.1:1"')
        said = findings(lab)
    levels = {topic: [level for level, _ in found] for topic, found in said.items() if topic != "exit"}
    assert levels == {
        "python": ["ok"],
        "zones": ["ok"],
        "disk": ["ok"],
        "store": ["ok"],
        "permissions": ["ok"],
        "clock": ["ok"],
        "dns": ["ok"],
        "tls": ["ok"],
        "spf": ["ok"],
        "dkim": ["ok"],
        "dmarc": ["ok"],
        "service": ["warning"],  # it has not been started
    }
    assert said["exit"] == 0
    assert said["clock"] == [("ok", "l'horloge est à l'heure (selon 127.0.0.1)")]
    assert said["spf"] == [("ok", "SPF de exemple.fr : 2 recherches sur 10, ~all")]


def test_offline_nothing_is_asked_of_the_network(lab: Lab) -> None:
    lab.relay.stop()
    lab.zoom.stop()
    with NameServer(GOOD) as server:
        done = lab.run("doctor", "--offline", "--dns", f"127.0.0.1:{server.port}")
        assert server.asked == []
    assert (done.exit_code, "Rien à corriger" in done.stderr, done.stdout.count("✓")) == (0, True, 5)
    lab.relay.start()
    lab.zoom.start()


@pytest.mark.parametrize(
    ("seconds", "level", "way"), [(-7, "warning", "en avance"), (3600, "error", "en retard"), (1, "ok", "à l'heure")]
)
def test_a_clock_that_is_off_is_told_by_how_much(lab: Lab, seconds: int, level: str, way: str) -> None:
    lab.zoom.stop()
    lab.zoom = FakeZoom(now=lambda: now() + timedelta(seconds=seconds), rates=False)
    lab.zoom.start()
    [(found, said)] = findings(lab)["clock"]
    assert (found, way in said) == (level, True)
    told = re.search(r"de (\d+) s", said)
    assert (told is None) if level == "ok" else (told is not None and abs(int(told[1]) - abs(seconds)) <= 1)


@pytest.mark.parametrize(("well", "level"), [(True, "ok"), (False, "error")])
def test_the_service_is_asked_how_it_is(lab: Lab, sqlite_url: str, well: bool, level: str) -> None:
    with closing(Store(sqlite_url)) as store, opened(store, health=lambda: (well, {"ok": well})) as port:
        lab.write_config(bind=f'"127.0.0.1:{port}"')
        assert [found for found, _ in findings(lab)["service"]] == [level]


def test_a_relay_whose_certificate_ends_soon_or_has_ended_is_told(lab: Lab, authority: Authority) -> None:
    for days, level, code in ((13, "warning", 0), (-1, "error", 1)):
        with relay(authority(days=days)) as port:
            lab.write_config(security='"starttls"', port=str(port))
            said = findings(lab)
            assert ([one for one, _ in said["tls"]], said["exit"]) == ([level], code)


def test_hosts_nobody_knows_and_domains_that_publish_nothing_are_told(lab: Lab) -> None:
    lab.write_config(public_url='"http://evenements.invalid"', **{"from": '"Pôle <contact@lettres.fr>"'})
    said = findings(lab, texts={"lettres.fr": ["hello"]})
    assert [level for level, _ in said["tls"]] == ["ok", "error"]
    assert said["spf"] == [("warning", "SPF de lettres.fr : aucun")]
    assert said["dkim"] == [("warning", "DKIM de lettres.fr : aucune clé")]
    assert said["dmarc"] == [("warning", "DMARC de lettres.fr : aucun")]
    gone = findings(lab, texts={"elsewhere.fr": [""]})
    assert (gone["exit"], gone["spf"][0][0]) == (1, "error")


def test_a_named_selector_is_the_one_looked_for(lab: Lab) -> None:
    texts = {"own2026._domainkey.exemple.fr": ["p=AAAA"], **{k: v for k, v in GOOD.items() if "_domainkey" not in k}}
    assert findings(lab, texts=texts)["dkim"][0][0] == "warning"
    assert findings(lab, "--dkim", "own2026", texts=texts)["dkim"] == [
        ("ok", "DKIM de exemple.fr : une clé sous own2026")
    ]


def test_what_others_may_read_is_told_and_a_secret_worst(lab: Lab) -> None:
    secrets = lab.folder / "secrets"
    secrets.mkdir()
    (secrets / "mail__password").write_text("canary-77")
    (lab.folder / "orchestrator.db").touch(0o644)
    (lab.folder / "orchestrator.db").chmod(0o644)
    said = findings(lab, "--offline", "--secrets", str(secrets))
    assert said["permissions"] == [
        ("warning", f"{lab.folder / 'orchestrator.db'} est ouvert à tous les comptes de cette machine"),
        ("error", f"{secrets / 'mail__password'} est ouvert à tous les comptes de cette machine"),
    ]
    assert said["exit"] == 1
    (secrets / "mail__password").chmod(0o640)
    (lab.folder / "orchestrator.db").chmod(0o600)
    assert findings(lab, "--offline", "--secrets", str(secrets))["exit"] == 0


def test_a_file_of_settings_that_holds_a_password_is_a_secret(lab: Lab) -> None:
    lab.config.chmod(0o644)
    assert findings(lab, "--offline")["exit"] == 0
    text = lab.config.read_text("utf-8").replace("[mail]", '[mail]\npassword = "canary-78"')
    lab.config.write_text(text, "utf-8")
    said = findings(lab, "--offline")
    assert said["permissions"] == [("error", f"{lab.config} est ouvert à tous les comptes de cette machine")]
    assert "canary" not in json.dumps(said)


def test_doctor_leaves_a_database_as_it_is_and_says_its_version(lab: Lab) -> None:
    lab.run("apply")
    before = lab.dump()
    said = findings(lab, "--offline")
    assert said["permissions"] == [("ok", "la base et les secrets ne sont ouverts à personne d'autre")]
    assert (said["store"], lab.dump()) == ([("ok", f"la base répond (version {said['store'][0][1][-5:-1]})")], before)
    (lab.folder / "orchestrator.db").write_bytes(b"not a database" * 100)
    assert findings(lab, "--offline")["exit"] == 1


def test_an_address_that_is_no_name_server_is_refused(lab: Lab) -> None:
    for wrong in ("resolver.example", "127.0.0.1:x", ""):
        assert lab.run("doctor", "--dns", wrong).exit_code == 2
