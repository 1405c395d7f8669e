from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_fill_slugs")]

    operations = [
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(fields=("slug",), name="entry_slug_unique"),
        ),
    ]
