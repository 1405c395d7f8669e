"""/healthz: whether this worker and its database are there."""

import os

from django.db import Error, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache

from . import release


@never_cache
def healthz(request):
    answer = {
        "status": "ok",
        "release": release.name(),
        "generation": release.generation(),
        "pid": os.getpid(),
        "database": connection.vendor,
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        # Only the kind of error: its text may name hosts and users.
        answer.update(status="database unavailable", error=type(error).__name__)
        return JsonResponse(answer, status=503)
    return JsonResponse(answer)
