// SPDX-License-Identifier: GPL-3.0-or-later
#define ES_KERNELS prediction_baseline
#define ES_NAME "baseline"
#include "analysis/counts/kernels/prediction_kernels_impl.h"
