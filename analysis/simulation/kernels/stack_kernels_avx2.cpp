// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS stack_avx2
#define ES_NAME "avx2"
#define ES_VECTOR 32
#include "analysis/simulation/kernels/stack_kernels_impl.h"
