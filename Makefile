# SPDX-License-Identifier: GPL-2.0-or-later
# The only entry point.  "make help" lists what there is.

LAB	:= tools/lab
SHELL	:= /bin/bash

help:
	@echo 'P2P DMA for device-private memory'
	@echo
	@echo '  make run        boot GPU and HCA models, run ib_write_bw and ib_read_bw'
	@echo '                  into GPU memory, print a table, write out/run.json'
	@echo '  make test       all tests (T="unit gpu rdma ...": only these)'
	@echo '  make test-debug the tests that run in the guest, on a kernel with KASAN,'
	@echo '                  lockdep and other checks (hours without KVM)'
	@echo '  make test-matrix  the suites in every kind of machine (T="roce ..."), an'
	@echo '                  hour and more; CONTINUE=1 goes on with an interrupted run'
	@echo '  make fuzz       libFuzzer on the device models for SECONDS=60'
	@echo '                  (T="cx_cmd vu ...": only these targets)'
	@echo '  make test-mutants  small faults in series and models, each of which the tests'
	@echo '                  have to notice (T="hmm-* ...": only these)'
	@echo '  make stress     GPU unbind, HCA unbind and kill under traffic, each ROUNDS=100'
	@echo '                  times, in the order of SEED=1'
	@echo '  make soak       random operations against a shadow of all bytes, MINUTES=30'
	@echo '                  long, in the order of SEED=1'
	@echo '  make test T=recipes  UCX, Open MPI, libfabric and rping from Debian, with their'
	@echo '                  buffers on the GPU'
	@echo '  make shell      boot the machine and give a shell (TOPOLOGY=switch)'
	@echo '  make gdb        attach gdb to the kernel of a running make shell'
	@echo
	@echo '  make kernel     build the patched kernel'
	@echo '  make tree       patched kernel tree in the cache; prints its path'
	@echo '  make programs   device models, svmrun, guest tests into out/'
	@echo '  make kernel-deb Debian packages of the patched kernel into out/deb, from the'
	@echo '                  configuration BASE=lab, running, debian (hours) or a file'
	@echo '  make tools-deb  Debian package of svmrun, tests and p2p-doctor into out/deb'
	@echo '  make series     complete series by git am and format-patch: out/series'
	@echo '  make series-check  prove what can be proven of the series (JOBS="...")'
	@echo '  make bench      bandwidth, latency, faults, registration, GPU and NIC in turns:'
	@echo '                  tables, plots, out/bench.json (BENCH="--quick": a short one)'
	@echo '  make bench-fault   instructions of page faults, with bounds'
	@echo '  make check      style checks of patches and scripts'
	@echo '  make htmldocs   Documentation/ as HTML: out/html/index.html'
	@echo '  make clean      remove out/ (the cache stays)'
	@echo
	@echo '  $(LAB)/guest --help: run any command in the machine'

run:
	@$(LAB)/run

test:
	@$(LAB)/test $(T)

test-matrix:
	@$(LAB)/matrix $(T)

test-debug:
	@LAB_CONFIG=debug TEST_COMMAND='make test-debug$(if $(T), T="$(T)")' \
		$(LAB)/test $(or $(T),selftests gpu igt rdma roce topologies bar1 lifecycle)

SECONDS	?= 60
fuzz:
	@$(LAB)/fuzz --seconds $(SECONDS) $(T)

test-mutants:
	@$(LAB)/mutants-run $(T)

ROUNDS	?= 100
SEED	?= 1
stress:
	@ROUNDS=$(ROUNDS) SEED=$(SEED) TEST_COMMAND='make stress ROUNDS=$(ROUNDS) SEED=$(SEED)' \
		$(LAB)/test stress

MINUTES	?= 30
soak:
	@MINUTES=$(MINUTES) SEED=$(SEED) TEST_COMMAND='make soak MINUTES=$(MINUTES) SEED=$(SEED)' \
		$(LAB)/test soak

TOPOLOGY ?= switch
shell:
	@$(LAB)/guest --topology $(TOPOLOGY) --gdb --shell

gdb:
	@$(LAB)/gdb

kernel:
	@$(LAB)/kernel

kernel-deb:
	@BASE="$(BASE)" $(LAB)/kernel-deb

tools-deb:
	@$(LAB)/tools-deb

tree:
	@$(LAB)/tree

programs:
	@$(LAB)/programs

series:
	@$(LAB)/series git "$$($(LAB)/source)" out/series

series-check:
	@$(LAB)/series-check $(JOBS)

bench:
	@$(LAB)/bench-run $(BENCH)

bench-fault:
	@$(LAB)/bench-fault

check:
	@$(LAB)/check

htmldocs:
	@$(LAB)/htmldocs

clean:
	rm -rf out

.PHONY: help run test test-matrix test-debug test-mutants fuzz stress soak shell gdb kernel \
	kernel-deb tools-deb \
	tree programs series series-check bench bench-fault check htmldocs clean
