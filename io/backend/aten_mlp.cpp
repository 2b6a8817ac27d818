// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/aten_mlp.h"

#include "io/backend/aten_layers.h"

#include <cmath>

namespace expertscope {

at::Tensor activated(Activation activation, const at::Tensor& x)
{
    switch (activation) {
    case Activation::Gelu:
        return at::gelu(x);
    case Activation::GeluTanh:
        return at::gelu(x, "tanh");
    case Activation::Relu:
        return at::relu(x);
    case Activation::QuickGelu:
        return x * at::sigmoid(x * 1.702);
    case Activation::GeluClipped10:
        return at::gelu(x).clamp(-10, 10);
    case Activation::HardSwish:
        return at::hardswish(x);
    case Activation::Laplace:
        return 0.5 * (1.0 + at::erf((x - 0.707107) / (0.282095 * std::sqrt(2.0))));
    case Activation::LeakyRelu:
        return at::leaky_relu(x);
    case Activation::Linear:
        return x;
    case Activation::Mish:
        return at::mish(x);
    case Activation::ReluSquared:
        return at::relu(x).square();
    case Activation::Relu6:
        return at::hardtanh(x, 0, 6);
    case Activation::Sigmoid:
        return at::sigmoid(x);
    case Activation::SqrtSoftplus:
        return at::softplus(x).sqrt();
    case Activation::Tanh:
        return at::tanh(x);
    case Activation::Silu:
        break;
    }
    return at::silu(x);
}

at::Tensor gated(Activation activation, const at::Tensor& gateUp)
{
    const std::int64_t width = gateUp.size(-1) / 2;
    return activated(activation, gateUp.narrow(-1, 0, width)) * gateUp.narrow(-1, width, width);
}

at::Tensor gated(const ClampedGlu& glu, const at::Tensor& gateUp)
{
    const std::int64_t width = gateUp.size(-1) / 2;
    const at::Tensor gate = gateUp.narrow(-1, 0, width).clamp_max(glu.limit);
    const at::Tensor up = gateUp.narrow(-1, width, width).clamp(-glu.limit, glu.limit);
    return (up + 1) * (gate * at::sigmoid(gate * glu.alpha));
}

at::Tensor mlp(Activation activation, const MlpWeights& w, const at::Tensor& x)
{
    return linear(gated(activation, linear(x, w.gateUp, w.gateUpBias)), w.down, w.downBias);
}

}
