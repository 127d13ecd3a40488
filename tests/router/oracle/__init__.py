"""The oracle: random schemas split over random subgraphs; the router must answer as the unsplit schema does.

`python -m tests.router.oracle --seed S --cases N` runs it for longer than the test suite does.
"""
