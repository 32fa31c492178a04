"""One file a part of the book, each with a tuple `ENTRIES`; files that begin with an underscore belong to a part."""
