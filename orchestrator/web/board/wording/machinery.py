"""The event page's words for the machinery: the form, Zoom, the post, the pages, what is kept."""

from __future__ import annotations

from orchestrator.web.board.wording.said import Said

LABELS = {
    "registrations": Said(
        "Les inscriptions",
        "Registrations",
        "Les questions du formulaire sont reconnues à leurs mots ; donnez-les ici si l'une ne l'est pas.",
        "The form's questions are recognised by their words; name them here where one is not.",
    ),
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
    "registrations.columns.next_invitation": Said(
        "Question de la prochaine invitation (case jamais cochée d'avance)",
        "Question of the next invitation (never ticked in advance)",
    ),
    "registrations.columns.language": Said("Question de la langue", "Question of the language"),
    "registrations.columns.sessions.*": Said("Question de la venue à", "Question of coming to"),
    "registrations.columns.sessions.question": Said(
        "Ou une seule question pour la journée", "Or one question for the day"
    ),
    "registrations.columns.sessions.answers.*": Said("Ses réponses qui valent pour", "Its answers that mean"),
    "registrations.columns.wishes.*": Said(
        "Questions des vœux, du premier au dernier, pour", "Questions of the wishes, best first, for"
    ),
    "zoom": Said(
        "Zoom",
        "Zoom",
        "Le compte qui tient la réunion. Ses clés se donnent à part : « Clés d'accès ».",
        "The account that holds the meeting. Its keys are given apart: “Access keys”.",
    ),
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
    "mail": Said(
        "L'envoi des courriels",
        "Sending letters",
        "D'où partent les courriels. Votre service informatique connaît ces valeurs.",
        "Where letters leave from. Your IT service knows these values.",
    ),
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
    "privacy.invitations_days": Said(
        "Jours de conservation de qui veut la prochaine invitation", "Days those who want the next invitation are kept"
    ),
    "privacy.attendance_days": Said("Jours de conservation des présences", "Days attendance is kept"),
    "store": Said("La mémoire", "The store"),
    "store.url": Said("Base de données", "Database"),
    "registrations.extra": Said(
        "Autres colonnes à garder",
        "Other columns to keep",
        "Une par ligne : « Structure : bilan pour le financeur », le titre et ce à quoi elle sert.",
        "One a line: “Organisation: report for the funder”, its title and what it is for.",
    ),
    "registrations.options": Said("Réglages d'une autre source", "Settings of another source"),
    "registrations.google_url": Said("Adresse de l'API de Google", "Address of Google's API"),
    "registrations.corrections": Said(
        "Fichier de vos décisions",
        "File of your decisions",
        "Tenu depuis la page Inscriptions.",
        "Kept by the Registrations page.",
    ),
    "registrations.columns.timezone": Said("Colonne du fuseau horaire", "Column of the time zone"),
    "zoom.plan": Said("Formule du compte Zoom", "Plan of the Zoom account"),
    "zoom.webhook_secret": Said("Secret des webhooks de Zoom", "Secret of Zoom's webhooks"),
    "zoom.webhook_secret_before": Said("L'ancien secret, le temps d'en changer", "The old secret, while it changes"),
    "mail.second.host": Said(
        "Second serveur d'envoi",
        "Second mail server",
        "Prend le relais quand le premier est en faute.",
        "Takes over while the first is at fault.",
    ),
    "mail.second.port": Said("Port du second", "Port of the second"),
    "mail.second.security": Said("Chiffrement du second", "Encryption of the second"),
    "mail.second.username": Said("Nom d'utilisateur du second", "User name at the second"),
    "mail.second.password": Said("Mot de passe du second", "Password of the second"),  # pragma: allowlist secret
    "letters": Said("Les lettres", "Letters"),
    "letters.templates": Said(
        "Dossier de vos modèles", "Folder of your templates", "Vide : ceux d'origine.", "Empty: the ones shipped."
    ),
    "letters.light": Said(
        "Domaines qui refusent les fichiers joints",
        "Domains that refuse attachments",
        "Un par ligne ; leurs lettres n'en portent pas.",
        "One a line; their letters carry none.",
    ),
    "letters.approve": Said(
        "Attendre votre accord",
        "Wait for your approval",
        "Rappels et annonce des salles ne partent qu'une fois approuvés.",
        "Reminders and the rooms leave once approved.",
    ),
    "letters.if_silent": Said("Sans réponse de votre part", "Without an answer of yours"),
    "alarms": Said("Les alarmes", "Alarms"),
    "alarms.webhook_url": Said(
        "Adresse où poster les alarmes",
        "Where alarms are posted",
        "Un canal Mattermost, Slack ou Teams.",
        "A channel of Mattermost, Slack or Teams.",
    ),
    "alarms.mail": Said(
        "Les écrire aussi à l'organisateur",
        "Write them to the organiser too",
        "Par le second serveur d'envoi ; sans lui, aucune lettre.",
        "By the second mail server; without one, no letter.",
    ),
    "alarms.ping_url": Said(
        "Adresse appelée tant que tout va",
        "Address called while all is well",
        "Un veilleur qui s'inquiète du silence.",
        "A watchman who worries when it is silent.",
    ),
    "bounces": Said("Les courriels revenus", "Letters that came back"),
    "bounces.host": Said(
        "Serveur IMAP",
        "IMAP server",
        "La boîte où reviennent les courriels non remis ; rien n'y est marqué.",
        "The mailbox where undelivered letters return; nothing is marked there.",
    ),
    "bounces.username": Said("Nom d'utilisateur", "User name"),
    "bounces.password": Said("Mot de passe", "Password"),  # pragma: allowlist secret
    "bounces.port": Said("Port", "Port"),
    "bounces.security": Said("Chiffrement", "Encryption"),
    "bounces.folder": Said("Dossier", "Folder"),
    "web.service_key": Said("Clé du service", "Service key"),
    "privacy.letters_days": Said("Jours de conservation du texte des lettres", "Days the letters' texts are kept"),
    "privacy.links_hours": Said("Heures de conservation des liens", "Hours links are kept"),
    "attendance": Said("Les présences", "Attendance"),
    "attendance.minutes": Said(
        "Présent·e à partir de (minutes)",
        "Present from (minutes)",
        "0 : on compte la part du moment, ci-dessous.",
        "0: the share of the session counts, below.",
    ),
    "attendance.share": Said(
        "… ou de cette part du moment", "… or from this share of the session", "0,5 : la moitié.", "0.5: half."
    ),
    "after": Said("Après la rencontre", "After the event"),
    "after.at": Said(
        "Départ de la lettre de remerciement",
        "The letter of thanks leaves",
        "Vide : il n'y en a pas.",
        "Empty: there is none.",
    ),
    "after.slides": Said("Adresse des diaporamas", "Address of the slides"),
    "after.replay": Said(
        "Adresse de l'enregistrement",
        "Address of the recording",
        "« auto » : cherché chez Zoom.",
        "“auto”: looked for at Zoom.",
    ),
    "after.survey": Said("Adresse du questionnaire", "Address of the survey"),
    "after.verify_url": Said("Page qui vérifie les attestations", "Page that checks certificates"),
}
