"""A process that posts comments as fast as it can. Arguments: database, post, parent, name, number of comments."""

import sys

import django


def main(database: str, post: str, parent: str, name: str, count: str) -> None:
    django.setup()
    from django.db import connection

    from comments.posting.submission import submit

    connection.settings_dict["NAME"] = database
    for number in range(int(count)):
        submit(post_id=int(post), name=name, text=f"Remark {number}.", parent=parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
