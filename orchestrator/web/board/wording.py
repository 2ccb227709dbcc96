"""How the event page asks for each key: in French, with English beside it."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """A label and, where it helps, a hint, in both languages."""

    fr: str
    en: str
    hint_fr: str = ""
    hint_en: str = ""


LABELS = {
    "event": Said("L'événement", "The event"),
    "event.key": Said(
        "Nom court",
        "Short name",
        "Laissez vide : il est choisi pour vous, et ne change plus.",
        "Leave empty: it is chosen for you and never changes.",
    ),
    "event.title": Said(
        "Titre",
        "Title",
        "Celui que lisent les personnes inscrites, dans les courriels comme dans Zoom.",
        "What registrants read, in letters and in Zoom.",
    ),
    "event.date": Said("Date", "Date"),
    "event.status": Said("État", "Status", "« Annulé » prévient chaque personne.", "“Cancelled” tells everybody."),
    "event.timezone": Said(
        "Fuseau horaire", "Time zone", "Toutes les heures de cette page y sont.", "All times of this page are in it."
    ),
    "event.language": Said("Langue des courriels et des pages", "Language of letters and pages"),
    "event.organiser.name": Said("Organisation", "Organisation"),
    "event.organiser.email": Said("Adresse où l'on vous écrit", "Address people write to"),
    "event.organiser.phone": Said(
        "Téléphone", "Telephone", "Le secours de qui n'arrive pas à entrer.", "The rescue of whoever cannot get in."
    ),
    "event.fallback_url": Said(
        "Adresse de repli",
        "Fallback address",
        "Où aller si Zoom lui-même tombe en panne.",
        "Where to go if Zoom itself is down.",
    ),
    "event.supporters": Said("Avec le soutien de", "With the support of"),
    "event.supporters.name": Said("Nom", "Name"),
    "event.supporters.logo": Said(
        "Fichier du logo",
        "Logo file",
        "Par exemple logos/prefecture.png, à côté du fichier de l'événement.",
        "For example logos/prefecture.png, beside the event's file.",
    ),
    "sessions": Said("Les moments de la journée", "Sessions"),
    "sessions.key": Said(
        "Nom court", "Short name", "Laissez vide : il est choisi pour vous.", "Leave empty: it is chosen for you."
    ),
    "sessions.title": Said("Titre", "Title"),
    "sessions.start": Said("Début", "Start"),
    "sessions.end": Said("Fin", "End"),
    "sessions.doors": Said(
        "Ouverture par l'animation",
        "Doors",
        "15 minutes avant le début si vous ne dites rien.",
        "15 minutes before the start if you say nothing.",
    ),
    "sessions.date": Said("Un autre jour que l'événement", "Another day than the event's"),
    "sessions.status": Said("État", "Status"),
    "programme": Said("Le déroulé", "Running order"),
    "programme.session": Said("Moment", "Session"),
    "programme.at": Said("Heure", "Time"),
    "programme.title": Said("Titre", "Title"),
    "programme.with": Said("Avec (un nom par ligne)", "With (one name a line)"),
    "workshops": Said("Les ateliers", "Workshops"),
    "workshops.key": Said(
        "Nom court", "Short name", "Laissez vide : il est choisi pour vous.", "Leave empty: it is chosen for you."
    ),
    "workshops.session": Said("Moment", "Session"),
    "workshops.code": Said("Lettre", "Letter", "Celle que l'on annonce au micro.", "The one that is called out."),
    "workshops.title": Said("Titre, tel que dans le formulaire", "Title, as in the form"),
    "workshops.short": Said(
        "Nom de la salle dans Zoom", "Room name in Zoom", "28 caractères au plus.", "28 characters at most."
    ),
    "workshops.seats": Said("Places", "Seats"),
    "workshops.at": Said("Ouverture des salles", "Rooms open at"),
    "workshops.aliases": Said(
        "Autres titres dans le formulaire (un par ligne)", "Other titles in the form (one a line)"
    ),
    "speakers": Said("Celles et ceux qui font la journée", "Those who make the day"),
    "speakers.name": Said("Nom", "Name"),
    "speakers.email": Said("Adresse", "Address"),
    "speakers.role": Said("Rôle", "Role"),
    "speakers.sessions": Said("Moments", "Sessions"),
    "speakers.workshops": Said("Ateliers tenus", "Workshops held"),
    "speakers.affiliation": Said("Fonction", "Affiliation"),
    "speakers.phone": Said("Téléphone", "Telephone"),
    "registrations": Said("Les inscriptions", "Registrations"),
    "registrations.source": Said("D'où viennent les réponses", "Where the answers come from"),
    "registrations.path": Said(
        "Fichier des réponses",
        "File of answers",
        "À côté du fichier de l'événement ; la page Inscriptions le remplace pour vous.",
        "Beside the event's file; the Registrations page replaces it for you.",
    ),
    "registrations.url": Said("Adresse du fichier publié", "Address of the published file"),
    "registrations.document": Said(
        "Identifiant du formulaire ou de la feuille Google", "Id of the Google form or sheet"
    ),
    "registrations.credentials": Said("Fichier du compte de service Google", "Google service account's file"),
    "registrations.form_url": Said(
        "Adresse du formulaire",
        "Address of the form",
        "Elle est dans chaque courriel, pour les collègues.",
        "It is in every letter, for colleagues.",
    ),
    "registrations.closes": Said("Clôture", "Closes"),
    "registrations.limit": Said("Nombre de personnes au plus", "Most people", "0 : pas de limite.", "0: no limit."),
    "registrations.yes": Said(
        "Les réponses qui veulent dire oui (une par ligne)", "Answers that mean yes (one a line)"
    ),
    "registrations.columns.email": Said(
        "Question de l'adresse",
        "Question of the address",
        "Une question laissée vide est reconnue à son sens.",
        "A question left empty is recognised by its meaning.",
    ),
    "registrations.columns.first_name": Said("Question du prénom", "Question of the first name"),
    "registrations.columns.last_name": Said("Question du nom", "Question of the last name"),
    "registrations.columns.shown_as": Said(
        "Question du nom à montrer dans Zoom", "Question of the name to show in Zoom"
    ),
    "registrations.columns.submitted_at": Said("Colonne de l'heure de réponse", "Column of the hour of the answer"),
    "registrations.columns.organisation": Said("Question de la structure", "Question of the organisation"),
    "registrations.columns.needs": Said("Question de l'accessibilité", "Question of accessibility needs"),
    "registrations.columns.language": Said("Question de la langue", "Question of the language"),
    "registrations.columns.sessions.*": Said("Question de la venue à", "Question of coming to"),
    "registrations.columns.sessions.question": Said(
        "Ou une seule question pour la journée", "Or one question for the day"
    ),
    "registrations.columns.sessions.answers.*": Said("Ses réponses qui valent pour", "Its answers that mean"),
    "registrations.columns.wishes.*": Said(
        "Questions des vœux, du premier au dernier, pour", "Questions of the wishes, best first, for"
    ),
    "seating": Said("Les places", "Seats"),
    "seating.wishes_until": Said("Les vœux peuvent changer jusqu'au", "Wishes may change until"),
    "seating.tell_at": Said(
        "Chaque personne apprend son atelier le",
        "Everybody learns their workshop on",
        "Deux jours avant à 18 h si vous ne dites rien.",
        "Two days before at 18:00 if you say nothing.",
    ),
    "seating.aim": Said("But du calcul", "Aim"),
    "seating.seed": Said("Graine du tirage", "Seed of the draw"),
    "reminders": Said("Les rappels", "Reminders"),
    "reminders.session": Said("Moment", "Session"),
    "reminders.at": Said("À cette heure", "At this hour"),
    "reminders.days_before": Said("Jours avant (0 : le jour même)", "Days before (0: the same day)"),
    "reminders.before": Said(
        "Ou ce temps-là avant le début",
        "Or so long before the start",
        "Par exemple 30 min, 2 h.",
        "For example 30 min, 2 h.",
    ),
    "reminders.for": Said("Pour", "For"),
    "zoom": Said("Zoom", "Zoom"),
    "zoom.host": Said("Compte hôte (avec licence)", "Host account (licensed)"),
    "zoom.meetings": Said("Réunions", "Meetings"),
    "zoom.account_id": Said(
        "Account ID",
        "Account ID",
        "Ces trois valeurs viennent de l'application « Server-to-Server OAuth » de votre compte Zoom.",
        "These three come from the “Server-to-Server OAuth” app of your Zoom account.",
    ),
    "zoom.client_id": Said("Client ID", "Client ID"),
    "zoom.client_secret": Said(
        "Client Secret",
        "Client Secret",
        "Gardé dans un fichier à part, jamais montré.",
        "Kept in a file of its own, never shown.",
    ),
    "zoom.api_url": Said("Adresse de l'API", "Address of the API"),
    "zoom.token_url": Said("Adresse des jetons", "Address of the tokens"),
    "zoom.waiting_room": Said(
        "Salle d'attente",
        "Waiting room",
        "L'animation fait alors entrer chaque personne à la main.",
        "The host then lets everybody in by hand.",
    ),
    "zoom.recording": Said("Enregistrement", "Recording"),
    "zoom.several_devices": Said("Le même lien sur deux appareils", "The same link on two devices"),
    "zoom.name_in_zoom": Said(
        "Nom affiché dans Zoom",
        "Name shown in Zoom",
        "{first} {last}, ou {code} · {first} {last}",
        "{first} {last}, or {code} · {first} {last}",
    ),
    "mail": Said("L'envoi des courriels", "Sending letters"),
    "mail.from": Said(
        "Expéditeur",
        "Sender",
        "Par exemple : Pôle ressources <contact@exemple.fr>",
        "For example: Pôle ressources <contact@exemple.fr>",
    ),
    "mail.reply_to": Said("Adresse de réponse", "Reply address"),
    "mail.host": Said(
        "Serveur d'envoi",
        "Mail server",
        "Votre service informatique en connaît le nom et les limites.",
        "Your IT service knows its name and limits.",
    ),
    "mail.port": Said("Port", "Port"),
    "mail.security": Said("Chiffrement", "Encryption"),
    "mail.username": Said("Nom d'utilisateur", "User name"),
    "mail.password": Said(
        "Mot de passe",
        "Password",
        "Gardé dans un fichier à part, jamais montré.",
        "Kept in a file of its own, never shown.",
    ),
    "mail.per_minute": Said(
        "Courriels par minute",
        "Letters a minute",
        "0 : pas de limite. Les envois partent plus tôt s'il le faut.",
        "0: no limit. Waves leave earlier where they must.",
    ),
    "mail.per_hour": Said("Courriels par heure", "Letters an hour"),
    "mail.per_day": Said("Courriels par jour", "Letters a day"),
    "mail.domains": Said(
        "Messageries qui limitent",
        "Mail providers with a limit",
        "Celles qui refusent trop de courriels à la fois ; ceux pour elles attendent sans retenir les autres.",
        "Those that refuse too many letters at once; letters to them wait and hold up no others.",
    ),
    "mail.domains.domain": Said("Domaine", "Domain", "Par exemple orange.fr.", "For example orange.fr."),
    "mail.domains.per_hour": Said("Courriels par heure", "Letters an hour"),
    "mail.connections": Said("Connexions à la fois", "Connections at once"),
    "web": Said("Ces pages", "These pages"),
    "web.bind": Said("Adresse et port d'écoute", "Address and port to listen on"),
    "web.public_url": Said(
        "Adresse publique",
        "Public address",
        "Par exemple https://evenements.exemple.fr ; chaque courriel nomme alors la page de sa personne.",
        "For example https://events.example.org; every letter then names its reader's page.",
    ),
    "web.organisers": Said("Qui organise (une adresse par ligne)", "Organisers (one address a line)"),
    "web.viewers": Said("Qui regarde sans modifier (une adresse par ligne)", "Viewers (one address a line)"),
    "web.remote_user": Said("En-tête du nom donné par le proxy", "Header of the name given by the proxy"),
    "web.proxies": Said("Proxys de confiance (une adresse par ligne)", "Trusted proxies (one address a line)"),
    "web.theme_css": Said("Votre feuille de style", "Your style sheet"),
    "privacy": Said("Les données personnelles", "Personal data"),
    "privacy.controller": Said(
        "Responsable du traitement",
        "Controller",
        "L'organisation si vous ne dites rien.",
        "The organisation if you say nothing.",
    ),
    "privacy.dpo": Said("Délégué·e à la protection des données", "Data protection officer"),
    "privacy.people_days": Said("Jours de conservation après l'événement", "Days kept after the event"),
    "privacy.attendance_days": Said("Jours de conservation des présences", "Days attendance is kept"),
    "store": Said("La mémoire", "The store"),
    "store.url": Said("Base de données", "Database"),
}

OPTIONS = {
    "open": ("Ouvert", "Open"),
    "cancelled": ("Annulé", "Cancelled"),
    "fr": ("Français", "French"),
    "en": ("Anglais", "English"),
    "host": ("Anime la réunion", "Host"),
    "alternative-host": ("Remplace l'animation", "Alternative host"),
    "speaker": ("Intervient", "Speaker"),
    "facilitator": ("Tient un atelier", "Facilitator"),
    "file": ("Un fichier (export du formulaire)", "A file (the form's export)"),
    "google-forms": ("Google Forms", "Google Forms"),
    "google-sheets": ("Google Sheets", "Google Sheets"),
    "url": ("Un fichier publié à une adresse", "A file published at an address"),
    "nobody-badly": ("Que personne ne soit mal servi", "Nobody badly served"),
    "most-satisfied": ("Le plus de premiers vœux", "Most first wishes"),
    "registrants": ("les personnes inscrites", "registrants"),
    "speakers": ("les intervenant·es", "speakers"),
    "all": ("tout le monde", "everybody"),
    "one-per-day": ("Un seul lien pour la journée", "One link for the day"),
    "one-per-session": ("Un lien par moment", "One link per session"),
    "none": ("Non", "None"),
    "local": ("Sur l'ordinateur de l'animation", "On the host's computer"),
    "cloud": ("Chez Zoom", "At Zoom"),
    "starttls": ("STARTTLS", "STARTTLS"),
    "tls": ("TLS dès la connexion", "TLS from the start"),
}

RARE = frozenset(
    {
        "event.key",
        "event.timezone",
        "sessions.key",
        "sessions.date",
        "sessions.status",
        "workshops.key",
        "workshops.aliases",
        "seating.seed",
        "registrations.url",
        "registrations.document",
        "registrations.credentials",
        "registrations.yes",
        "zoom.api_url",
        "zoom.token_url",
        "zoom.several_devices",
        "zoom.name_in_zoom",
        "mail.reply_to",
        "mail.per_hour",
        "mail.per_day",
        "mail.connections",
        "web.bind",
        "web.viewers",
        "web.remote_user",
        "web.proxies",
        "web.theme_css",
        "privacy.attendance_days",
        "store.url",
        "registrations.columns.email",
        "registrations.columns.first_name",
        "registrations.columns.last_name",
        "registrations.columns.shown_as",
        "registrations.columns.submitted_at",
        "registrations.columns.organisation",
        "registrations.columns.needs",
        "registrations.columns.language",
        "registrations.columns.sessions.question",
        "web.service_key",
    }
)
"""Keys few people need: they wait behind « Autres réglages »."""
