# SPDX-License-Identifier: GPL-2.0-or-later
# out/bench.json as tables: medians, and in brackets the quartiles.
def pad($n): tostring | . + " " * ([$n - length, 0] | max);
def lpad($n): tostring | " " * ([$n - length, 0] | max) + .;
def short: if . == null then "-" elif . >= 100 or . == (. | floor) then round
	elif . >= 10 then (. * 10 | round) / 10 else (. * 100 | round) / 100 end;
def bytes: if . >= 1048576 and . % 1048576 == 0 then "\(. / 1048576) MiB"
	elif . >= 1024 and . % 1024 == 0 then "\(. / 1024) KiB" else "\(.) B" end;
def cell: if . == null then "" else
	"\(.median | short) (\(.low | short)..\(.high | short))" end;

# A row for each operation and size, a column for each variant.
def table($title; $operations; $variants):
	. as $all |
	[$operations[] as $op | ([$all[] | select(.operation == $op)] |
	 map(.points[].size) | unique)[] | [$op, .]] as $rows |
	select($rows | length > 0) |
	($title | pad(32)) + ($variants | map(lpad(26)) | add),
	($rows[] as $row |
	 ($row[0] | pad(24)) + ($row[1] | bytes | lpad(8)) +
	 ([$variants[] as $v | [$all[] | select(.operation == $row[0] and
		.variant == $v) | .points[] | select(.size == $row[1])][0] |
	   cell | lpad(26)] | add)),
	"";

["pinned", "host_odp", "p2p", "upstream"] as $memory |
["4k", "2m"] as $pages |
. as $bench | .series |
def thrash($title; $what): table($title; [("turns", "at_once") as $how |
	$pages[] | "thrash_\($how)_\(.)\($what)"]; ["p2p", "upstream"]);
table("MiB/s"; ["ib_write_bw", "ib_read_bw", "ib_send_bw"]; $memory + ["dmabuf"]),
table("us"; ["ib_write_lat", "ib_read_lat"]; $memory + ["dmabuf"]),
thrash("GPU and NIC, MiB/s"; ""),
thrash("pages to RAM for each fill"; "_to_ram"),
thrash("page faults of the HCA"; "_faults"),
thrash("driver's accesses to the GPU"; "_mmio"),
table("us"; [("register", "register_filled", "first_write", "next_write",
	"prefetch") as $o | $pages[] | "\($o)_\(.)"]; $memory),
table("us"; [("mremap", "to_gpu", "to_ram") as $o | ("unmapped", "mapped") as $m |
	$pages[] | "\($o)_\($m)_\(.)"]; ["host_odp", "p2p"]),

("one fault of the HCA" | pad(32)) + ("us" | lpad(26)),
(.[] | select(.operation == "fault") |
 (.variant | pad(32)) + (.points[0] | cell | lpad(26))),
"",
(($bench.fault_instructions // {}) | to_entries[] |
 select(.key | startswith("fault_")) | select(.value != null) |
 ("\(.key), guest instructions" | pad(41)) + (.value | lpad(12))),
"",
("walk over 4 times the windows" | pad(32)) + (["most in use", "pages to RAM"] |
 map(lpad(26)) | add),
(("keep", "give_back") as $v |
 ($v | pad(32)) + ([("bar1_in_use", "bar1_to_ram") as $op | [$bench.series[] |
	select(.operation == $op and .variant == $v) | .points[].median | values] |
	max | short | lpad(26)] | add)),
"",
("figure" | pad(36)) + ("value" | lpad(10)) + ("quartiles" | lpad(22)) +
 ("expected" | lpad(12)),
($bench.expectations[] | (.name | pad(36)) + (.value | lpad(10)) +
 ("\(.low)..\(.high)" | lpad(22)) +
 ((if .min != null then ">= \(.min)" else "<= \(.max)" end) | lpad(12)) +
 (if .met then "  met" else "  NOT MET" end))
