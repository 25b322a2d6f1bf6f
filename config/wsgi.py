"""The WSGI application that granian runs."""

import os

from django.core.wsgi import get_wsgi_application

from core.page_cache import with_page_cache
from core.server.request_bodies import limit_request_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()
application = limit_request_bodies(with_page_cache(django_application))
