// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS ranked_avx512
#define ES_NAME "avx512"
#define ES_VECTOR 64
#include "analysis/sequence_caches/ranked_caches_impl.h"
