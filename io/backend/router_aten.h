// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/torch_compat.h"
#include "io/checkpoint/arch_spec.h"

namespace expertscope {

/// routeTokens() in operators that need no trip to the host, for a GPU.
struct RoutedTensors
{
    at::Tensor ids; ///< [n, k] int64, rank order, of equal logits the lowest id first
    at::Tensor weights; ///< [n, k] fp32
    at::Tensor entropy; ///< [n] fp32
    at::Tensor margin; ///< [n] fp32
};

/// logits: [n, E] of any floating type; selectionBias: [E] fp32, or undefined.
RoutedTensors routeTensor(const RouterSpec& spec, const at::Tensor& logits, const at::Tensor& selectionBias = {});

}
