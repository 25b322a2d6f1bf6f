"""Bare Django as a WSGI application, configured by one of the settings modules of this package."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
