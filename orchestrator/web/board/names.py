"""What the board calls kinds of letters, in French and in English."""

from __future__ import annotations

LETTERS = {
    "link": ("Lien personnel", "Personal link"),
    "room": ("Salle d'atelier", "Workshop room"),
    "reminder": ("Rappel", "Reminder"),
    "host": ("Instructions", "Instructions"),
    "moved": ("Changement", "Change"),
    "cancelled": ("Annulation", "Cancellation"),
    "alert": ("Alerte", "Alert"),
    "started": ("Ça commence", "It has begun"),
    "fallback": ("Plan B", "Plan B"),
    "announce": ("Annonce", "Announcement"),
    "resend": ("Lien renvoyé", "Link once more"),
    "late": ("Trop tard", "Too late"),
    "shared": ("Adresse partagée", "Shared address"),
    "bye": ("Fin d'inscription", "No longer registered"),
    "released": ("Intervention annulée", "No longer speaking"),
    "lost": ("Lien perdu", "Lost link"),
    "after": ("Après la rencontre", "After the event"),
}
