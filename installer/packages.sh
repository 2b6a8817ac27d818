# shellcheck shell=bash disable=SC2034
# What the machine needs, by purpose. "a|b": the first of the names that the distribution knows.
packages_build=(cmake ninja-build g++ make pkg-config libhdf5-dev nlohmann-json3-dev libexpected-dev libcli11-dev
    libpcre2-dev libutf8proc-dev libdeflate-dev zlib1g-dev libzstd-dev)
packages_torch=(python3 python3-pip ca-certificates) # to fetch LibTorch; not to use it
packages_gui=(poppler-utils qt6-base-dev "qt6-svg-dev|libqt6svg6-dev" libqcustomplot-dev "libqcustomplot2.1-qt6|libqcustomplot2.1-qt6t64")
packages_test=(qt6-base-dev hdf5-tools)
packages_test_gui=(qpdf ghostscript xvfb xauth)
