# SPDX-License-Identifier: GPL-2.0-or-later
# From the samples of the guests to the figures of Documentation/lab/bench-fault.rst.
def median: sort | if length == 0 then null else .[length / 2 | floor] end;
def medians: map_values(median);
def ratio($a; $b): if $a == null or $b == null or $b == 0 then null
	else $a / $b * 10000 | round / 10000 end;
def minus($a; $b): if $a == null or $b == null then null else $a - $b end;

($before | medians) as $b | ($after | medians) as $a | ($fault | medians) as $f |
minus($f.ram4k_fault; $f.ram4k_hit) as $ram |
minus($f.vram4k_fault; $f.vram4k_hit) as $vram |
(["ram2m", "vram2m", "fallback4k", "fallback2m"] | map({ ("fault_" + .):
	minus($f[. + "_fault"]; $f[. + "_hit"]) }) | add) as $more |
($f.vram4k_prefetch | if . then . * 512 else null end) as $pages |
{
	unused_overhead_ratio: ratio($a.hmm_512x4k; $b.hmm_512x4k),
	vram4k_over_ram4k: ratio($f.vram4k_prefetch; $f.ram4k_prefetch),
	vram4k_over_ram4k_network: ratio($vram; $ram),
	folio2m_over_512x4k: ratio($f.vram2m_prefetch; $pages),
	bar1_maps_per_2mib: ratio($f.vram2m_windows; $f.vram2m_blocks),
	bar1_maps_steady: (if $f.vram2m_steady_windows == null then null else
		$f.vram2m_steady_windows + $f.vram4k_steady_windows +
		$f.vram512x4k_steady_windows end),
	kernel: $with,
	instructions: ({
		hmm_range_fault_without: $b,
		hmm_range_fault_with: $a,
		fault_ram4k: $ram, fault_vram4k: $vram
	} + $more + {
		prefetch: {
			ram4k: $f.ram4k_prefetch, vram4k: $f.vram4k_prefetch,
			ram512x4k: $f.ram512x4k_prefetch,
			vram512x4k: $f.vram512x4k_prefetch,
			ram2m: $f.ram2m_prefetch, vram2m: $f.vram2m_prefetch
		}
	}),
	samples: { without: $before, with: $after, fault: $fault }
} |
.bounds = [
	{ name: "unused_overhead_ratio", max: 1.01 },
	{ name: "vram4k_over_ram4k", max: 1.2 },
	{ name: "vram4k_over_ram4k_network", max: 1.2 },
	{ name: "folio2m_over_512x4k", max: 0.02 },
	{ name: "bar1_maps_per_2mib", max: 1 },
	{ name: "bar1_maps_steady", max: 0 }
] |
. as $all |
.bounds |= map(.value = $all[.name] | select(.value != null) |
	.met = (.value <= .max))
