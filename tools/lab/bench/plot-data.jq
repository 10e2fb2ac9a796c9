# SPDX-License-Identifier: GPL-2.0-or-later
# out/bench.json as data for gnuplot: blocks "# OPERATION VARIANT", which
# plots.gp picks by name; each line is size, median, low, high.
.series[] | "# \(.operation) \(.variant)",
	(.points[] | select(.median != null) |
	 "\(.size)\t\(.median)\t\(.low)\t\(.high)"), "", ""
