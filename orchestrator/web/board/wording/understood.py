"""What a column of the form's export was understood to be, in both languages."""

from __future__ import annotations

COLUMNS = {
    "email": ("l'adresse électronique", "the e-mail address"),
    "first_name": ("le prénom", "the first name"),
    "last_name": ("le nom", "the last name"),
    "full_name": ("le prénom et le nom", "the full name"),
    "shown_as": ("le nom à montrer dans Zoom", "the name to show in Zoom"),
    "submitted_at": ("l'heure de la réponse", "when it was answered"),
    "organisation": ("la structure", "the organisation"),
    "needs": ("les besoins d'accessibilité", "accessibility needs"),
    "language": ("la langue", "the language"),
    "timezone": ("le fuseau horaire", "the time zone"),
    "next_invitation": ("l'accord pour la prochaine invitation", "consent to the next invitation"),
    "withdrawal": ("le désistement", "the withdrawal"),
    "sessions.question": ("ce à quoi on vient", "what people come to"),
}
