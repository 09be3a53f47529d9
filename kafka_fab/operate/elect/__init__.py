"""Preferred leaders, elected."""
