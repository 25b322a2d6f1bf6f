"""Sample content: a small invented blog that shows newcomers what the software is for and can be removed completely.

Other apps add and remove their own sample rows through `blog.extension_points`.
"""
