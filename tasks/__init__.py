"""What the service does: submitting, sending, correlating, tracking, archiving and reporting tasks."""
