// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS arc_baseline
#define ES_NAME "baseline"
#define ES_VECTOR 16
#include "analysis/simulation/kernels/arc_kernels_impl.h"
