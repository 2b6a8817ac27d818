// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS byte_avx512
#define ES_NAME "avx512"
#include "analysis/simulation/byte_lists/byte_kernels_impl.h"
