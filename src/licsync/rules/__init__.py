"""A company's own rules for plans, as expressions of the Common Expression Language: the only place that knows CEL."""
