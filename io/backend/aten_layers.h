// SPDX-License-Identifier: GPL-3.0-or-later
//
// Norms and linear layers by LibTorch's operators, with the roundings of the reference. For .cpp files of io/backend only.
#pragma once

#include "io/backend/torch_compat.h"
#include "io/checkpoint/arch_spec.h"

namespace expertscope {

inline at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double epsilon)
{
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor variance = wide.pow(2).mean(-1, true);
    if (weight.scalar_type() != x.scalar_type()) // of a norm around one: rounded once, behind the weight
        return (wide * at::rsqrt(variance + epsilon) * weight).to(x.scalar_type());
    return weight * (wide * at::rsqrt(variance + epsilon)).to(x.scalar_type());
}

/// `bias` may be undefined: there is none.
inline at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

/// That of a layer, or the last one.
inline at::Tensor streamNorm(const ArchSpec& arch, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    if (arch.normKind == NormKind::LayerNorm)
        return at::layer_norm(x, {x.size(-1)}, weight, bias, arch.normEpsilon);
    return rmsNorm(x, weight, arch.normEpsilon);
}

}
