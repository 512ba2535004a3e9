"""`python -m linewatch` is the `linewatch` command."""

from linewatch.stream.cli.main import run

if __name__ == "__main__":
    run()
