"""`linewatch train`: makes the pre-trained models that `models/artifacts` ships."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from linewatch.stream.cli.files import make_folder

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the artifact goes; shipped ones lie in models/artifacts.")]
NEXT = Path("models/next")
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed and data give the same model.")]


@app.callback()
def train() -> None:
    """Make the pre-trained models."""


@app.command()
def messages(
    data: Annotated[Path, typer.Argument(help="messages.csv.gz (text, label, language, source, when), or its folder.")],
    out: Out = NEXT,
    seed: Seed = 1,
) -> None:
    """Train the text model on labelled messages of many languages."""
    from linewatch.config.errors import UnusableInput
    from linewatch.training.data_file import file_of
    from linewatch.training.train.labelled import FILE
    from linewatch.training.train.text import train_text

    if not file_of(data, FILE).is_file():
        raise UnusableInput(f"{data} cannot be read; name the file of labelled messages, {FILE}, or its folder")
    make_folder(out)
    console = Console(stderr=True)
    with console.status("reading") as status:
        metrics = train_text(data, out, seed, status.update)
    console.print(metrics)


@app.command()
def number(
    out: Out = NEXT,
    subscribers: Annotated[int, typer.Option(min=500, help="Subscribers of each simulated operator.")] = 2500,
    days: Annotated[float, typer.Option(min=0.5, help="Days of each.")] = 2.0,
) -> None:
    """Train the number model on simulated operators."""
    from linewatch.training.train.number import train_number

    make_folder(out)
    console = Console(stderr=True)
    with console.status("simulating") as status:
        metrics = train_number(out, subscribers, days, status.update)
    console.print(metrics)


@app.command()
def subscriber(
    data: Annotated[Path, typer.Argument(help="sichuan.csv.gz (one row a subscriber, docs/subscribers.md), or its folder.")],
    out: Out = NEXT,
    seed: Seed = 1,
) -> None:
    """Train the subscriber model on labelled subscribers."""
    from linewatch.training.train.subscriber import train_subscriber

    make_folder(out)
    console = Console(stderr=True)
    with console.status("reading") as status:
        metrics = train_subscriber(data, out, seed, status.update)
    console.print(metrics)
