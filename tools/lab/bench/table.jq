# SPDX-License-Identifier: GPL-2.0-or-later
# out/bench-fault.json as a table.
def pad($n): tostring | . + " " * ([$n - length, 0] | max);
def lpad($n): tostring | " " * ([$n - length, 0] | max) + .;
def row($name; $n): select($n != null) | ($name | pad(44)) + ($n | lpad(12));

("guest instructions, median" | pad(44)) + ("count" | lpad(12)),
(.instructions.hmm_range_fault_without as $b |
 .instructions.hmm_range_fault_with | to_entries[] |
 row("hmm_range_fault() \(.key), series"; .value),
 row("hmm_range_fault() \(.key), pristine"; $b[.key])),
row("network fault, 4 KiB page in RAM"; .instructions.fault_ram4k),
row("network fault, 4 KiB page in VRAM"; .instructions.fault_vram4k),
row("network fault, 4 KiB page that goes to RAM"; .instructions.fault_fallback4k),
row("network fault, 2 MiB page in RAM"; .instructions.fault_ram2m),
row("network fault, 2 MiB page in VRAM"; .instructions.fault_vram2m),
row("network fault, 2 MiB page that goes to RAM"; .instructions.fault_fallback2m),
(.instructions.prefetch | to_entries[] | row("resolving \(.key)"; .value)),
"",
("figure" | pad(30)) + ("value" | lpad(10)) + ("bound" | lpad(10)),
(.bounds[] | (.name | pad(30)) + (.value | lpad(10)) +
 (.max | lpad(10)) + (if .met then "  met" else "  MISSED" end))
