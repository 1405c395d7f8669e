from django.db import migrations, models

from prism import faults


class Migration(migrations.Migration):
    """The one that fails under PRISM_FAIL_MIGRATION."""

    dependencies = [("journal", "0011_entry_word_count")]

    operations = [
        migrations.RunPython(faults.failing_migration, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("entry", "number"), name="revision_number_unique"),
        ),
    ]
