from django.db import migrations

TOPICS = ["Light", "Lenses", "Workshop"]


def seed(apps, schema_editor):
    Topic = apps.get_model("journal", "Topic")
    for name in TOPICS:
        Topic.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("journal", "0008_topic")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
