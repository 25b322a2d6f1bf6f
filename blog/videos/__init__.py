"""Videos in posts: those of other providers, which are loaded only after a click, and uploaded ones."""
