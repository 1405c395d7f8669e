"""How static files are collected and named."""

import os

from whitenoise.storage import CompressedManifestStaticFilesStorage

from . import faults


class SiteStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash and compressed copies; before the first collectstatic, plain names instead of an error."""

    manifest_strict = False

    def stored_name(self, name):
        try:
            return super().stored_name(name)
        except ValueError:
            # Not strict still means an error for a file that is not there at all. A page without style is better.
            return name

    def post_process(self, *args, **options):
        faults.in_collectstatic()
        # WhiteNoise writes the compressed copies past FILE_UPLOAD_PERMISSIONS: under 0027 nginx could not read them.
        before = os.umask(0o022)
        try:
            yield from super().post_process(*args, **options)
        finally:
            os.umask(before)
