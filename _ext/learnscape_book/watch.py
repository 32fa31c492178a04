"""Run by a page's kernel before the first cell: after every cell the kernel writes down which files it has read.

Not at its end: a kernel whose libraries are slow to leave is killed, and then nothing would be known.

An audit hook notes every file opened for reading; the files of all imported modules are added, whose machine code may have come from
a cache. The list goes to the file named in LEARNSCAPE_READ. Nothing of this is left in the names that the page's cells see.
"""


def _watch() -> None:
    import json
    import os
    import sys
    from pathlib import Path

    opened: set[str] = set()

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            name, mode = arguments[0], arguments[1]
            if isinstance(name, str) and (mode is None or str(mode).startswith("r")):
                opened.add(os.path.abspath(name))

    def report(result: object) -> None:
        modules = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
        Path(os.environ["LEARNSCAPE_READ"]).write_text(json.dumps(sorted(opened | modules)), encoding="utf-8")

    sys.addaudithook(note)
    get_ipython().events.register("post_run_cell", report)  # type: ignore[name-defined] # noqa: F821


_watch()
del _watch
