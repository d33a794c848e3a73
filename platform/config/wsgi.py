"""WSGI entry for granian: `granian --interface wsgi config.wsgi:application` with PYTHONPATH=.:platform."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from common.memory import collect_less_often
from config.unread_bodies import reads_the_rest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")

application = reads_the_rest(get_wsgi_application(), at_most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
collect_less_often()
