from django.db import migrations, models


def publish_all(apps, schema_editor):
    """Until now there were no drafts: whatever had been written was to be read."""
    Entry = apps.get_model("journal", "Entry")
    Entry.objects.filter(published_at=None).update(published_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("journal", "0005_entry_slug_unique")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(publish_all, migrations.RunPython.noop),
    ]
