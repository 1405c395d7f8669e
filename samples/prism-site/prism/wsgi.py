"""What Gunicorn serves: prism.wsgi:application."""

import os

from django.core.wsgi import get_wsgi_application

from . import faults

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prism.settings")
faults.in_import()
application = get_wsgi_application()
