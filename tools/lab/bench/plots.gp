# SPDX-License-Identifier: GPL-2.0-or-later
# Plots of make bench.  Called with -e "dir='...'; data='...'".
set style line 1 lc rgb "#777777" pt 4
set style line 2 lc rgb "#1b6ca8" pt 5
set style line 3 lc rgb "#c1272d" pt 7
set style line 4 lc rgb "#e39b20" pt 9
set style line 5 lc rgb "#4f8f4f" pt 11
names = "pinned host_odp p2p upstream dmabuf"
set key left top Left reverse samplen 2 font ",10"
set grid lc rgb "#dddddd"
set datafile separator tab

row(op, variant) = sprintf("%s %s", op, variant)
size_axis = "set logscale x 2; set xtics ('8' 8, '128' 128, '2K' 2048, '32K' 32768, '512K' 524288, '8M' 8388608); set xlabel 'bytes'"

do for [type in "svg png"] {
	if (type eq "svg") {
		set terminal svg size 800,420 font "sans,11" background "white"
	} else {
		set terminal pngcairo size 1200,630 font "sans,13" background "white"
	}

	set output sprintf("%s/bandwidth.%s", dir, type)
	eval size_axis
	set logscale y 10; set format y "10^{%T}"; set ylabel "MiB/s"
	set multiplot layout 1,3 margins 0.08,0.98,0.14,0.92 spacing 0.06
	do for [op in "ib_write_bw ib_read_bw ib_send_bw"] {
		set title op noenhanced
		plot for [i=1:5] data index row(op, word(names, i)) \
			using 1:2:3:4 with yerrorlines ls i title word(names, i) noenhanced
		unset ylabel
		unset key
	}
	unset multiplot
	set key left top Left reverse samplen 2 font ",10"

	set output sprintf("%s/latency.%s", dir, type)
	set ylabel "microseconds"
	set multiplot layout 1,2 margins 0.08,0.98,0.14,0.92 spacing 0.1
	do for [op in "ib_write_lat ib_read_lat"] {
		set title op noenhanced
		plot for [i=1:5] data index row(op, word(names, i)) \
			using 1:2:3:4 with yerrorlines ls i title word(names, i) noenhanced
	}
	unset multiplot

	set output sprintf("%s/touch.%s", dir, type)
	set multiplot layout 1,2 margins 0.08,0.98,0.14,0.92 spacing 0.1
	set xtics ("8M" 8388608, "32M" 33554432, "128M" 134217728, "512M" 536870912, \
		"4G" 4294967296.0)
	do for [op in "register_2m first_write_2m"] {
		set title sprintf("%s, pages of 2 MiB", op[:strlen(op) - 3]) noenhanced
		plot for [i=1:4] data index row(op, word(names, i)) \
			using 1:2:3:4 with yerrorlines ls i title word(names, i) noenhanced
	}
	unset multiplot

	set output sprintf("%s/thrash.%s", dir, type)
	unset logscale x; unset xlabel
	set title "GPU and NIC use the same memory: what the NIC gets done"
	set ylabel "MiB/s"
	ops = "turns_4k at_once_4k turns_2m at_once_2m"
	set xrange [0.4:4.6]
	set xtics ("in turns, 4 KiB" 1, "at once, 4 KiB" 2, "in turns, 2 MiB" 3, "at once, 2 MiB" 4)
	set boxwidth 0.3
	set style fill solid 0.7
	set key right top
	plot for [k=1:4] for [i=3:4] data \
		index row("thrash_" . word(ops, k), word(names, i)) \
		using (k + (i - 3.5) * 0.34):2:3:4:(0.3) with boxerrorbars ls i \
		title (k == 1 ? word(names, i) : "")
	set xrange [*:*]

	set output sprintf("%s/bar1.%s", dir, type)
	unset logscale y; set format y
	set xtics autofreq; set xlabel "MiB walked over"
	set ylabel "windows of 2 MiB"
	set yrange [0:*]
	set multiplot layout 1,2 margins 0.08,0.98,0.14,0.92 spacing 0.1
	do for [v in "keep give_back"] {
		set title (v eq "keep" ? "nothing is taken back" : "the CPU takes blocks back later")
		plot data index row("bar1_in_use", v) using ($1/1048576):2 \
			with lines lw 2 lc rgb "#c1272d" title "in use", \
			data index row("bar1_idle", v) using ($1/1048576):2 \
			with lines lw 2 lc rgb "#1b6ca8" title "idle", \
			data index row("bar1_to_ram", v) using ($1/1048576):($2/512) \
			with lines lw 2 lc rgb "#777777" title "blocks that went to RAM for the NIC"
	}
	unset multiplot
	set yrange [*:*]
	set key left top Left reverse samplen 2 font ",10"
}
