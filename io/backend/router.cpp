// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/router.h"

#include "io/backend/cpu_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// scores[e] of one token, and the entropy of their distribution.
float scoreRow(ScoreFunction function, const float* logits, float* scores, std::int64_t numExperts)
{
    const auto& kernel = cpu::kernels();
    const auto entropyOf = [&](const float* p, double sum) {
        double h = 0;
        for (std::int64_t e = 0; e < numExperts; ++e) {
            const double share = p[e] / sum;
            if (share > 0)
                h -= share * std::log(share);
        }
        return static_cast<float>(h);
    };
    // exp(x - top) / sum; the entropy is log(sum) - sum of p * (x - top): no logarithm an expert.
    const auto softmax = [&](float* p) {
        float top = logits[0];
        for (std::int64_t e = 1; e < numExperts; ++e)
            top = std::max(top, logits[e]);
        const float sum = kernel.expShifted(logits, top, p, numExperts);
        float weighted = 0;
        const float inverse = 1.0f / sum;
        for (std::int64_t e = 0; e < numExperts; ++e) {
            p[e] *= inverse;
            weighted += p[e] > 0 ? p[e] * (logits[e] - top) : 0.0f;
        }
        const float entropy = std::log(sum) - weighted;
        return entropy < 0 ? 0.0f : entropy; // rounding; NaN stays
    };

    switch (function) {
    case ScoreFunction::Softmax:
        return softmax(scores);
    case ScoreFunction::SparseMixer:
    case ScoreFunction::Identity: {
        const float entropy = softmax(scores);
        std::copy(logits, logits + numExperts, scores);
        return entropy;
    }
    case ScoreFunction::Sigmoid:
    case ScoreFunction::SqrtSoftplus: {
        double sum = 0;
        for (std::int64_t e = 0; e < numExperts; ++e) {
            const float x = logits[e];
            scores[e] = function == ScoreFunction::Sigmoid ? 1.0f / (1.0f + std::exp(-x))
                                                           : std::sqrt(x > 20 ? x : std::log1p(std::exp(x)));
            sum += scores[e];
        }
        return entropyOf(scores, sum);
    }
    }
    return kNaN;
}

/// SparseMixer (phimoe): each expert's weight is its share among those that come close to it, once the better ones are
/// taken away; so the weights of a token do not sum to 1.
void weighSparsely(const RouterSpec& spec, const float* logits, const std::int32_t* chosen, float* weights)
{
    const auto gap = static_cast<float>(2 * spec.jitter);
    for (std::int64_t s = 0; s < spec.topK; ++s) {
        const float top = logits[chosen[s]];
        float sum = 0;
        for (std::int64_t e = 0; e < spec.numExperts; ++e) {
            const bool taken = std::find(chosen, chosen + s, static_cast<std::int32_t>(e)) != chosen + s;
            if (!taken && !((top - logits[e]) / std::max(std::abs(logits[e]), top) > gap))
                sum += std::exp(logits[e] - top);
        }
        weights[s] = 1 / sum;
    }
}

void weigh(const RouterSpec& spec, const float* logits, const float* scores, const std::int32_t* chosen, float* weights)
{
    const std::int64_t k = spec.topK;
    if (spec.score == ScoreFunction::SparseMixer) {
        weighSparsely(spec, logits, chosen, weights);
    } else if (spec.renormalisation == Renormalisation::SoftmaxOverChosen) {
        float top = logits[chosen[0]], sum = 0;
        for (std::int64_t s = 1; s < k; ++s)
            top = std::max(top, logits[chosen[s]]);
        for (std::int64_t s = 0; s < k; ++s) {
            weights[s] = std::exp(logits[chosen[s]] - top);
            sum += weights[s];
        }
        for (std::int64_t s = 0; s < k; ++s)
            weights[s] /= sum;
    } else {
        float sum = 0;
        for (std::int64_t s = 0; s < k; ++s) {
            weights[s] = scores[chosen[s]];
            sum += std::abs(weights[s]); // p-norm with p = 1; scores are never negative where Sum is used
        }
        if (spec.renormalisation != Renormalisation::None) {
            sum = std::max(sum + static_cast<float>(spec.renormEpsilon), static_cast<float>(spec.renormFloor));
            for (std::int64_t s = 0; s < k; ++s)
                weights[s] /= sum;
        }
    }
    if (spec.scaling != 1) {
        for (std::int64_t s = 0; s < k; ++s)
            weights[s] *= static_cast<float>(spec.scaling);
    }
}

/// Experts of all but the best groups become -inf in `remaining`. Of equal groups the first is kept.
void keepGroups(const RouterSpec& spec, const float* selection, float* remaining, float* groups)
{
    const std::int64_t size = spec.numExperts / spec.numGroups;
    for (std::int64_t g = 0; g < spec.numGroups; ++g) {
        float best = -std::numeric_limits<float>::infinity(), second = best;
        for (std::int64_t e = g * size; e < (g + 1) * size; ++e) {
            second = std::max(second, std::min(best, selection[e]));
            best = std::max(best, selection[e]);
        }
        groups[g] =
            std::max(spec.groupScore == GroupScore::TopTwo ? best + second : best, std::numeric_limits<float>::lowest());
    }
    constexpr float kKept = -std::numeric_limits<float>::infinity();
    for (std::int64_t kept = 0; kept < spec.keptGroups; ++kept)
        *std::max_element(groups, groups + spec.numGroups) = kKept;
    for (std::int64_t g = 0; g < spec.numGroups; ++g) {
        if (groups[g] != kKept)
            std::fill(remaining + g * size, remaining + (g + 1) * size, -std::numeric_limits<float>::infinity());
    }
}

}

void routeTokens(const RouterSpec& spec, const float* logits, const float* selectionBias, std::int64_t n,
    const RouterOutput& out, float* scratch)
{
    const std::int64_t numExperts = spec.numExperts, k = spec.topK;
    const auto& kernel = cpu::kernels();
    float* scores = scratch;
    float* remaining = scratch + numExperts;
    float* groups = remaining + numExperts; // at most as many as experts
    std::int32_t chosenBuffer[512];
    float weightBuffer[512];
    for (std::int64_t t = 0; t < n; ++t, logits += numExperts) {
        const float entropy = scoreRow(spec.score, logits, scores, numExperts);
        std::int32_t* chosen = out.chosen ? out.chosen + t * k : chosenBuffer;
        float* weights = out.chosenWeights ? out.chosenWeights + t * k : weightBuffer;
        float margin = kNaN;
        if (std::isnan(entropy)) {
            for (std::int64_t s = 0; s < k; ++s) {
                chosen[s] = static_cast<std::int32_t>(s);
                weights[s] = kNaN;
            }
        } else {
            // By logits, which every score function grows with: scores of logits that lie far apart are 0 or 1 all
            // alike; with a bias by their sum. k + 1 times the first maximum: k is small, and ties go to the lowest id by
            // themselves. What was taken becomes -inf, which nothing that is left is.
            for (std::int64_t e = 0; e < numExperts; ++e)
                remaining[e] = std::max(
                    selectionBias ? scores[e] + selectionBias[e] : logits[e], std::numeric_limits<float>::lowest());
            if (spec.numGroups > 1) {
                const bool asIs = selectionBias || spec.groupScore == GroupScore::Max;
                keepGroups(spec, asIs ? remaining : scores, remaining, groups);
            }
            float last = 0;
            for (std::int64_t s = 0; s < k; ++s) {
                const std::int64_t best = kernel.firstMaximum(remaining, numExperts);
                chosen[s] = static_cast<std::int32_t>(best);
                last = remaining[best];
                remaining[best] = -std::numeric_limits<float>::infinity();
            }
            const std::int64_t next = kernel.firstMaximum(remaining, numExperts);
            const bool isLeft = remaining[next] > -std::numeric_limits<float>::infinity();
            if (selectionBias) {
                margin = isLeft ? last - remaining[next] : kNaN;
            } else {
                // The vectors' exponential may be off by the last place, so that neighbours change places.
                for (std::int64_t s = 1; s < k; ++s)
                    scores[chosen[s]] = std::min(scores[chosen[s]], scores[chosen[s - 1]]);
                margin = isLeft ? std::max(0.0f, scores[chosen[k - 1]] - scores[next]) : kNaN;
            }
            weigh(spec, logits, scores, chosen, weights);
        }
        if (out.ids) {
            for (std::int64_t s = 0; s < k; ++s)
                out.ids[t * out.slotStride + s] = static_cast<std::uint16_t>(chosen[s]);
        }
        if (out.weights)
            std::copy(weights, weights + k, out.weights + t * out.slotStride);
        if (out.entropy)
            out.entropy[t * out.tokenStride] = entropy;
        if (out.margin)
            out.margin[t * out.tokenStride] = margin;
        if (out.logits)
            std::copy(logits, logits + numExperts, out.logits + t * out.logitStride);
    }
}

}
