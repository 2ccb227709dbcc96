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
from orchestrator.cli.common import Whole

SECTIONS = (
    (
        "Préparer",
        (
            *(prepare.init, prepare.new, prepare.check, registrations.columns, prepare.preview),
            *(play.rehearse, play.demo, zoom.trial),
        ),
    ),
    ("Faire vivre", (work.plan, work.apply, work.run, work.status, doors.login_link, tokens.api_token)),
    ("Les personnes", (registrations.registrations, person.person, seats.seats)),
    (
        "Les lettres",
        (
            *(control.outbox, control.pause, control.resume, control.approve),
            *(byhand.announce, byhand.resend, byhand.fallback),
        ),
    ),
    ("Zoom", (zoom.sheet, zoom.drift, play.fake_zoom)),
    ("Après", (after.attendance, after.certificates, privacy.purge)),
    ("La machine", (keep.doctor, keep.backup)),
)
"""The verbs by subject, in the order one meets them."""
VERBS = tuple(verb for _, verbs in SECTIONS for verb in verbs)


class InSections(Whole):
    """Lists the verbs by subject."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [name for verb in VERBS if (name := verb.name)]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(verb.name or "") for verb in VERBS)
        for title, verbs in SECTIONS:
            self.write_verbs(formatter, f"{title} ", verbs, width)


@click.group(cls=InSections, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", prog_name="orchestrator", help="Dire la version.")
def main() -> None:
    """Fait vivre tout seul le côté Zoom d'un événement en ligne.

    Des réponses d'un formulaire au lien de chaque personne, à sa salle et à ses rappels, à l'heure.

    Pour commencer : orchestrator demo, puis orchestrator init.
    """


for _verb in VERBS:
    main.add_command(_verb)
