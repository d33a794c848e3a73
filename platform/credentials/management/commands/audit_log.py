"""`manage.py audit_log`: computes the transparency log's tree from its entries and compares all that was ever signed.

With `--against FILE`, an older checkpoint of this log (from a witness, an auditor, a holder), it also says whether this
log continues that one; if not, the log was forked or rolled back.
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from credentials.transparency.auditing import audit
from credentials.transparency.keys import log_signer
from credentials.transparency.notes import NotANote, Verifier, checkpoint_by


class Command(BaseCommand):
    """Audit the log; ends with an error when anything does not hold."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--against", type=Path, metavar="FILE", help="an older checkpoint that must still hold")
        parser.add_argument(
            "--key", action="append", default=[], help="a verifier key of the log, in place of or beside LOG_KEY_FILE's"
        )

    def handle(self, *args: Any, against: Path | None = None, key: list[str], **options: Any) -> None:
        old = None
        try:
            verifiers = [*map(Verifier.parse, key), *([log_signer().verifier] if settings.LOG_KEY_FILE else [])]
            if not verifiers:
                raise CommandError("LOG_KEY_FILE is not set: give the log's verifier key by --key")
            if against is not None:
                old, _ = checkpoint_by(against.read_text(encoding="utf-8"), verifiers)
        except NotANote as error:
            raise CommandError(f"{against or key}: {error}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{against}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from error
        if old is not None and old.origin != settings.LOG_ORIGIN:
            raise CommandError(f"{against}: a checkpoint of another log, {old.origin}")
        found = audit(verifiers=verifiers, old=old)
        for problem in found.problems:
            self.stdout.write(problem)
        if found.unlogged:
            self.stdout.write(f"{found.unlogged} certificates are not in the log (yet)")
        summary = (
            f"{found.entries} entries, {found.checkpoints} checkpoints, {found.cosignatures} cosignatures, "
            f"{len(found.problems)} problems"
        )
        if found.problems:
            raise CommandError(f"{found.problems[0]} ({summary})")
        self.stdout.write(summary)
