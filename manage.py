#!/usr/bin/env python
"""Django's command line; puts both source roots on the path before anything of ours is imported."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")
    except OperationalError as error:
        if "connect" not in str(error):
            raise
        # The driver's text spans lines; what went wrong is in its first one, and it never holds the password.
        sys.exit(f"error: no connection to the database of DATABASE_URL: {str(error).strip().splitlines()[0]}")


if __name__ == "__main__":
    main()
