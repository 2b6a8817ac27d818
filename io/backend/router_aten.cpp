// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/router_aten.h"

#include <limits>

namespace expertscope {

RoutedTensors routeTensor(const RouterSpec& spec, const at::Tensor& rawLogits)
{
    const at::Tensor logits = rawLogits.to(at::kFloat);
    at::Tensor scores, distribution;
    switch (spec.score) {
    case ScoreFunction::Softmax:
        scores = distribution = at::softmax(logits, -1);
        break;
    case ScoreFunction::Identity:
        scores = logits;
        distribution = at::softmax(logits, -1);
        break;
    case ScoreFunction::Sigmoid:
        scores = at::sigmoid(logits);
        break;
    case ScoreFunction::SqrtSoftplus:
        scores = at::softplus(logits).sqrt();
        break;
    case ScoreFunction::SparseMixer:
        TORCH_CHECK(false, "sparsemixer routing is not implemented");
    }
    if (!distribution.defined())
        distribution = scores / scores.sum(-1, true);

    RoutedTensors out;
    out.entropy = -at::xlogy(distribution, distribution).sum(-1);
    // By logits, which every score function grows with: scores of logits that lie far apart are 0 or 1 all alike. A
    // stable descending sort leaves equal ones in the order of their ids.
    const at::Tensor order = std::get<1>(at::sort(logits, /*stable=*/true, /*dim=*/-1, /*descending=*/true));
    out.ids = order.narrow(-1, 0, spec.topK).contiguous();
    const at::Tensor top = scores.gather(-1, out.ids);
    if (spec.topK < spec.numExperts)
        out.margin = top.select(-1, spec.topK - 1) - scores.gather(-1, order.narrow(-1, spec.topK, 1)).squeeze(-1);
    else
        out.margin = at::full_like(out.entropy, std::numeric_limits<float>::quiet_NaN());

    switch (spec.renormalisation) {
    case Renormalisation::None:
        out.weights = top;
        break;
    case Renormalisation::Sum:
    case Renormalisation::PNorm:
        out.weights = top / (top.abs().sum(-1, true) + spec.renormEpsilon);
        break;
    case Renormalisation::SoftmaxOverChosen:
        out.weights = at::softmax(logits.gather(-1, out.ids), -1);
        break;
    }
    if (spec.scaling != 1)
        out.weights = out.weights * spec.scaling;
    out.weights = out.weights.contiguous();
    return out;
}

}
