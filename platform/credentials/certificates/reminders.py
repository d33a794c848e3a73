"""Reminding learners that a certificate expires. First a reminder is stored as due, then a task sends it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from common.languages import lookup
from credentials.certificates import statements
from credentials.certificates.display import day
from credentials.certificates.lifecycle_models import ExpiryReminder
from credentials.certificates.rules import REMINDED_AT
from learners import public as learners

MAX_TRIES = 5
_BATCH = 500
_log = logging.getLogger(__name__)


@transaction.atomic
def note_due(*, now: datetime) -> int:
    """Store which reminders are due, each once, however often this runs; return how many are new.

    Of several distances that have passed, only the nearest counts. Learners who renewed already or have no address are
    not reminded; nor are those whose certificate is suspended or withdrawn. One statement.
    """
    return statements.insert_due_reminders(REMINDED_AT, now=now)


def send_due(*, now: datetime) -> int:
    """Send the reminders that are due and not claimed; return how many were sent.

    Each is claimed and committed before it is sent: two workers never send the same reminder, and when a worker dies in
    between, it is not sent again. When the mail server refuses or is away, the next call tries again.
    """
    sent: list[int] = []
    for reminder in _claim(now=now):
        try:
            _message(reminder).send()
        except (OSError, SMTPException) as error:
            _log.warning("a reminder could not be sent", extra={"reminder": reminder.id, "cause": type(error).__name__})
        else:
            sent.append(reminder.id)
            ExpiryReminder.objects.filter(pk=reminder.id).update(sent_at=now)
            continue
        ExpiryReminder.objects.filter(pk=reminder.id, tries__lt=MAX_TRIES).update(claimed_at=None)
    return len(sent)


@dataclass(frozen=True)
class _Due:
    id: int
    days: int
    address: str
    languages: Sequence[str]
    texts: dict[str, dict[str, str]]
    valid_until: datetime


@transaction.atomic
def _claim(*, now: datetime) -> list[_Due]:
    """Claim some reminders; those whose certificate is no longer active are not sent."""
    rows = statements.claim_reminders(limit=_BATCH, now=now)
    languages = learners.languages_of({row[3] for row in rows})
    return [_Due(row[0], row[1], row[2], languages.get(row[3], ()), orjson.loads(row[4]), row[5]) for row in rows]


def _message(due: _Due) -> EmailMessage:
    """The mail in the learner's first language that the platform speaks; no name, and no code that would open the page."""
    language = lookup(due.languages, [code for code, _name in settings.LANGUAGES]) or "en"
    of_texts = lookup([language, *due.languages], list(due.texts)) or "en"
    with translation.override(language):
        words = {
            "title": due.texts[of_texts]["name"],
            "date": day(due.valid_until, language),
            "address": settings.FRONTEND_BASE_URL,
        }
        subject = _("Your certificate “%(title)s” expires on %(date)s") % words
        body = _(
            "Your certificate “%(title)s” is valid until %(date)s.\n\n"
            "You can renew it from now on, also after that day, as long as you still meet what it asks for: "
            "open your certificates at %(address)s.\n\n"
            "Nobody will ask you for money or for your password because of this."
        )
        host = urlsplit(settings.PUBLIC_BASE_URL).hostname or "localhost"
        return EmailMessage(
            # A title is one line; a header must be.
            " ".join(subject.split()),
            body % words,
            to=[due.address],
            # The same reminder is the same message, whatever a mail server does with it.
            headers={"Message-ID": f"<expiry-reminder-{due.id}@{host}>", "Auto-Submitted": "auto-generated"},
        )
