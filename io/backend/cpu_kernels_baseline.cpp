// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS cpu_baseline
#define ES_NAME "baseline"
#define ES_LANES 4
#include "io/backend/cpu_kernels_impl.h"
