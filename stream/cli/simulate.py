"""`linewatch simulate`: a simulated operator's records, with the truth about them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from linewatch.stream.cli.files import filling, make_folder
from linewatch.stream.cli.output import bar_of
from linewatch.training.simulate.build import BEHAVIOURS, simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def command(
    out: Annotated[
        Path, typer.Option(help="Folder for records.jsonl.gz, labels.jsonl, related.jsonl, lookalikes.jsonl, operator.toml.")
    ],
    subscribers: Annotated[int, typer.Option(min=100, max=2_000_000, help="Subscribers of the operator.")] = 2000,
    days: Annotated[float, typer.Option(min=0.1, max=366, help="Days of event time.")] = 2.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
) -> None:
    """Write a simulated operator's records and the truth about them."""
    make_folder(out)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with bar_of(*columns) as bar:
        task = bar.add_task("people", total=len(BEHAVIOURS) + 1)
        simulation = simulate(REPORTED, subscribers, days, seed, lambda step: bar.update(task, description=step, advance=1))
        bar.update(task, description="writing")
        with filling(out):
            write_simulation(simulation, out)
    print(f"{len(simulation.records)} records, {len(simulation.labels)} fraudulent numbers in {out}")
