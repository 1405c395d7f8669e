"""A journal: entries under topics, each with the texts it had before."""

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify


class Topic(models.Model):
    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Entry(models.Model):
    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, blank=True)
    body = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="entries")
    topics = models.ManyToManyField(Topic, blank=True, related_name="entries")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    published_at = models.DateTimeField(null=True, blank=True)
    word_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "entries"
        indexes = [models.Index(fields=["-published_at"], name="entry_published")]
        constraints = [models.UniqueConstraint(fields=["slug"], name="entry_slug_unique")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("entry", args=[self.slug])

    @transaction.atomic
    def save(self, *args, **kwargs):
        self.word_count = len(self.body.split())
        if not self.slug:
            self.slug = self._free_slug()
        self._keep_previous_text()
        super().save(*args, **kwargs)

    def _free_slug(self):
        stem = slugify(self.title)[:70] or "entry"
        slug, number = stem, 1
        while Entry.objects.filter(slug=slug).exists():
            number += 1
            slug = f"{stem}-{number}"
        return slug

    def _keep_previous_text(self):
        before = Entry.objects.filter(pk=self.pk).first() if self.pk else None
        if before and (before.title, before.body) != (self.title, self.body):
            last = self.revisions.aggregate(last=models.Max("number"))["last"] or 0
            self.revisions.create(number=last + 1, title=before.title, body=before.body)


class Revision(models.Model):
    """A text that an entry had before it was changed."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()
    saved_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="revision_number_unique")]

    def __str__(self):
        return f"{self.title}, revision {self.number}"
