"""The verbs. Data on stdout, talk on stderr; exit 0 done, 1 something failed or a promise is broken, 2 misuse.

Heavy modules are imported by the verb that needs them, so that `orchestrator --help` answers at once.
"""

from __future__ import annotations

import click

from orchestrator import __version__
from orchestrator.cli import (
    after,
    byhand,
    control,
    doors,
    keep,
    person,
    play,
    prepare,
    privacy,
    registrations,
    seats,
    tokens,
    work,
    zoom,
)

VERBS = (
    prepare.init,
    prepare.new,
    prepare.check,
    work.plan,
    work.apply,
    work.run,
    doors.login_link,
    tokens.api_token,
    work.status,
    seats.seats,
    control.outbox,
    control.pause,
    control.resume,
    control.approve,
    byhand.announce,
    byhand.resend,
    byhand.fallback,
    registrations.registrations,
    registrations.columns,
    person.person,
    prepare.preview,
    after.attendance,
    after.certificates,
    privacy.purge,
    zoom.sheet,
    zoom.drift,
    zoom.trial,
    play.rehearse,
    play.demo,
    play.fake_zoom,
    keep.doctor,
    keep.backup,
)


class InOrder(click.Group):
    """Lists the verbs in the order one meets them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for verb in VERBS if (name := verb.name)]


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", prog_name="orchestrator", help="Dire la version.")
def main() -> None:
    """Fait vivre tout seul le côté Zoom d'un événement en ligne.

    Des réponses d'un formulaire au lien de chaque personne, à sa salle et à ses rappels, à l'heure.

    Pour commencer : orchestrator demo, puis orchestrator init.
    """


for _verb in VERBS:
    main.add_command(_verb)
