// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/aten_attention.h"

namespace expertscope {

/// Grouped-query attention by LibTorch's operators: the heads of a part, whose input is x [tokens of the part, H].
AttentionHeads projectGroupedQuery(const ArchSpec& arch, const AtenAttention& attention, const LayerWeights& w,
    const at::Tensor& x, const Part& part);

}
