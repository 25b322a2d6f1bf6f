"""A separate process that creates the table of the bare application: `python -m bench.bare.prepare`."""

import django
from django.db import connection
from django.utils import timezone


def main() -> None:
    django.setup()
    from bench.bare.models import Remark

    with connection.schema_editor() as editor:
        if Remark._meta.db_table in connection.introspection.table_names():
            editor.delete_model(Remark)
        editor.create_model(Remark)
    for number in (1, 2, 3):
        Remark.objects.create(pk=number, name="Somebody", text="Something.", at=timezone.now())


if __name__ == "__main__":
    main()
