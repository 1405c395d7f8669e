from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0007_entry_published_index")]

    operations = [
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.AddField(
            model_name="entry",
            name="topics",
            field=models.ManyToManyField(blank=True, related_name="entries", to="journal.topic"),
        ),
    ]
