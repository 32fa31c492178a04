"""Explorables of the part ``dense``: one file each, named as the explorable; it is imported when somebody asks for it."""
