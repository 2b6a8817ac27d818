// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS arc_avx512
#define ES_NAME "avx512"
#define ES_VECTOR 64
#include "analysis/simulation/kernels/arc_kernels_impl.h"
