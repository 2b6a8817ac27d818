// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS stack_avx512
#define ES_NAME "avx512"
#define ES_VECTOR 64
#include "analysis/simulation/kernels/stack_kernels_impl.h"
