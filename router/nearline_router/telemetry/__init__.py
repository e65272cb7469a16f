"""Attempts as OpenTelemetry spans and metrics, for those who ask for it; never any text of a request."""
