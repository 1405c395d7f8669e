from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_entry_author")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="slug",
            field=models.SlugField(blank=True, default="", max_length=80),
            preserve_default=False,
        ),
    ]
