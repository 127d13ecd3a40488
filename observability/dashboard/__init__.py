"""The built-in OTLP receiver and trace viewer, role `observe`."""
