// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS ranked_avx2
#define ES_NAME "avx2"
#define ES_VECTOR 32
#include "analysis/sequence_caches/ranked_caches_impl.h"
