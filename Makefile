# Everything runs in .venv, which is made when it is missing and updated when the pins change. No root needed.
#
#   PYTHON=python3.12   the Python that .venv is made with (default: python3, else 3.13, 3.12 or 3.11)
#   SEED=2 EPOCHS=1     another seed, fewer epochs        OUT=runs/other.zarr   another output of the demo
#   ARGS="..."          passed on to the demo, or to pytest
#   JOBS=0              tests in one process, where a debugger can stop, instead of in two
#   SUITES="fuzz soak"  suites of torture to run (default: all but costs)
#   ROWS="cuba-*,auto"  rows to measure (default: all)      QUICK=1             short runs, for trying
#   CHECKS="iaf_*"      comparisons with NEST to make (default: all)

SHELL := /bin/bash
CANDIDATES := $(or $(PYTHON),python3 python3.13 python3.12 python3.11)
BIN := .venv/bin
READY := .venv/.installed
KERNELS := .venv/.kernels
PEERS := .venv-peers/.installed
OUT ?= runs/digits.zarr
JOBS ?= 2
OPTIONS := $(if $(EPOCHS),--epochs $(EPOCHS)) $(if $(SEED),--set global.seed=$(SEED)) $(ARGS)

.PHONY: help demo test guard torture test-slurm test-browser chromium page-cost forecast behaviour lint bench validate clean

help:
	@echo "make demo    train the six-region brain on handwritten digits, on Dask; results go to runs/"
	@echo "make test    run the tests"
	@echo "make guard   see that no kernel has become slow, by ratios to other programs, in seconds"
	@echo "make torture  mutated files, long and large runs: what no run may lose, in results/torture.json (10 minutes)"
	@echo "make test-slurm  run the tests that need Slurm on one that is started for them; root, Debian's packages"
	@echo "make test-browser  run the tests of the live page, with a screenshot in runs/live_page.png; needs Chromium"
	@echo "make chromium  install Debian's Chromium for them (as root)"
	@echo "make page-cost  measure what the live page costs a run, of six regions and of 512 (5 minutes)"
	@echo "make forecast  compare forecasts of parallel execution with real runs, in minutes"
	@echo "make behaviour  experiments with regions and tasks over five seeds; figures and tables go to docs (half an hour)"
	@echo "make lint    ruff, mypy and the import contract"
	@echo "make bench   side-by-side benchmarks against NEST and Brian2, in results/bench.json (takes long)"
	@echo "make validate  comparisons with NEST, in results/validate.json; fails where one does not hold"
	@echo "make clean   remove .venv, .venv-peers and caches; runs/ and results/ stay"

demo: $(KERNELS)
	@mkdir -p $(dir $(OUT))
	$(BIN)/thalia-dask train configs/digits.yaml --out $(OUT) --overwrite $(OPTIONS)

test: $(KERNELS)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

guard: $(KERNELS)
	$(BIN)/python -m pytest benchmarks/guards --benchmark-columns=median,iqr,rounds $(ARGS)

torture: $(KERNELS)
	$(BIN)/python -m tests.torture $(SUITES)

test-slurm: $(KERNELS)
	@tests/slurm/single_machine_slurm.sh install
	tests/slurm/single_machine_slurm.sh run $(BIN)/python -m pytest -m slurm tests/slurm $(ARGS)

test-browser: $(KERNELS)
	@command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null \
	|| { echo "Chromium is missing: make chromium (on Debian, as root), or install chromium or google-chrome" >&2; exit 1; }
	$(BIN)/python -m pytest tests/dashboard $(ARGS)

chromium:
	apt-get install -y --no-install-recommends chromium

page-cost: $(KERNELS)
	$(BIN)/python -m benchmarks.live_page $(ARGS)

forecast: $(KERNELS)
	$(BIN)/python -m tests.performance.against_dask $(ARGS)

behaviour: $(KERNELS)
	$(BIN)/python docs/make_behaviour.py $(ARGS)
	$(BIN)/python docs/make_learning_figures.py $(ARGS)
	$(BIN)/python docs/make_task_curves.py

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(KERNELS) $(PEERS)
	$(BIN)/python -m benchmarks $(if $(ROWS),--rows "$(ROWS)") $(if $(QUICK),--quick)

validate: $(KERNELS) $(PEERS)
	$(BIN)/python -m validation $(if $(CHECKS),--checks "$(CHECKS)")

clean:
	rm -rf .venv .venv-peers build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find thalia_dask tests docs -name __pycache__ -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into .venv (a few minutes) ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input \
	    -c constraints.txt -e ".[test]" >.venv/pip.log 2>&1 \
	|| { echo "pip failed: $$(grep -m 1 -o 'ERROR.*' .venv/pip.log || tail -n 1 .venv/pip.log) (all of it: .venv/pip.log)" >&2; exit 1; }
	@touch $@

$(PEERS): benchmarks/peers.txt | $(BIN)/python
	@command -v g++ >/dev/null \
	|| { echo "g++ is missing, with which Brian2 compiles: install it (on Debian: apt install g++)" >&2; exit 1; }
	@echo "installing NEST and Brian2 into .venv-peers (a minute) ..."
	@rm -rf .venv-peers && $(BIN)/python -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --disable-pip-version-check --no-input \
	    -r benchmarks/peers.txt >.venv-peers/pip.log 2>&1 \
	|| { echo "pip failed: $$(grep -m 1 -o 'ERROR.*' .venv-peers/pip.log || tail -n 1 .venv-peers/pip.log) (all of it: .venv-peers/pip.log)" >&2; exit 1; }
	@touch $@

# numba's cache does not notice a change in a kernel that another kernel calls
$(KERNELS): $(READY) $(wildcard $(addprefix thalia_dask/,jit.py philox.py prefetch.py neurons/*.py synapses/*.py plasticity/*.py regions/advance.py engine/packets.py))
	@find thalia_dask -name '*.nb[ic]' -delete
	@touch $@

$(BIN)/python:
	@found=; old=; \
	for python in $(CANDIDATES); do \
	    version=$$("$$python" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue; \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then found="$$python"; break; fi; \
	    old="$$old $$python is $$version;"; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Python 3.11 or newer is missing:$${old:- no Python found;} install one, or name it: make PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	fi; \
	"$$found" -m venv .venv >/dev/null 2>&1 \
	|| { rm -rf .venv; echo "$$found cannot make a virtual environment: its venv module is missing (on Debian: apt install python3-venv)" >&2; exit 1; }
