# All commands. Environment variables (PORT, DATA, DATABASE_URL …) may follow a command.

# Each PYTHON has its own virtual environment: PYTHON=python3.13 uses .venv-python3.13.
venv := .venv$(if $(PYTHON),-$(notdir $(PYTHON)))
python := $(venv)/bin/python
install := sh config/install.sh

.DEFAULT_GOAL := help
.PHONY: help run test check bench format lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: ## Start the blog at http://127.0.0.1:8000/  (PORT=8123 DATA=folder SAMPLE=0)
	@$(install) requirements.txt $(venv) $(PYTHON)
	@$(python) manage.py serve

test: ## Run all tests that this machine can run  (DATABASE_URL=postgres://… PYTHON=python3.13 T=tests/blog ARGS=-x)
	@$(install) requirements-dev.txt $(venv) $(PYTHON)
	@$(python) -m pytest --numprocesses 2 --dist loadgroup $(ARGS) $(T)

check: ## Lint, format, types, migrations, and the settings of a public site
	@$(install) requirements-dev.txt
	@sh config/check.sh

bench: ## Measure every budget; needs wrk  (QUICK=1 POSTS=100000 COMMENTS=10000 DATABASE_URL=postgres://…)
	@$(install) requirements.txt $(venv) $(PYTHON)
	@$(python) -m bench $(if $(filter-out 0,$(QUICK)),--quick) $(if $(POSTS),--posts $(POSTS)) $(if $(COMMENTS),--comments $(COMMENTS)) $(ARGS)

format: ## Format the code
	@$(install) requirements-dev.txt $(venv) $(PYTHON)
	@$(python) -m ruff check --quiet --fix . || true
	@$(python) -m ruff format .

lock: ## Pin the dependencies of pyproject.toml again (needs uv)
	@sh config/lock.sh

clean: ## Remove what can be created again; the data in var/ stay
	@rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
