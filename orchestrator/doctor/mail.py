"""What the senders' domains publish: without it, letters end among the unwanted ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.doctor.patient import Patient
from orchestrator.gateways.surroundings import sender
from orchestrator.gateways.surroundings.names import Names, NameServerSilent
from orchestrator.inspection import Finding

OTHERS = {"+": "tout serveur peut écrire en ce nom (+all)", "?": "rien n'est dit des autres serveurs (?all)"}


def spf(patient: Patient) -> Iterator[Finding]:
    """Who may send for the domain."""
    return _each(patient, lambda names, domain: _spf(domain, sender.spf(names, domain)))


def dkim(patient: Patient) -> Iterator[Finding]:
    """Whether a signature can be checked."""
    selectors = patient.selectors
    return _each(
        patient,
        lambda names, domain: _dkim(domain, sender.dkim(names, domain, selectors or sender.USUAL), bool(selectors)),
    )


def dmarc(patient: Patient) -> Iterator[Finding]:
    """What receivers are asked to do."""
    return _each(patient, lambda names, domain: _dmarc(domain, sender.dmarc(names, domain)))


def _each(patient: Patient, look: Callable[[Names, str], Finding]) -> Iterator[Finding]:
    assert patient.names is not None
    for domain in patient.domains:
        try:
            yield look(patient.names, domain)
        except NameServerSilent as error:
            yield Finding(level="error", what=error.message, remedy=error.remedy)


def _spf(domain: str, found: sender.Spf) -> Finding:
    def bad(what: str, remedy: str) -> Finding:
        return Finding(level="warning", what=f"SPF de {domain} : {what}", remedy=remedy)

    if not found.domain_exists:
        return Finding(
            level="error",
            what=f"le domaine {domain} n'existe pas : tout relais peut refuser ses lettres",
            remedy="corrigez mail.from",
        )
    if found.records == 0:
        return bad("aucun", f"publiez un TXT « v=spf1 … ~all » sur {domain} qui nomme votre relais")
    if found.records > 1:
        return bad(f"{found.records} enregistrements, donc aucun ne compte", "n'en gardez qu'un")
    if found.lookups > sender.MOST_LOOKUPS:
        return bad(
            f"{found.lookups} recherches, plus de {sender.MOST_LOOKUPS} : il est ignoré",
            "retirez des include, ou remplacez-en par des ip4 et ip6",
        )
    if found.rest in OTHERS or not found.rest:
        return bad(OTHERS.get(found.rest, "il ne finit pas par all"), "finissez-le par ~all ou -all")
    return Finding(
        level="ok", what=f"SPF de {domain} : {found.lookups} recherches sur {sender.MOST_LOOKUPS}, {found.rest}all"
    )


def _dkim(domain: str, found: sender.Dkim, were_named: bool) -> Finding:
    ask = "signez avec DKIM chez votre relais et publiez la clé ; demandez-lui son sélecteur : doctor --dkim SÉLECTEUR"
    if found.selectors:
        return Finding(level="ok", what=f"DKIM de {domain} : une clé sous {', '.join(found.selectors)}")
    if found.withdrawn:
        return Finding(
            level="warning", what=f"DKIM de {domain} : clé retirée sous {', '.join(found.withdrawn)}", remedy=ask
        )
    if found.may_have_others and not were_named:
        return Finding(
            level="warning",
            what=f"DKIM de {domain} : il y a des clés, mais pas sous un sélecteur usuel",
            remedy="demandez son sélecteur à votre relais : doctor --dkim SÉLECTEUR",
        )
    return Finding(level="warning", what=f"DKIM de {domain} : aucune clé", remedy=ask)


def _dmarc(domain: str, found: sender.Dmarc | None) -> Finding:
    if found is None:
        return Finding(
            level="warning",
            what=f"DMARC de {domain} : aucun",
            remedy=f"publiez un TXT « v=DMARC1; p=none; rua=mailto:… » sur _dmarc.{domain}",
        )
    where = "" if found.domain == domain else f", publié par {found.domain}"
    return Finding(level="ok", what=f"DMARC de {domain} : p={found.policy}{where}")
