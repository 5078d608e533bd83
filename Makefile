# The menu. `make demo` and `make test` are all a newcomer needs.
#
#   make            build/lib/libcovey.so, build/examples/*
#   make wheel      build/wheel/covey-*.whl, the Python package
#   make client     bindings/typescript/dist, the client for browsers
#   make demo       serve the chat at http://127.0.0.1:8000/ and the board at :8001/
#   make test       everything that is quick
#   make soak       MINUTES=10 clients that come, go, lag, flood and lie, by the thousand
#   make soak-simulation   random histories of the core until stopped
#   make check      what is slower: sanitizers, fuzzing, valgrind
#   make test-debian13   the tests in C and Swift, in a tree of Debian 13
#   make bench      the benchmark table
#   make install    PREFIX=/usr/local DESTDIR=
#   make format     format the sources; make lint checks them
#
# REDIS=0 behind any of them leaves out the layers over Redis, and hiredis.

VERSION := 1.0.0
PREFIX ?= /usr/local
DESTDIR ?=
REDIS ?= 1
PYTHON ?= python3

ifneq ($(filter-out 0 1,$(REDIS)),)
  $(error REDIS is $(REDIS), neither 0 nor 1)
endif
WITHOUT_REDIS := $(filter 0,$(REDIS))
SWIFT_TRAITS := $(if $(WITHOUT_REDIS),--disable-default-traits)

BUILD := build
LIB := $(BUILD)/lib/libcovey.so.$(VERSION)
PC := $(BUILD)/lib/pkgconfig/covey.pc
PACKAGING := Sources/Packaging
EXAMPLES := $(filter-out common django grafana nginx python,$(notdir $(patsubst %/,%,$(wildcard examples/*/))))
HEADERS := $(wildcard include/*.h include/covey/*.h)
C_SOURCES := $(wildcard examples/*/*.[ch] Tests/c/*.[ch] Tests/c/first/*.c Tests/bench/*.[ch] \
  Tests/examples/*.[ch] Tests/layers/*.c Tests/soak/*.c)
EXAMPLE_PROGRAMS := $(EXAMPLES:%=$(BUILD)/examples/%)

CLIENT_FOLDER := bindings/typescript
CLIENT := $(CLIENT_FOLDER)/dist/index.js
CLIENT_SOURCES := $(wildcard $(addprefix $(CLIENT_FOLDER)/,src/*.ts types/*.ts tsconfig.json))
PAGE_FOLDER := examples/board/web
PAGE := $(BUILD)/web/board/main.js
PAGE_SOURCES := $(wildcard $(addprefix $(PAGE_FOLDER)/,src/*.ts src/generated/*.ts tsconfig.json))

PYTHON_FOLDER := bindings/python
PYTHON_TESTS := PYTHON=$(PYTHON) $(PYTHON_FOLDER)/tests/run.sh
PYTHON_TOOLS := $(BUILD)/python/build-tools
WHEEL := $(BUILD)/wheel/covey-$(VERSION)-py3-none-linux_$(shell uname -m).whl
# The folders too: a file may go.
WHEEL_SOURCES := $(shell find $(PYTHON_FOLDER)/src -name __pycache__ -prune -o -print) \
  $(addprefix $(PYTHON_FOLDER)/,pyproject.toml hatch_build.py README.md) LICENSE

# Loaded at run time as well: the last one is a plugin that ldd does not show.
LIBRARY_PACKAGES := libwebsockets-dev libssl-dev libuv1-dev libwebsockets-evlib-uv \
  $(if $(WITHOUT_REDIS),,libhiredis-dev)
PYTHON_PACKAGES := $(LIBRARY_PACKAGES) python3-venv binutils gcc libc6-dev
CLIENT_PACKAGES := nodejs node-typescript
EXAMPLE_PACKAGES := $(LIBRARY_PACKAGES) $(CLIENT_PACKAGES) gcc libc6-dev pkg-config libjansson-dev
TEST_PACKAGES := $(EXAMPLE_PACKAGES) g++ cmake abigail-tools chromium python3-venv \
  clang-format esbuild nginx openssl $(if $(WITHOUT_REDIS),,redis-server)
CHECK_PACKAGES := $(TEST_PACKAGES) valgrind shellcheck
REQUIRE := $(PACKAGING)/require-packages

SWIFT_SOURCES := $(shell find Sources -name '*.swift' -o -name '*.h' -o -name '*.modulemap') \
  Package.swift $(HEADERS) $(PACKAGING)/covey.map Makefile
# The Swift runtime goes inside; covey_* alone goes out.
SWIFT_LIBRARY_FLAGS := -Xswiftc -static-stdlib -Xswiftc -use-ld=lld \
  -Xswiftc -enforce-exclusivity=unchecked -Xlinker -soname=libcovey.so.1 \
  -Xlinker --version-script=$(PACKAGING)/covey.map -Xlinker -z -Xlinker defs \
  -Xlinker -z -Xlinker nodelete -Xlinker --gc-sections -Xlinker --icf=all
C_FLAGS := -std=c11 -O2 -g -pthread -Wall -Wextra -Wpedantic -Werror -Iinclude -Iexamples/common
C_LIBRARY_FLAGS := -L$(BUILD)/lib -lcovey -Wl,-rpath,'$$ORIGIN/../lib'

.NOTPARALLEL:
.PHONY: all lib examples wheel client demo test test-fuzz test-swift test-simulation simulation soak soak-simulation test-c \
  test-python test-typescript test-generated test-examples test-layers test-faults test-bench check check-thread check-address check-python check-pythons check-valgrind \
  check-fuzz check-soak check-scripts check-without-redis check-layers always \
  test-debian13 packages-debian13 bench install format lint lint-python clean swift packages-library packages-examples \
  packages-python packages-client packages-test packages-check

all: lib examples client $(PAGE)

# ---------------------------------------------------------------- building

swift:
	@swift --version 2>/dev/null | \
	  grep -qE 'Swift version (6\.([3-9]|[1-9][0-9])|[7-9]|[1-9][0-9])' || \
	  { echo "covey: Swift 6.3 or newer is missing; see https://www.swift.org/install" >&2; exit 1; }

packages-library: ; @$(REQUIRE) $(LIBRARY_PACKAGES)
packages-client: ; @$(REQUIRE) $(CLIENT_PACKAGES)
packages-examples: ; @$(REQUIRE) $(EXAMPLE_PACKAGES)
packages-python: ; @$(REQUIRE) $(PYTHON_PACKAGES)
packages-test: ; @$(REQUIRE) $(TEST_PACKAGES)
packages-check: ; @$(REQUIRE) $(CHECK_PACKAGES)
packages-debian13: ; @$(REQUIRE) debootstrap git

PC_WORDS := -e 's|@VERSION@|$(VERSION)|' -e 's|@HIREDIS@|$(if $(WITHOUT_REDIS),,-lhiredis )|'

lib: $(LIB) $(PC)

# What was built last was built with; another REDIS builds anew.
PARTS := $(BUILD)/parts
$(PARTS): always
	@mkdir -p $(@D)
	@echo 'REDIS=$(REDIS)' | cmp -s - $@ || echo 'REDIS=$(REDIS)' >$@

$(LIB): $(SWIFT_SOURCES) $(PARTS) | swift packages-library
	@mkdir -p $(BUILD)/lib
	swift build --quiet -c release --product covey --scratch-path $(BUILD)/swift \
	  $(SWIFT_TRAITS) $(SWIFT_LIBRARY_FLAGS)
	@cp $(BUILD)/swift/release/libcovey.so $@.new && mv $@.new $@
	@ln -sf libcovey.so.$(VERSION) $(BUILD)/lib/libcovey.so.1
	@ln -sf libcovey.so.1 $(BUILD)/lib/libcovey.so

$(PC): $(PACKAGING)/covey.pc.in $(PARTS) Makefile
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(abspath $(BUILD))|' $(PC_WORDS) \
	  -e 's|^includedir=.*|includedir=$(abspath include)|' $< >$@

examples: $(EXAMPLE_PROGRAMS)

$(BUILD)/examples/chat: EXTRA = -DCHAT_WEB='"$(abspath examples/chat/web)"' \
  $$(pkg-config --cflags --libs jansson)
$(BUILD)/examples/board: EXTRA = -DBOARD_WEB='"$(abspath $(PAGE_FOLDER))"' \
  -DBOARD_APP='"$(abspath $(dir $(PAGE)))"' -DCOVEY_CLIENT='"$(abspath $(dir $(CLIENT)))"' \
  -pthread $$(pkg-config --cflags --libs jansson)
.SECONDEXPANSION:
$(EXAMPLE_PROGRAMS): $(BUILD)/examples/%: $$(wildcard examples/%/*.c examples/common/*) \
  $(HEADERS) $(LIB) | packages-examples
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(wildcard examples/$*/*.c examples/common/*.c) -o $@ \
	  $(C_LIBRARY_FLAGS) $(EXTRA)

client: $(CLIENT)

$(CLIENT): $(CLIENT_SOURCES) | packages-client
	tsc -p $(CLIENT_FOLDER)
	@touch $@

$(PAGE): $(PAGE_SOURCES) $(CLIENT)
	tsc -p $(PAGE_FOLDER) --outDir $(BUILD)/web/board
	@touch $@

wheel: $(WHEEL)

$(PYTHON_TOOLS)/ready: $(PYTHON_FOLDER)/build-requirements.txt | packages-python
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(WHEEL): $(LIB) $(WHEEL_SOURCES) $(PYTHON_TOOLS)/ready
	@mkdir -p $(@D)
	@strip -o $(@D)/libcovey.so.1 $(LIB)
	cd $(PYTHON_FOLDER) && COVEY_LIBRARY_FILE=$(abspath $(@D)/libcovey.so.1) \
	  $(abspath $(PYTHON_TOOLS))/bin/python -m hatchling build -t wheel -d $(abspath $(@D))
	@touch $@

demo: swift packages-examples all
	@echo "a chat at http://127.0.0.1:8000/ and a board at http://127.0.0.1:8001/ :"
	@echo "open each in two tabs; Ctrl-C ends both"
	@$(BUILD)/examples/board --port 8001 & board=$$!; trap 'kill -INT $$board 2>/dev/null' EXIT; \
	  $(BUILD)/examples/chat --port 8000

# ----------------------------------------------------------------- testing

# $(call side_by_side,TARGETS,TARGETS): both at once, for each waits much and one core is seldom all
# there is. What the second says is shown when both are done.
side_by_side = @mkdir -p $(BUILD); log=$$(mktemp $(BUILD)/beside.XXXXXX); status=0; \
  $(MAKE) --no-print-directory $(2) >$$log 2>&1 & beside=$$!; \
  $(MAKE) --no-print-directory $(1) || status=$$?; \
  wait $$beside || status=$$?; cat $$log; rm $$log; exit $$status

VENV := $(BUILD)/venv
$(VENV)/ready: Tests/examples/requirements.txt | packages-test
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

TEST_LAYERS := $(if $(WITHOUT_REDIS),,test-layers test-faults)

test: swift packages-test all simulation wheel $(VENV)/ready
	$(call side_by_side,lint test-swift test-c test-typescript test-generated test-python test-simulation,\
	  test-examples $(TEST_LAYERS) test-bench test-fuzz)

# Then those over the wire with TLS.
test-swift: packages-test swift
	swift test --scratch-path $(BUILD)/swift-debug $(SWIFT_TRAITS)
	COVEY_TEST_TLS=1 swift test --skip-build --scratch-path $(BUILD)/swift-debug $(SWIFT_TRAITS) \
	  --filter '^CoveyTests\.'

# Random histories of the core on fresh seeds; every client must see what the store holds, and no
# process on a bus may miss a letter in silence. One that goes wrong names its seed:
# `make soak-simulation SIMULATION="2000 SEED"` plays it again, "2000 SEED --bus" one on a bus.
SIMULATION := 200000
test-simulation: simulation
	$(BUILD)/swift-simulation/release/simulation $(SIMULATION)

soak-simulation: simulation
	$(BUILD)/swift-simulation/release/simulation $(if $(filter command line,$(origin SIMULATION)),$(SIMULATION))

MINUTES ?= 10
CLIENTS ?= 2000
soak: packages-test examples $(BUILD)/soak/crowd $(VENV)/ready
	$(VENV)/bin/python Tests/soak/soak.py --minutes $(MINUTES) --clients $(CLIENTS)

$(BUILD)/soak/crowd: Tests/soak/crowd.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wpedantic -Werror $< -o $@

simulation: packages-test swift
	swift build --quiet -c release --product simulation --scratch-path $(BUILD)/swift-simulation

# Random bytes and calls for a short while; Tests/Fuzzing/run.sh SECONDS goes on for longer.
test-fuzz: packages-test swift
	Tests/Fuzzing/run.sh 10

# Then the same with TLS.
test-c: packages-test lib
	Tests/c/run.sh
	Tests/c/run.sh --tls

# The wheel, installed for one Python; check-pythons does so for every other on this machine.
test-python: packages-python wheel
	$(PYTHON_TESTS) test $(WHEEL)

# The client alone, then against the board and the simulation of the server; and how large it is.
test-typescript: packages-test all simulation
	BOARD=$(abspath $(BUILD)/examples/board) \
	  SIMULATION=$(abspath $(BUILD)/swift-simulation/release/simulation) $(CLIENT_FOLDER)/test/run.sh
	$(CLIENT_FOLDER)/test/size.sh

# What was generated from the board and is committed is what the board would generate; and it compiles
# (that for the page did, with the page).
test-generated: all
	$(BUILD)/examples/board --check --typescript $(PAGE_FOLDER)/src/generated \
	  --rxdjango Tests/generated/rxdjango
	tsc -p Tests/generated

test-examples: all $(VENV)/ready
	COVEY_SCREENSHOTS=1 $(VENV)/bin/python -m pytest -q -n 2 --dist worksteal Tests/examples

# Several processes on one Redis, and the real Django Channels beside them.
LAYER_VENV := $(BUILD)/layers/venv
$(LAYER_VENV)/ready: Tests/layers/requirements.txt examples/django/requirements.txt | packages-test
	@$(PYTHON) -m venv $(LAYER_VENV)
	@$(LAYER_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(BUILD)/tests/layers/node: Tests/layers/node.c $(HEADERS) $(LIB) | packages-test
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $< -o $@ -L$(BUILD)/lib -lcovey -Wl,-rpath,'$$ORIGIN/../../lib'

test-layers: $(BUILD)/tests/layers/node $(BUILD)/examples/chat $(LAYER_VENV)/ready
	$(LAYER_VENV)/bin/python -m pytest -q Tests/layers

# What a layer does when processes, connections and Redis itself are treated badly, by a schedule of
# chance: for SECONDS with each driver; SEED repeats one. Then whatever may be in Redis' place.
SECONDS := 30
FAULTS_NODE := $(BUILD)/tests/layers/faults_node
FAULTS := FAULTS_NODE=$(FAULTS_NODE) $(VENV)/bin/python Tests/layers

$(FAULTS_NODE): Tests/layers/faults_node.c $(HEADERS) $(LIB) | packages-test
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 -g -pthread -Wall -Wextra -Wpedantic -Werror -Iinclude $< -o $@ \
	  -L$(BUILD)/lib -lcovey -Wl,-rpath,'$$ORIGIN/../../lib'

test-faults: packages-test $(FAULTS_NODE) $(VENV)/ready
	$(FAULTS)/faults.py --seconds 10
	$(FAULTS)/faults_connecting.py

check-layers: packages-check $(FAULTS_NODE) $(VENV)/ready
	$(FAULTS)/faults.py --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))
	FAULTS_TIMES=100 $(FAULTS)/faults_connecting.py many
	FAULTS_TIMES=10 FAULTS_UNDER="valgrind -q --error-exitcode=66 --undef-value-errors=no --leak-check=full \
	  --show-leak-kinds=definite --errors-for-leak-kinds=definite" $(FAULTS)/faults_connecting.py \
	  nobody resolve socket password says closes many freed stopped

# The library under a sanitizer, with the C programs that use it, and the Swift tests. XCTest leaks a
# little of its own; leaks of ours are found by the C programs and by valgrind.
SANITIZED := $(patsubst %,$(BUILD)/%/lib/libcovey.so.$(VERSION),thread address)
$(SANITIZED): $(BUILD)/%/lib/libcovey.so.$(VERSION): $(SWIFT_SOURCES) $(PARTS) | swift packages-check
	@mkdir -p $(@D)
	swift build --quiet -c release --sanitize=$* --product covey $(SWIFT_TRAITS) \
	  --scratch-path $(BUILD)/swift-$* -Xswiftc -use-ld=lld -Xlinker -soname=libcovey.so.1
	@cp $(BUILD)/swift-$*/release/libcovey.so $@.new && mv $@.new $@
	@ln -sf libcovey.so.$(VERSION) $(@D)/libcovey.so.1
	@ln -sf libcovey.so.1 $(@D)/libcovey.so

CHECK_LAYERS := $(if $(WITHOUT_REDIS),,check-layers)

check: packages-check all wheel $(SANITIZED) $(VENV)/ready
	$(call side_by_side,check-swift-thread check-swift-address check-python check-pythons $(CHECK_LAYERS),\
	  check-c-thread check-c-address check-valgrind check-without-redis)
	@$(MAKE) --no-print-directory check-soak check-fuzz check-scripts

check-thread check-address: check-%: packages-check lib $(BUILD)/%/lib/libcovey.so.$(VERSION)
	$(call side_by_side,check-swift-$*,check-c-$*)

check-c-%: $(BUILD)/%/lib/libcovey.so.$(VERSION)
	Tests/c/run.sh --sanitizer $* $(BUILD)/$*/lib

check-swift-%: packages-check swift
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=$* --scratch-path $(BUILD)/swift-$*-tests \
	  $(SWIFT_TRAITS)

check-python: packages-check packages-python wheel $(BUILD)/address/lib/libcovey.so.$(VERSION)
	$(PYTHON_TESTS) address $(WHEEL) $(BUILD)/address/lib/libcovey.so.1

check-pythons: packages-python wheel
	$(PYTHON_TESTS) others $(WHEEL)

check-valgrind: packages-check lib
	Tests/c/run.sh --valgrind

# That it builds without hiredis, and that groups are as they were.
check-without-redis: packages-check swift
	@$(MAKE) --no-print-directory REDIS=0 BUILD=$(BUILD)/without-redis lib
	REDIS=0 LIBDIR=$(abspath $(BUILD))/without-redis/lib Tests/c/run.sh \
	  without_layers addresses groups symbols_test

test-debian13: swift packages-debian13
	Tests/debian13/run.sh $(BUILD)/debian13

check-fuzz: packages-check swift
	Tests/Fuzzing/run.sh 120

check-soak:
	@$(MAKE) --no-print-directory soak MINUTES=3 CLIENTS=300

check-scripts: packages-check
	shellcheck $(REQUIRE) .ci/run Tests/c/*.sh Tests/debian13/run.sh \
	  Tests/Fuzzing/run.sh $(PYTHON_FOLDER)/tests/run.sh \
	  $(CLIENT_FOLDER)/test/*.sh

bench: packages-test all
	$(PYTHON) Tests/bench/run.py
	tsc -p $(CLIENT_FOLDER)/test && node $(CLIENT_FOLDER)/dist/test/bench.js

# That the benchmark measures at all; its figures mean nothing here.
test-bench: packages-test all
	$(PYTHON) Tests/bench/run.py --quick

# -------------------------------------------------------------- installing

install: lib
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/lib/cmake/covey \
	  $(DESTDIR)$(PREFIX)/include/covey
	install -m 755 -s $(LIB) $(DESTDIR)$(PREFIX)/lib/
	ln -sf libcovey.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libcovey.so.1
	ln -sf libcovey.so.1 $(DESTDIR)$(PREFIX)/lib/libcovey.so
	install -m 644 include/covey.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 include/covey/*.h $(DESTDIR)$(PREFIX)/include/covey/
	sed -e 's|@PREFIX@|$(PREFIX)|' $(PC_WORDS) $(PACKAGING)/covey.pc.in \
	  >$(DESTDIR)$(PREFIX)/lib/pkgconfig/covey.pc
	install -m 644 $(PACKAGING)/covey-config.cmake $(DESTDIR)$(PREFIX)/lib/cmake/covey/
	sed -e 's|@VERSION@|$(VERSION)|' $(PACKAGING)/covey-config-version.cmake.in \
	  >$(DESTDIR)$(PREFIX)/lib/cmake/covey/covey-config-version.cmake

# ------------------------------------------------------------ house-keeping

format:
	swift format --in-place --recursive Package.swift Sources Tests
	clang-format -i $(HEADERS) $(C_SOURCES)
	$(PYTHON_TESTS) format

lint: lint-python
	swift format lint --strict --recursive Package.swift Sources Tests
	clang-format --dry-run -Werror $(HEADERS) $(C_SOURCES)

lint-python: packages-python
	$(PYTHON_TESTS) lint

clean:
	rm -rf $(BUILD) .build $(CLIENT_FOLDER)/dist
