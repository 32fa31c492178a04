"""Explorables of the part ``capacity``: one file each, named as the explorable; it is imported when somebody asks for it."""
