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
        from benchmarks.yardstick import REFERENCE_MS, signer_ms

        # First, as in a worker and a web process of their own, before the process is full of what others left.
        figures = mastery.run()
        figures += submissions.run()
        figures += certificates.run()
        before = signer_ms()
        figures += [
            *transparency.run(),
            *verification.run(),
            *paper.run(),
            *reads.run(),
            *progress.run(),
        ]
        cores = os.cpu_count()
        print(
            f"One process, one connection, PostgreSQL on the same machine ({cores} cores), fsync off for both sides.\n"
        )
        slowness = (before + signer_ms()) / 2 / REFERENCE_MS
        print(
            f"The yardstick (openbadgeslib's signer) takes {slowness:.1f} times as long here as on the core on which limits in "
            f"milliseconds were set: a limit of 3 ms there is {3 * slowness:.1f} ms here.\n"
        )
        print(table(figures))
    finally:
        teardown_databases(made, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
