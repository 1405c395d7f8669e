# shellcheck shell=sh
# Sourced by the wrappers: from wherever and through whatever symlink one was called, work in the site's own folder.

set -eu

site=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cd -- "$site"

# Not the first python3 on PATH: that one may not have Django.
# shellcheck disable=SC2034 # the wrappers use it
python=${PRISM_PYTHON:-/usr/bin/python3}

export PYTHONPATH="$site${PYTHONPATH:+:$PYTHONPATH}"
export DJANGO_SETTINGS_MODULE=prism.settings
[ -w "$site" ] || export PYTHONDONTWRITEBYTECODE=1
