// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS cpu_avx2
#define ES_NAME "avx2"
#define ES_LANES 8
#include "io/backend/cpu_kernels_impl.h"
