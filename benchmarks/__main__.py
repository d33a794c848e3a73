"""`make bench`: a database of its own, the figures, and their ratios to a limit; prints Markdown."""

from __future__ import annotations

import os
import sys


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        from benchmarks import certificates, mastery, paper, progress, reads, submissions, transparency, verification
        from benchmarks.measure import table

        figures = [
            *certificates.run(),
            *transparency.run(),
            *verification.run(),
            *paper.run(),
            *reads.run(),
            *progress.run(),
            *submissions.run(),
            *mastery.run(),
        ]
        cores = os.cpu_count()
        print(
            f"One process, one connection, PostgreSQL on the same machine ({cores} cores), fsync off for both sides.\n"
        )
        print(table(figures))
    finally:
        teardown_databases(made, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
