"""Django settings. Everything that differs between two sites comes from environment variables.

README.md and docs/operating.md list the variables; config/environment.py parses them and refuses bad values.
"""

import os
from pathlib import Path

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from blog.videos.references import frame_origins, media_origins
from config.environment import (
    LOOPBACK_HOSTS,
    cache,
    command,
    data_folder,
    database,
    file_storages,
    flag,
    host_names,
    log_level,
    mail,
    number,
    secret_key,
    site_url,
    trusted_proxies,
)

django_stubs_ext.monkeypatch()  # allows ModelAdmin[Post] and CharField[str, str] at runtime
env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# One folder holds all data of a site: database, media, private files, secret key, unsent mail.
DATA = data_folder(env.str("DATA", default="") or str(BASE_DIR / "var"))

LISTEN = env.str("LISTEN", default="") or "127.0.0.1"  # not HOST: some shells export it as the name of the machine
# How long running requests may take when the site stops. A comment takes less than a second, a video upload minutes.
STOP_SECONDS = number("STOP_SECONDS", default=30, least=1, most=1800)
WITH_SAMPLE = flag("SAMPLE", default=True)  # whether `manage.py serve` adds sample content to an empty site
PORT = number("PORT", default=8000, least=1, most=65_535)
SITE = site_url(env.str("SITE_URL", default="") or f"http://127.0.0.1:{PORT}")
SITE_URL = f"{SITE.scheme}://{SITE.netloc}"
IS_HTTPS = SITE.scheme == "https"
IS_LOCAL = SITE.hostname in LOOPBACK_HOSTS

DEBUG = flag("DEBUG", default=False)
if DEBUG and not IS_LOCAL:
    raise ImproperlyConfigured(
        "DEBUG must be off on a public site: error pages would show settings and code to everybody."
    )
# Not through `env`, which treats a value that begins with "$" as the name of another variable.
SECRET_KEY = secret_key(os.environ.get("SECRET_KEY", ""), DATA / "secret_key")
ALLOWED_HOSTS = [str(SITE.hostname), *(LOOPBACK_HOSTS if IS_LOCAL else ()), *env.list("ALLOWED_HOSTS", default=[])]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must list host names: with '*' anybody could make our pages link to their own host."
    )

INSTALLED_APPS = [
    "config.admin.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # lets FORM_RENDERER find the templates of Django's widgets
    "csp",
    "markdownx",
    "config",
    "core",
    "blog",
    "comments",
]

MIDDLEWARE = [
    # The middleware that sets headers comes first, so that static files and redirects get them, too.
    "config.middleware.permissions_policy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # After authentication, because the allowed size depends on the user, and before anything reads the body. (The CSRF
    # check reads it in process_view, after all middleware has passed the request on.)
    "config.middleware.plain_bodies",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Data -----------------------------------------------------------------------------------------------------------

DATABASES = {"default": database(env.str("DATABASE_URL", default=""), file=DATA / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN, where SQLite can wait for it. A transaction that reads first and
        # asks for the lock later fails at once ("database is locked") if another one has written in between.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        # secure_delete overwrites deleted data, so that a destroyed key does not stay in the file; not every build of
        # SQLite has it on by default. Measured on 343 MB: a write takes 0.3 ms with synchronous=NORMAL and 1.6 with
        # FULL. A write-ahead log of 16 MB instead of 4 is checkpointed a quarter as often, which saves 0.03 of the
        # 0.2 ms of a comment. Not worth setting: mmap_size saves 0.02 of the 0.07 ms that a page spends in SQLite
        # but counts as memory of the process; cache_size and temp_store save nothing.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; "
        "PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Seconds. Opening the SQLite file for each request took 1.9 ms, as long as everything else in a view with three
# queries.
DATABASES["default"]["CONN_MAX_AGE"] = number("CONN_MAX_AGE", default=60)

CACHES = {
    "default": cache(CACHE_URL := env.str("CACHE_URL", default="")),
    # Always in this process: the versions in its keys (core/page_cache/fragments.py) mean nothing to another one.
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "template_fragments",
        "OPTIONS": {"MAX_ENTRIES": 1000},
    },
}
if CACHE_URL:
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

MEDIA_ROOT = DATA / "media"
# Uploads wait here until their form has been validated. The system's temporary folder may be in memory, and moving a
# large video out of it would mean copying it.
FILE_UPLOAD_TEMP_DIR = data_folder(str(DATA / "incoming"))
MEDIA_URL = "/media/"
STATIC_ROOT = DATA / "static"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    **file_storages(env.str("MEDIA_STORAGE", default="")),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Language and time zone: defaults. Pages use the language and the time zone of the blog. --------------------------

LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail -----------------------------------------------------------------------------------------------------------

EMAIL_TIMEOUT = 20  # seconds; without a timeout a silent mail server would block the worker for ever
if EMAIL_URL := env.str("EMAIL_URL", default=""):
    vars().update(mail(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", default=f"imprimatur@{SITE.hostname}")

# --- Security -------------------------------------------------------------------------------------------------------

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False  # the script of django-markdownx reads it
CSRF_FAILURE_VIEW = "comments.views.public.csrf_failure"
SECURE_HSTS_SECONDS = number("HSTS_SECONDS", default=31_536_000) if IS_HTTPS else 0
# HSTS for subdomains and for the preload list would bind other sites, which is not for us to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # load balancers call these over plain HTTP
if IS_HTTPS:
    # TLS ends at the proxy. Without this header every request would be redirected for ever.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"  # YouTube does not play with "same-origin"
X_FRAME_OPTIONS = "DENY"
# Videos: PeerTube instances whose player we embed, and hosts whose video files we play. None by default.
PEERTUBE_HOSTS = host_names("PEERTUBE_HOSTS", env.str("PEERTUBE_HOSTS", default=""))
VIDEO_FILE_HOSTS = host_names("VIDEO_FILE_HOSTS", env.str("VIDEO_FILE_HOSTS", default=""))
VIDEO_HOSTS = {"PEERTUBE_HOSTS": PEERTUBE_HOSTS, "VIDEO_FILE_HOSTS": VIDEO_FILE_HOSTS}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "media-src": [SELF, *media_origins(VIDEO_HOSTS)],
        "connect-src": [SELF],
        "frame-src": [SELF, *frame_origins(VIDEO_HOSTS)],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}

# Posts are long, and one form has several text fields. Pictures are uploaded through their own view with its own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a post has two dozen for each of its videos

# --- The editor: only its widget is used, not its views (blog/publishing/editor.py says why). ------------------------

MARKDOWNX_MARKDOWNIFY_FUNCTION = "blog.publishing.editor.markdownify"
MARKDOWNX_URLS_PATH = "/admin/markdownx/markdownify/"
MARKDOWNX_UPLOAD_URLS_PATH = "/admin/markdownx/upload/"

# --- Imprimatur -----------------------------------------------------------------------------------------------------

SHARED_CACHE_SECONDS = number("SHARED_CACHE_SECONDS", default=10)  # s-maxage: how long a shared cache may keep a page
PURGE_COMMAND = command("PURGE_COMMAND")  # empties that shared cache: see core/page_cache/purging.py
# Room for pages in the memory of each process, in bytes; 0 keeps none (blog/page_cache).
PAGE_CACHE_BYTES = number("PAGE_CACHE_BYTES", default=32 * 1024 * 1024)
# Behind a proxy every request comes from the proxy's IP. The proxies listed here are trusted to name the client in
# X-Forwarded-For. None by default, not even this machine: other programs on it may pass on a forged header.
TRUSTED_PROXIES = trusted_proxies(env.str("TRUSTED_PROXIES", default=""))
COMMENT_MAX_LENGTH = 10_000  # characters, counted before rendering
COMMENTS_PER_PAGE = 50
COMMENTS_PER_MINUTE = number("COMMENTS_PER_MINUTE", default=5, least=1)  # from one network
COMMENTS_PER_HOUR = number("COMMENTS_PER_HOUR", default=40, least=1)
COMMENT_EDIT_MINUTES = number("COMMENT_EDIT_MINUTES", default=15)  # how long writers may edit their own comment
POSTS_PER_PAGE = 10
UPLOAD_MAX_BYTES = number("UPLOAD_MAX_BYTES", default=15 * 1024 * 1024, least=1)
UPLOAD_MAX_PIXELS = 50_000_000
# Whether the worker may fetch titles and posters from video providers and check that videos still exist.
VIDEO_FETCH = flag("VIDEO_FETCH", default=True)
VIDEO_MAX_BYTES = number("VIDEO_MAX_BYTES", default=500 * 1024 * 1024, least=1)
# The form of a post may upload a cover and several posters at once. Users who may add videos may upload one besides.
REQUEST_MAX_BYTES = 4 * UPLOAD_MAX_BYTES

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # Bots send requests with invented host names; each would log a traceback of eighty lines.
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
    "root": {"handlers": ["console"], "level": log_level(env.str("LOG_LEVEL", default=""))},
}
