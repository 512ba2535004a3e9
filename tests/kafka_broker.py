"""The real Kafka of the tests is the one of `make bench`."""

from linewatch.training.bench.apache_kafka import Broker, free_ports, wait_until

__all__ = ["Broker", "free_ports", "wait_until"]
