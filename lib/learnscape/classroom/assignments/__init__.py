"""Assignments: one source a piece, from which come the students' notebook, the instructor's, and the tests that grade it.

`source` reads it, `release` writes the notebooks, `public` is what students run, `grade` runs submissions.
The sources lie in the repository, in ``classroom/``, not in this package: solutions and hidden tests are not installed with it.
"""
