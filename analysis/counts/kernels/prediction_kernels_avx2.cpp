// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS prediction_avx2
#define ES_NAME "avx2"
#include "analysis/counts/kernels/prediction_kernels_impl.h"
