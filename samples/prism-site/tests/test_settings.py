"""Settings are read once, at import: each of these asks a fresh Python."""

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest import TestCase

import django

SITE = Path(__file__).resolve().parent.parent


def python(code, **variables):
    variables = {"PYTHONPATH": str(SITE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath, **variables}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)


def settings(*names, **variables):
    code = f"import json; from prism import settings; print(json.dumps([getattr(settings, n) for n in {names!r}]))"
    ran = python(code, SECRET_KEY="tests", **variables)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


class SettingsTests(TestCase):
    def test_without_a_secret_key_nothing_starts(self):
        ran = python("import prism.settings")
        self.assertNotEqual(ran.returncode, 0)
        last = ran.stderr.strip().splitlines()[-1]
        self.assertRegex(last, r"ImproperlyConfigured: SECRET_KEY is not set: Prism needs it in its environment\.$")

    def test_every_command_says_so_in_one_line(self):
        environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
        for command in ("check", "migrate", "collectstatic"):
            manage = [sys.executable, SITE / "manage.py", command]
            ran = subprocess.run(manage, env=environment, capture_output=True, text=True, check=False)
            with self.subTest(command):
                self.assertEqual(ran.returncode, 1)
                self.assertRegex(ran.stderr, "^ImproperlyConfigured: SECRET_KEY is not set: [^\n]*\n$")

    def test_the_defaults_are_the_careful_ones(self):
        self.assertEqual(settings("DEBUG", "ALLOWED_HOSTS", "SECURE_SSL_REDIRECT"), [False, [], False])

    def test_sqlite_static_and_media_live_in_the_state_directory(self):
        databases, static, media = settings("DATABASES", "STATIC_ROOT", "MEDIA_ROOT", STATE_DIRECTORY="/state:/other")
        self.assertEqual(databases["default"]["ENGINE"], "django.db.backends.sqlite3")
        self.assertEqual(databases["default"]["NAME"], "/state/db.sqlite3")
        self.assertEqual([static, media], ["/state/staticfiles", "/state/media"])

    def test_each_of_them_can_be_named(self):
        databases, static, media = settings(
            "DATABASES", "STATIC_ROOT", "MEDIA_ROOT", SQLITE_PATH="/a/b", STATIC_ROOT="/s", MEDIA_ROOT="/m"
        )
        self.assertEqual([databases["default"]["NAME"], static, media], ["/a/b", "/s", "/m"])

    def test_postgresql_is_described_by_its_five_variables(self):
        given = {f"POSTGRES_{name}": f"the-{name}" for name in ("DB", "USER", "PASSWORD", "HOST", "PORT")}
        [databases] = settings("DATABASES", USE_POSTGRES="Yes", **given)
        database = databases["default"]
        self.assertEqual(database["ENGINE"], "django.db.backends.postgresql")
        self.assertEqual(
            [database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")],
            ["the-DB", "the-USER", "the-PASSWORD", "the-HOST", "the-PORT"],
        )

    def test_trusted_origins_are_written_the_same_way_for_every_django(self):
        [origins] = settings("CSRF_TRUSTED_ORIGINS", CSRF_TRUSTED_ORIGINS="https://a.example, https://*.b.example")
        new = ["https://a.example", "https://*.b.example"]
        self.assertEqual(origins, new if django.VERSION >= (4, 0) else ["a.example", ".b.example"])

    def test_mail_goes_to_the_log_until_there_is_a_server(self):
        [backend] = settings("EMAIL_BACKEND")
        self.assertTrue(backend.endswith("console.EmailBackend"))
        given = {"EMAIL_HOST": "mx", "EMAIL_PORT": "587", "EMAIL_USE_TLS": "1"}
        mail = settings("EMAIL_BACKEND", "EMAIL_PORT", "EMAIL_USE_TLS", **given)
        self.assertEqual(mail, ["django.core.mail.backends.smtp.EmailBackend", 587, True])


class WsgiTests(TestCase):
    def test_wsgi_is_broken_on_demand(self):
        ran = python("import prism.wsgi", SECRET_KEY="tests", PRISM_BROKEN_WSGI="1")
        self.assertIn("ImportError: prism.wsgi was told to be broken", ran.stderr)

    def test_wsgi_is_slow_on_demand(self):
        ran = python("import prism.wsgi", SECRET_KEY="tests", PRISM_SLOW_IMPORT="0.01")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn("takes 0.01 s (PRISM_SLOW_IMPORT)", ran.stdout)
