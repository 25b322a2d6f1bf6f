#!/bin/sh
# Run by `make check` and by the commit hook, with the settings of a public site, so that all warnings appear.
set -eu
unset DATABASE_URL DEBUG
export DATA=var/check SITE_URL=https://blog.example.org EMAIL_URL=smtp+tls://user:password@mail.example.org:587
export TRUSTED_PROXIES=127.0.0.1

.venv/bin/python -m ruff check .
.venv/bin/python -m ruff format --check .
# No cache: it lacks what the Django plugin adds to one class because of another, which then looks like an error.
.venv/bin/python -m mypy --cache-dir=/dev/null .
.venv/bin/python manage.py makemigrations --check --dry-run
.venv/bin/python manage.py check --deploy --fail-level WARNING
