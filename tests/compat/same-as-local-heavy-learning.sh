#!/bin/bash
# numpy, h5py, Pillow, pandas and PyTorch show the same over a virtual tree as over a local one.
# timeout: 600
. "$(dirname "$0")/../lib/lib.sh"
. "$LIB/compat.sh"

make_heavy files data arrays
compare_programs heavy-learning
