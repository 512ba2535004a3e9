"""Labelled subscribers made for tests: frauds call out to ever new numbers, others call and are called by the same."""

import csv
import gzip
import math
from pathlib import Path

import numpy as np

from linewatch.models.pretrained.subscriber import COLUMNS
from linewatch.training.train.subscriber import BEYOND, FILE, Labelled


def made_subscribers(count: int, seed: int) -> Labelled:
    """Rows with a signal in some of the columns, noise in the others, and values missing here and there."""
    random = np.random.default_rng(seed)
    names = (*COLUMNS, *BEYOND)
    rows = random.gamma(2.0, 10.0, (count, len(names)))
    fraud = random.random(count) < 0.3
    of = {name: place for place, name in enumerate(names)}
    calls = random.integers(20, 900, count)
    rows[:, of["opposite_count"]] = calls
    rows[:, of["opposite_unique"]] = np.maximum(1, calls * random.beta(np.where(fraud, 6, 2), np.where(fraud, 3, 6)))
    rows[:, of["voc_calltype1"]] = random.beta(np.where(fraud, 8, 4), np.where(fraud, 2, 4))
    rows[:, of["voccalltype1"]] = np.ceil(calls * rows[:, of["voc_calltype1"]])
    rows[:, of["calltype_rate"]] = random.beta(4, 2, count)
    for name in ("voc_hour_mode", "hour_mode"):
        rows[:, of[name]] = random.integers(0, 24, count)
    rows[random.random(count) < 0.05, : of["sms_count"]] = np.nan
    rows[random.random(count) < 0.1, of["arpu_var"]] = np.nan
    return Labelled(rows, fraud)


def write_subscribers(folder: Path, labelled: Labelled) -> Path:
    """The file that `linewatch train subscriber` reads."""
    path = folder / FILE
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["phone_no_m", *COLUMNS, *BEYOND, "label"])
        for place, (row, fraud) in enumerate(zip(labelled.rows.tolist(), labelled.fraud.tolist(), strict=True)):
            writer.writerow([f"s{place}", *("" if math.isnan(value) else value for value in row), int(fraud)])
    return path
