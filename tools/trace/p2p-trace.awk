# SPDX-License-Identifier: GPL-2.0-or-later
# Events of tracefs in, page faults out; see p2p-trace.  Variables: format, rows,
# lost, work (the function that handles one fault).
#
# A worker handles one fault at a time, so what its thread does between the start
# of the work and the resume belongs to that fault.  The time between two events
# belongs to one stage, told by the first of them: the sum of all stages is the
# time from the queueing of the work to the resume.

BEGIN {
	nstages = split("wake find mmap walk export migrate lock mtt resume", stages)
	follows["workqueue_execute_start"] = "find"
	follows["mlx5_odp_fault"] = "find"
	follows["mmap_lock_start_locking"] = "mmap"
	follows["mmap_lock_acquire_returned"] = "walk"
	follows["hmm_dma_export"] = "walk"
	follows["hmm_dma_migrate"] = "migrate"
	follows["mmap_lock_released"] = "lock"
	follows["mlx5_odp_map"] = "mtt"
	follows["mlx5_odp_populate"] = "resume"
	follows["nothing mapped"] = "resume"
	faults = before = 0
}

function value(args, key) {	# what args have for key=
	if (!match(" " args, " " key "=[^ ]+"))
		return ""
	return substr(args, RSTART + length(key) + 1, RLENGTH - length(key) - 2)
}

function microseconds(text,   part) {
	split(text, part, ".")
	return part[1] * 1000000 + part[2]
}

# The name of a task may hold anything, so the line is read from its CPU on.
function parse(   head, rest, at, part) {
	if (!match($0, / \[[0-9]+\] /))
		return 0
	head = substr($0, 1, RSTART - 1)
	rest = substr($0, RSTART + RLENGTH)
	match(head, /-[0-9]+ *$/)
	pid = substr(head, RSTART + 1) + 0
	if (!match(rest, /[0-9]+\.[0-9]+: [a-z0-9_]+: /))
		return 0
	at = substr(rest, RSTART, RLENGTH)
	args = substr(rest, RSTART + RLENGTH)
	split(at, part, ": ")
	now = microseconds(part[1])
	event = part[2]
	return 1
}

function open_fault(id,   s) {
	if (!(id in queued)) {	# it was already queued when recording began
		before++
		return
	}
	faults++
	current[pid] = faults
	began[faults] = queued[id]
	for (s = 1; s <= nstages; s++)
		took[faults, stages[s]] = 0
	took[faults, "wake"] = now - queued[id]
	delete queued[id]
	pages[faults] = p2p[faults] = exports[faults] = failed[faults] = 0
	migrations[faults] = fallback[faults] = maps[faults] = 0
	outcome[faults] = "unfinished"
	last[faults] = now
	last_event[faults] = event
}

function close_fault(how) {
	outcome[current[pid]] = how
	delete current[pid]
}

function add_interval(f,   stage) {
	stage = follows[last_event[f]]
	if (event == "hmm_dma_export" && last_event[f] == "hmm_dma_export")
		stage = "export"
	took[f, stage] += now - last[f]
	last[f] = now
	last_event[f] = event
}

function note(f,   n) {
	if (event == "mlx5_odp_fault") {
		token[f] = value(args, "token")
		type[f] = value(args, "type")
		key[f] = value(args, "key")
		va[f] = value(args, "va")
		bytes[f] = value(args, "bytes")
	} else if (event == "hmm_dma_export") {
		if (value(args, "err") == 0)
			exports[f]++
		else
			failed[f]++
	} else if (event == "hmm_dma_migrate") {
		migrations[f]++
	} else if (event == "mlx5_odp_map") {
		note_map(f)
	} else if (event == "mlx5_odp_populate") {
		p2p[f] += value(args, "p2p")
	}
}

# An event about a WQE doesn't say what memory it is about, but this does.
function note_map(f,   n) {
	n = value(args, "pages")
	maps[f]++
	if (n > 0)
		pages[f] += n
	else
		last_event[f] = "nothing mapped"
	if (value(args, "fallback") == 1)
		fallback[f] = 1
	if (type[f] == 0 && maps[f] == 1) {
		key[f] = value(args, "key")
		va[f] = value(args, "va")
		bytes[f] = value(args, "bytes")
	}
}

function bad_resume() {
	return value(args, "error") == 1 || value(args, "err") != 0
}

!parse() { next }

event == "workqueue_queue_work" {
	if (index(args, "function=" work))
		queued[value(args, "struct")] = now
	next
}

event == "workqueue_execute_start" {
	if (index(args, "function " work)) {
		split(args, word, /[ :]+/)
		open_fault(word[3])
	}
	next
}

!(pid in current) { next }

event == "workqueue_execute_end" {
	if (index(args, "function " work))
		close_fault("no resume")
	next
}

event in follows || event == "mlx5_odp_resume" {
	add_interval(current[pid])
	note(current[pid])
	if (event == "mlx5_odp_resume")
		close_fault(bad_resume() ? "error" : "ok")
}

# ---- what is to be told

function total(f,   s, sum) {
	for (s = 1; s <= nstages; s++)
		sum += took[f, stages[s]]
	return sum
}

function sort(a, n,   gap, i, j, x) {
	for (gap = int(n / 2); gap; gap = int(gap / 2))
		for (i = gap + 1; i <= n; i++) {
			x = a[i]
			for (j = i; j > gap && a[j - gap] > x; j -= gap)
				a[j] = a[j - gap]
			a[j] = x
		}
}

function rank(p, n,   i) {	# the nearest one
	i = int(p * n / 100)
	if (i < p * n / 100)
		i++
	return i < 1 ? 1 : i
}

# Percentiles are of the faults that were resumed.
function collect(stage,   f, n) {
	sum_of = 0
	for (f = 1; f <= faults; f++)
		if (outcome[f] == "ok" || outcome[f] == "error") {
			sample[++n] = stage == "total" ? total(f) : took[f, stage]
			sum_of += sample[n]
		}
	sort(sample, n)
	return n
}

function count(how,   f, n) {
	n = 0
	for (f = 1; f <= faults; f++)
		n += outcome[f] == how
	return n
}

function print_fault(f,   s) {
	printf "%4d %11.3f %-10s 0x%-14s %7d %5d %4d %4d %4d", f,
		(began[f] - began[1]) / 1000, key[f], substr(va[f], 3), bytes[f],
		pages[f], p2p[f], exports[f], migrations[f]
	for (s = 1; s <= nstages; s++)
		printf " %7d", took[f, stages[s]]
	printf " %8d%s\n", total(f), outcome[f] == "ok" ? "" : "  " outcome[f]
}

function print_faults(   f, s) {
	printf "%4s %11s %-10s %-16s %7s %5s %4s %4s %4s", "#", "ms", "key",
		"address", "bytes", "pages", "p2p", "exp", "ram"
	for (s = 1; s <= nstages; s++)
		printf " %7s", stages[s]
	printf " %8s\n", "total us"
	for (f = 1; f <= faults && (!rows || f <= rows); f++)
		print_fault(f)
	if (f <= faults)
		printf "     ... and %d more (--rows 0 shows all)\n", faults - f + 1
}

function print_percentiles(   s, stage, n, all) {
	all = 0
	for (s = nstages + 1; s >= 1; s--) {	# the total comes first, as the whole
		stage = s > nstages ? "total" : stages[s]
		n = collect(stage)
		if (s > nstages)
			all = sum_of
		line[s] = sprintf("%-8s %8d %8d %8d %8d %9d %6.1f", stage,
			sample[rank(50, n)], sample[rank(90, n)],
			sample[rank(99, n)], sample[n], sum_of,
			all ? 100 * sum_of / all : 0)
	}
	printf "\n%-8s %8s %8s %8s %8s %9s %6s\n", "stage us", "p50", "p90", "p99",
		"max", "sum", "%"
	for (s = 1; s <= nstages + 1; s++)
		print line[s]
}

function print_table() {
	if (faults)
		print_faults()
	if (collect("total"))
		print_percentiles()
	printf "%s%d page faults, %d with an error, %d unfinished", faults ? "\n" : "",
		faults, count("error"), count("unfinished") + count("no resume")
	printf "; %d begun before, %d events lost\n", before, lost
}

function json_fault(f,   s) {
	printf "{\"token\":\"%s\",\"type\":%d,\"key\":\"%s\",\"va\":\"%s\"", token[f],
		type[f], key[f], va[f]
	printf ",\"bytes\":%d,\"pages\":%d,\"p2p\":%d,\"exports\":%d", bytes[f],
		pages[f], p2p[f], exports[f]
	printf ",\"exports_failed\":%d,\"migrations\":%d,\"maps\":%d", failed[f],
		migrations[f], maps[f]
	printf ",\"fallback\":%s,\"outcome\":\"%s\",\"start_us\":%d",
		fallback[f] ? "true" : "false", outcome[f], began[f] - began[1]
	printf ",\"total_us\":%d,\"stages_us\":{", total(f)
	for (s = 1; s <= nstages; s++)
		printf "%s\"%s\":%d", (s > 1 ? "," : ""), stages[s], took[f, stages[s]]
	printf "}}"
}

function json_percentiles(stage,   n) {
	n = collect(stage)
	if (!n)
		printf "null"
	else
		printf "{\"p50\":%d,\"p90\":%d,\"p99\":%d,\"max\":%d,\"sum\":%d}",
			sample[rank(50, n)], sample[rank(90, n)],
			sample[rank(99, n)], sample[n], sum_of
}

function print_json(   f, s) {
	printf "{\"lost\":%d,\"begun_before\":%d,\"faults\":[", lost, before
	for (f = 1; f <= faults; f++) {
		printf "%s\n", (f > 1 ? "," : "")
		json_fault(f)
	}
	printf "],\n\"percentiles_us\":{"
	for (s = 1; s <= nstages; s++) {
		printf "\"%s\":", stages[s]
		json_percentiles(stages[s])
		printf ",\n"
	}
	printf "\"total\":"
	json_percentiles("total")
	printf "}}\n"
}

END {
	if (format == "json")
		print_json()
	else
		print_table()
}
