#!/usr/bin/env python
"""Imprimatur's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reading a setting is what loads them
    except ImproperlyConfigured as problem:
        sys.exit(f"Imprimatur cannot start: {problem}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
