# carpd: build, test, look at it. Everything that needs more than one command is in Tests/run.
#
#   make            build
#   make demo       two machines and a client on this one: takeovers, and how long the client waits
#   make test       everything CI runs: build, format, the wall, unit tests, system tests
#   make bench      failover figures as a table
#
# packages and users change the machine (Debian packages, five system users); only what is missing is added.

BUILD   = .build/release
PREFIX  = /usr/local
DESTDIR =
SWIFT   = swift
PYTHON  = /usr/bin/python3
# An import that the manifest does not declare is an error: the wall between the processes is drawn there.
FLAGS   = --explicit-target-dependency-import-check error
ROOT    = $(if $(filter 0,$(shell id -u)),,sudo)
PYTEST  = $(ROOT) $(PYTHON) -m pytest -p no:cacheprovider

.PHONY: all build test unit system demo bench lint wall fuzz clean install packages users

all: build

build: | packages
	$(SWIFT) build -c release --static-swift-stdlib $(FLAGS)

test: | packages users
	Tests/run all

unit: | packages
	Tests/run unit

# One file: make system TESTS=Tests/system/test_takeover.py
TESTS = Tests/system
system: build | users
	Tests/run system $(TESTS)

demo: build | users
	$(ROOT) $(PYTHON) demo/demo.py

bench: build | users
	$(ROOT) $(PYTHON) Tests/bench/bench.py $(BENCH)

lint:
	Tests/run lint

wall:
	Tests/run wall

# Seconds for each fuzzer.
SECONDS = 60
fuzz:
	Tests/run fuzz $(SECONDS)

# The tests, which run as root, leave a Debian system there.
clean:
	$(ROOT) rm -rf .build

# As root, after `make`; installs what was built. PREFIX may be /usr; a package's build sets DESTDIR.
TO      = $(DESTDIR)$(PREFIX)
UNITS   = $(TO)/lib/systemd/system
# polkit (before version 124) looks for rules in /usr/share and /etc only.
POLKIT  = $(DESTDIR)$(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/polkit-1/rules.d
# The version of systemd that it is for: from 253 on the service says itself when it has reloaded (notify-reload).
SYSTEMD = $(shell systemctl --version 2>/dev/null | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p')
install: $(BUILD)/carpd
	install -d $(TO)/sbin $(TO)/bin $(TO)/share/doc/carpd/networkd $(TO)/share/doc/carpd/systemd \
	  $(TO)/share/man/man5 $(TO)/share/man/man8 $(UNITS)
	install -m 0755 -s $(BUILD)/carpd $(BUILD)/carpd-launcher $(BUILD)/carpd-engine $(TO)/sbin/
	install -m 0755 -s $(BUILD)/carpctl $(TO)/bin/
	install -m 0644 $(wildcard man/*.5) $(TO)/share/man/man5/
	install -m 0644 $(wildcard man/*.8) $(TO)/share/man/man8/
	install -m 0644 README.md ARCHITECTURE.md LICENSE $(wildcard conf/*.toml) $(TO)/share/doc/carpd/
	install -m 0644 conf/networkd/* $(TO)/share/doc/carpd/networkd/
	install -m 0644 conf/systemd/* $(TO)/share/doc/carpd/systemd/
	install -D -m 0644 systemd/carpd.sysusers $(TO)/lib/sysusers.d/carpd.conf
	install -D -m 0644 systemd/carpd.tmpfiles $(TO)/lib/tmpfiles.d/carpd.conf
	install -D -m 0644 systemd/carpd-hook.rules $(POLKIT)/50-carpd-hook.rules
	install -m 0644 systemd/*.service systemd/*.target $(UNITS)/
	sed -i 's,/usr/local,$(PREFIX),' $(UNITS)/carpd.service $(UNITS)/carpd-hook.service $(UNITS)/carpd-check.service
	if [ "0$(SYSTEMD)" -ge 253 ]; then \
	  sed -i 's/^Type=notify$$/Type=notify-reload/; /^ExecReload=/d' $(UNITS)/carpd.service; fi

$(BUILD)/carpd:
	$(MAKE) build

packages:
	@Tests/run packages

users:
	@Tests/run users
