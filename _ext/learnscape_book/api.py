"""The reference of the library writes itself: one page for each public module, and their list.

Before Sphinx looks for pages, one small file for each public module is put into ``chapters/reference/api`` (which git
ignores and ``_toc.yml`` names by a glob): the module's docstring and everything in its ``__all__``. Where a page says
``<!-- every public module -->``, the list of them is put in, with the first sentence of each. A new module is thus
documented as soon as it exists, and a reference in a docstring that leads nowhere fails the build.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.pycode import ModuleAnalyzer
from sphinx.util import logging

logger = logging.getLogger(__name__)
LITERAL = re.compile(r"(``.+?``|`[^`]+`)")
PLACEHOLDER = "<!-- every public module -->"
FOLDER = "chapters/reference/api"


def public_modules(package: str = "learnscape") -> list[ModuleType]:
    """All modules with an ``__all__`` and without an underscore in their path, parents first."""
    top = importlib.import_module(package)
    names = [package]
    names += [
        info.name for info in pkgutil.walk_packages(top.__path__, package + ".", onerror=lambda name: None)
    ]
    public = sorted(name for name in names if not any(part.startswith("_") for part in name.split(".")))
    modules = []
    for name in public:
        try:
            modules.append(importlib.import_module(name))
        except ImportError as error:  # the other pages still appear; the build fails at its end
            logger.warning(f"{name} cannot be imported: {error}", type="learnscape", subtype="api")
    return [module for module in modules if getattr(module, "__all__", None)]


def homes(modules: list[ModuleType]) -> dict[str, list[str]]:
    """Module name -> the public names documented there; each object stands in exactly one place.

    That is the module that defines it, or, if that one is private, the deepest public one that exports it.
    """
    placed: dict[str, list[str]] = {module.__name__: [] for module in modules}
    taken: set[tuple[str, str]] = set()
    for module in sorted(modules, key=lambda m: (-m.__name__.count("."), m.__name__)):
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, ModuleType):
                continue
            where = getattr(value, "__module__", None) or module.__name__
            own = where == module.__name__ or where not in placed or name not in sys.modules[where].__all__
            if own and (where, name) not in taken:
                taken.add((where, name))
                placed[module.__name__].append(name)
    return placed


def _is_code(value: object) -> bool:
    return isinstance(value, type) or inspect.isroutine(value)


def page(module: ModuleType, own: list[str], placed: dict[str, list[str]]) -> str:
    """Markdown for one module: what it documents itself, then what can be imported from it as well."""
    name = module.__name__
    text = [f"# `{name}`", "", "```{eval-rst}", f".. automodule:: {name}"]
    functions = [public for public in own if _is_code(getattr(module, public))]
    text += [f"   :members: {', '.join(functions)}"] if functions else []
    for public in own:
        if public not in functions and public != "__version__":
            text += ["", f".. autodata:: {name}.{public}"]
            text += ["   :no-value:"] if len(repr(getattr(module, public))) > 120 else []
    text += ["```", ""]
    elsewhere = []
    for public in module.__all__:
        if public not in own:
            value = getattr(module, public)
            target = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", name)
            places = (
                [where for where, names in placed.items() if public in names]
                if target not in placed
                else [target]
            )
            link = f"[`{public}`]({places[0]}.md)" if places else f"`{public}`"
            elsewhere.append(link)
    if elsewhere:
        text += [f"Importable from `{name}`: " + ", ".join(elsewhere) + ".", ""]
    return "\n".join(text)


def import_without_compiler(app: Any, config: Any) -> None:
    """Import the library as plain Python in Sphinx' own process, so that kernels show their signature and docstring.

    The pages' kernels run in processes of their own and do compile: the variable is gone before any of them starts.
    """
    before = os.environ.get("NUMBA_DISABLE_JIT")
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    try:
        import numba

        numba.config.reload_config()
        public_modules()
    except ModuleNotFoundError as error:  # a book without the library, as in the tests of this extension
        if error.name != "learnscape":
            raise
    finally:
        if before is None:
            del os.environ["NUMBA_DISABLE_JIT"]
        else:
            os.environ["NUMBA_DISABLE_JIT"] = before


def write_pages(app: Any, config: Any) -> None:
    """Write the page of each module where it is new or has changed, and remove the pages of modules that are gone."""
    folder = Path(app.srcdir) / FOLDER
    if PLACEHOLDER not in _text(folder.with_suffix(".md")):
        return  # a book without a reference, as in the tests of this extension
    modules = public_modules()
    placed = homes(modules)
    texts = {f"{module.__name__}.md": page(module, placed[module.__name__], placed) for module in modules}
    folder.mkdir(exist_ok=True)
    for stale in set(folder.glob("*.md")) - {folder / name for name in texts}:
        stale.unlink()
    for name, text in texts.items():
        if _text(folder / name) != text:  # an unchanged file is not read again by Sphinx
            (folder / name).write_text(text, encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def first_sentence(module: ModuleType) -> str:
    """What a module is for, as Markdown."""
    paragraph = " ".join((inspect.getdoc(module) or "").partition("\n\n")[0].split())
    sentence = re.split(r"(?<=[.?])\s", paragraph, maxsplit=1)[0]
    sentence = re.sub(r":math:`([^`]*)`", r"$\1$", sentence)
    return re.sub(r"``([^`]*)``", r"`\1`", sentence)


def write_list(app: Any, docname: str, source: list[str]) -> None:
    """Put the list of all modules in the place of the mark."""
    if PLACEHOLDER in source[0]:
        rows = [
            f"[`{module.__name__}`]({Path(FOLDER).name}/{module.__name__}.md)\n: {first_sentence(module)}\n"
            for module in public_modules()
        ]
        source[0] = source[0].replace(PLACEHOLDER, "\n".join(rows))


def skip(app: Any, what: str, name: str, value: Any, skipped: bool, options: Any) -> bool | None:
    """Fields of named tuples are described in the class; "Alias for field number 0" says nothing."""
    if str(getattr(value, "__doc__", "") or "").startswith("Alias for field number"):
        return True
    return None


def mend_docstring(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Mend a docstring: |x| is an absolute value for us, while reStructuredText would take it for a substitution."""
    if what == "data":
        module, _, attribute = name.rpartition(".")
        if ("", attribute) not in ModuleAnalyzer.for_module(module).find_attr_docs():
            lines[:] = [""]  # a constant without words of its own would show those of dict or ndarray
    if what in ("attribute", "data", "property") and lines and ":" in lines[0]:
        lines[0] = f": {lines[0]}"  # what stands before the first colon would be taken for the type
    in_doctest = False
    for i, line in enumerate(lines):
        in_doctest = line.lstrip().startswith(">>>") or (in_doctest and bool(line.strip()))
        if not in_doctest and "|" in line:
            parts = LITERAL.split(line)
            lines[i] = "".join(part if part.startswith("`") else part.replace("|", r"\|") for part in parts)


def resolve_public_path(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """`learnscape.learn.max_margin` is documented where it is defined; a reference by the public path finds it there."""
    module, _, name = node.get("reftarget", "").rpartition(".")
    if node.get("refdomain") != "py" or not module.startswith("learnscape") or module not in sys.modules:
        return None
    where = getattr(getattr(sys.modules[module], name, None), "__module__", None)
    if not where or where == module:
        return None
    return env.get_domain("py").resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], f"{where}.{name}", node, contnode
    )


def setup(app: Any) -> None:
    app.connect("config-inited", import_without_compiler, priority=300)
    app.connect("config-inited", write_pages, priority=400)
    app.connect("source-read", write_list)
    app.connect("missing-reference", resolve_public_path)
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", mend_docstring, priority=400)  # before napoleon
