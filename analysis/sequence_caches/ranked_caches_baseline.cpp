// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS ranked_baseline
#define ES_NAME "baseline"
#define ES_VECTOR 16
#include "analysis/sequence_caches/ranked_caches_impl.h"
