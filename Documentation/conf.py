# SPDX-License-Identifier: GPL-2.0-or-later
# Sphinx: how "make htmldocs" renders this directory.

project = 'P2P DMA for device-private memory'
author = 'the authors of the series'
project_copyright = author

extensions = ['sphinx.ext.graphviz']
graphviz_output_format = 'svg'
highlight_language = 'none'
smartquotes = False

html_theme = 'alabaster'
html_theme_options = {'page_width': '1100px', 'sidebar_width': '250px'}
html_sidebars = {'**': ['about.html', 'searchfield.html', 'navigation.html']}
html_show_copyright = False
html_copy_source = False
