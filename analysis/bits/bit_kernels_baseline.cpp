// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS bits_baseline
#define ES_NAME "baseline"
#include "analysis/bits/bit_kernels_plain.h"
