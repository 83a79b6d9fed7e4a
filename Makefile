# What a person does here. `make help` lists it. FIXTUNNEL_CLIENTS_DIR, FIXTUNNEL_VENUES_DIR and OPENSWAN_DEB hold for every
# target, from the environment or from the command line: make rehearse CLIENT=acme FIXTUNNEL_CLIENTS_DIR=../ours

VENV   := .venv
PYTHON := $(VENV)/bin/python
SBOM   := out/sbom
CLIENT ?= lse-proquote
# Over the client's file: make rehearse CONTEXT="gateway.image=debian-12 gateway.instance_type=t3.medium"
CHOSEN  = $(CLIENT) $(addprefix -c ,$(CONTEXT))
EXAMPLES := -c clients_dir=clients -c venues_dir=venues
PAIR := -c clients_dir=tests/rehearsal/scenarios/pair/clients
TWO_SYSTEMS := $(addprefix -c ,$(foreach of,clients venues,$(of)_dir=tests/rehearsal/scenarios/two_systems/$(of)))
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help setup site walkthrough test test-rehearsal test-nightly fuzz mutation lint synth deploy-local destroy-local rehearse rehearse-faults soak quiet shell-gateway shell-venue host-packages lock wheel pictures sbom

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.ready node_modules/.ready ## the Python and Node parts, pinned

# By hash, and wheels only: to build a package from its source is to run what no hash of ours covers.
$(VENV)/.ready: requirements-setup.txt requirements-dev.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-setup.txt
	$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --compile-bytecode --require-hashes --no-build -r requirements-dev.txt
	@touch $@

node_modules/.ready: package-lock.json $(VENV)/.ready
	npm ci --silent --no-audit --no-fund
	@touch $@

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-build --annotation-style line \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: setup ## requirements*.txt from pyproject.toml, with hashes; what is pinned stays, unless UPGRADE=1
	$(LOCK) --group setup --output-file requirements-setup.txt
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(LOCK) --group mutation --constraints requirements-dev.txt --output-file requirements-mutation.txt
	$(LOCK) --group site --constraints requirements-dev.txt --output-file requirements-site.txt

# With the setuptools that is locked, and no other.
wheel: setup ## the command to install without a clone: out/wheel/*.whl
	uv build --quiet --wheel --no-build-isolation --python $(PYTHON) --out-dir out/wheel

walkthrough: setup host-packages ## docs/walkthrough.md again: its commands are run, on a rehearsal too, and drawn; root
	$(PYTHON) -m handbook.recording

pictures: setup ## docs/pictures: what a browser shows of report and form, the charts; Debian's chromium and poppler-utils
	$(PYTHON) -m handbook
	$(PYTHON) -m handbook.pictures

sbom: setup ## what comes from Python's and npm's registries, as CycloneDX for a scanner: out/sbom/*.cdx.json
	mkdir -p $(SBOM)
	cyclonedx-py environment $(SBOM_OPTIONS) --pyproject pyproject.toml --output-reproducible --output-file $(SBOM)/python.cdx.json $(PYTHON)
	npm sbom --package-lock-only --sbom-format cyclonedx >$(SBOM)/npm.cdx.json

# Empty: else every process that a test starts compiles us again.
test: export PYTHONDONTWRITEBYTECODE :=
test: setup ## the fast tests: no root, no rehearsal
	$(PYTHON) -m pytest --ignore=tests/rehearsal --numprocesses=2 --dist=loadfile

test-rehearsal: setup host-packages ## the rehearsed scenarios: root and Linux
	$(PYTHON) -m pytest tests/rehearsal

# Another SEED: other inputs, and the same ones each time.
fuzz: setup ## 20,000 mutated files, answers and commands, and fifty of each signal; SEED=0
	FIXTUNNEL_HOSTILE_INPUTS=20000 FIXTUNNEL_HOSTILE_SIGNALS=50 FIXTUNNEL_HOSTILE_SEED=$(or $(SEED),0) \
		$(PYTHON) -m pytest tests/hostile --numprocesses=2 --dist=load

# More boots than one run of CI has time for on two processors.
test-nightly: setup host-packages fuzz ## the fuzzer, a pair's three mishaps, the whole fault table of both example clients, a test system's troubles, and a soak
	FIXTUNNEL_PAIR_MISHAPS=3 $(PYTHON) -m pytest tests/unit/gateway/test_pair.py
	$(PYTHON) -m rehearsal.faults play lse-proquote $(EXAMPLES)
	$(PYTHON) -m rehearsal.faults play acme-capital $(EXAMPLES)
	$(PYTHON) -m rehearsal.faults play summit-desk $(PAIR) --faults 27,28,29,30,31,32,33,34,35,36,37,38,39,40 --no-seed
	$(PYTHON) -m rehearsal.faults play meridian-desk $(TWO_SYSTEMS) --faults 1,2,5,8,24,25,26 --no-seed
	$(PYTHON) -m rehearsal.faults soak lse-proquote $(EXAMPLES)

mutation: setup ## nightly, root: small mistakes are put into a copy of the code, and a test must notice each; WHAT="watch guard", SAMPLE=20 of each file, SEED=1, JOBS=1
	uv pip install --quiet --python $(PYTHON) --require-hashes --no-build -r requirements-mutation.txt
	$(PYTHON) -m tests.mutation $(WHAT) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS))

site: setup ## the documentation as a site: out/site, which needs no network; fails for a dead link
	uv pip install --quiet --python $(PYTHON) --require-hashes --no-build -r requirements-site.txt
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --quiet --strict
	@echo 'out/site is there; to read it: python3 -m http.server --directory out/site'

lint: setup ## ruff, mypy, shellcheck, proselint, the list of words
	ruff check .
	ruff format --check .
	mypy app.py model userdata stacks constructs ops localaws rehearsal handbook tests
	cd userdata/files/usr/lib/fixtunnel && mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache/gateway -p fixtunnel
	shellcheck $$(git ls-files '*.sh' .ci/run)
	proselint check $$(git ls-files '*.md')
	$(PYTHON) -m pytest -q tests/test_words.py

synth: setup ## the CloudFormation template of CLIENT
	cdk synth -c client=$(CHOSEN) $(if $(OPENSWAN_DEB),-c gateway.openswan.deb=$(abspath $(OPENSWAN_DEB)))

deploy-local: setup ## deploy CLIENT to an AWS on this machine, and show what is there
	$(PYTHON) -m localaws deploy $(CHOSEN)

destroy-local: setup ## take that away
	$(PYTHON) -m localaws destroy $(CHOSEN)

host-packages: ## Debian's packages for the rehearsal
	@sh rehearsal/host-packages.sh

rehearse: setup ## boot what CLIENT deploys, and trade with each FIX endpoint and over each tunnel; STANDBYS=no
	./fixtunnel rehearse $(CHOSEN) $(if $(KEEP),--keep) $(if $(filter no,$(STANDBYS)),--no-standbys)

shell-gateway: ## a command line on the gateway of a rehearsal that is up (make rehearse KEEP=1)
	@$(PYTHON) -m rehearsal.shell gateway

shell-venue: ## a command line in its venue's first gateway
	@$(PYTHON) -m rehearsal.shell venue

rehearse-faults: setup host-packages ## one bad day after another: CLIENT, FAULTS=1,2,6 (all), TIMES=5 each (1), SEED=no, INBOUND=1
	$(PYTHON) -m rehearsal.faults play $(CHOSEN) $(if $(FAULTS),--faults $(FAULTS)) $(if $(TIMES),--times $(TIMES)) $(if $(filter no,$(SEED)),--no-seed) $(if $(INBOUND),--inbound)

quiet: setup host-packages ## no fault for MINUTES (60): the watch does nothing, and what it takes is told
	$(PYTHON) -m rehearsal.faults quiet $(CHOSEN) $(if $(MINUTES),--minutes $(MINUTES))

soak: setup host-packages ## kill anything on the gateway at random for MINUTES (10), then account for every order
	$(PYTHON) -m rehearsal.faults soak $(CHOSEN) $(if $(MINUTES),--minutes $(MINUTES))
