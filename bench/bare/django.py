"""The bare Django as a WSGI application: no middleware, and no app but Django itself."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
