# SPDX-License-Identifier: GPL-2.0-or-later
# From the "# plan", "# point" and "# fact" lines of the guests (raw input) to
# out/bench.json; see Documentation/bench.rst.
# Arguments: $about (kernel, commit, ...), $fault (out/bench-fault.json).

# Quartiles: the samples at a quarter and at three quarters, never in between.
def low: sort | .[(length - 1) / 4 | floor];
def high: sort | .[3 * (length - 1) / 4 | ceil];
def median: sort | if length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def round4: if . == null then null else . * 10000 | round / 10000 end;

def spread: if length == 0 then { median: null, low: null, high: null }
	else { median: median, low: low, high: high } end;

def series: [inputs | rtrimstr("\r") | select(startswith("# ")) | .[2:] |
		split(" ") | select(.[0] == "plan" or .[0] == "point") |
		{ variant: .[1], operation: .[2], unit: .[3], size: (.[4] | tonumber),
		  sample: (if .[0] == "point" then .[5] | tonumber else null end) }] |
	group_by([.operation, .variant, .unit]) |
	map({ variant: .[0].variant, operation: .[0].operation, unit: .[0].unit,
	      points: (group_by(.size) | map({ size: .[0].size,
			samples: map(.sample | select(. != null)) }) |
			map({ size } + (.samples | spread) + { samples })) });

# What a whole run has: [operation, variant].
def required:
	["pinned", "host_odp", "p2p", "upstream"] as $all |
	(["ib_write_bw", "ib_read_bw", "ib_send_bw", "ib_write_lat", "ib_read_lat"][] |
	 [.] + (($all + ["dmabuf"])[] | [.])),
	(["ib_write_bw", "ib_read_bw", "ib_send_bw", "ib_write_lat", "ib_read_lat"][] |
	 ["\(.)_to_ram"] + (["p2p", "upstream"][] | [.])),
	(["ram4k", "vram4k", "fallback4k", "ram2m", "vram2m", "fallback2m"][] |
	 ["fault", .]),
	(["turns", "at_once"][] as $how | ["4k", "2m"][] as $page |
	 ["", "_to_ram", "_faults", "_mmio"][] as $what | ["p2p", "upstream"][] |
	 ["thrash_\($how)_\($page)\($what)", .]),
	(["4k", "2m"][] as $page |
	 ((["register", "first_write", "next_write"][] as $op | $all[] |
	   ["\($op)_\($page)", .]),
	  (["register_filled", "prefetch", "mremap_mapped", "mremap_unmapped"][] as $op |
	   ["host_odp", "p2p"][] | ["\($op)_\($page)", .]),
	  (["mapped", "unmapped"][] as $op | ["to_gpu_\($op)_\($page)", "host_odp"],
	   ["to_ram_\($op)_\($page)", "p2p"]))),
	(["bar1_in_use", "bar1_idle", "bar1_to_ram"][] as $op |
	 ["keep", "give_back"][] | [$op, .]);

def find($all; $operation; $variant): $all[] |
	select(.operation == $operation and .variant == $variant) | .points;

# Samples of one round were taken one after the other: they are compared.
def pairs($all; $operation; $over; $under; $from):
	[find($all; $operation; $over)[] | select(.size >= $from)] as $a |
	[find($all; $operation; $under)[] | select(.size >= $from)] as $b |
	[range($a | length) as $i |
	 range([$a[$i], $b[$i]] | map(.samples | length) | min) as $j |
	 select($b[$i].samples[$j] > 0) | $a[$i].samples[$j] / $b[$i].samples[$j]];

def thrash($all; $how): pairs($all; "thrash_\($how)"; "p2p"; "upstream"; 0);

def expectation($name; $values; $min; $max):
	($values | spread | map_values(round4)) as $s |
	{ name: $name, value: $s.median, low: $s.low, high: $s.high } +
	(if $min != null then { min: $min } else { max: $max } end) |
	.met = (.value != null and
		(if $min != null then .value >= $min else .value <= $max end));

def expectations($all):
	[expectation("p2p_over_host_odp";
		pairs($all; "ib_write_bw"; "p2p"; "host_odp"; 32768); 0.9; null),
	 expectation("p2p_over_upstream_thrash"; thrash($all; "turns_4k"); 20; null),
	 expectation("p2p_over_upstream_thrash_at_once"; thrash($all; "at_once_4k");
		20; null),
	 expectation("p2p_over_upstream_thrash_2m"; thrash($all; "turns_2m"); 20; null),
	 expectation("p2p_over_upstream_thrash_2m_at_once"; thrash($all; "at_once_2m");
		20; null),
	 expectation("p2p_thrash_pages_to_ram"; [$all[] | select(.variant == "p2p" and
		(.operation | test("^thrash_.*_to_ram$"))) | .points[].samples[]] |
		[max // empty]; null; 0),
	 expectation("vram_fault_over_ram_fault";
		[$fault[0].vram4k_over_ram4k_network | values]; null; 1.2)];

def missing($all):
	[required as $r | select([find($all; $r[0]; $r[1])] | length == 0) |
	 "\($r[1]) \($r[0]): no such series"] +
	[select($fault | length == 0) | "instructions of page faults: no bench-fault"] +
	[$all[] as $s | $s.points[] | select(.samples | length == 0) |
	 "\($s.variant) \($s.operation), size \(.size): no sample"];

series as $all | expectations($all) as $expected |
$about[0] + {
	facts: $facts[0],
	expectations: $expected,
	ratios: ($expected | map({ (.name): .value }) | add),
	fault_instructions: ($fault[0].instructions // null),
	fault_bounds: ($fault[0].bounds // null),
	missing: missing($all),
	series: $all
}
