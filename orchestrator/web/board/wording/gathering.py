"""The event page's words for the gathering: the day, its rooms, its people, who is reminded."""

from __future__ import annotations

from orchestrator.web.board.wording.said import Said

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
        "Le bouton « Déposer un logo » le met en place et remplit ce champ.",
        "The button “Upload a logo” puts it in place and fills this in.",
    ),
    "sessions": Said(
        "Les moments de la journée",
        "Sessions",
        "Une matinée, un après-midi… : chacun a son heure, ses inscriptions et ses rappels.",
        "A morning, an afternoon…: each has its hours, its registrations and its reminders.",
    ),
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
    "programme": Said(
        "Le déroulé",
        "Running order",
        "Ce qui se passe à quelle heure, tel qu'on le lit dans les courriels et sur les pages.",
        "What happens when, as it is read in letters and on the pages.",
    ),
    "programme.session": Said("Moment", "Session"),
    "programme.at": Said("Heure", "Time"),
    "programme.title": Said("Titre", "Title"),
    "programme.with": Said("Avec (un nom par ligne)", "With (one name a line)"),
    "workshops": Said(
        "Les ateliers",
        "Workshops",
        "Une salle Zoom chacun ; les places sont données d'après les vœux. Aucun atelier ? Laissez vide.",
        "A Zoom room each; seats are given by the wishes. No workshops? Leave empty.",
    ),
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
    "speakers": Said(
        "Celles et ceux qui font la journée",
        "Those who make the day",
        "Qui anime, qui intervient, qui tient un atelier : chaque personne reçoit ses instructions et son lien.",
        "Hosts, speakers, facilitators: each gets their instructions and their link.",
    ),
    "speakers.name": Said("Nom", "Name"),
    "speakers.email": Said("Adresse", "Address"),
    "speakers.role": Said("Rôle", "Role"),
    "speakers.sessions": Said("Moments", "Sessions"),
    "speakers.workshops": Said("Ateliers tenus", "Workshops held"),
    "speakers.affiliation": Said("Fonction", "Affiliation"),
    "speakers.phone": Said("Téléphone", "Telephone"),
    "seating": Said(
        "Les places",
        "Seats",
        "Comment les places d'atelier sont données. Sans atelier, rien à remplir ici.",
        "How seats in workshops are given. Without workshops, nothing to fill in.",
    ),
    "seating.wishes_until": Said("Les vœux peuvent changer jusqu'au", "Wishes may change until"),
    "seating.tell_at": Said(
        "Chaque personne apprend son atelier le",
        "Everybody learns their workshop on",
        "Deux jours avant à 18 h si vous ne dites rien.",
        "Two days before at 18:00 if you say nothing.",
    ),
    "seating.aim": Said("But du calcul", "Aim"),
    "seating.seed": Said("Graine du tirage", "Seed of the draw"),
    "reminders": Said(
        "Les rappels",
        "Reminders",
        "Une lettre avec le lien, à une heure dite ou un temps avant. Un rappel par moment suffit.",
        "A letter with the link, at an hour or some time before. One for each session will do.",
    ),
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
    "workshops.minimum": Said(
        "Ouvre à partir de",
        "Opens from",
        "En dessous, ses inscrits sont placés ailleurs ; 0 : toujours.",
        "Below it, its people sit elsewhere; 0: always.",
    ),
    "workshops.same_as": Said(
        "Le même qu'un autre",
        "The same as another",
        "Le nom court d'un atelier d'un autre moment : personne n'est dans les deux.",
        "The short name of a workshop in another session: nobody is in both.",
    ),
    "seating.held_back": Said(
        "Places gardées par atelier",
        "Seats kept in each workshop",
        "Pour qui s'inscrit après l'annonce.",
        "For those who register after the seats were told.",
    ),
    "seating.keep_together": Said(
        "Ensemble",
        "Together",
        "Un groupe par ligne, ses adresses séparées par des virgules.",
        "A group a line, its addresses separated by commas.",
    ),
    "seating.keep_apart": Said(
        "Séparément",
        "Apart",
        "Un groupe par ligne, ses adresses séparées par des virgules.",
        "A group a line, its addresses separated by commas.",
    ),
    "seating.same_room": Said(
        "Besoins réunis dans un atelier",
        "Needs brought into one workshop",
        "Un mot par ligne, tel qu'on l'écrit dans le formulaire : LSF, vélotypie.",
        "A word a line, as written in the form: LSF.",
    ),
    "seating.mix": Said(
        "Publics à mêler",
        "Publics to be mixed",
        "Un par ligne : « forces : police, gendarmerie », reconnus dans la structure.",
        "One a line: “forces: police, gendarmerie”, found in the organisation.",
    ),
    "seating.mix_at_most": Said("Vœux qu'on y sacrifie au plus", "Wishes given up for it at most"),
    "reminders.approve": Said("Attend votre accord", "Waits for your approval"),
    "reminders.if_silent": Said("Sans réponse de votre part", "Without an answer of yours"),
}
