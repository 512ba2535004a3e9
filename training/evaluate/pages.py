"""Tables of measured figures in the documents, each between two marks of its own."""

from pathlib import Path


def marks(mark: str) -> tuple[str, str]:
    """What stands before and after the table of a mark."""
    return f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"


def put_into(document: Path, mark: str, shown: str) -> None:
    """Put a table where the document has the marks, for what stands there."""
    begin, end = marks(mark)
    before, _, rest = document.read_text("utf-8").partition(begin)
    document.write_text(f"{before}{begin}\n{shown}\n{end}{rest.partition(end)[2]}", "utf-8")
