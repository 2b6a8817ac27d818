// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS arc_avx2
#define ES_NAME "avx2"
#define ES_VECTOR 32
#include "analysis/simulation/kernels/arc_kernels_impl.h"
