# Makefile - builds, tests and installs aez; no configure step, everything made lands under build/.
B      := build
PREFIX ?= /usr/local
export AEZ_DATA ?= ../shared/data
CFLAGS ?= -O2 -g
T      := *
JOBS   := $(shell nproc 2>/dev/null || echo 1)
Q      := $(if $(V),,@)
say     = $(if $(V),,@echo '  $(1)$(subst $(B)/,,$@)';)

AEZ_CFLAGS := -std=c11 -Wall -Wextra -Wpedantic -ffp-contract=off -fvisibility=hidden -fPIC \
              -D_FILE_OFFSET_BITS=64 -I. -Icodec/api
VERSION    := $(shell awk '/define AEZ_VERSION_(MAJ|MIN|PATCH)/{v = v s $$3; s = "."} END{print v}' \
              codec/api/aez.h)
COMPILE     = $(CC) $(AEZ_CFLAGS) $(CPPFLAGS) $(CFLAGS)

objects    = $(patsubst %.c,$(B)/obj/%.o,$(1))
TRAIN_SRC := $(wildcard codec/train/*.c)
LIB_OBJ   := $(call objects,$(sort $(filter-out $(TRAIN_SRC),$(wildcard codec/*/*.c format/*.c))))
TRAIN_OBJ := $(call objects,$(TRAIN_SRC))
CLI_OBJ   := $(call objects,$(wildcard cli/*.c))
LIB_LIBS  := -lzstd -lxxhash -lm
ALL_LIBS  := -lopenblas -lgomp $(LIB_LIBS) -pthread
CLI_LIBS  := -lcsv -lpng
ARCHIVES  := $(B)/libaez-train.a $(B)/libaez.a
COMMAND   := $(B)/aez
CLI_LIB   := $(if $(CLI_OBJ),$(B)/obj/cli.a)
TOOLS     := $(B)/aez-compare $(B)/aez-generate $(B)/aez-measure $(B)/aez-sheet
FUZZERS   := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_MAIN  = $(B)/obj/tests/fuzz/replay.o
REPLAY    := $(if $(filter * fuzz,$(T)),$(FUZZERS) $(B)/tests/fuzz/seeds)
TESTS     := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_$(T).c tests/kernel/*$(T)*.c))
ENV        = B='$(B)' T='$(T)' CC='$(CC)'

all: $(ARCHIVES) $(B)/libaez.so.0 $(B)/aez.pc $(COMMAND)  ## the libraries and the command

test: deps  ## run every test, or those named with T=name
	@$(MAKE) -j$(JOBS) --no-print-directory $(if $(and $(filter-out *,$(T)),$(TESTS)),,all) tests
	@$(ENV) sh tests/support/run.sh $(TESTS)

tests: $(TESTS) $(TOOLS) $(REPLAY)

demo: deps  ## compress generated data and compare with zstd -19
	@$(MAKE) -j$(JOBS) --no-print-directory all tools
	@$(ENV) sh corpus/demo.sh

asan:  ## the whole test suite with the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory test B=build/asan LDFLAGS='$(LDFLAGS) -fsanitize=address,undefined' \
	    CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all'

fuzz:  ## run every fuzzing target for T=60 seconds; ONLY=csv is one of them
	@$(ENV) sh tests/fuzz/run.sh

harden:  ## damaged files, failing allocations, faults of the system: HARDEN=N cases a path
	@$(ENV) sh tests/harden/run.sh

exact:  ## the same values from every compiler, level, kernel and machine that can be had here
	@$(ENV) sh tests/exact/run.sh

check-data: all tools  ## round trips and bounds on every real set under AEZ_DATA
	@$(ENV) sh corpus/check-data.sh

figures: all tools  ## the sizes, speeds and memory that must hold, each beside its limit
	@$(ENV) sh corpus/figures.sh

ratio: all tools  ## bytes beside the best peer's: LEVEL=9, ONLY=open or aside, T='hep/.* 1e-3', J=2
	@$(ENV) sh corpus/ratio.sh

recipes: deps  ## the autoencoder tutorials on real data, and a page: T='mnist-*', FULL=1
	@$(MAKE) -j$(JOBS) --no-print-directory all tools
	@$(ENV) sh corpus/recipes.sh

conformance: all  ## the independent reader, Kaitai Struct and file(1) over all vectors
	@$(ENV) sh tests/conformance/conformance.sh

tools: $(TOOLS)

deps:
	@$(ENV) sh tests/support/deps.sh

install: all  ## copy to DESTDIR/PREFIX
	$(Q)install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin include lib/pkgconfig share/man/man1 \
	    share/bash-completion/completions)
	$(Q)install -m 644 codec/api/aez.h $(DESTDIR)$(PREFIX)/include/
	$(Q)install -m 644 $(ARCHIVES) $(DESTDIR)$(PREFIX)/lib/
	$(Q)install -m 755 $(B)/libaez.so.0 $(DESTDIR)$(PREFIX)/lib/
	$(Q)ln -sf libaez.so.0 $(DESTDIR)$(PREFIX)/lib/libaez.so
	$(Q)install -m 644 $(B)/aez.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	$(Q)install -m 755 $(COMMAND) $(DESTDIR)$(PREFIX)/bin/
	$(Q)install -m 644 cli/aez.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(Q)install -m 644 cli/aez.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/aez

clean:  ## remove everything made
	$(Q)rm -rf build

help:  ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC ) $(COMPILE) -MMD -MP -c -o $@ $<
$(B)/libaez.a: $(LIB_OBJ)
$(B)/libaez-train.a: $(TRAIN_OBJ)
$(B)/obj/cli.a: $(filter-out %/main.o,$(CLI_OBJ))
$(B)/%.a:
	$(call say,AR ) rm -f $@ && $(AR) rcs $@ $^
$(B)/libaez.so.0: $(LIB_OBJ)
	$(call say,LD ) $(CC) -shared -Wl,-soname,libaez.so.0 $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)
$(B)/aez: $(CLI_OBJ) $(ARCHIVES)
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CLI_LIBS) $(ALL_LIBS)
$(B)/tests/%: $(B)/obj/tests/%.o $(CLI_LIB) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcriterion $(CLI_LIBS) $(ALL_LIBS)
$(FUZZERS): $(B)/tests/%: $(B)/obj/tests/%.o $(FUZZ_MAIN) $(CLI_LIB) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CLI_LIBS) $(ALL_LIBS)
$(B)/tests/fuzz/seeds $(B)/tests/harden/alloc: $(B)/tests/%: $(B)/obj/tests/%.o \
    $(CLI_LIB) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CLI_LIBS) $(ALL_LIBS)
$(B)/tests/exact/exact: $(B)/obj/tests/exact/exact.o $(B)/libaez.a
	@mkdir -p $(@D)
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)
$(B)/tests/harden/mutate: $(B)/obj/tests/harden/mutate.o $(B)/obj/tests/harden/case.o $(B)/libaez.a
	@mkdir -p $(@D)
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS)
$(B)/aez-compare $(B)/aez-measure: $(B)/aez-%: $(B)/obj/tests/support/%.o
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm
$(B)/aez-generate $(B)/aez-sheet: $(B)/aez-%: $(B)/obj/corpus/%.o
	$(call say,LD ) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lm
$(B)/aez.pc: $(B)/flags
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'Name: aez' 'Description: compressor for numeric data' \
	    'Version: $(VERSION)' 'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -laez' \
	    'Libs.private: $(LIB_LIBS)' > $@
$(B)/flags: FORCE # changes when the compiler or a flag does, so that everything is built anew
	@mkdir -p $(B); echo '$(COMPILE) $(LDFLAGS) $(PREFIX)' > $@.new; cmp -s $@.new $@ || cp $@.new $@

.PHONY: all test tests demo asan fuzz harden exact check-data figures ratio recipes conformance tools deps install clean help FORCE
.SECONDARY:
-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
