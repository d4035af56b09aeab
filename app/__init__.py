"""From settings to a running service. The only place that knows everything."""
