// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/router_aten.h"

#include <limits>

namespace expertscope {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// [n, E]: is the expert of one of the best groups? Of equal groups the first is.
at::Tensor inKeptGroups(const RouterSpec& spec, const at::Tensor& selection)
{
    const at::Tensor byGroup = selection.view({-1, spec.numGroups, spec.numExperts / spec.numGroups});
    const at::Tensor worth = spec.groupScore == GroupScore::TopTwo ? std::get<0>(byGroup.topk(2, -1)).sum(-1)
                                                                   : std::get<0>(byGroup.max(-1));
    const at::Tensor best =
        std::get<1>(at::sort(worth, /*stable=*/true, /*dim=*/-1, /*descending=*/true)).narrow(-1, 0, spec.keptGroups);
    const at::Tensor kept = at::zeros_like(worth, at::kBool).scatter_(-1, best, true);
    return kept.unsqueeze(-1).expand(byGroup.sizes()).reshape(selection.sizes());
}

/// As weighSparsely() of router.cpp.
at::Tensor sparseWeights(const RouterSpec& spec, const at::Tensor& logits, const at::Tensor& ids)
{
    at::Tensor left = logits;
    std::vector<at::Tensor> weights;
    for (std::int64_t s = 0; s < spec.topK; ++s) {
        const at::Tensor id = ids.narrow(-1, s, 1), top = logits.gather(-1, id);
        const at::Tensor far = ((top - logits) / at::maximum(logits.abs(), top)).gt(2 * spec.jitter);
        weights.push_back(at::softmax(left.masked_fill(far, -kInfinity), -1).gather(-1, id));
        left = left.scatter(-1, id, -kInfinity);
    }
    return at::cat(weights, -1);
}

}

RoutedTensors routeTensor(const RouterSpec& spec, const at::Tensor& rawLogits, const at::Tensor& selectionBias)
{
    const at::Tensor logits = rawLogits.to(at::kFloat);
    at::Tensor scores, distribution;
    switch (spec.score) {
    case ScoreFunction::Softmax:
        scores = distribution = at::softmax(logits, -1);
        break;
    case ScoreFunction::Identity:
    case ScoreFunction::SparseMixer:
        scores = logits;
        distribution = at::softmax(logits, -1);
        break;
    case ScoreFunction::Sigmoid:
        scores = at::sigmoid(logits);
        break;
    case ScoreFunction::SqrtSoftplus:
        scores = at::softplus(logits).sqrt();
        break;
    }
    if (!distribution.defined())
        distribution = scores / scores.sum(-1, true);

    RoutedTensors out;
    out.entropy = -at::xlogy(distribution, distribution).sum(-1);
    // Without a bias by logits, which every score function grows with: scores of logits that lie far apart are 0 or 1 all
    // alike. A stable descending sort leaves equal ones in the order of their ids.
    at::Tensor selection = selectionBias.defined() ? scores + selectionBias : logits;
    if (spec.numGroups > 1) {
        const bool asIs = selectionBias.defined() || spec.groupScore == GroupScore::Max;
        selection = selection.masked_fill(inKeptGroups(spec, asIs ? selection : scores).logical_not(), -kInfinity);
    }
    const auto [sorted, order] = at::sort(selection, /*stable=*/true, /*dim=*/-1, /*descending=*/true);
    out.ids = order.narrow(-1, 0, spec.topK).contiguous();
    const at::Tensor top = scores.gather(-1, out.ids);
    const std::int64_t eligible = spec.numExperts / spec.numGroups * spec.keptGroups;
    if (spec.topK >= eligible)
        out.margin = at::full_like(out.entropy, std::numeric_limits<float>::quiet_NaN());
    else if (selectionBias.defined())
        out.margin = sorted.select(-1, spec.topK - 1) - sorted.select(-1, spec.topK);
    else
        out.margin = top.select(-1, spec.topK - 1) - scores.gather(-1, order.narrow(-1, spec.topK, 1)).squeeze(-1);

    switch (spec.renormalisation) {
    case Renormalisation::None:
        out.weights = spec.score == ScoreFunction::SparseMixer ? sparseWeights(spec, logits, out.ids) : top;
        break;
    case Renormalisation::Sum:
    case Renormalisation::PNorm:
        out.weights = top / (top.abs().sum(-1, true) + spec.renormEpsilon).clamp_min(spec.renormFloor);
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
