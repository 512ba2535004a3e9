"""The demo under a Prometheus of its own, by the rules of `config/prometheus`; says what shows the dashboards.

`python -m linewatch.stream.demo.dashboards [--for SECONDS]`.
"""

import re
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

import linewatch.config
from linewatch.config.errors import DoesNotHold, LinewatchError, UnusableInput
from linewatch.stream.demo.carrier import Traffic
from linewatch.stream.demo.child import Child, is_answered
from linewatch.stream.demo.demo import FOLDER, Demo
from linewatch.stream.demo.embedded_broker import HOST, free_port

CONFIG: Final = Path(linewatch.config.__file__).resolve().parent
PROMETHEUS_PORT: Final = 9090
START_S: Final = 30.0
SCRAPE: Final = "2s"
EVALUATE: Final = "2s"
PROMETHEUS_MISSING: Final = "Prometheus is not installed: on Debian, apt-get install -y prometheus"
GRAFANA_MISSING: Final = (
    "Grafana is not installed, so the dashboards cannot be shown. It is not in Debian; with its own repository:\n"
    "  wget -qO /etc/apt/trusted.gpg.d/grafana.asc https://apt.grafana.com/gpg.key && "
    "echo 'deb https://apt.grafana.com stable main' >/etc/apt/sources.list.d/grafana.list && "
    "apt-get update && apt-get install -y grafana"
)
GRAFANA_LINE: Final = (
    "LINEWATCH_PROMETHEUS={prometheus} LINEWATCH_GRAFANA={config} GF_PATHS_PROVISIONING={config}/provisioning "
    "GF_PATHS_DATA={folder} GF_AUTH_ANONYMOUS_ENABLED=true grafana server --homepath /usr/share/grafana"
)


class Prometheus:
    """One server, its data below `folder`, scraping one worker; ends with the demo."""

    def __init__(self, folder: Path, metrics_port: int) -> None:
        executable = shutil.which("prometheus")
        if executable is None:
            raise UnusableInput(PROMETHEUS_MISSING)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for rules in ("recording.yml", "alerts.yml"):
            shutil.copy(CONFIG / "prometheus" / rules, folder)
        (folder / "prometheus.yml").write_text(configuration(metrics_port))
        port = free_port(PROMETHEUS_PORT)
        self.address = f"http://{HOST}:{port}"
        files = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        self.child = Child("Prometheus", [executable, *files, f"--web.listen-address={HOST}:{port}"], folder / "prometheus.log")

    def wait(self) -> None:
        """Until it is ready; raises DoesNotHold where it is not to be."""
        ends = time.monotonic() + START_S
        while not is_answered(f"{self.address}/-/ready"):
            if self.child.ended() is not None or time.monotonic() > ends:
                raise DoesNotHold(f"Prometheus did not start; see {self.child.log}")
            time.sleep(0.1)  # between two questions


def configuration(metrics_port: int) -> str:
    """The shipped scrape configuration, for a worker at this port and a demo that is short."""
    text = (CONFIG / "prometheus" / "prometheus.yml").read_text()
    for pattern, value in (
        (r"(scrape_interval: )\S+", SCRAPE),
        (r"(evaluation_interval: )\S+", EVALUATE),
        (r'(targets: \["127\.0\.0\.1:)\d+', str(metrics_port)),
    ):
        text, found = re.subn(rf"(?m)^( *(?:- )?){pattern}", rf"\g<1>\g<2>{value}", text)
        if found != 1:
            raise UnusableInput(f"{CONFIG}/prometheus/prometheus.yml has {found} lines like {pattern}; one is expected")
    return text


class DashboardsDemo(Demo):
    """The demo, and Prometheus from when its worker is ready."""

    def _start(self, stack: ExitStack) -> Traffic | None:
        if shutil.which("prometheus") is None:
            raise UnusableInput(PROMETHEUS_MISSING)
        traffic = super()._start(stack)
        if traffic is not None:
            prometheus = Prometheus(FOLDER / "prometheus", self._config.metrics.port)
            stack.callback(prometheus.child.stop)
            prometheus.wait()
            self._tell(prometheus.address)
        return traffic

    def _tell(self, address: str) -> None:
        self._say(f"Prometheus: {address}/graph, rules {address}/rules, alerts {address}/alerts")
        self._say(f"metrics: http://{HOST}:{self._config.metrics.port}/metrics")
        if shutil.which("grafana") is None:
            self._say(GRAFANA_MISSING)
        folder = (FOLDER / "grafana").absolute()
        line = GRAFANA_LINE.format(prometheus=address, config=CONFIG / "grafana", folder=folder)
        self._say(f"in another terminal, for the dashboards at http://{HOST}:3000 (folder Linewatch):\n  {line}")


def main(seconds: Annotated[float | None, typer.Option("--for", metavar="SECONDS", min=10, max=86_400)] = None) -> None:
    """Run the demo with Prometheus scraping it, until Ctrl-C or for so many seconds of feeding."""
    try:
        DashboardsDemo(seconds, Console()).run()
    except LinewatchError as error:
        typer.echo(f"linewatch: {error}", err=True)
        raise typer.Exit(1 if isinstance(error, DoesNotHold) else 2) from None


if __name__ == "__main__":
    typer.run(main)
