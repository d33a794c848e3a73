"""WSGI entry for granian: `granian --interface wsgi config.wsgi:application` with PYTHONPATH=.:platform."""

import os

from django.core.wsgi import get_wsgi_application

from common.memory import collect_less_often

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = get_wsgi_application()
collect_less_often()
