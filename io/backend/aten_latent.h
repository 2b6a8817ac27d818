// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/aten_attention.h"

namespace expertscope {

/// Latent attention (MLA) by LibTorch's operators: the heads of a part, whose input is x [tokens of the part, H]. Keys
/// and values of all heads are made of the narrow vectors, as the reference does it.
AttentionHeads projectLatent(const ArchSpec& arch, const AtenAttention& attention, const LayerWeights& w,
    const at::Tensor& x, const Part& part);

}
