import os
from unittest import TestCase, mock

from django.core.exceptions import ImproperlyConfigured

from prism import env


def given(**variables):
    return mock.patch.dict(os.environ, variables)


class EnvTests(TestCase):
    def test_a_flag_is_on_for_1_true_yes_and_on_in_any_case(self):
        for value in ("1", "true", "TRUE", "Yes", "on", " on "):
            with self.subTest(value), given(X=value):
                self.assertTrue(env.flag("X"))

    def test_a_flag_is_off_for_anything_else(self):
        for value in ("", "0", "false", "no", "off", "2"):
            with self.subTest(value), given(X=value):
                self.assertFalse(env.flag("X"))
        self.assertFalse(env.flag("X_NOT_SET"))

    def test_words_lose_their_spaces_and_empty_ones(self):
        with given(X=" a.example, b.example,,"):
            self.assertEqual(env.words("X"), ["a.example", "b.example"])
        self.assertEqual(env.words("X_NOT_SET"), [])

    def test_an_empty_variable_takes_the_default(self):
        with given(X=""):
            self.assertEqual(env.text("X", "d"), "d")
            self.assertEqual(env.integer("X", 25), 25)
            self.assertEqual(env.seconds("X"), 0)

    def test_what_is_required_and_missing_is_named(self):
        with given(X=""), self.assertRaisesRegex(ImproperlyConfigured, "^X is not set: .*[^\n]$"):
            env.required("X")

    def test_a_bad_number_is_named_and_its_value_is_not_shown(self):
        for read in (lambda: env.integer("X", 1), lambda: env.seconds("X")):
            with given(X="hunter2"), self.assertRaises(ImproperlyConfigured) as caught:
                read()
            self.assertIn("X must be", str(caught.exception))
            self.assertNotIn("hunter2", str(caught.exception))

    def test_a_duration_is_finite_and_not_negative(self):
        for value in ("-1", "inf", "nan"):
            with self.subTest(value), given(X=value), self.assertRaises(ImproperlyConfigured):
                env.seconds("X")
        with given(X="0.5"):
            self.assertEqual(env.seconds("X"), 0.5)
