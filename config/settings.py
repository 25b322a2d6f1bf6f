"""Settings of one site. Everything that differs between two sites comes from the environment.

README.md and docs/operating.md list the variables; config/environment.py refuses bad values.
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
    site_address,
    trusted_proxies,
)

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Post] and CharField[str, str] be written where Django reads them
env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# One folder holds everything that a site owns: database, media, private files, secret key, unsent mail.
DATA = data_folder(env.str("DATA", default="") or str(BASE_DIR / "var"))

LISTEN = env.str("LISTEN", default="") or "127.0.0.1"  # not HOST: some shells export that, and it names the machine
# How long requests in hand may take when the site stops: a comment takes no second, a film on its way up takes minutes.
STOP_SECONDS = number("STOP_SECONDS", default=30, least=1, most=1800)
WITH_SAMPLE = flag("SAMPLE", default=True)  # whether `manage.py serve` fills an empty site
PORT = number("PORT", default=8000, least=1, most=65_535)
SITE = site_address(env.str("SITE_URL", default="") or f"http://127.0.0.1:{PORT}")
SITE_URL = f"{SITE.scheme}://{SITE.netloc}"
IS_HTTPS = SITE.scheme == "https"
IS_LOCAL = SITE.hostname in LOOPBACK_HOSTS

DEBUG = flag("DEBUG", default=False)
if DEBUG and not IS_LOCAL:
    raise ImproperlyConfigured("DEBUG must be off on a public address: it shows settings and code to everybody.")
# Not through `env`: it reads a value that begins with "$" as the name of another variable.
SECRET_KEY = secret_key(os.environ.get("SECRET_KEY", ""), DATA / "secret_key")
ALLOWED_HOSTS = [str(SITE.hostname), *(LOOPBACK_HOSTS if IS_LOCAL else ()), *env.list("ALLOWED_HOSTS", default=[])]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts: with '*' anybody can put their own host into our pages.")

INSTALLED_APPS = [
    "config.admin.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # FORM_RENDERER finds the widgets' templates there
    "csp",
    "markdownx",
    "config",
    "core",
    "blog",
    "comments",
]

MIDDLEWARE = [
    # Headers first, so that static files and redirects have them, too.
    "config.middleware.permissions_policy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.KeptPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Behind the question who asks, before anything reads what they send: the check for CSRF does, when all of these
    # have let the request through.
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
        # IMMEDIATE takes the write lock at BEGIN, where waiting works: a transaction that reads first and asks for
        # the lock later is refused at once ("database is locked") when somebody wrote in between.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        # What is deleted is overwritten: a destroyed key must not stay in the file. Not every SQLite does it unasked.
        # Measured on 343 MB: synchronous=NORMAL writes in 0.3 ms what FULL does in 1.6. A log of 16 MB, instead of 4,
        # is copied into the file a quarter as often, which takes 0.03 of 0.2 ms from a comment. Not worth a line:
        # mmap_size takes 0.02 ms from the 0.07 that the queries of a page spend in SQLite, and counts as memory of
        # the process; cache_size and temp_store take nothing.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; "
        "PRAGMA secure_delete=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# In seconds. Opening a file of SQLite anew for each request took 1.9 ms of it, as much as everything else in a view of
# three queries.
DATABASES["default"]["CONN_MAX_AGE"] = number("CONN_MAX_AGE", default=60)

CACHES = {"default": cache(CACHE_URL := env.str("CACHE_URL", default=""))}
if CACHE_URL:
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

MEDIA_ROOT = DATA / "media"
# What is sent waits here until its form is judged: in the system's own folder a film might lie in memory, and would
# have to be copied to where it stays.
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

# --- Language and time: of the machinery. A page speaks its blog's language, in its blog's time zone. -----------------

LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail -----------------------------------------------------------------------------------------------------------

EMAIL_TIMEOUT = 20  # seconds; without one a silent mail server would hold the worker for ever
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
CSRF_COOKIE_HTTPONLY = False  # markdownx's script reads it
CSRF_FAILURE_VIEW = "comments.views.public.csrf_failure"
SECURE_HSTS_SECONDS = number("HSTS_SECONDS", default=31_536_000) if IS_HTTPS else 0
# Subdomains and the preload list bind sites that are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked from the inside, over http
if IS_HTTPS:
    # TLS ends at the proxy in front of us; without this header every request would be redirected for ever.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"  # YouTube refuses to play under "same-origin"
X_FRAME_OPTIONS = "DENY"
# Videos: instances of PeerTube whose players we show, and hosts whose files we play. Nobody by default.
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

# A post is long, a form of several editors longer; pictures go through their own view with its own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # two dozen for each video of a post

# --- The editor: only its widget is used, not its views (blog/publishing/editor.py says why). ------------------------

MARKDOWNX_MARKDOWNIFY_FUNCTION = "blog.publishing.editor.markdownify"
MARKDOWNX_URLS_PATH = "/admin/markdownx/markdownify/"
MARKDOWNX_UPLOAD_URLS_PATH = "/admin/markdownx/upload/"

# --- Imprimatur -----------------------------------------------------------------------------------------------------

SHARED_CACHE_SECONDS = number("SHARED_CACHE_SECONDS", default=10)  # how long a proxy may hold a page: s-maxage
PURGE_COMMAND = command("PURGE_COMMAND")  # makes that proxy forget its pages: see core/page_cache/purging.py
# Room for pages in the memory of each process, in bytes; 0 keeps none (blog/page_cache).
PAGE_CACHE_BYTES = number("PAGE_CACHE_BYTES", default=32 * 1024 * 1024)
# Behind a proxy every visitor has the proxy's address: these may say in X-Forwarded-For whose the request was. Nobody
# is trusted by default, not even this machine: what else runs on it may pass on a header that a visitor has made up.
TRUSTED_PROXIES = trusted_proxies(env.str("TRUSTED_PROXIES", default=""))
# Parts of posts' pages, each for as long as nothing in it has changed; 10 MB in each process (the tag `kept`).
POST_PARTS_KEPT = 500
COMMENT_MAX_LENGTH = 10_000  # characters, counted before rendering
COMMENTS_PER_PAGE = 50
COMMENTS_PER_MINUTE = number("COMMENTS_PER_MINUTE", default=5, least=1)  # from one network
COMMENTS_PER_HOUR = number("COMMENTS_PER_HOUR", default=40, least=1)
COMMENT_EDIT_MINUTES = number("COMMENT_EDIT_MINUTES", default=15)  # how long a writer may change a comment
POSTS_PER_PAGE = 10
UPLOAD_MAX_BYTES = number("UPLOAD_MAX_BYTES", default=15 * 1024 * 1024, least=1)
UPLOAD_MAX_PIXELS = 50_000_000
# Whether the worker may ask the providers of videos for titles and pictures, and whether a video is still there.
VIDEO_FETCH = flag("VIDEO_FETCH", default=True)
VIDEO_MAX_BYTES = number("VIDEO_MAX_BYTES", default=500 * 1024 * 1024, least=1)
# A post's form may bring a cover and several posters at once. One who may add videos may send a film besides.
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
    # Bots ask every address under every name; each would leave eighty lines of traceback.
    "loggers": {"django.security.DisallowedHost": {"level": "CRITICAL"}},
    "root": {"handlers": ["console"], "level": log_level(env.str("LOG_LEVEL", default=""))},
}
