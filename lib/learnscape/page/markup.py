"""HTML as a value: text is escaped when it is put into an element, and an element is never escaped twice.

Elements nest as calls do, ``tag("p", "at most ", tag("em", n))``. A template language would be one more dependency of a library
whose pages need a dozen elements.
"""

from __future__ import annotations

from html import escape

__all__ = ["Markup", "join", "tag"]


class Markup(str):
    """A string that is HTML already."""

    __slots__ = ()


def join(*parts: str) -> Markup:
    """Elements and text one after the other; plain strings are escaped.

    Examples
    --------
    >>> join("a < b, ", tag("em", "surely"))
    'a &lt; b, <em>surely</em>'
    """
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def tag(name: str, *parts: str, **attributes: str | None) -> Markup:
    """One element with its contents and attributes.

    Parameters
    ----------
    name : str
        Name of the element.
    *parts : str
        Contents: text, which is escaped, or `Markup`, which is not.
    **attributes : str or None
        Attributes; ``class_`` gives ``class``, ``data_name`` gives ``data-name``. None leaves the attribute out.

    Examples
    --------
    >>> tag("td", "a & b", class_="ls-number", data_label='the "sum"', id=None)
    '<td class="ls-number" data-label="the &quot;sum&quot;">a &amp; b</td>'
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    opening = "".join(f' {key}="{escape(value)}"' for key, value in given.items() if value is not None)
    end = "" if name in ("img", "br") else f"</{name}>"
    return Markup(f"<{name}{opening}>{join(*parts)}{end}")
