# SPDX-License-Identifier: GPL-2.0-or-later
# Common ground of the lab scripts: cache layout, locking, progress, errors.
# Sourced, never run.  Callers set -euo pipefail first.

# A script that has said why it failed exits with this, and then those that
# called it need not say anything.
LAB_DIED=70
set -E
trap '[ $? -eq $LAB_DIED ] ||
	printf "%s: line %d: a command failed\n" "$0" "$LINENO" >&2' ERR

LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_CACHE=${HMM_P2PDMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hmm-p2pdma}
LAB_SUITE=trixie
LAB_OUT=$LAB_TOP/out

die() {
	printf '%s: error: %s\n' "$(basename "$0")" "$*" >&2
	exit $LAB_DIED
}

note() { printf '  %-9s %s\n' "$1" "$2" >&2; }

need() {	# need COMMAND PACKAGE
	command -v "$1" >/dev/null ||
		die "'$1' not found; install it first: apt-get install $2"
}

need_space() {	# need_space DIR MIB WHAT
	local have
	have=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$have" -ge "$2" ] || die "$3 needs $2 MiB in $1, only $have are" \
		"free; free some or set HMM_P2PDMA_CACHE to another disk"
}

# One process at a time may fill a part of the cache.  The lock dies with
# the process, so an interrupted run leaves nothing to clean up.
with_lock() {	# with_lock NAME COMMAND...
	local name=$1 fd
	shift
	mkdir -p "$LAB_CACHE/locks"
	exec {fd}>"$LAB_CACHE/locks/$name"
	if ! flock -n "$fd"; then
		note WAIT "another run is busy with '$name'"
		flock "$fd"
	fi
	"$@"	# not "|| ...": that would switch off errexit inside
	exec {fd}>&-
}

# Runs a long command with its output in a log, says every few seconds how
# far it is, and shows the end of the log when it fails.
step() {	# step TITLE LOG COMMAND...
	local title=$1 log=$2 start=$SECONDS pid rc=0 last=0
	shift 2
	mkdir -p "$(dirname "$log")"
	note START "$title"
	"$@" >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep $((SECONDS - start < 3 ? 0 : 1)).2
		if [ $((SECONDS - start - last)) -ge 20 ]; then
			last=$((SECONDS - start))
			note "${last} s" "$title: $(wc -l <"$log") lines, $(\
				tail -n 1 "$log" | tr -d "\r" | cut -c1-60)"
		fi
	done
	wait "$pid" || rc=$?
	if [ "$rc" -ne 0 ]; then
		tail -n 25 "$log" >&2
		die "$title failed (exit status $rc); whole log: $log"
	fi
	note DONE "$title ($((SECONDS - start)) s)"
}

debian_mirror() {
	local uri
	uri=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' |
		grep -E '/debian/?$' | head -n 1)}
	[ -n "$uri" ] || die "no Debian archive in this machine's apt" \
		"configuration; set DEBIAN_MIRROR=http://..."
	printf '%s\n' "${uri%/}"
}

# Tells this clone from others that use the same cache.
clone_id() { printf %s "$LAB_TOP" | sha256sum | cut -c1-12; }

hash_of() { cat -- "$@" | sha256sum | cut -c1-12; }

# What a record of a run says about where it was made.  FILE is written by it.
lab_commit() {	# lab_commit [FILE...]
	local dirty='' f paths=(.)
	for f; do
		paths+=(":!$f")
	done
	git -C "$LAB_TOP" diff --quiet HEAD -- "${paths[@]}" || dirty=" and changes"
	echo "$(git -C "$LAB_TOP" rev-parse --short=10 HEAD)$dirty"
}

lab_machine() {
	echo "$(nproc) cores, $(grep -qs yes "$LAB_CACHE"/kvm-* && echo KVM ||
		echo no KVM)"
}
