"""What a user would pick instead, given the same letter: a text, an HTML part with a name and a link, two calendars."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SENDER = "contact@exemple.fr"
CALENDAR = "BEGIN:VCALENDAR\r\n" + "X-NOTE:une séance\r\n" * 40 + "END:VCALENDAR\r\n"
TEXT = "Bonjour {{ name }},\n\nvotre lien : {{ link }}\n\n"
HTML = "<html><body><p>Bonjour {{ name }},</p><p><a href='{{ link }}'>Entrer</a></p>{filler}</body></html>"


def _words(length: int) -> tuple[str, str]:
    """A text and an HTML template that make a letter of about so many bytes, in the base64 which the peers choose."""
    room = max(0, length * 3 // 4 - 2 * len(CALENDAR) - 1_500)
    line = "Relation police-population : la séance commence à l'heure dite.\n"
    text = TEXT + line * (room // 4 // len(line))
    return text, HTML.replace("{filler}", f"<p>{line}</p>" * (room * 3 // 4 // (len(line) + 7)))


def _person(n: int) -> dict[str, str]:
    link = f"https://us02web.zoom.us/w/81234567890?tk=Vm0wd2QyUXlVWGxXYTFwT1ZsZFNWRmx0ZUV{n:06d}&pwd=VVhWVFZ3"
    return {"name": f"Personne {n}", "link": link}


def django_post_office(port: int, letters: int, length: int) -> float:
    """Queue in SQLite from a template, then send_queued, which marks a batch once it has gone."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    with tempfile.TemporaryDirectory() as folder:
        settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/post.db"}},
            EMAIL_BACKEND="post_office.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=port,
            MEDIA_ROOT=folder,
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
            TEMPLATES=[
                {"BACKEND": "django.template.backends.django.DjangoTemplates"},
                {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "NAME": "post_office"},
            ],
            POST_OFFICE={"BATCH_SIZE": letters, "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}},
            USE_TZ=True,
        )
        django.setup()
        call_command("migrate", verbosity=0)
        return letters / _timed(lambda: _by_post_office(letters, length))


def _by_post_office(letters: int, length: int) -> None:
    from django.core.files.base import ContentFile
    from post_office import mail
    from post_office.models import EmailTemplate

    text, html = _words(length)
    template = EmailTemplate.objects.create(name="t", subject="Votre lien", content=text, html_content=html)
    for n in range(letters):
        files = {f"seance-{k}.ics": ContentFile(CALENDAR.encode()) for k in (1, 2)}
        mail.send(f"p{n}@exemple.fr", SENDER, template=template, context=_person(n), attachments=files)
    sent, failed, _ = mail.send_queued(processes=1, log_level=0)
    assert (sent, failed) == (letters, 0)


def yagmail(port: int, letters: int, length: int) -> float:
    """Nothing is recorded."""
    import yagmail

    text, html = _words(length)
    with _calendars() as files:
        post = yagmail.SMTP(
            SENDER, "", host="127.0.0.1", port=port, smtp_starttls=False, smtp_ssl=False, smtp_skip_login=True
        )

        def send() -> None:
            for n in range(letters):
                words = [_filled(words, n) for words in (text, html)]
                post.send(f"p{n}@exemple.fr", "Votre lien", [*words, *files])

        return letters / _timed(send)


def redmail(port: int, letters: int, length: int) -> float:
    """Nothing is recorded."""
    from redmail import EmailSender

    text, html = _words(length)
    with _calendars() as files:
        post = EmailSender(host="127.0.0.1", port=port, use_starttls=False)
        attached: Any = {Path(file).name: Path(file) for file in files}

        def send() -> None:
            with post:
                for n in range(letters):
                    post.send(
                        subject="Votre lien",
                        sender=SENDER,
                        receivers=[f"p{n}@exemple.fr"],
                        text=text,
                        html=html,
                        body_params=_person(n),
                        attachments=attached,
                    )

        return letters / _timed(send)


def _filled(words: str, n: int) -> str:
    for name, value in _person(n).items():
        words = words.replace("{{ " + name + " }}", value)
    return words


@contextmanager
def _calendars() -> Iterator[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"seance-{k}.ics" for k in (1, 2)]
        for file in files:
            file.write_text(CALENDAR)
        yield [str(file) for file in files]


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


ALL = {"django-post_office": django_post_office, "yagmail": yagmail, "redmail": redmail}
