# The starter speech model, from nothing: make starter-model
# Needs Python 3.11, espeak-ng, flite and (for a few per cent of the speech) festival:
#   apt install espeak-ng libflite1 festival festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k
# On a GPU: make starter-model STARTER_DEVICE=cuda STARTER_JOBS=15 STARTER_BATCH="--micro 12"

STARTER := models/starter
STARTER_WORK ?= target/starter
STARTER_JOBS ?= 2
STARTER_MINUTES ?= 480
STARTER_SENTENCES ?= 60000
STARTER_DEVICE ?= cpu
STARTER_BATCH ?= --micro 4
STARTER_SEED ?= 2026
# A folder of texts that must not be trained on: --exclude FOLDER
STARTER_EXCLUDE ?=
# General sentences, one a line, beside the interview's own: a file
STARTER_DOCS ?=
STARTER_PY = OMP_NUM_THREADS=1 $(STARTER_WORK)/venv/bin/python

.PHONY: starter-model starter-more starter-test

$(STARTER_WORK)/venv/ready: $(STARTER)/requirements.txt
	python3 -m venv $(STARTER_WORK)/venv
	$(STARTER_WORK)/venv/bin/pip install --quiet -r $<
	touch $@

$(STARTER_WORK)/text/train.tsv: $(STARTER_WORK)/venv/ready
	$(STARTER_PY) $(STARTER)/text.py --out $(STARTER_WORK)/text --seed $(STARTER_SEED) $(STARTER_EXCLUDE) \
	  $(if $(STARTER_DOCS),--docs $(STARTER_DOCS))

$(STARTER_WORK)/shards/ready: $(STARTER_WORK)/text/train.tsv
	for k in $$(seq 0 $$(( $(STARTER_JOBS) - 1 ))); do \
	  $(STARTER_PY) $(STARTER)/synth.py $< $(@D) --worker $$k $(STARTER_JOBS) --range 0 $(STARTER_SENTENCES) \
	    --seed $(STARTER_SEED) & \
	done; wait
	touch $@

$(STARTER_WORK)/starter.pt: $(STARTER_WORK)/shards/ready
	$(STARTER_PY) $(STARTER)/train.py $(<D) $(STARTER)/pieces.json $@ --start-easy --minutes $(STARTER_MINUTES) \
	  --device $(STARTER_DEVICE) --seed $(STARTER_SEED) $(STARTER_BATCH)

starter-model: $(STARTER_WORK)/starter.pt ## Train the starter speech model from nothing, into target/starter
	$(STARTER_PY) $(STARTER)/export.py $< $(STARTER_WORK)/ggml-starter-q5_1.bin
	$(STARTER_PY) $(STARTER)/evaluate.py make $(STARTER_WORK)/test $(STARTER_WORK)/text/test.tsv
	@echo "test set: $(STARTER_WORK)/test/manifest.jsonl"

# Goes on from the shipped file: words that were hardly heard first, and more of everything.
MORE := $(STARTER_WORK)/more

$(MORE)/mix.tsv: $(STARTER_WORK)/text/train.tsv
	mkdir -p $(@D)
ifneq ($(STARTER_DOCS),)
	$(STARTER_PY) $(STARTER)/coverage.py $< $(STARTER_DOCS) $(@D)/chosen.tsv --first 30000 --count 26000 --goal 40 --common 8 \
	  $(STARTER_EXCLUDE) --seed $(STARTER_SEED)
endif
	$(STARTER_PY) $(STARTER)/mix.py $(<D) $@ $(if $(STARTER_DOCS),--chosen $(@D)/chosen.tsv) --seed $(STARTER_SEED)

$(MORE)/shards/ready: $(MORE)/mix.tsv
	for k in $$(seq 0 $$(( $(STARTER_JOBS) - 1 ))); do \
	  $(STARTER_PY) $(STARTER)/synth.py $< $(@D) --worker $$k $(STARTER_JOBS) --range 0 $(STARTER_SENTENCES) \
	    --seed $(STARTER_SEED) --name v & \
	done; wait
	touch $@

$(MORE)/starter.pt: $(MORE)/shards/ready
	$(STARTER_PY) $(STARTER)/unexport.py $(@D)/start.pt --step 7158
	$(STARTER_PY) $(STARTER)/train.py $(<D) $(STARTER)/pieces.json $@ --resume $(@D)/start.pt --minutes $(STARTER_MINUTES) \
	  --device $(STARTER_DEVICE) --lr 8e-4 --decay 0.7 --seed 2 --settings $(STARTER)/more.json --micro 5

starter-more: $(MORE)/starter.pt ## Train the shipped starter model further
	$(STARTER_PY) $(STARTER)/export.py $< $(MORE)/ggml-starter-q5_1.bin
	$(STARTER_PY) $(STARTER)/evaluate.py make $(STARTER_WORK)/test $(STARTER_WORK)/text/test.tsv
	@echo "test set: $(STARTER_WORK)/test/manifest.jsonl"

starter-test: ## Run the unit tests of its scripts (they need numpy and scipy)
	python3 -m unittest discover -s $(STARTER)/tests
