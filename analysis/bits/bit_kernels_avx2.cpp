// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS bits_avx2
#define ES_NAME "avx2"
#include "analysis/bits/bit_kernels_plain.h"
