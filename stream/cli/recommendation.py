"""What `linewatch policy recommend` does: replay, seek thresholds, write them with their reasons, replay again to check."""

from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rich.table import Table

from linewatch.config.errors import UnusableInput
from linewatch.config.operator import load_operator
from linewatch.config.policy import Policy, shipped_policy
from linewatch.stream.backtest.compare import report_of
from linewatch.stream.backtest.recommend import Advice, for_budget, for_precision, groups_of, rewritten
from linewatch.stream.backtest.run import Outcome
from linewatch.stream.backtest.truth import judged_by, labelled
from linewatch.stream.cli.backtest import run_over
from linewatch.stream.cli.files import check_files, check_outputs, create
from linewatch.stream.cli.output import console
from linewatch.stream.decision.policy_file import policy_of_file
from linewatch.training.evaluate.measure import Judged, Label, read_lines


class Question(NamedTuple):
    """What was asked; of `budget` and `precision` one is there."""

    files: list[Path]
    policy: Path | None
    operator: Path | None
    level: str
    budget: str | None
    precision: float | None
    verdicts: Path | None
    labels: Path | None


def recommendation(asked: Question, out: Path) -> None:
    """Answer it: the policy in a file, on the terminal the table, the diff and what the new policy gives."""
    check_files(asked.files, again=True)
    check_outputs({"--out": out}, [*asked.files, asked.operator, asked.verdicts, asked.labels])
    policy = policy_of_file(asked.policy) if asked.policy else shipped_policy()
    answers = _answers(asked)
    result = run_over(asked.files, [policy], asked.operator)
    advice = _advice(asked, answers, result)
    text = rewritten(policy, advice)
    recommended = checked(text)
    with create(out) as file:
        file.write(text.encode())
    screen = console()
    screen.print(_table(advice))
    name = str(asked.policy or "shipped")
    diff = unified_diff(policy.source.splitlines(), text.splitlines(), name, str(out), n=0, lineterm="")
    for line in diff:
        screen.print(line, soft_wrap=True)
    if text == policy.source:
        screen.print("nothing changes")
        return
    again = run_over(asked.files, [recommended], asked.operator)
    before, after = (report_of(one).sides[0].alerts_a_day[asked.level] for one in (result, again))
    screen.print(f"numbers a day that come to {asked.level}, replayed: {before:.1f} before, {after:.1f} after", soft_wrap=True)
    if asked.budget is not None and after > _per_day(asked.budget):
        screen.print(
            f"{asked.budget} is not kept: what is left scores above the highest threshold that is proposed; "
            "raise it in the file by hand, or take as many as come",
            soft_wrap=True,
        )


def checked(text: str) -> Policy:
    """The policy of a text; raises InvalidSetting where a file with it would be refused when it is handed in."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recommended.toml"
        path.write_text(text, "utf-8")
        return policy_of_file(path)


def _answers(asked: Question) -> list[dict[str, Any]]:
    """The verdicts or labels; raises UnusableInput where there are none to read, or the budget is none."""
    if asked.budget is not None:
        _per_day(asked.budget)
    if asked.verdicts is not None:
        return read_lines(asked.verdicts, Judged)
    return read_lines(asked.labels, Label) if asked.labels is not None else []


def _advice(asked: Question, answers: list[dict[str, Any]], result: Any) -> list[Advice]:
    outcome: Outcome = result.outcomes[0]
    if asked.budget is not None:
        return for_budget(groups_of(outcome, {}), asked.level, _per_day(asked.budget), result.days)
    country = load_operator(asked.operator).country
    judged = judged_by(answers, country) if asked.verdicts is not None else labelled(answers, outcome.peaks, country)
    assert asked.precision is not None
    return for_precision(groups_of(outcome, judged), asked.level, asked.precision)


def _per_day(budget: str) -> float:
    count, _, unit = budget.partition("/")
    try:
        per_day = float(count)
    except ValueError:
        per_day = 0.0
    if per_day <= 0 or unit not in {"", "day"}:
        raise UnusableInput(f"--budget {budget} is no budget; give numbers a day, as 50/day")
    return per_day


def _table(advice: list[Advice]) -> Table:
    table = Table("fraud type", "segment", "action", "before", "after", "why")
    for one in advice:
        table.add_row(one.fraud_type, one.segment, one.level, f"{one.before:g}", f"{one.after:g}", one.reason)
    return table
