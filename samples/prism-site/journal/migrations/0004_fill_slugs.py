from django.db import migrations
from django.utils.text import slugify


def fill_slugs(apps, schema_editor):
    """The number at the end makes every slug unique, which the next migration relies on."""
    Entry = apps.get_model("journal", "Entry")
    for entry in Entry.objects.filter(slug="").iterator():
        entry.slug = f"{slugify(entry.title)[:60] or 'entry'}-{entry.pk}"
        entry.save(update_fields=["slug"])


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_entry_slug")]

    operations = [migrations.RunPython(fill_slugs, migrations.RunPython.noop)]
