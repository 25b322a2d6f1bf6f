"""The sample: a small invented blog that shows a newcomer what the place is for, and leaves no trace when removed.

The apps above add what is theirs in `blog.extension_points`.
"""
