"""`make bench`: a database of its own, the figures, and their ratios to a limit; prints Markdown.

With names of parts (`python -m benchmarks submissions reads`) only these are measured.
"""

from __future__ import annotations

import os
import statistics
import sys


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        from config import reference_data

        reference_data.load()
        from benchmarks import (
            certificates,
            mastery,
            paper,
            progress,
            publishing,
            reads,
            submissions,
            transparency,
            verification,
        )
        from benchmarks.measure import Figure, table
        from benchmarks.yardstick import REFERENCE_MS, signer_ms

        # Mastery and submissions first, as in a worker and a web process of their own, before the process is full of what
        # others left. The parts after the certificates read what these make.
        parts = {
            "mastery": mastery.run,
            "submissions": submissions.run,
            "certificates": certificates.run,
            "transparency": transparency.run,
            "verification": verification.run,
            "paper": paper.run,
            "reads": reads.run,
            "progress": progress.run,
            "publishing": publishing.run,
        }
        wanted = sys.argv[1:] or list(parts)
        if unknown := sorted(set(wanted) - parts.keys()):
            raise SystemExit(f"no such part: {', '.join(unknown)}")
        figures: list[Figure] = []
        slowness: list[float] = []
        for name, run in parts.items():
            if name in wanted:
                figures += run()
                if name in ("certificates", wanted[-1]) and "certificates" in wanted:
                    slowness.append(signer_ms() / REFERENCE_MS)
        cores = os.cpu_count()
        print(
            f"One process, one connection, PostgreSQL on the same machine ({cores} cores), fsync off for both sides.\n"
        )
        if slowness:
            factor = statistics.mean(slowness)
            print(
                f"The yardstick (openbadgeslib's signer) takes {factor:.1f} times as long here as on the core on which limits "
                f"in milliseconds were set: a limit of 3 ms there is {3 * factor:.1f} ms here.\n"
            )
        print(table(figures))
    finally:
        teardown_databases(made, verbosity=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
