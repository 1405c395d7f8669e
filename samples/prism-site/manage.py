#!/usr/bin/env python3
"""Django's command line for Prism."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prism.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    # Django keeps quiet about settings that cannot be read until a command trips over something else:
    # `check` of 4.2 ends with "Models aren't loaded yet". Read them first, and say what is wrong in one line.
    try:
        settings.INSTALLED_APPS
    except ImproperlyConfigured as error:
        sys.exit(f"ImproperlyConfigured: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
