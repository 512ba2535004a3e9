"""Pages of one HTML file: what they show is within them; `frame.html` is what they have in common."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader


def rendered(template: Path, **values: Any) -> str:
    """A template, which may extend `frame.html`, with these values; what they hold is escaped."""
    loader = FileSystemLoader([template.parent, Path(__file__).parent])
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(template.name).render(**values)
