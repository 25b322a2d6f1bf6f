"""A process of its own that comments as fast as it can, with the arguments: database, post, parent, name, how often."""

import sys

import django


def main(database: str, post: str, parent: str, name: str, times: str) -> None:
    django.setup()
    from django.db import connection

    from comments.posting.submission import submit

    connection.settings_dict["NAME"] = database
    for number in range(int(times)):
        submit(post_id=int(post), name=name, text=f"Remark {number}.", parent=parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
