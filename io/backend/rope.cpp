// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/rope.h"

#include "io/backend/torch_compat.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

std::int64_t rotatedDims(const RopeSpec& spec, std::int64_t headDim)
{
    return static_cast<std::int64_t>(static_cast<double>(headDim) * spec.partialFactor);
}

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

double yarnScale(double scale, double mscale)
{
    return scale <= 1 ? 1.0 : 0.1 * mscale * std::log(scale) + 1.0;
}

at::Tensor yarn(const RopeSpec& spec, std::int64_t dim)
{
    const double original = static_cast<double>(spec.originalMaxPositions > 0 ? spec.originalMaxPositions : spec.maxPositions);
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
    const double context = static_cast<double>(spec.originalMaxPositions > 0 ? spec.originalMaxPositions : spec.maxPositions);
    const double lowWave = context / spec.lowFrequencyFactor, highWave = context / spec.highFrequencyFactor;
    const at::Tensor wave = inverse.reciprocal() * (2 * M_PI);
    const at::Tensor slowed = at::where(wave > lowWave, inverse / spec.factor, inverse);
    const at::Tensor smooth = (wave.reciprocal() * context - spec.lowFrequencyFactor) / (spec.highFrequencyFactor - spec.lowFrequencyFactor);
    const at::Tensor blended = (1 - smooth) * slowed / spec.factor + smooth * slowed;
    const at::Tensor medium = wave.lt(highWave).logical_not().logical_and(wave.gt(lowWave).logical_not());
    return at::where(medium, blended, slowed);
}

std::int64_t longRopeLimit(const RopeSpec& spec)
{
    return spec.originalMaxPositions > 0 ? spec.originalMaxPositions : spec.maxPositions;
}

}

std::int64_t ropeKey(const RopeSpec& spec, std::int64_t sequenceLength)
{
    switch (spec.kind) {
    case RopeKind::Dynamic: return sequenceLength > spec.maxPositions ? sequenceLength : 0;
    case RopeKind::LongRope: return sequenceLength > longRopeLimit(spec) ? 1 : 0;
    default: return 0;
    }
}

RopeFrequencies ropeFrequencies(const RopeSpec& spec, std::int64_t headDim, std::int64_t sequenceLength)
{
    const c10::InferenceMode guard;
    const std::int64_t dim = rotatedDims(spec, headDim);
    RopeFrequencies result;
    at::Tensor inverse;
    switch (spec.kind) {
    case RopeKind::Default: inverse = powers(spec.theta, dim).reciprocal(); break;
    case RopeKind::Linear: inverse = powers(spec.theta, dim).reciprocal() / spec.factor; break;
    case RopeKind::Dynamic: inverse = dynamicNtk(spec, dim, sequenceLength); break;
    case RopeKind::Yarn:
        inverse = yarn(spec, dim);
        if (spec.attentionFactor)
            result.attentionScaling = *spec.attentionFactor;
        else if (spec.mscale.value_or(0) != 0 && spec.mscaleAllDim.value_or(0) != 0)
            result.attentionScaling = yarnScale(spec.factor, *spec.mscale) / yarnScale(spec.factor, *spec.mscaleAllDim);
        else
            result.attentionScaling = yarnScale(spec.factor, 1);
        break;
    case RopeKind::LongRope:
        inverse = longRope(spec, dim, sequenceLength > longRopeLimit(spec));
        if (spec.attentionFactor)
            result.attentionScaling = *spec.attentionFactor;
        else if (spec.factor > 1)
            result.attentionScaling = std::sqrt(1 + std::log(spec.factor) / std::log(static_cast<double>(longRopeLimit(spec))));
        break;
    case RopeKind::Llama3: inverse = llama3(spec, dim); break;
    }
    inverse = inverse.to(at::kFloat).contiguous();
    result.inverse.assign(inverse.data_ptr<float>(), inverse.data_ptr<float>() + inverse.numel());
    return result;
}

}
