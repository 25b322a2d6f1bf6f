#!/bin/sh
# What `make check` and the commit hook run. The settings are those of a public site, so that every refusal shows here.
set -eu
unset DATABASE_URL DEBUG
export DATA=var/check SITE_URL=https://blog.example.org EMAIL_URL=smtp+tls://user:password@mail.example.org:587
export TRUSTED_PROXIES=127.0.0.1

.venv/bin/python -m ruff check .
.venv/bin/python -m ruff format --check .
# No cache: what the Django plugin adds to one class because of another is not in it, and comes out as an error.
.venv/bin/python -m mypy --cache-dir=/dev/null .
.venv/bin/python manage.py makemigrations --check --dry-run
.venv/bin/python manage.py check --deploy --fail-level WARNING
