// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS byte_avx2
#define ES_NAME "avx2"
#include "analysis/simulation/byte_lists/byte_kernels_impl.h"
