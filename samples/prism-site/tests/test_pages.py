import hashlib
import os
from unittest import mock, skipUnless

from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import TestCase
from django.utils import timezone

from journal.models import Entry, Topic
from prism import release


def given(**variables):
    return mock.patch.dict(os.environ, variables)


class HomeTests(TestCase):
    def test_home_says_what_it_serves_with(self):
        with given(PRISM_RELEASE="2026.11", PRISM_GENERATION="7"):
            page = self.client.get("/")
        self.assertContains(page, '<dd id="release">2026.11</dd>', html=True)
        self.assertContains(page, '<dd id="generation">7</dd>', html=True)
        self.assertContains(page, f'<dd id="database">{connection.vendor}</dd>', html=True)

    def test_home_lists_what_is_published_and_no_drafts(self):
        Entry.objects.create(title="Read me", body="one two", published_at=timezone.now())
        Entry.objects.create(title="Draft", body="three")
        page = self.client.get("/")
        self.assertContains(page, "Read me")
        self.assertNotContains(page, "Draft")

    def test_the_release_comes_from_the_file_when_the_environment_has_none(self):
        with given(PRISM_RELEASE=""):
            self.assertTrue(release.name())
            with mock.patch.object(release, "RELEASE_FILE") as file:
                file.read_text.return_value = "2026.12\n"
                self.assertEqual(release.name(), "2026.12")
                file.read_text.side_effect = FileNotFoundError
                self.assertEqual(release.name(), "dev")

    def test_a_host_that_is_not_listed_is_refused(self):
        with self.assertLogs("django.security.DisallowedHost"):
            self.assertEqual(self.client.get("/", HTTP_HOST="127.0.0.9").status_code, 400)


class HealthTests(TestCase):
    def test_healthz_is_ok(self):
        with given(PRISM_RELEASE="r", PRISM_GENERATION=""):
            answer = self.client.get("/healthz")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {"status": "ok", "release": "r", "generation": None, "pid": os.getpid(), "database": connection.vendor},
        )

    def test_healthz_is_503_without_a_database_and_says_no_more_than_that(self):
        with mock.patch.object(connection, "cursor", side_effect=OperationalError("no route to db.internal")):
            with self.assertLogs("django.request", "ERROR"):
                answer = self.client.get("/healthz")
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer.json()["status"], "database unavailable")
        self.assertNotContains(answer, "db.internal", status_code=503)


class JournalTests(TestCase):
    def setUp(self):
        self.user = User.objects.create_user("iris", password="correct horse")

    def test_login_leads_to_writing_and_writing_to_the_entry(self):
        self.assertRedirects(self.client.get("/write/"), "/accounts/login/?next=/write/")
        reply = self.client.post(
            "/accounts/login/", {"username": "iris", "password": "correct horse", "next": "/write/"}
        )
        self.assertRedirects(reply, "/write/")

        topic = Topic.objects.get(name="Light")
        reply = self.client.post(
            "/write/", {"title": "On light", "body": "It bends.", "topics": [topic.pk]}, follow=True
        )

        self.assertEqual(reply.redirect_chain, [("/entries/on-light/", 302)])
        self.assertContains(reply, "It bends.")
        self.assertContains(reply, "Light")

    def test_an_entry_keeps_the_texts_it_had(self):
        entry = Entry.objects.create(title="A", body="one", author=self.user)
        for body in ("one two", "one two", "one two three"):
            entry.body = body
            entry.save()
        self.assertEqual([(r.number, r.body) for r in entry.revisions.all()], [(2, "one two"), (1, "one")])
        self.assertEqual(entry.word_count, 3)

    def test_two_entries_with_one_title_get_two_addresses(self):
        slugs = [Entry.objects.create(title="Same").slug for _ in range(3)]
        self.assertEqual(slugs, ["same", "same-2", "same-3"])

    def test_the_admin_opens_for_staff(self):
        User.objects.create_superuser("root", password="correct horse")
        self.client.login(username="root", password="correct horse")
        for page in ("/admin/", "/admin/journal/entry/", "/admin/journal/entry/add/"):
            with self.subTest(page):
                self.assertEqual(self.client.get(page).status_code, 200)

    @skipUnless(settings.HAS_REST, "Django REST framework is not installed")
    def test_the_api_lists_what_is_published(self):
        Entry.objects.create(title="Read me", body="one two", published_at=timezone.now())
        Entry.objects.create(title="Draft", body="three")
        answer = self.client.get("/api/entries/").json()
        self.assertEqual([entry["slug"] for entry in answer["results"]], ["read-me"])


class FaultPageTests(TestCase):
    PAGES = ("slow", "hang", "die", "exit", "500", "status", "env?name=PATH", "program")

    def test_there_are_none_unless_asked_for(self):
        with given(PRISM_FAULTS=""):
            for page in self.PAGES:
                with self.subTest(page):
                    self.assertEqual(self.client.get(f"/faults/{page}").status_code, 404)

    def test_slow_is_slow(self):
        with given(PRISM_FAULTS="true"):
            for how in ("sleep", "cpu"):
                self.assertContains(self.client.get(f"/faults/slow?seconds=0.01&how={how}"), "0.01 s later")

    def test_status_is_the_one_asked_for(self):
        with given(PRISM_FAULTS="true"):
            self.assertEqual(self.client.get("/faults/status?code=418").status_code, 418)

    def test_a_bad_parameter_is_400(self):
        with given(PRISM_FAULTS="true"):
            for page in ("slow?seconds=-1", "slow?seconds=nan", "slow?how=odd", "status?code=x", "status?code=99"):
                with self.subTest(page):
                    self.assertEqual(self.client.get(f"/faults/{page}").status_code, 400)

    def test_500_raises(self):
        self.client.raise_request_exception = False
        with given(PRISM_FAULTS="true"), self.assertLogs("django.request", "ERROR"):
            self.assertEqual(self.client.get("/faults/500").status_code, 500)

    def test_env_shows_a_digest_and_never_the_value(self):
        with given(PRISM_FAULTS="true", X="hunter2"):
            answer = self.client.get("/faults/env?name=X")
            self.assertEqual(answer.content.decode(), hashlib.sha256(b"hunter2").hexdigest())
            self.assertEqual(self.client.get("/faults/env?name=X_NOT_SET").status_code, 404)

    def test_a_program_is_run_only_when_one_is_named(self):
        with given(PRISM_FAULTS="true"):
            self.assertEqual(self.client.get("/faults/program").status_code, 404)
        with given(PRISM_FAULTS="true", PRISM_FAULT_PROGRAM="/bin/echo"):
            self.assertEqual(self.client.get("/faults/program?argument=a&argument=b").content, b"a b\n")
