# A fresh Debian machine with cargo, node and npm is enough: what else is needed is installed here.

LISTEN ?= 127.0.0.1:8080
DATA ?= demo-data
CARGO_FLAGS ?= --locked
APT = apt-get install -y --no-install-recommends
# Installs a Debian package when a command is missing; with sudo for those who are not root.
need = command -v $(1) >/dev/null 2>&1 || { \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -qq && $$sudo $(APT) $(2); }

.PHONY: run test page setup page-setup lint unit e2e bench clean

run: page
	cargo run $(CARGO_FLAGS) -- demo --data-dir $(DATA) --listen $(LISTEN)

test: lint unit e2e

setup:
	@$(call need,cc,build-essential)

page-setup: ui/node_modules/.package-lock.json

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && npm ci --no-audit --no-fund

# The page is built before the binary, which carries it.
page: setup page-setup
	cd ui && npm run build

lint: page
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

unit: page
	cd ui && npm test
	if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run $(CARGO_FLAGS) --no-fail-fast; \
	else cargo test $(CARGO_FLAGS) --no-fail-fast; fi

e2e: page
	@$(call need,chromium,chromium)
	cargo build $(CARGO_FLAGS)
	cd ui && LENDERBOX_BIN="$$(cargo metadata --format-version 1 --no-deps | node -p 'JSON.parse(require("fs").readFileSync(0)).target_directory')/debug/lenderbox" npm run e2e

bench: page
	cargo bench $(CARGO_FLAGS)

clean:
	rm -rf ui/dist ui/node_modules $(DATA)
	cargo clean
