// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS stack_baseline
#define ES_NAME "baseline"
#define ES_VECTOR 16
#include "analysis/simulation/kernels/stack_kernels_impl.h"
