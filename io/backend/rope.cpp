// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/rope.h"

#include "io/backend/torch_compat.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// 0, 2, 4, … over dim, in fp32
at::Tensor exponents(std::int64_t dim)
{
    return at::arange(0, dim, 2, at::kLong).to(at::kFloat) / static_cast<double>(dim);
}

at::Tensor powers(double base, std::int64_t dim)
{
    return at::pow(at::Scalar(base), exponents(dim));
}

at::Tensor dynamicNtk(const RopeSpec& spec, std::int64_t dim, std::int64_t length)
{
    if (length <= spec.maxPositions)
        return powers(spec.theta, dim).reciprocal();
    // The reference meets the length as an integer tensor here, so the base is an fp32 one too.
    const at::Tensor seen = at::scalar_tensor(length, at::kLong);
    const double maximum = static_cast<double>(spec.maxPositions);
    const at::Tensor growth = (seen * spec.factor) / maximum - (spec.factor - 1);
    const at::Tensor base = at::pow(growth, static_cast<double>(dim) / static_cast<double>(dim - 2)) * spec.theta;
    return at::pow(base, exponents(dim)).reciprocal();
}

at::Tensor yarn(const RopeSpec& spec, std::int64_t dim)
{
    const double original = static_cast<double>(spec.originalMaxPositions);
    const auto correction = [&](double rotations) {
        return static_cast<double>(dim) * std::log(original / (rotations * 2 * M_PI)) / (2 * std::log(spec.theta));
    };
    double low = correction(spec.betaFast), high = correction(spec.betaSlow);
    if (spec.truncate) {
        low = std::floor(low);
        high = std::ceil(high);
    }
    low = std::max(low, 0.0);
    high = std::min(high, static_cast<double>(dim - 1));
    if (low == high)
        high += 0.001;
    const at::Tensor ramp = ((at::arange(dim / 2, at::kFloat) - low) / (high - low)).clamp(0, 1);
    const at::Tensor positions = powers(spec.theta, dim);
    const at::Tensor keep = 1 - ramp;
    return (positions * spec.factor).reciprocal() * (1 - keep) + positions.reciprocal() * keep;
}

at::Tensor longRope(const RopeSpec& spec, std::int64_t dim, bool beyond)
{
    const std::vector<double>& factors = beyond ? spec.longFactor : spec.shortFactor;
    std::vector<float> narrow(factors.begin(), factors.end());
    const at::Tensor scale = at::from_blob(narrow.data(), {static_cast<std::int64_t>(narrow.size())}, at::kFloat);
    return (scale * powers(spec.theta, dim)).reciprocal();
}

at::Tensor llama3(const RopeSpec& spec, std::int64_t dim)
{
    const at::Tensor inverse = powers(spec.theta, dim).reciprocal();
    const double context = static_cast<double>(spec.originalMaxPositions);
    const double lowWave = context / spec.lowFrequencyFactor, highWave = context / spec.highFrequencyFactor;
    const at::Tensor wave = inverse.reciprocal() * (2 * M_PI);
    const at::Tensor slowed = at::where(wave > lowWave, inverse / spec.factor, inverse);
    const at::Tensor smooth =
        (wave.reciprocal() * context - spec.lowFrequencyFactor) / (spec.highFrequencyFactor - spec.lowFrequencyFactor);
    const at::Tensor blended = (1 - smooth) * slowed / spec.factor + smooth * slowed;
    const at::Tensor medium = wave.lt(highWave).logical_not().logical_and(wave.gt(lowWave).logical_not());
    return at::where(medium, blended, slowed);
}

at::Tensor proportional(const RopeSpec& spec, std::int64_t headDim)
{
    const auto rotated = static_cast<std::int64_t>(spec.partialFactor * static_cast<double>(headDim) / 2);
    const at::Tensor all = powers(spec.theta, headDim).reciprocal() / spec.factor;
    return at::where(at::arange(headDim / 2).lt(rotated), all, at::zeros_like(all));
}

}

std::int64_t ropeKey(const RopeSpec& spec, std::int64_t sequenceLength)
{
    switch (spec.kind) {
    case RopeKind::Dynamic:
        return sequenceLength > spec.maxPositions ? sequenceLength : 0;
    case RopeKind::LongRope:
        return sequenceLength > spec.originalMaxPositions ? 1 : 0;
    default:
        return 0;
    }
}

std::vector<float> ropeFrequencies(const RopeSpec& spec, std::int64_t headDim, std::int64_t sequenceLength)
{
    const c10::InferenceMode guard;
    const std::int64_t dim = spec.rotaryDim;
    at::Tensor inverse;
    switch (spec.kind) {
    case RopeKind::Default:
        inverse = powers(spec.theta, dim).reciprocal();
        break;
    case RopeKind::Linear:
        inverse = powers(spec.theta, dim).reciprocal() / spec.factor;
        break;
    case RopeKind::Dynamic:
        inverse = dynamicNtk(spec, dim, sequenceLength);
        break;
    case RopeKind::Yarn:
        inverse = yarn(spec, dim);
        break;
    case RopeKind::LongRope:
        inverse = longRope(spec, dim, sequenceLength > spec.originalMaxPositions);
        break;
    case RopeKind::Llama3:
        inverse = llama3(spec, dim);
        break;
    case RopeKind::Proportional:
        inverse = proportional(spec, headDim);
        break;
    }
    inverse = inverse.to(at::kFloat).contiguous();
    const float* values = inverse.data_ptr<float>();
    return {values, values + inverse.numel()};
}

}
