// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS prediction_avx512
#define ES_NAME "avx512"
#include "analysis/counts/kernels/prediction_kernels_impl.h"
