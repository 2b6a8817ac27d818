// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS byte_baseline
#define ES_NAME "baseline"
#include "analysis/simulation/byte_lists/byte_kernels_impl.h"
