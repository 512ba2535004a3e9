"""Every metric of Linewatch, named once; labels only from sets that are closed or capped, times in seconds, never a number."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_STAGE_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_SCORES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


class Metrics:
    """One set of metrics on a registry of its own, so that two workers in one process do not clash."""

    def __init__(self) -> None:
        self.registry = r = CollectorRegistry()
        ProcessCollector(registry=r)  # CPU seconds, resident memory, open files
        self.records = Counter("linewatch_records", "Records read, by kind and outcome.", ["kind", "outcome"], registry=r)
        self.applied = Gauge(
            "linewatch_source_records_applied",
            "Records of a source partition that this worker's partitions of the log applied.",
            ["topic", "partition"],
            registry=r,
        )
        self.duplicates = Gauge(
            "linewatch_source_records_duplicate",
            "Records of a source partition that were duplicates.",
            ["topic", "partition"],
            registry=r,
        )
        self.late = Gauge("linewatch_late_records", "Records more than ten minutes behind the clock.", registry=r)
        self.dead_letters = Counter("linewatch_dead_letters", "Records that were not counted.", ["reason"], registry=r)
        self.batches = Counter("linewatch_batches", "Composite events worked off.", ["agent"], registry=r)
        self.stage = Histogram("linewatch_stage_seconds", "Time in a stage, a batch.", ["stage"], buckets=_STAGE_S, registry=r)
        self.publish = Histogram(
            "linewatch_publish_seconds", "Until what a batch gave was acknowledged, a batch.", buckets=_LATENCY_S, registry=r
        )
        self.event_lag = Gauge("linewatch_event_time_lag_seconds", "Wall clock less the clock of the log.", registry=r)
        self.latency = Histogram(
            "linewatch_flag_latency_seconds",
            "From the broker's timestamp of the record to the flag acknowledged.",
            buckets=_LATENCY_S,
            registry=r,
        )
        self.profiles = Gauge("linewatch_profiles", "Numbers remembered.", registry=r)
        self.evicted = Gauge("linewatch_profiles_evicted", "Numbers that expired or gave way.", registry=r)
        self.gave_way = Gauge("linewatch_profiles_gave_way", "Numbers for which the cap had no room.", registry=r)
        self.pushed_out = Gauge(
            "linewatch_recent_pushed_out",
            "Records and legs forgotten within ten minutes, for too many came.",
            registry=r,
        )
        self.held = Gauge("linewatch_sightings_held", "Sightings that wait for their order.", registry=r)
        self.overflowed = Gauge("linewatch_sightings_released_early", "Sightings a full hold let go.", registry=r)
        self.repeats = Gauge("linewatch_repeats_skipped", "Sightings read again and skipped.", registry=r)
        self.capped = Gauge("linewatch_blocks_capped", "Blocks that a cap made reviews.", registry=r)
        self.flags = Counter("linewatch_flags", "Flags sent.", ["fraud_type", "action"], registry=r)
        self.flagged_places = Counter(
            "linewatch_flagged_places",
            "Flags for review or block, by the country and the first digits of the number; the rarest prefixes are one.",
            ["country", "prefix"],
            registry=r,
        )
        self.trunk_calls = Counter(
            "linewatch_trunk_calls", "Calls that came in over a trunk, by what became of them.", ["trunk", "outcome"], registry=r
        )
        self.score = Histogram("linewatch_score", "Scores of flags.", ["fraud_type"], buckets=_SCORES, registry=r)
        self.scored = Counter("linewatch_sightings_scored", "Sightings that rules and models looked at.", registry=r)
        self.sightings = Counter("linewatch_sightings_applied", "Sightings applied.", registry=r)
        self.drift = Gauge("linewatch_score_drifts", "Drifts of the anomaly score so far.", registry=r)
        self.verdicts = Gauge("linewatch_verdicts_learned", "Verdicts learned.", registry=r)
        self.texts_learned = Gauge(
            "linewatch_texts_learned", "Texts learned by this worker's intake, once for each verdict on a sender of it.", registry=r
        )
        self.answers = Counter(
            "linewatch_answers",
            "Verdicts on flags that stood, by the action at which they did.",
            ["fraud_type", "action", "verdict"],
            registry=r,
        )
        self.refused = Counter("linewatch_policies_refused", "Requests about policies that were refused.", registry=r)
        self.policy = Gauge("linewatch_policy_version", "Version of the policy in force in the log.", registry=r)
        self.warnings = Counter("linewatch_warnings", "Warnings to those whom flagged numbers reach.", ["fraud_type"], registry=r)
        self.shadow_flags = Counter(
            "linewatch_shadow_flags", "Flags of the policy in the shadow.", ["fraud_type", "action"], registry=r
        )
        self.shadow = Gauge(
            "linewatch_shadow_policy_version", "Version of the policy in the shadow, 0 where there is none.", registry=r
        )
        self.snapshot_age = Gauge(
            "linewatch_learner_snapshot_age_seconds", "Wall-clock age of the learner's last snapshot.", registry=r
        )
        self.partitions = Gauge("linewatch_assigned_partitions", "Partitions of the log held.", registry=r)
        self.standbys = Gauge("linewatch_standby_partitions", "Partitions that another worker holds, kept at hand.", registry=r)
        self.checkpoints = Counter("linewatch_checkpoints", "Durable units written.", ["extent"], registry=r)
        self.failures = Counter("linewatch_failures", "Bugs met while working a batch off.", ["agent"], registry=r)
