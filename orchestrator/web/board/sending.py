"""`/letters/…`: the organiser's hand on all letters: pause, resume, approve a wave, plan B. Each asks first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from orchestrator.core.holds import PAUSE_LASTS, Waiting
from orchestrator.jobs import hand
from orchestrator.web.board.asking import Question, ask, explained, is_agreed
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.security import Filled, Refused

router = APIRouter(prefix="/letters")
Named = Annotated[str, Query(max_length=200)]


# pause and resume


@router.get("/pause")
def about_pausing(desk: Working) -> Response:
    return ask(desk, _pausing(desk))


@router.post("/pause")
def pause(desk: Working, filled: Filled) -> Response:
    """Hold every letter back until somebody lets them go."""
    question = _pausing(desk)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    if desk.store.holds.pause(desk.key, desk.now):
        desk.note("pause", note=question.lines[0])
        desk.house.changed()
    return desk.go("/letters", done="paused")


def _pausing(desk: Desk) -> Question:
    ahead = [one for one, _ in hand.still_to_leave(desk.event, desk.store, desk.world.relay, desk.now)]
    n = sum(one.letters for one in ahead)
    anyway = [one for one in ahead if one.leaves_at(desk.now) is not None]
    lines = [
        desk.say(
            f"{desk.letters(n)} {'attendrait' if n < 2 else 'attendraient'} votre reprise.",
            f"{desk.letters(n)} would wait until you resume.",
        ),
        *(
            [
                desk.say(
                    "Les liens et les rappels partiront malgré tout s'il devient trop tard, et pas avant "
                    f"{PAUSE_LASTS.seconds // 60} minutes.",
                    "Links and reminders leave all the same when it gets too late, and not within "
                    f"{PAUSE_LASTS.seconds // 60} minutes.",
                )
            ]
            if anyway
            else []
        ),
        desk.say("Ce qui est déjà parti ne se reprend pas.", "What has left cannot be taken back."),
    ]
    return Question(
        title=desk.say("Mettre tous les envois en pause ?", "Pause all letters?"),
        lines=lines,
        button=desk.say(f"Mettre {desk.letters(n)} en pause", f"Pause {desk.letters(n)}"),
        action=desk.at("/letters/pause"),
        back=desk.at("/letters"),
        how="grave",
    )


@router.get("/resume")
def about_resuming(desk: Working) -> Response:
    return ask(desk, _resuming(desk))


@router.post("/resume")
def resume(desk: Working, filled: Filled) -> Response:
    """Let letters go again; waves that wait for approval go on waiting."""
    question = _resuming(desk)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    if desk.store.holds.resume(desk.key):
        desk.store.alarms.set(desk.key, {}, "restored:", desk.now)
        desk.note("resume", note=question.lines[0])
        desk.house.changed()
    return desk.go("/letters", done="resumed")


def _resuming(desk: Desk) -> Question:
    ahead = hand.still_to_leave(desk.event, desk.store, desk.world.relay, desk.now)
    at_once = sum(one.letters for one, waits in ahead if not waits and (one.due_at is None or one.due_at <= desk.now))
    later = sum(one.letters for one, waits in ahead if not waits) - at_once
    waiting = sum(one.letters for one, waits in ahead if waits)
    lines = [
        desk.say(
            f"{desk.letters(at_once)} {'partirait' if at_once < 2 else 'partiraient'} tout de suite ; "
            f"{desk.letters(later)} à {'son' if later < 2 else 'leur'} heure.",
            f"{desk.letters(at_once)} would leave at once; {desk.letters(later)} at the planned hour.",
        )
    ]
    if waiting:
        lines.append(
            desk.say(
                f"{desk.letters(waiting)} {'attend' if waiting < 2 else 'attendent'} encore votre accord.",
                f"{desk.letters(waiting)} still {'waits' if waiting == 1 else 'wait'} for your approval.",
            )
        )
    return Question(
        title=desk.say("Reprendre les envois ?", "Resume sending?"),
        lines=lines,
        button=desk.say("Reprendre les envois", "Resume sending"),
        action=desk.at("/letters/resume"),
        back=desk.at("/letters"),
    )


# a wave that waits for approval


@router.get("/approve")
def about_approving(desk: Working, wave: Named = "") -> Response:
    return ask(desk, _approving(desk, _pending(desk, wave)))


@router.post("/approve")
def approve(desk: Working, filled: Filled, wave: Named = "") -> Response:
    """Let the wave go that was looked at, if it is still as many letters."""
    one = _pending(desk, wave)
    question = _approving(desk, one)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    if desk.store.holds.approve(desk.key, one.wave, desk.now):
        desk.note("approve", str(one.wave), question.lines[0])
        desk.house.changed()
    return desk.go("/letters", done="approved")


def _pending(desk: Desk, wave: str) -> Waiting:
    for one, waits in hand.still_to_leave(desk.event, desk.store, desk.world.relay, desk.now):
        if waits and str(one.wave) == wave:
            return one
    raise Refused(404, "Cet envoi n'attend pas d'accord.", "This wave does not wait for approval.")


def _approving(desk: Desk, one: Waiting) -> Question:
    name = desk.wave(one.wave)
    lines = [
        desk.say(
            f"{name} : {desk.letters(one.letters)}, à {desk.people(one.letters)}.",
            f"{name}: {desk.letters(one.letters)}, to {desk.people(one.letters)}.",
        )
    ]
    if one.due_at is not None and one.due_at > desk.now:
        lines.append(desk.say(f"Départ {desk.moment(one.due_at)}.", f"Leaves {desk.moment(one.due_at)}."))
    else:
        lines.append(desk.say("Départ tout de suite.", "Leaves at once."))
    if one.latest > desk.now:
        latest = desk.moment(one.latest)
        lines.append(
            desk.say(f"Dernier moment pour arriver à temps : {latest}.", f"Latest moment to be in time: {latest}.")
        )
    return Question(
        title=desk.say("Donner votre accord à cet envoi ?", "Approve this wave?"),
        lines=lines,
        button=desk.say(f"D'accord pour {desk.letters(one.letters)}", f"Approve {desk.letters(one.letters)}"),
        action=desk.at("/letters/approve", wave=str(one.wave)),
        back=desk.at("/letters"),
    )


# plan B


@router.get("/fallback")
def about_plan_b(desk: Working) -> Response:
    return ask(desk, _plan_b(desk))


@router.post("/fallback")
def plan_b(desk: Working, filled: Filled) -> Response:
    """Begin plan B, or end it: the question says which."""
    question = _plan_b(desk)
    if not is_agreed(question, filled):
        return ask(desk, question, filled)
    on = not hand.plan_b_is_on(desk.event, desk.store)
    with explained():
        asked = hand.turn_plan_b(desk.event, desk.store, desk.world.relay, desk.now, on=on)
    desk.note("fallback-on" if on else "fallback-off", note=desk.letters(asked.planned))
    desk.house.changed()
    return desk.go("/letters", done="fallback-on" if on else "fallback-off")


def _plan_b(desk: Desk) -> Question:
    url, is_on = desk.event.fallback_url, hand.plan_b_is_on(desk.event, desk.store)
    if not url and not is_on:
        raise Refused(
            409,
            "Il n'y a pas d'adresse de repli : donnez-en une dans « L'événement ».",
            "There is no fallback address: give one in “The event”.",
        )
    n = hand.plan_b_reaches(desk.event, desk.store, desk.now, on=not is_on)
    if is_on:
        lines = [
            desk.say(
                f"{desk.people(n)} {'qui avait été envoyée' if n < 2 else 'qui avaient été envoyées'} à {url} "
                "reçoivent une lettre : retour sur Zoom.".replace("reçoivent", "reçoit" if n < 2 else "reçoivent"),
                f"{desk.people(n)} who had been sent to {url} get a letter: back to Zoom.",
            )
        ]
    else:
        lines = [
            desk.say(
                f"{desk.people(n)} {'reçoit' if n < 2 else 'reçoivent'} tout de suite une lettre : "
                f"rendez-vous à {url}.",
                f"{desk.people(n)} get a letter at once: meet at {url}.",
            ),
            desk.say(
                "La page de chaque personne y mène aussi, dès maintenant.", "Everybody's page leads there too, at once."
            ),
        ]
    return Question(
        title=desk.say("Revenir sur Zoom ?", "Back to Zoom?")
        if is_on
        else desk.say("Passer au plan B ?", "Go to plan B?"),
        lines=lines,
        button=desk.say(f"Prévenir {desk.people(n)}", f"Tell {desk.people(n)}"),
        action=desk.at("/letters/fallback"),
        back=desk.at("/letters"),
        how="" if is_on else "grave",
    )
