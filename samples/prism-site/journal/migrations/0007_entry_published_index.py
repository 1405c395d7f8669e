from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0006_entry_published_at")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["-published_at"], name="entry_published"),
        ),
    ]
