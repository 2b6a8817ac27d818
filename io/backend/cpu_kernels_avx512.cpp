// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS cpu_avx512
#define ES_NAME "avx512"
#define ES_LANES 16
#include "io/backend/cpu_kernels_impl.h"
