import os
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from prism import faults


def given(**variables):
    return mock.patch.dict(os.environ, variables)


class CollectstaticTests(SimpleTestCase):
    def collect(self):
        with tempfile.TemporaryDirectory() as root, override_settings(STATIC_ROOT=root):
            call_command("collectstatic", interactive=False, verbosity=0)
            folder = Path(root, "journal")
            modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}
            return sorted(path.name for path in folder.iterdir()), modes, folder.stat().st_mode & 0o777

    def test_it_writes_names_with_hashes_and_compressed_copies(self):
        names, _, _ = self.collect()
        self.assertIn("journal.css", names)
        self.assertTrue(any(name.startswith("journal.") and name.endswith(".css.gz") for name in names), names)

    def test_everybody_may_read_what_it_writes_whatever_the_umask(self):
        before = os.umask(0o027)
        try:
            _, files, folder = self.collect()
        finally:
            os.umask(before)
        self.assertEqual((files, folder), ({0o644}, 0o755))

    def test_it_fails_on_demand(self):
        with given(PRISM_FAIL_COLLECTSTATIC="1"), self.assertRaisesRegex(RuntimeError, "PRISM_FAIL_COLLECTSTATIC"):
            self.collect()

    def test_it_is_slow_on_demand(self):
        with given(PRISM_SLOW_COLLECTSTATIC="0.01"), redirect_stdout(StringIO()) as out:
            self.collect()
        self.assertIn("collectstatic takes 0.01 s", out.getvalue())


class MigrationTests(TransactionTestCase):
    def migrate(self, *target):
        with redirect_stdout(StringIO()) as out:
            call_command("migrate", *target, interactive=False, verbosity=0)
        return out.getvalue()

    def tearDown(self):
        self.migrate()

    def test_there_are_a_dozen_and_all_can_be_taken_back(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations WHERE app = 'journal'")
            self.assertEqual(cursor.fetchone(), (12,))
        self.migrate("journal", "zero")

    def test_0011_is_slow_on_demand(self):
        self.migrate("journal", "0010")
        with given(PRISM_SLOW_MIGRATION="0.01"):
            self.assertIn("the migration takes 0.01 s", self.migrate())

    def test_0012_fails_on_demand_and_0011_stays_applied(self):
        self.migrate("journal", "0010")
        with given(PRISM_FAIL_MIGRATION="1"), self.assertRaisesRegex(RuntimeError, "PRISM_FAIL_MIGRATION"):
            self.migrate()
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(name) FROM django_migrations WHERE app = 'journal'")
            self.assertEqual(cursor.fetchone(), ("0011_entry_word_count",))

    def test_no_model_has_changed_without_a_migration(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


class BrokenSiteTests(SimpleTestCase):
    def test_the_middleware_lets_nothing_through(self):
        with self.assertRaisesRegex(RuntimeError, "PRISM_BROKEN_SITE"):
            faults.broken_site(lambda request: HttpResponse())(None)
