#!/bin/sh
# Makes DejaVuSans-subset.ttf from DejaVuSans.ttf of DejaVu 2.37 (Debian: fonts-dejavu-core), given as the argument.
# requirements: fonttools==4.68.0
set -eu
pyftsubset "$1" --layout-features='' --no-hinting --desubroutinize --name-IDs='*' \
    --output-file="$(dirname "$0")/DejaVuSans-subset.ttf" \
    --unicodes="U+0020-007E,U+00A0-00FF,U+0100-017F,U+0370-03FF,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2032,U+2033,U+2070-2079,\
U+207A-207E,U+2080-208E,U+2190-2194,U+2202,U+2206,U+2207,U+2208,U+2211,U+2212,U+221A,U+221E,U+2248,U+2260,U+2264,U+2265,U+2299,U+22C5,\
U+2016,U+FFFD,U+25CF,U+25A0"
