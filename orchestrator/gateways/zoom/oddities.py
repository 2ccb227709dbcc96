"""The fixed policies of our meetings that Zoom, an administrator or somebody on zoom.us did not keep."""

from __future__ import annotations

from orchestrator.gateways.zoom.shapes import MeetingShape

_EDIT = "modifiez la réunion sur zoom.us et"
_KEPT: tuple[tuple[str, object, str], ...] = (
    (
        "registrants_email_notification",
        False,
        f"Zoom écrira lui-même aux inscrits → {_EDIT} décochez, onglet « Courriels », la notification des inscrits.",
    ),
    (
        "registrants_confirmation_email",
        False,
        f"Zoom enverra sa propre confirmation → {_EDIT} décochez, onglet « Courriels », « Confirmation aux inscrits ».",
    ),
    (
        "meeting_authentication",
        False,
        f"Il faut un compte Zoom pour entrer → {_EDIT} décochez « Exiger l'authentification pour rejoindre »"
        " (si c'est verrouillé : Paramètres du compte → Sécurité).",
    ),
    (
        "enforce_login",
        False,
        f"Il faut être connecté à Zoom pour entrer → {_EDIT} décochez « Exiger l'authentification pour rejoindre ».",
    ),
    (
        "join_before_host",
        False,
        f"On peut entrer avant l'hôte → {_EDIT} décochez « Autoriser les participants à rejoindre à tout moment ».",
    ),
    (
        "use_pmi",
        False,
        f"La réunion utilise le numéro personnel de l'hôte, sans inscription → {_EDIT} choisissez"
        " « Générer automatiquement » le numéro de réunion.",
    ),
    (
        "encryption_type",
        "enhanced_encryption",
        f"Le chiffrement de bout en bout interdit les salles et le téléphone → {_EDIT} choisissez"
        " « Chiffrement amélioré ».",
    ),
)
_REGISTRATION = {
    0: f"N'importe qui peut s'inscrire seul chez Zoom → {_EDIT} choisissez l'approbation manuelle des inscriptions.",
    2: "L'inscription n'est pas active : pas de liens personnels → donnez à l'hôte une licence Zoom, puis"
    f" {_EDIT} cochez « Inscription obligatoire », approbation manuelle.",
}


def oddities(meeting: MeetingShape) -> tuple[str, ...]:
    """Say each policy that was not kept, with its remedy; what Zoom does not say is taken as kept."""
    settings = meeting.settings
    odd = [
        sentence for name, kept, sentence in _KEPT if (value := getattr(settings, name)) is not None and value != kept
    ]
    if settings.approval_type in _REGISTRATION:
        odd.insert(0, _REGISTRATION[settings.approval_type])
    if meeting.type != 2:
        odd.insert(0, "Ce n'est plus une réunion programmée simple → annulez la récurrence de la réunion sur zoom.us.")
    return tuple(odd)
