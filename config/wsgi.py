"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from core.server.request_bodies import taking_turns

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

from core.page_cache import in_front_of  # noqa: E402 - it stands on the models, which have to be there first

application = taking_turns(in_front_of(django_application))
