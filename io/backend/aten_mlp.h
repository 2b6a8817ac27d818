// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/backend/model_weights.h"

namespace expertscope {

at::Tensor activated(Activation activation, const at::Tensor& x);
/// activation(gate) up of rows [gate, up].
at::Tensor gated(Activation activation, const at::Tensor& gateUp);
/// As ClampedGlu says.
at::Tensor gated(const ClampedGlu& glu, const at::Tensor& gateUp);
/// A dense or shared MLP.
at::Tensor mlp(Activation activation, const MlpWeights& w, const at::Tensor& x);

}
