"""Letters: refused, late, held back; and a reminder for every session."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.jobs.hand import plan_b_is_on
from orchestrator.web.board.desk import Desk
from orchestrator.web.board.green.light import Light, counted


def refused(desk: Desk) -> Iterator[Light]:
    n = sum(wave.states.get("refused", 0) for wave in desk.waves)
    if n:
        yield Light(
            how="bad",
            said=(
                counted(n, "lettre refusée par le serveur d'envoi", "lettres refusées par le serveur d'envoi"),
                counted(n, "letter refused by the mail server", "letters refused by the mail server", en=True),
            ),
            remedy=(
                "vérifiez l'adresse, appelez la personne, donnez-lui son lien",
                "check the address, call the person, read out the link",
            ),
            path="/letters",
            query={"state": "refused"},
            words=("Voir lesquelles", "See which"),
        )
    elif desk.waves:
        yield Light(how="good", said=("Aucune adresse refusée", "No address refused"))


def holds(desk: Desk) -> Iterator[Light]:
    if desk.paused_since is not None:
        ahead = sum(wave.open for wave in desk.waves)
        yield Light(
            how="bad",
            said=(
                f"Les envois sont en pause : {counted(ahead, 'lettre attend', 'lettres attendent')}",
                f"All letters are paused: {counted(ahead, 'letter waits', 'letters wait', en=True)}",
            ),
            remedy=("reprenez quand vous voulez", "resume when you like"),
            path="/letters/resume" if desk.visitor.may_change else "/letters",
            words=("Reprendre", "Resume"),
        )
    for one in desk.pending:
        n = one.letters
        yield Light(
            how="wait",
            said=(
                f"{desk.wave(one.wave)} : {counted(n, 'lettre attend votre accord', 'lettres attendent votre accord')}",
                f"{desk.wave(one.wave)}: {counted(n, 'letter waits', 'letters wait', en=True)} for your approval",
            ),
            remedy=(f"à donner avant : {desk.moment(one.latest)}", f"to be given before: {desk.moment(one.latest)}"),
            path="/letters/approve" if desk.visitor.may_change else "/letters",
            query={"wave": str(one.wave)},
            words=(f"D'accord pour {n}", f"Approve {n}"),
        )
    if plan_b_is_on(desk.event, desk.store):
        yield Light(
            how="bad",
            said=("Plan B en cours", "Plan B is on"),
            remedy=("tout le monde est envoyé à l'adresse de repli", "everybody is sent to the fallback address"),
            path="/letters/fallback" if desk.visitor.may_change else "/letters",
            words=("Revenir sur Zoom", "Back to Zoom"),
        )


def late(desk: Desk) -> Iterator[Light]:
    if n := desk.board.late(desk.key, desk.now):
        yield Light(
            how="bad",
            said=(
                counted(n, "lettre en retard", "lettres en retard"),
                counted(n, "letter late", "letters late", en=True),
            ),
            remedy=("le serveur d'envoi est lent ou ne répond pas", "the mail server is slow or does not answer"),
            path="/letters",
            query={"state": "late"},
            words=("Voir lesquelles", "See which"),
        )
    elif desk.waves:
        yield Light(how="good", said=("Toutes les lettres sont à l'heure", "Every letter is on time"))


def reminders(desk: Desk) -> Iterator[Light]:
    told = {r.session for r in desk.event.reminders if r.audience != "speakers"}
    without = [s.title for s in desk.event.sessions if s.key not in told and not desk.event.is_cancelled(s.key)]
    if without:
        yield Light(
            how="wait",
            said=(f"Aucun rappel pour « {without[0]} »", f"No reminder for “{without[0]}”"),
            remedy=("ajoutez-en un", "add one"),
            path="/event",
            spot="part-reminders",
            words=("L'ajouter", "Add it"),
        )
    else:
        yield Light(how="good", said=("Chaque moment a son rappel", "Every session has its reminder"))
