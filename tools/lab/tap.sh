# SPDX-License-Identifier: GPL-2.0-or-later
# Test results of guests: TAP, what the logs say, and their sum.  Sourced by
# scripts that set, after lib.sh:
#   logs     directory for what guests say, a directory each
#   results  file of lines PASS|FAIL|SKIP<tab>NAME<tab>REASON; before those of a
#            program there is PROGRAM<tab>COMMAND, before those of logs LOGS<tab>NAME

slow=1	# how much more time a guest may take
[ "${LAB_CONFIG:-lab}" = lab ] || slow=5

count() { grep -c "^$1	" "$results" || true; }	# count PASS|FAIL|SKIP

report() {	# report PASS|FAIL|SKIP NAME [REASON]
	local reason=${3:-}
	printf '%s\t%s\t%s\n' "$1" "$2" "$reason" >>"$results"
	case $1 in
	PASS) printf 'ok - %s\n' "$2" ;;
	FAIL) printf 'not ok - %s%s\n' "$2" "${reason:+: $reason}" ;;
	SKIP)
		[ -n "$reason" ] || reason="no reason given"
		printf 'ok - %s # SKIP %s\n' "$2" "$reason" ;;
	esac
}

check() {	# check NAME COMMAND...: a test of its own
	local name=$1
	shift
	if "$@"; then
		report PASS "$name"
	else
		report FAIL "$name" "not so: $*"
	fi
}

# ---- TAP from guests

# Reads what lab-tests prints and reports each line of a result.
tap_read() {	# tap_read GUEST
	local line prog='' plan=-1 seen=0 name why=''
	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		'ok '* | 'not ok '*)
			name=$(sed -E 's/^(not )?ok [0-9]+ (- )?//; s/ +# +SKIP.*//' \
				<<<"$line") ;;
		esac
		case $line in
		'program: '*)
			prog=${line#program: } plan=-1 seen=0
			printf 'PROGRAM\t%s\n' "$prog" >>"$results" ;;
		1..*) plan=${line#1..} plan=${plan%% *} ;;
		'ok '*'# SKIP'*)
			seen=$((seen + 1))
			report SKIP "$name" "${line#*# SKIP }" ;;
		'ok '[0-9]*)
			seen=$((seen + 1))
			report PASS "$name" ;;
		'not ok '[0-9]*)
			seen=$((seen + 1))
			report FAIL "$name" "$why" ;;
		'exit: '*)
			tap_ended "$prog" "$plan" "$seen" "${line#exit: }"
			prog= ;;
		*) printf '    %s\n' "$line" ;;
		esac
		case $line in	# the first explanation is the reason
		'# '*) why=${why:-${line#'# '}} ;;
		*) why= ;;
		esac
	done
	[ -z "$prog" ] || tap_ended "$prog" "$plan" "$seen" "none: the guest died"
}

tap_ended() {	# tap_ended PROGRAM PLAN SEEN STATUS
	case $4 in
	0 | 1) [ "$2" -ne "$3" ] || return 0 ;;
	esac
	report FAIL "$1 runs to its end" \
		"exit status $4, $3 of $2 tests"
}

# Runs lab-tests in a fresh guest, after a command that prepares it.
run_tap() {	# [guest_command=...] [guest_options="..."] run_tap NAME TOPOLOGY PREPARE PROGRAM...
	local name=$1 topology=$2 prepare=$3 dir=$logs/$1 rc=0
	shift 3
	mkdir -p "$dir"
	printf '\n# %s\n' "$name"
	# shellcheck disable=SC2086
	"$LAB_TOP/tools/lab/${guest_command:-guest}" --topology "$topology" --log "$dir" \
		${guest_options:-} --timeout $((slow * ${guest_timeout:-600})) -- bash -c \
		"{ $prepare; } && exec lab-tests \"\$@\"" "$name" "$@" 2>&1 |
		tee "$dir/output" | tap_read "$name" || rc=$?
	if ! grep -q '^program: ' "$dir/output"; then
		report FAIL "guest of $name" "no test ran; see $dir"
	elif [ "$rc" -ne 0 ]; then
		report FAIL "guest of $name" "exit status $rc; see $dir"
	fi
	check_logs "$name" "$dir"
}

# The command that asserts what p2p-doctor says in a topology, if it has a pair.
doctor_in() {	# doctor_in TOPOLOGY
	awk -v t="$1" '$1 == t { $1 = "lab-doctor"; print }' \
		"$LAB_TOP/tools/lab/doctor-verdicts"
}

# ---- logs

TROUBLE='\bWARN(ING)?\b|\bBUG\b|Oops|hung task|blocked for more than|DMAR.*([Ff]ault|[Ee]rror|PTE)'
TROUBLE+='|Call Trace|soft lockup|hard LOCKUP|rcu.*stall|general protection'
TROUBLE+='|unable to handle|refcount_t|page allocation failure|Fatal error'
TROUBLE+='|[Uu]nknown (register|command|access|method)|[Cc]hannel .*killed'
MODELS_TROUBLE=.	# they write only what they did not expect

allowed() {	# prints the patterns of dmesg.allow; each must be explained
	awk '/^#/ { why = 1; next } /^$/ { why = 0; next }
		!why { print FILENAME ":" FNR ": no comment above" >"/dev/stderr"
		       exit 1 }
		{ print; why = 0 }' "$LAB_TOP/tools/lab/dmesg.allow" ||
		die "tools/lab/dmesg.allow has a line that is not explained"
}

# What is allowed, and of the report of the kernel that begins with such a line what
# each report has; other lines in between are somebody else's.
without_allowed() {
	ALLOWED=$(allowed | sed 's/.*/(&)/' | paste -sd '|') LC_ALL=C awk '
		BEGIN { re = ENVIRON["ALLOWED"] }
		re && $0 ~ re { report = report || /WARNING: /; next }
		/---\[ end trace/ || /WARNING: |BUG|Oops/ { report = 0 }
		!report || !/Call Trace:|Tainted: /'
}

trouble_in() {	# trouble_in FILE PATTERN
	[ -f "$1" ] || { echo "no such file: $1"; return; }
	tr -d '\r' <"$1" | without_allowed | grep -aE "$2" || true
}

check_logs() {	# check_logs NAME DIR
	local log pattern found
	printf 'LOGS\t%s\n' "$1" >>"$results"
	for log in console models; do
		pattern=$TROUBLE
		[ "$log" = console ] || pattern=$MODELS_TROUBLE
		found=$(trouble_in "$2/$log.log" "$pattern")
		if [ -z "$found" ]; then
			report PASS "$1: nothing suspicious in $log.log"
			continue
		fi
		while IFS= read -r line; do
			report FAIL "$1: $log.log" "$line"
		done <<<"$found"
	done
}
