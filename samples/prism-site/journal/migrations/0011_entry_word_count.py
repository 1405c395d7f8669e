from django.db import migrations, models

from prism import faults


def count_words(apps, schema_editor):
    Entry = apps.get_model("journal", "Entry")
    for entry in Entry.objects.iterator():
        entry.word_count = len(entry.body.split())
        entry.save(update_fields=["word_count"])


class Migration(migrations.Migration):
    """The slow one: PRISM_SLOW_MIGRATION makes it as slow as a journal with a million entries."""

    dependencies = [("journal", "0010_longer_topics_and_revision")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="word_count",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(faults.slow_migration, migrations.RunPython.noop),
        migrations.RunPython(count_words, migrations.RunPython.noop),
    ]
