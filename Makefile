# Sample Desk. `make help` lists what there is to make.

GO          ?= go
BIN         := bin/sampledesk
# The linter is run by version and is no dependency of the program.
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# So is what looks for known vulnerabilities.
GOVULN      := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME    ?= 20s
# How many applications the stores of bench-size have.
SIZES       ?= 1000,20000
# The first seed of soak, replicas, failover, sixty and month, and how many from there.
SEED        ?= 1
COUNT       ?= 1
# Asked of git here, as the toolchain's own way fails in a folder that another user owns. Empty where git is not at hand.
REVISION    := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
# The race detector needs cgo and a C compiler.
RACE        := $(shell CGO_ENABLED=1 $(GO) env CC 2>/dev/null | xargs -r sh -c 'command -v "$$0"' >/dev/null 2>&1 && echo -race)

# What only works out bytes and pictures from the values of one call, without a goroutine or anything shared, is built
# without the race detector: it could find nothing there, and makes that code ten times slower. Whatever reads our own
# values (encoding/json, reflect, bbolt, net/http) stays under it.
UNSHARED    := compress/... hash/... image/... unicode/... regexp/... strconv go/... \
	golang.org/x/image/... golang.org/x/text/... github.com/boombuler/barcode/... github.com/makiuchi-d/gozxing/... \
	github.com/go-json-experiment/json/jsontext github.com/go-json-experiment/json/internal/... github.com/alecthomas/kong
# The checks of unsafe pointers that -race brings along are for code with such pointers. We have none, as a test asserts;
# they would check reflect and bbolt, for a tenth of the processor and more.
RACE_FLAGS  := -gcflags=all=-d=checkptr=0 $(patsubst %,-gcflags=%=-race=0,$(UNSHARED))
# These flags stand in the environment, so that a test that asks the go command for what is compiled (the rooms test) is given
# what was just built for it. With other flags it would have nearly everything compiled a second time.
RACE_GOFLAGS = GOFLAGS="$$($(GO) env GOFLAGS) -race $(RACE_FLAGS)"
# How long a program under the race detector waits at its end for late reports; its own wait is a second, for each process.
RACE_ENV    := CGO_ENABLED=1 GORACE=atexit_sleep_ms=50
# Tests clear their memory less often than a program on its own does: that is a tenth of the processor.
SELDOM      := GOGC=400

# Where the tests keep their files: in memory if there is room, as most of their time is otherwise the disk's. What is
# built stays on the disk, since such a place may forbid to run it.
IN_MEMORY   := $(shell [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'NR == 2 { print $$4 }')" -gt 2000000 ] && echo TMPDIR=/dev/shm GOTMPDIR=$${GOTMPDIR:-$${TMPDIR:-/tmp}})
# Tests of one package that run at once. They wait more than they work. What `go vet` finds is lint's to say.
AT_ONCE     := -parallel 4 -timeout 30m -vet=off

# Long tests in which one goroutine at a time does everything, on a store of its own: the race detector could find nothing in
# them, and makes them five times as dear. `make test` runs them beside the others without it. What they call starts no goroutine
# either, and their short neighbours stay under the detector. A test holds that each is run here.
ALONE_NAMES := TestAMonthIsLivedTwice TestSixtyDaysTellEachDueStepOnceAndNoneInVain \
	TestWhatWasKeptLongEnoughIsErasedInTransactionsOfAHundredHoweverMuchItIs \
	TestAGroupThatWasBegunWhenTheDeskDiedIsMadeOnceAndLosesNothing TestThousandsDueAtOnceArePacedGroupedAndToldOnce \
	TestManyShipmentsAreGatheredInBatchesAndToldOnceWhateverDies \
	TestTimersThatAreBeingSetWhenTheDeskDiesOrTheSettingsChangeAgainAreAllSet TestADeadlineThatMovesSetsTheTimerAgain \
	TestShippingAndPostingHaveTheirOwnTimers TestManyThatComeCloseAtOnceAreTakenAHundredAtATime \
	TestObserveTakesOverWhatIsNewAndOnlyReadsTheRest TestAShopWithAThousandWaitingGetsThirtyCardsAndOneMessage \
	TestAMorningOfThousandsNamesTheForemostAndCountsTheOthers TestAPlanIsBegunAtOnceAndCarriedOutPartByPart \
	TestARunInPartsSurvivesAKillAtAnyPointAndDecidesEachOnce
ALONE_IN    := ./workflow/engine
ALONE       := '^($(subst $() ,|,$(strip $(ALONE_NAMES))))$$'

# The packages whose tests take longest, to be begun first; then all the others. Several packages run at once on few
# processors too, as some of their tests wait for browsers and other processes.
LONGEST     := ./cmd/sampledesk ./bot ./affiliate/bridge ./workflow/engine ./store/boltstore ./bot/slacksim
PACKAGES    := -p $(shell n=$$(nproc 2>/dev/null || echo 4); [ $$n -gt 3 ] && echo $$n || echo 3) $(LONGEST) ./...

.DEFAULT_GOAL := help

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Build and run the demo: both stand-ins and the desk, from scratch each time; PORT=9000 and the two after it in place of its own
	@exec $(BIN) demo $(if $(PORT),--slack-listen 127.0.0.1:$(PORT) --affiliate-listen 127.0.0.1:$(shell expr $(PORT) + 1) --listen 127.0.0.1:$(shell expr $(PORT) + 2))

.PHONY: test
test: ## All tests, shuffled, with the race detector where there is a C compiler
ifeq ($(RACE),)
	@if [ -n "$$REQUIRE_RACE" ]; then echo "no C compiler: the race detector cannot run, and REQUIRE_RACE is set" >&2; exit 1; fi
	@echo "no C compiler: the tests run without the race detector"
	$(IN_MEMORY) $(SELDOM) $(GO) test -shuffle=on $(AT_ONCE) $(PACKAGES)
else
	$(IN_MEMORY) $(SELDOM) $(GO) test -shuffle=on $(AT_ONCE) -run $(ALONE) $(ALONE_IN)
	$(IN_MEMORY) $(SELDOM) $(RACE_ENV) $(RACE_GOFLAGS) $(GO) test -shuffle=on $(AT_ONCE) -skip $(ALONE) $(PACKAGES)
endif

.PHONY: fast
fast: ## The tests without race detector, browsers, PostgreSQL and what is long: while you work. Packages that did not change are not run again
	$(IN_MEMORY) $(SELDOM) $(GO) test -short $(AT_ONCE) $(PACKAGES)

.PHONY: soak
soak: ## A bad day in two processes, simulated: faults, kills, people; SEED=1 COUNT=1 choose which
	@mkdir -p artifacts
	SAMPLEDESK_SOAK_SEED=$(SEED) SAMPLEDESK_SOAK_COUNT=$(COUNT) $(GO) test ./cmd/sampledesk -run '^TestABadDay' -count=1 -v \
		-timeout 2h -parallel 4 -artifacts -outputdir $(CURDIR)/artifacts

.PHONY: replicas
replicas: ## Bad days of three desks on one store in PostgreSQL; SEED=1 COUNT=1 choose which
	@mkdir -p artifacts
	SAMPLEDESK_REPLICAS_SEED=$(SEED) SAMPLEDESK_REPLICAS_COUNT=$(COUNT) REQUIRE_POSTGRES=1 $(GO) test ./cmd/sampledesk -run '^TestManyDaysOfSeveralDesks|^TestACrowdClicks' \
		-count=1 -v -timeout 4h -artifacts -outputdir $(CURDIR)/artifacts

.PHONY: failover
failover: ## A database that is cut off, restarted, frozen, full, read-only, replaced, again and again, under desks at work; SEED=1 COUNT=1 choose which
	@mkdir -p artifacts
	SAMPLEDESK_FAILOVER_SEED=$(SEED) SAMPLEDESK_FAILOVER_COUNT=$(COUNT) REQUIRE_POSTGRES=1 $(GO) test ./cmd/sampledesk \
		-run '^TestEachTrouble|^TestDesksFindTheDatabase|^TestAFullDisk|^TestADeskThatIsCutOff|^TestADeskThatIsToldToStop|^TestManyDaysOfATroubled' \
		-count=1 -v -timeout 4h -artifacts -outputdir $(CURDIR)/artifacts

.PHONY: sixty
sixty: ## Sixty days of deadlines in virtual time, against a plain model; SEED=1 COUNT=1 choose which
	SAMPLEDESK_SIXTY_SEED=$(SEED) SAMPLEDESK_SIXTY_COUNT=$(COUNT) $(GO) test ./workflow/engine -run '^TestSixtyDays' -count=1 -v -timeout 4h -parallel 4

.PHONY: month
month: ## A month with rules and without them, in virtual time, every count recounted, also of two desks on PostgreSQL; SEED=1 COUNT=1 choose which
	SAMPLEDESK_MONTH_SEED=$(SEED) SAMPLEDESK_MONTH_COUNT=$(COUNT) $(GO) test ./workflow/engine ./store/pgstore -run '^Test(A|TwoDesksLiveA)Month' -count=1 -v -timeout 4h -parallel 4

.PHONY: check
check: build ## Look whether everything is in place, with the environment's tokens
	@exec $(BIN) check

.PHONY: lint
lint: ## Formatting, vet and the linters, each by its pinned version
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "not formatted by gofmt:" >&2; echo "$$out" >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(GOLANGCI) run ./...

.PHONY: vuln
vuln: ## Known vulnerabilities in what the program is built of, by govulncheck; skipped with a line where its database cannot be reached
	@out=$$($(GO) run $(GOVULN) ./cmd/sampledesk 2>&1); s=$$?; echo "$$out" | tail -40; \
	if [ $$s != 0 ] && echo "$$out" | grep -q 'fetching vulnerabilities'; then echo "the vulnerability database cannot be reached: not checked"; exit 0; fi; exit $$s

.PHONY: golden
golden: ## Write the golden files anew, to be read before they are committed
	$(GO) test ./bot/view ./workflow -update

.PHONY: fuzz
fuzz: ## Every fuzz target, FUZZTIME each (20s)
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; $(GO) test $$package -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x; \
		done; \
	done

.PHONY: bench
bench: ## Every benchmark, once; compare by ratio, side by side on one machine
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: bench-store
bench-store: ## Decisions with 1, 8 and 64 writers beside bbolt by itself, in one run, and what a decision costs the disk
	$(GO) test ./store/boltstore -run '^$$' -bench 'BesideBbolt|Written' -benchtime 5s
	$(GO) test ./workflow/outbox -run 'WholeLifeOfADecision' -count=1 -v | grep commits

.PHONY: bench-size
bench-size: ## What people wait for in stores of SIZES applications (1000,20000), beside the first size: SIZES=1000,1000000 takes minutes and 4 GB of memory
	$(IN_MEMORY) SAMPLEDESK_BENCH_SIZES=$(SIZES) $(GO) test ./bot -run '^$$' -bench Sizes -benchtime 1x -timeout 2h

.PHONY: bench-postgres
bench-postgres: ## Decisions of 64 people with 1, 2 and 3 desks on PostgreSQL beside bbolt and beside plain transactions of the same rows, and what people wait for in databases of SIZES applications
	$(IN_MEMORY) SAMPLEDESK_BENCH_SIZES=$(SIZES) $(GO) test ./store/pgstore -run '^$$' -bench 'Decisions|Sizes' -benchtime 1x -timeout 2h

.PHONY: bench-figures
bench-figures: ## The numbers of a year in a shop of 1,000 and one of 100,000 requests; compare them by ratio
	$(GO) test ./workflow/query -run '^$$' -bench BenchmarkTheNumbersOfAYear -benchtime 20x

.PHONY: bench-dispatcher
bench-dispatcher: ## What a posted card costs while 20, 300 and 1,500 others wait behind it; compare them by ratio
	$(GO) test ./workflow/outbox -run '^$$' -bench BenchmarkABacklogOfCards -benchtime 1x -count 3

.PHONY: bench-busy
bench-busy: ## What somebody who asks for the numbers six times a second does to those who decide, at 5,000 requests: sim and serve as processes
	SAMPLEDESK_BENCH_BUSY=1 $(GO) test ./cmd/sampledesk -run '^TestABusyShop$$' -count=1 -v | grep -e ' busy_test' -e FAIL -e '^ok'

.PHONY: bench-clicks
bench-clicks: ## Clicks on Approve by 1, 8 and 64 people: the desk beside a bot that does nothing but acknowledge, each in a process
	$(GO) test ./cmd/sampledesk -run '^$$' -bench BenchmarkClicks -benchtime 1x

.PHONY: bench-sweep
bench-sweep: ## A sweep of 1,000 and 20,000 unchanged applications beside a bare program that decodes the same pages
	$(IN_MEMORY) $(GO) test ./affiliate/bridge -run '^$$' -bench BenchmarkASweep -benchtime 1x -count 3

.PHONY: bench-life
bench-life: ## The calls of Slack's that one application costs from its card to its content
	$(GO) test ./cmd/sampledesk -run '^TestAWholeLife' -count=1 -v | grep -e 'calls of one life' -e FAIL -e '^ok'

.PHONY: build
build: ## The program, in bin/
	$(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.revision=$(REVISION)' -o $(BIN) ./cmd/sampledesk

# The release, as the program says it.
RELEASE     := $(shell sed -n 's/^const release = "\(.*\)"/\1/p' cmd/sampledesk/version.go)
ARCHS       := amd64 arm64
# The chart's linter is run by version and is no dependency of the program.
HELM        := helm.sh/helm/v4/cmd/helm@v4.3.2
CHART       := cmd/sampledesk/deploy/chart

.PHONY: dist
dist: ## Static, stripped programs for Linux on amd64 and arm64 in bin/dist, with checksums; the same source gives the same bytes
	@rm -rf bin/dist && mkdir -p bin/dist/data && touch bin/dist/data/.keep
	@set -e; for arch in $(ARCHS); do \
		echo "building bin/dist/sampledesk-linux-$$arch"; \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X main.revision=$(REVISION)' \
			-o bin/dist/sampledesk-linux-$$arch ./cmd/sampledesk; \
	done
	@cp cmd/sampledesk/deploy/sampledesk.service cmd/sampledesk/deploy/sampledesk.env.example cmd/sampledesk/deploy/compose.yaml bin/dist/
	@cd bin/dist && sha256sum $$(ls -p | grep -v /) > SHA256SUMS && cat SHA256SUMS

.PHONY: image
image: dist ## The container image, for this machine's kind of processor, by docker or (with no daemon) buildah
	@set -e; arch=$$($(GO) env GOARCH); \
	if docker info >/dev/null 2>&1; then docker build --build-arg TARGETARCH=$$arch -t sampledesk:$(RELEASE) -t sampledesk:latest .; \
	elif command -v buildah >/dev/null; then buildah build --isolation chroot --storage-driver vfs --format docker --build-arg TARGETARCH=$$arch -t sampledesk:$(RELEASE) -t sampledesk:latest .; \
	else echo "neither docker nor buildah: install one of them to build the image" >&2; exit 1; fi

.PHONY: check-deploy
check-deploy: ## What deploys the desk: the unit by systemd-analyze, rules by promtool, the chart by helm, compose.yaml by docker compose; what the machine lacks is skipped with a line
	@if command -v systemd-analyze >/dev/null; then \
		d=$$(mktemp -d) && sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' cmd/sampledesk/deploy/sampledesk.service > $$d/sampledesk.service \
		&& systemd-analyze verify --man=no $$d/sampledesk.service; s=$$?; rm -rf $$d; [ $$s = 0 ] && echo "unit: good" || exit $$s; \
	else echo "no systemd-analyze: the unit is not checked"; fi
	@if command -v promtool >/dev/null; then promtool check rules cmd/sampledesk/deploy/alerts.yaml; \
	else echo "no promtool: the alert rules are not checked"; fi
	$(GO) run $(HELM) lint --strict $(CHART)
	@$(GO) run $(HELM) template desk $(CHART) --set ingress.enabled=true,ingress.host=desk.example.com,ingress.tlsSecret=tls,metrics.serviceMonitor=true >/dev/null && echo "chart: good"
	@out=$$($(GO) run $(HELM) template desk $(CHART) --set replicas=3,store.url=postgres://desk@db.example.com/sampledesk) && \
	for part in 'kind: Deployment' 'kind: PodDisruptionBudget' 'replicas: 3' 'podAntiAffinity' 'key: SAMPLEDESK_KEY'; do \
		echo "$$out" | grep -q "$$part" || { echo "the chart of several desks lacks $$part" >&2; exit 1; }; done; \
	if echo "$$out" | grep -iq 'volume\|/data'; then echo "the chart of several desks has a volume" >&2; exit 1; fi; echo "chart of several desks: good"
	@$(GO) run $(HELM) template desk $(CHART) --set replicas=3 2>&1 | grep -q 'a store in a file is used by one desk at a time' && echo "chart of several desks on a file: refused"
	@if docker compose version >/dev/null 2>&1; then \
		d=$$(mktemp -d) && cp cmd/sampledesk/deploy/compose.yaml $$d && touch $$d/sampledesk.env; s=0; for p in file postgres; do \
		docker compose --file $$d/compose.yaml --profile $$p config --quiet || s=1; done; rm -rf $$d; [ $$s = 0 ] && echo "compose: good" || exit $$s; \
	else echo "no docker compose: compose.yaml is not checked"; fi

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin
