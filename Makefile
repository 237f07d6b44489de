.DEFAULT_GOAL := help
PY := .venv/bin/python
help:
	@echo "make run | test | check | bench | doctor | wheel"
