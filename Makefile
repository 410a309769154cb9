# Sharelink. `make run` shows it at work and `make test` proves it; both install what is missing and build first.
# A new file needs no edit here: sources are found by their place.
#
#   make [MODE=release|debug|asan|tsan] [CC=gcc|clang]    build into build/<mode>/bin
#   make run | clean-run                                   the whole system on this machine | forget its data
#   make test | unit | blackbox                            all tests | one kind
#   make bench [PARTS="opens list"]                        figures, each beside what it is measured against
#   make test-compose                                      docker-compose.yml with a real engine
#   make test-prism                                        tests of what goes well, through a proxy that validates by the contract
#   make lint                                              the rules that scripts can check

MODE ?= release
OUT := build/$(MODE)
GEN := build/gen
PACKAGES := libevent libevent_pthreads libpq hiredis jansson libsodium libcurl libcmark libidn2 zlib

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wcast-qual -Wundef -Wvla
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now,-z,noexecstack
CFLAGS_debug := -Og -g3
# Sanitized code misleads gcc's guesses about formats; the release build keeps that warning.
CFLAGS_asan := -Wno-format-truncation -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDFLAGS_asan := -fsanitize=address,undefined
CFLAGS_tsan := -Wno-format-truncation -O1 -g -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread

VERSION := $(shell sed -n 's/^## \([0-9][^ ]*\).*/\1/p' CHANGELOG.md 2>/dev/null | head -n 1)
CPPFLAGS += -I. -I$(GEN) -D_GNU_SOURCE -DSHARELINK_VERSION='"$(or $(VERSION),0)"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
CFLAGS += -std=gnu11 $(WARNINGS) $(CFLAGS_$(MODE)) -pthread
LDFLAGS += $(LDFLAGS_$(MODE)) -pthread
LDLIBS += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm

DAEMONS := links views notifications console
SERVICES := $(DAEMONS) ctl
BINARIES := $(DAEMONS:%=$(OUT)/bin/sharelink-%) $(OUT)/bin/sharelink

# Sources are found by their place, in folders and the folders within.
find = $(sort $(wildcard $(foreach name,$2,$1/$(name) $1/*/$(name))))
objects = $(patsubst %.c,$(OUT)/%.o,$(call find,$1,*.c))

COMMON := $(call objects,common)
UNIT_TESTS := $(patsubst %.c,$(OUT)/tests/%,$(notdir $(call find,tests/unit,test_*.c)))
vpath test_%.c $(sort $(dir $(call find,tests/unit,test_*.c)))

# Statements by name: each .sql beside a .c becomes a header of C; see common/pg/statements/README.md.
STATEMENTS := $(filter-out $(foreach service,$(SERVICES),services/$(service)/schema/% services/$(service)/migrations/%), \
                           $(foreach service,$(SERVICES),$(call find,services/$(service),*.sql)) $(call find,common,*.sql))
STATEMENTS += $(wildcard tests/unit/rigs/*.sql)
STATEMENT_HEADERS := $(STATEMENTS:%=$(GEN)/%.h)

# Text that is compiled in: SQL and the page's parts become C string literals.
EMBEDDED := $(patsubst %,$(GEN)/%.inc,$(foreach service,$(SERVICES),$(call find,services/$(service),*.sql)) $(call find,common,*.sql *.lua *.html) \
                                    $(wildcard services/links/pages/* services/views/pages/*.html $(patsubst %,common/pages/*.%,css js svg)))
# The reviewer's page: its entries; what they import comes with them.
REVIEWERS_PAGE := $(patsubst %,services/views/pages/%,gate.js app.js gate.css $(patsubst %,views/%.css,list interview finish))
EMBEDDED += $(GEN)/services/views/pages/assets.inc
# The recruiters' console, likewise.
CONSOLE_PAGE := services/console/pages/console.js services/console/pages/console.css
EMBEDDED += $(GEN)/services/console/pages/assets.inc $(patsubst %,$(GEN)/%.inc,$(wildcard services/console/pages/*.html services/console/pages/embed.js))
# What daemons say to people, in every language: see common/words/words.h.
WORDS := $(GEN)/words_keys.h $(GEN)/words_table.inc
# And what nginx says to them itself. It stands in the tree, for gateways are started of that alone; not where images are built.
FAULTS := $(if $(wildcard deploy/nginx/make-faults),$(GEN)/faults.made)
# OpenAPI: each daemon's own document, and that of all of /v1.
OPENAPI := $(DAEMONS) v1
EMBEDDED += $(OPENAPI:%=$(GEN)/proto/openapi/%.inc)
# The schema: the files that make a database, in their order, and the migrations that change one.
SCHEMA := $(shell sed -nE 's,^(base|repeatable) +,services/,p' services/ctl/schema/order)
MIGRATIONS := $(sort $(wildcard services/ctl/migrations/*.sql))
# Changes when a file comes, goes or moves, which no file's age tells.
SCHEMA_LIST := $(GEN)/schema.list
$(shell mkdir -p $(GEN); echo '$(SCHEMA) $(MIGRATIONS)' | cmp -s - $(SCHEMA_LIST) || echo '$(SCHEMA) $(MIGRATIONS)' >$(SCHEMA_LIST))

# One short line a step; V=1 shows the commands.
say = $(if $(V),,@printf '  %-5s%s\n' $(1) $(2);)

.PHONY: all run clean-run test test-compose test-fuzz test-prism unit unit-binaries blackbox bench lint format clean packages-run packages-test
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BINARIES) $(FAULTS)

$(OUT)/bin/sharelink: $(OUT)/services/ctl/main.o $(OUT)/libctl.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/bin/sharelink-%: $(OUT)/services/%/main.o $(OUT)/lib%.a $(OUT)/libcommon.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What a service is made of, but for its main.c.
define service_rule
$(OUT)/lib$(1).a: $(filter-out %/main.o,$(call objects,services/$(1)))
	@rm -f $$@
	$$(call say,AR,$$@)$$(AR) rcs $$@ $$^
endef
$(foreach service,$(SERVICES),$(eval $(call service_rule,$(service))))

$(OUT)/libcommon.a: $(COMMON)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(OUT)/%.o: %.c Makefile | $(EMBEDDED) $(STATEMENT_HEADERS) $(WORDS) $(GEN)/schema.inc $(GEN)/migrations.inc $(GEN)/schema_digest.inc $(GEN)/settings.inc $(GEN)/event_types.inc $(GEN)/event_type_list.inc
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# All that a unit test may take a module of: what no test names is left out by the linker.
TESTED := $(SERVICES:%=$(OUT)/lib%.a) $(OUT)/libcommon.a

$(OUT)/tests/test_%: test_%.c $(TESTED) Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(TESTED) $(LDLIBS) -lcmocka

$(GEN)/%.sql.h: %.sql common/pg/make-statement $(wildcard common/pg/statements/*.py)
	@mkdir -p $(@D)
	$(call say,SQL,$@)common/pg/make-statement $< >$@

# Touched only when they change: a text that is worded anew compiles one file. A folder is as new as the last file that came or went.
$(GEN)/words_keys.h $(GEN)/words_table.inc &: common/words/make-words common/words/catalogue_files.py common/words $(wildcard common/words/*/ common/words/*/*.json)
	@mkdir -p $(@D)
	@/usr/bin/python3 $< keys >$(GEN)/words_keys.h.new
	@/usr/bin/python3 $< table >$(GEN)/words_table.inc.new
	@for made in words_keys.h words_table.inc; do \
	    if cmp -s $(GEN)/$$made.new $(GEN)/$$made; then rm $(GEN)/$$made.new; else mv $(GEN)/$$made.new $(GEN)/$$made; fi; done

$(GEN)/faults.made: deploy/nginx/make-faults common/http/fault.html common/http/fault_page.c common/words/catalogue_files.py $(wildcard common/words/*/pages.json)
	@mkdir -p $(@D)
	@/usr/bin/python3 $<
	@touch $@

# A question mark too: ??= of a script would be a trigraph.
as_literal = s/\\/\\\\/g; s/"/\\"/g; s/?/\\?/g; s/^/"/; s/$$/\\n"/
$(GEN)/%.inc: % Makefile
	@mkdir -p $(@D)
	@sed -e '$(as_literal)' $< >$@

# Of what pages load, what a browser has no use for stays here: indentation, and lines of comment. Lines keep their numbers.
$(GEN)/%.js.inc: %.js Makefile
	@mkdir -p $(@D)
	@sed -e 's/^ *//; s,^//.*,,' -e '$(as_literal)' $< >$@
$(GEN)/%.css.inc: %.css Makefile
	@mkdir -p $(@D)
	@sed -e 's/^ *//; s, */\*.*\*/,,g; /^$$/d' -e '$(as_literal)' $< >$@

$(GEN)/services/views/pages/assets.inc: $(wildcard services/views/pages/*.js services/views/pages/*/*.js services/views/pages/*.css services/views/pages/*/*.css common/pages/*.js common/pages/*.css common/words/*/*.json) \
                                        common/pages/icon.svg common/pages/bundle Makefile
	@mkdir -p $(@D)
	$(call say,PAGE,$@)common/pages/bundle $@ $(REVIEWERS_PAGE) --as-is common/pages/icon.svg

$(GEN)/services/console/pages/assets.inc: $(wildcard services/console/pages/*.js services/console/pages/*/*.js services/console/pages/*.css common/pages/*.js common/pages/*.css common/words/*/*.json) \
                                          common/pages/icon.svg common/pages/bundle Makefile
	@mkdir -p $(@D)
	$(call say,PAGE,$@)common/pages/bundle $@ $(CONSOLE_PAGE) --as-is common/pages/icon.svg

$(GEN)/proto/openapi/%.json: proto/openapi/%.yaml $(wildcard proto/openapi/*.yaml proto/openapi/*.py proto/events/*.json) proto/openapi/embed CHANGELOG.md Makefile
	@mkdir -p $(@D)
	$(call say,JSON,$@)/usr/bin/python3 proto/openapi/embed json $< '$(or $(VERSION),0)' >$@

$(GEN)/proto/openapi/%.inc: $(GEN)/proto/openapi/%.json
	@/usr/bin/python3 proto/openapi/embed c $< >$@

$(GEN)/event_type_list.inc: $(wildcard proto/openapi/*.py proto/events/*.json) proto/openapi/embed Makefile
	@mkdir -p $(@D)
	@/usr/bin/python3 proto/openapi/embed types >$@

$(GEN)/schema.inc: services/ctl/schema/order $(SCHEMA_LIST) $(SCHEMA:%=$(GEN)/%.inc) Makefile
	@mkdir -p $(@D)
	@sed -nE 's,^(base|repeatable) +(.*),{ SCHEMA_\U\1\E\, "\2"\,\n#include "services/\2.inc"\n}\,,p' $< >$@

$(GEN)/migrations.inc: $(SCHEMA_LIST) $(MIGRATIONS:%=$(GEN)/%.inc) Makefile
	@mkdir -p $(@D)
	@: >$@; for file in $(MIGRATIONS); do \
	    printf '{ "%s",\n#include "%s.inc"\n},\n' "$$(basename $$file .sql)" "$$file" >>$@; done

# By which a daemon asks for the schema that it was built with.
$(GEN)/schema_digest.inc: $(SCHEMA_LIST) $(SCHEMA) $(MIGRATIONS) Makefile
	@mkdir -p $(@D)
	@sha256sum $(SCHEMA) $(MIGRATIONS) | sha256sum | sed 's/ .*//; s/.*/"&"/' >$@

# The names of all settings, from the programs' tables. Touched only when it changes, for these files often do.
SETTING_TABLES := common/daemon/common_settings.c common/daemon/guard.c $(foreach service,$(SERVICES),$(call find,services/$(service),*.c))
$(GEN)/settings.inc: $(SETTING_TABLES) Makefile
	@mkdir -p $(@D)
	@sed -n 's/.*\.name = "\([A-Z][A-Z0-9_]*\)".*/"\1",/p' $(SETTING_TABLES) | LC_ALL=C sort -u >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The short names of all events: each has its schema. A folder is as new as the last file that came or went.
$(GEN)/event_types.inc: proto/events $(wildcard proto/events/*.json) Makefile
	@mkdir -p $(@D)
	@ls proto/events/*.json | sed -n '/envelope/d; s,.*/\(.*\)\.json$$,"\1"\,,p' >$@

packages-run:
	@deploy/local/install-packages run
packages-test:
	@deploy/local/install-packages test

# The packages come first, so what pkg-config says is asked for again by a second make.
run: packages-run
	@$(MAKE) --no-print-directory all
	@exec /usr/bin/python3 deploy/local/run.py
clean-run:
	@/usr/bin/python3 deploy/local/run.py --clean

test: packages-test
	@$(MAKE) --no-print-directory all
	@MODE=$(MODE) tests/run-all
unit: $(UNIT_TESTS)
	@MODE=$(MODE) tests/run-all unit
blackbox: all
	@MODE=$(MODE) tests/run-all blackbox
unit-binaries: $(UNIT_TESTS)

# Installs what it needs by itself; does not need the build.
test-compose:
	@exec tests/compose/run

# Requests of hypothesis to every operation of the contracts, for ten minutes at most.
test-fuzz: packages-test
	@$(MAKE) --no-print-directory all
	@exec /usr/bin/python3 tests/fuzz/fuzz.py

# The black-box tests of what goes well, with prism before the daemons.
test-prism: packages-test
	@$(MAKE) --no-print-directory all
	@MODE=$(MODE) tests/blackbox/prism

bench: packages-test
	@$(MAKE) --no-print-directory all
	@exec /usr/bin/python3 tests/bench/bench.py $(PARTS)

lint:
	@tests/lint/run

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
