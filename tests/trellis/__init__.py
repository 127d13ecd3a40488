"""Tests of trellis."""
