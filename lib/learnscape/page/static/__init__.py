"""The bundled ES module and its style sheet, built by ``python tools/build_bundle.py`` from ``page/js`` and committed."""
