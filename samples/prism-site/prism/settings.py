"""Settings of Prism, all from the environment; README.md lists the variables."""

import importlib.util
import os
from pathlib import Path
from urllib.parse import urlsplit

import django

from . import env

BASE_DIR = Path(__file__).resolve().parent.parent


def _installed(module):
    return importlib.util.find_spec(module) is not None


def _state_directory():
    """Where files that outlive a release are kept.

    systemd sets STATE_DIRECTORY (a list with colons when there are several). Without it a checkout keeps them next
    to manage.py, and an installation that cannot be written uses the service's folder.
    """
    given = env.text("STATE_DIRECTORY").split(":")[0]
    if given:
        return Path(given)
    return BASE_DIR if os.access(BASE_DIR, os.W_OK) else Path("/var/lib/prism-django")


STATE = _state_directory()

# Who may ask, and for what.

SECRET_KEY = env.required("SECRET_KEY")
DEBUG = env.flag("DEBUG")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")

CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
if django.VERSION < (4, 0):
    # Origins have carried their scheme since 4.0; before, they were bare hosts and a wildcard was a leading dot.
    CSRF_TRUSTED_ORIGINS = [(urlsplit(o).netloc or o).replace("*.", ".") for o in CSRF_TRUSTED_ORIGINS]

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT")
if SECURE_SSL_REDIRECT:
    # Only a proxy that sets this header itself makes it trustworthy, and only such a proxy makes the redirect useful.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# What Prism is made of.

HAS_REST = _installed("rest_framework")
HAS_CRISPY = _installed("crispy_forms") and _installed("crispy_bootstrap5")

INSTALLED_APPS = [
    "journal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
if HAS_REST:
    INSTALLED_APPS += ["rest_framework"]
    REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "PAGE_SIZE": 50,
    }
if HAS_CRISPY:
    INSTALLED_APPS += ["crispy_forms", "crispy_bootstrap5"]
    CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
    CRISPY_TEMPLATE_PACK = "bootstrap5"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
if env.flag("PRISM_BROKEN_SITE"):
    MIDDLEWARE.insert(0, "prism.faults.broken_site")

ROOT_URLCONF = "prism.urls"
WSGI_APPLICATION = "prism.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

# The database.

if env.flag("USE_POSTGRES"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": env.text("POSTGRES_DB", "prism"),
            "USER": env.text("POSTGRES_USER", "prism"),
            "PASSWORD": env.text("POSTGRES_PASSWORD"),
            "HOST": env.text("POSTGRES_HOST"),  # empty, or a folder: PostgreSQL's unix socket
            "PORT": env.text("POSTGRES_PORT"),
            # A host that swallows packets must not hold a worker for minutes.
            "OPTIONS": {"connect_timeout": 5},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.text("SQLITE_PATH", str(STATE / "db.sqlite3")),
            "OPTIONS": {"timeout": 20},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People.

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_TZ = True

# Files.

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(STATE / "staticfiles"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", str(STATE / "media"))

# Without these the folders that collectstatic makes follow the umask, and under 0027 nginx cannot enter them.
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755

if django.VERSION >= (4, 2):
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "prism.storage.SiteStaticFilesStorage"},
    }
else:
    STATICFILES_STORAGE = "prism.storage.SiteStaticFilesStorage"

# Mail: to the log, unless there is a server to hand it to.

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = env.integer("EMAIL_TIMEOUT", 10)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "prism@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Everything worth saying goes to stderr; without DEBUG, Django's own set-up would keep tracebacks to itself.

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
}
