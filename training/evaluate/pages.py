"""Tables of measured figures in the documents, each between two marks of its own."""

from pathlib import Path


def marks(mark: str) -> tuple[str, str]:
    """What stands before and after the table of a mark."""
    return f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"


def put_into(document: Path, mark: str, shown: str) -> None:
    """Put a table where the document has the marks, for what stands there; raises ValueError where it has not."""
    begin, end = marks(mark)
    before, found, rest = document.read_text("utf-8").partition(begin)
    if not found or end not in rest:
        raise ValueError(f"{document} has no place for this table: write {begin} and {end} where it belongs")
    document.write_text(f"{before}{begin}\n{shown}\n{end}{rest.partition(end)[2]}", "utf-8")
