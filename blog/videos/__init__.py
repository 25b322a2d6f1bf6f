"""Videos that live elsewhere: which providers we know, and the markup that asks nothing of them before a click."""
