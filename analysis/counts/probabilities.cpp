// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/probabilities.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

bool normalise(std::vector<double>& p)
{
    double sum = 0;
    for (const double v : p)
        sum += v;
    if (!(sum > 0) || !std::isfinite(sum))
        return false;
    for (double& v : p)
        v /= sum;
    return true;
}

}

bool softmax(std::span<const float> logits, std::vector<double>& p)
{
    p.resize(logits.size());
    const double most = logits.empty() ? 0 : *std::ranges::max_element(logits);
    for (std::size_t e = 0; e < logits.size(); ++e)
        p[e] = std::exp(double(logits[e]) - most);
    return normalise(p);
}

bool routerProbabilities(const Site& site, std::span<const float> logits, std::vector<double>& p)
{
    if (site.score == ScoreFunction::Softmax)
        return softmax(logits, p);
    if (site.score != ScoreFunction::Sigmoid && site.score != ScoreFunction::SqrtSoftplus)
        return false;
    p.resize(logits.size());
    for (std::size_t e = 0; e < logits.size(); ++e) {
        const double z = logits[e];
        // log(1 + exp z) without overflow
        p[e] = site.score == ScoreFunction::Sigmoid ? 1 / (1 + std::exp(-z))
                                                    : std::sqrt(std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))));
    }
    return normalise(p);
}

std::string scoresInWords(ScoreFunction score)
{
    switch (score) {
    case ScoreFunction::Softmax:
        return "softmax";
    case ScoreFunction::Sigmoid:
        return "sigmoid";
    case ScoreFunction::Identity:
        return "raw logits";
    case ScoreFunction::SqrtSoftplus:
        return "sqrt-softplus";
    case ScoreFunction::SparseMixer:
        return "sparse mixer";
    }
    return "unknown";
}

}
