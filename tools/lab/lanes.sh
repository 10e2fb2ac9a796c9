# SPDX-License-Identifier: GPL-2.0-or-later
# Parts of a test run beside each other: a guest without KVM waits more than it
# computes.  Sourced after lib.sh and tap.sh; logs is the directory of the run.

part() { echo "$logs/$1.results"; }	# part NAME: the results of one

# As many as there are cores, and memory: a guest with its devices may have 6 GiB.
lanes() {
	local gib
	case ${LANES:-} in
	'') ;;
	*[!0-9]* | 0*) die "LANES=$LANES: how many at a time, at least 1" ;;
	*) echo "$LANES"; return ;;
	esac
	gib=$(awk '$1 == "MemAvailable:" { print int($2 / 1048576) }' /proc/meminfo)
	printf '%s\n' "$(nproc)" $((gib / 6 > 1 ? gib / 6 : 1)) |
		sort -n | head -n 1
}

# Its own process group, so that an interrupted run takes its guests along.
lane_start() {	# lane_start FUNCTION NAME
	set -m
	(
		set +m
		trap - EXIT INT TERM
		results=$(part "$2")
		"$1" "$2"
	) </dev/null >"$logs/$2.output" 2>&1 &
	set +m
	lane_of[$!]=$2
}

lane_wait() {
	local pid name rc=0
	wait -n -p pid "${!lane_of[@]}" || rc=$?
	name=${lane_of[$pid]}
	unset "lane_of[$pid]"
	cat "$logs/$name.output"
	[ "$rc" -eq 0 ] || die "$name ended early, with exit status $rc"
	note DONE "$name: $(awk '{ n[$1]++ } END {
		printf "%d passed, %d failed, %d skipped",
			n["PASS"], n["FAIL"], n["SKIP"] }' "$(part "$name")")"
}

lanes_stop() {
	local pid
	for pid in "${!lane_of[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
}

# Each part prints when it is done, then the caller has all of its results in
# part NAME.
in_lanes() {	# in_lanes FUNCTION NAME...
	local run=$1 name max
	local -A lane_of=()
	shift
	max=$(lanes)
	[ -z "$(printf '%s\n' "$@" | sort | uniq -d)" ] ||
		die "named twice: $(printf '%s\n' "$@" | sort | uniq -d | xargs)"
	if [ "$max" -eq 1 ] || [ $# -eq 1 ]; then
		for name; do
			results=$(part "$name")
			"$run" "$name"
		done
		return
	fi
	trap lanes_stop EXIT
	trap 'exit 130' INT TERM
	for name; do
		[ ${#lane_of[@]} -lt "$max" ] || lane_wait
		note START "$name"
		lane_start "$run" "$name"
	done
	while [ ${#lane_of[@]} -gt 0 ]; do
		lane_wait
	done
	trap - EXIT INT TERM
}

gather() {	# gather NAME...: their results in one file, in this order
	local name
	results=$logs/results
	for name; do
		cat "$(part "$name")"
	done >"$results"
}
