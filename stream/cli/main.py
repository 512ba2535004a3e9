"""The `linewatch` command: one file per sub-command, imported when it is called."""

import importlib
import importlib.metadata
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from linewatch.config.errors import DoesNotHold, LinewatchError

COMMANDS = {
    "replay": "Score record files with no broker, by the same code as the worker.",
    "backtest": "Show what a policy makes of the same records, and what a second one would change.",
    "worker": "Run the Faust worker against your brokers.",
    "topics": "Create the topics, or say how those that exist differ.",
    "repartition": "Change the number of partitions, and carry all state over.",
    "warm": "Begin with past records, before the first worker starts.",
    "policy": "Check, recommend, shadow, push, promote, roll back or show a policy.",
    "explain": "Show a number's state, features, flags and reasons.",
    "verdicts": "List the flags that nobody has answered yet.",
    "report": "How right the flags of the last days were, and what has moved.",
    "verdict": "Say what a flag turned out to be.",
    "forget": "Remove a number's state everywhere.",
    "requeue": "Send dead letters back to their topics.",
    "demo": "Broker, worker, simulated carrier and metrics on this machine, ready to look at.",
    "simulate": "Write a simulated operator's records and the truth about them.",
    "evaluate": "Precision, recall, time to detect and false alarms per million records, by fraud type.",
    "subscribers": "How like those of fraud a month of each number's calls and messages is.",
    "train": "Make the pre-trained models.",
}


class LazyCommands(TyperGroup):
    """Imports a command's module when it is asked for, so that `--help` does not load scikit-learn."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"linewatch.stream.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name, command.help = cmd_name, command.help or COMMANDS[cmd_name]
        return command


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Linewatch finds telecom fraud in a carrier's call and message records while it happens.",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"linewatch {importlib.metadata.version('linewatch')}")
        raise typer.Exit


@app.callback()
def linewatch(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Linewatch finds telecom fraud in a carrier's call and message records while it happens."""


def run() -> None:
    """The console script: exit status 0 done, 1 does not hold, 2 unusable input, with one line on standard error."""
    try:
        sys.exit(app(prog_name="linewatch", standalone_mode=False) or 0)
    except DoesNotHold as error:
        _say(str(error), 1)
    except LinewatchError as error:
        _say(str(error), 2)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "linewatch"
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            _say(f"no command was named; give one of those above, as `{where} COMMAND`", 2)
        _say(f"{' '.join(error.format_message().split()).rstrip('.')}; see `{where} --help`", 2)
    except typer.Abort:
        sys.exit(130)


def _say(text: str, status: int) -> None:
    print(f"linewatch: {text}", file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    run()
