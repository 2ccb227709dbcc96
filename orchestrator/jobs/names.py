"""What organisers call the kinds of letters."""

from __future__ import annotations

NAMES = {
    "link": "liens personnels",
    "room": "annonces de salle",
    "reminder": "rappels",
    "host": "lettres aux intervenants",
    "moved": "lettres de changement",
    "cancelled": "lettres d'annulation",
    "alert": "alertes aux responsables",
    "started": "appels à rejoindre la séance",
    "fallback": "lettres de repli",
    "announce": "annonces de votre main",
    "resend": "liens renvoyés",
    "late": "réponses aux inscriptions tardives ou en trop",
    "shared": "réponses aux adresses partagées",
    "bye": "fins d'inscription",
    "released": "lettres aux intervenants retirés",
    "after": "lettres d'après la rencontre",
}
