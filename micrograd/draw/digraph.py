"""A `graphviz.Digraph` whose picture is ours."""

import base64
import os
import pathlib
import re
from typing import Any

from .placing import Placing, run
from .svg import svg

try:
    import graphviz
except ImportError:
    raise ImportError("draw_dot needs the package graphviz: pip install graphviz") from None

__all__ = ["Picture"]


class Picture(graphviz.Digraph):                # type: ignore[misc]
    """What `draw_dot` returns: a `graphviz.Digraph`, and so a description that any Graphviz draws.

    As SVG, and as the PNG and PDF that are made from it, it is our drawing; in other formats
    Graphviz draws the description.
    """

    def __init__(self, placing: Placing, format: str, attributes: dict[str, Any]):
        node_attr, edge_attr = attributes.pop("node_attr", {}), attributes.pop("edge_attr", {})
        super().__init__("micrograd", format=format, body=placing.body,
                         graph_attr=placing.graph_attr | _strings(attributes),
                         node_attr=placing.node_attr | _strings(node_attr),
                         edge_attr=placing.edge_attr | _strings(edge_attr))
        self._placing, self._background = placing, attributes.get("bgcolor")
        if self._background and not re.fullmatch(r"#?\w+", str(self._background)):
            raise ValueError("bgcolor takes a colour such as white, transparent or #ffffff, "
                             f"not {self._background!r}")

    def pipe(self, format: str | None = None, renderer: str | None = None,
             formatter: str | None = None, neato_no_op: Any = None, quiet: bool = False, *,
             engine: str | None = None, encoding: str | None = None) -> Any:
        """The rendered picture: bytes, or with an `encoding` a string."""
        format = format or self.format
        if engine or renderer or formatter or format not in ("svg", "png", "pdf"):
            output = ":".join(filter(None, [format, renderer, formatter]))
            picture = run(self.source, output, f"-K{engine or self.engine}")
        else:
            text = svg(self._placing.place(self.source), self._background)
            picture = text.encode() if format == "svg" else _converted(text, format)
        return picture.decode(encoding) if encoding else picture

    def render(self, filename: Any = None, directory: Any = None, view: bool = False,
               cleanup: bool = False, format: str | None = None, *options: Any,
               outfile: Any = None, **more: Any) -> str:
        """Save the source, render it beside, and return the path of the picture. `options` and
        `more` are those of `pipe`."""
        if outfile is not None:
            format = format or pathlib.Path(outfile).suffix[1:]
            filename = filename or pathlib.Path(outfile).with_suffix(".gv")
        picture = self.pipe(format, *options, **more)
        source = os.path.join(directory or self.directory, filename or self.filename)
        path = os.fspath(outfile or f"{source}.{format or self.format}")
        if path == source:
            raise ValueError(f"the picture would overwrite its source {source!r}")
        self.save(filename, directory=directory)
        pathlib.Path(path).write_bytes(picture)
        if cleanup:
            os.remove(source)
        if view:
            graphviz.view(path)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None,
                          **more: Any) -> dict[str, Any]:
        """What Jupyter asks for: the SVG, and a PNG for a notebook that is not trusted, where an
        SVG, which could hold a script, is not shown."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(include, exclude, **more)
        try:
            return bundle | {"image/png": base64.b64encode(self.pipe("png")).decode()}
        except ImportError:                     # without resvg_py there is no PNG
            return bundle

    def _mime_(self) -> tuple[str, str]:
        """What marimo asks for, as Jupyter asks for `_repr_mimebundle_`."""
        return "image/svg+xml", self.pipe("svg", encoding="utf-8")

    def __repr__(self) -> str:
        return f"Picture of {len(self._placing.scene.order):,} values"


def _strings(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in attributes.items()}


def _converted(text: str, format: str) -> bytes:
    """The SVG as PNG or PDF."""
    if format == "png":
        import resvg_py
        return bytes(resvg_py.svg_to_bytes(svg_string=text, zoom=2))
    try:
        import cairosvg
    except (ImportError, OSError):              # OSError where it finds no cairo
        raise RuntimeError("a PDF needs the package CairoSVG: pip install cairosvg") from None
    return bytes(cairosvg.svg2pdf(text.encode()))
