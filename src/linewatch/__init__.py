"""Linewatch: finds telecom fraud in a carrier's call and message records while it happens."""

__version__ = "0.1.0"
