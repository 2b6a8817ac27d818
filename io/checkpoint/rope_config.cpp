// SPDX-License-Identifier: GPL-3.0-or-later
//
// Both dialects of the rotary embedding's parameters, resolved as transformers 5.23 does (modeling_rope_utils.py:
// convert_rope_params_to_dict, standardize_rope_params, _compute_*_parameters):
// - rope_scaling, when neither missing, null nor empty, replaces rope_parameters as a whole;
// - rope_theta inside it wins over the one beside it, which wins over the family's default; so does
// partial_rotary_factor;
// - rope_type wins over type; missing: "default";
// - original_max_position_embeddings beside it wins over the one inside (yarn, longrope, llama3).
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace expertscope {

namespace {

std::optional<RopeKind> kindOf(std::string_view name)
{
    static constexpr std::pair<std::string_view, RopeKind> kKinds[] = {{"default", RopeKind::Default},
        {"linear", RopeKind::Linear}, {"dynamic", RopeKind::Dynamic}, {"yarn", RopeKind::Yarn},
        {"longrope", RopeKind::LongRope}, {"llama3", RopeKind::Llama3}, {"proportional", RopeKind::Proportional}};
    for (const auto& [text, kind] : kKinds) {
        if (text == name)
            return kind;
    }
    return std::nullopt;
}

/// Refuses what would make a frequency infinite, zero or not a number.
double positive(ConfigReader& reader, std::string_view key, double value)
{
    if (!(value > 0 && value < 1e30)) {
        reader.refuse(key, "must be a positive number");
        return 1;
    }
    return value;
}

double yarnScale(double factor, double mscale)
{
    return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

void fillYarn(ConfigReader& rope, RopeSpec& spec)
{
    if (!rope.has("factor"))
        rope.refuse("factor", "is missing");
    const auto factor = rope.optionalNumber("factor");
    spec.factor = positive(rope, "factor",
        factor.value_or(static_cast<double>(spec.maxPositions) / static_cast<double>(spec.originalMaxPositions)));
    spec.attentionFactor = rope.optionalNumber("attention_factor");
    spec.mscale = rope.optionalNumber("mscale");
    spec.mscaleAllDim = rope.optionalNumber("mscale_all_dim");
    // 0 counts as not given, as in the reference.
    const auto orDefault = [](std::optional<double> value, double fallback) {
        return value && *value != 0 ? *value : fallback;
    };
    spec.betaFast = positive(rope, "beta_fast", orDefault(rope.optionalNumber("beta_fast"), 32));
    spec.betaSlow = positive(rope, "beta_slow", orDefault(rope.optionalNumber("beta_slow"), 1));
    spec.truncate = rope.boolean("truncate", true);
    if (spec.theta == 1)
        rope.refuse("rope_theta", "must not be 1 with yarn");
    if (spec.attentionFactor)
        spec.attentionScaling = *spec.attentionFactor;
    else if (spec.mscale.value_or(0) != 0 && spec.mscaleAllDim.value_or(0) != 0)
        spec.attentionScaling = yarnScale(spec.factor, *spec.mscale) / yarnScale(spec.factor, *spec.mscaleAllDim);
    else
        spec.attentionScaling = yarnScale(spec.factor, 1);
}

void fillLongRope(ConfigReader& rope, RopeSpec& spec)
{
    const auto original = static_cast<double>(spec.originalMaxPositions);
    spec.factor = positive(
        rope, "factor", rope.optionalNumber("factor").value_or(static_cast<double>(spec.maxPositions) / original));
    spec.attentionFactor = rope.optionalNumber("attention_factor");
    if (spec.attentionFactor)
        spec.attentionScaling = *spec.attentionFactor;
    else if (spec.factor > 1)
        spec.attentionScaling = std::sqrt(1 + std::log(spec.factor) / std::log(original));
    const auto pairs = (spec.rotaryDim + 1) / 2;
    for (auto [key, list] :
        {std::pair{"short_factor", &spec.shortFactor}, std::pair{"long_factor", &spec.longFactor}}) {
        *list = rope.requiredNumbers(key);
        if (list->size() == 1) // the reference broadcasts it
            list->resize(static_cast<std::size_t>(pairs), list->front());
        if (static_cast<std::int64_t>(list->size()) != pairs) {
            rope.refuse(key,
                "has " + std::to_string(list->size()) + " values, " + std::to_string(pairs)
                    + " (one for two rotated dimensions) were expected");
        }
        for (const double value : *list)
            positive(rope, key, value);
    }
}

void fillLlama3(ConfigReader& rope, RopeSpec& spec)
{
    spec.factor = positive(rope, "factor", rope.requiredNumber("factor"));
    spec.lowFrequencyFactor = positive(rope, "low_freq_factor", rope.requiredNumber("low_freq_factor"));
    spec.highFrequencyFactor = positive(rope, "high_freq_factor", rope.requiredNumber("high_freq_factor"));
    if (spec.lowFrequencyFactor == spec.highFrequencyFactor)
        rope.refuse("high_freq_factor", "must differ from low_freq_factor");
}

/// rotaryDim and partialFactor.
void fillPartial(ConfigReader& config, ConfigReader& rope, RopeSpec& spec, const ArchSpec& arch, const Family& family)
{
    const std::string_view key = "partial_rotary_factor";
    const auto headDim = arch.ropeHeadDim();
    if (spec.kind == RopeKind::Default && family.partialRotary == PartialRotary::UnreadByDefault)
        return; // rotates everything, whatever the file says
    auto& holder = rope.has(key) || config.isNull(key) ? rope : config;
    spec.partialFactor = holder.number(key, arch.rope.partialFactor);
    if (!(spec.partialFactor >= 0 && spec.partialFactor <= 1))
        return holder.refuse(key, "must be 0 to 1");
    const auto dim = static_cast<std::int64_t>(static_cast<double>(headDim) * spec.partialFactor);
    if (spec.kind == RopeKind::Proportional)
        return;
    // Without partial rotation, frequencies for fewer than all dimensions are what the reference cannot apply. One less
    // than head_dim gives as many frequencies, so that works.
    if (family.partialRotary != PartialRotary::Some && (dim + 1) / 2 * 2 != headDim) {
        return holder.refuse(key,
            "rotates " + std::to_string(dim) + " of " + std::to_string(headDim) + " dimensions, " + arch.modelType
                + " rotates all");
    }
    if (dim < 1)
        return holder.refuse(key, "leaves no dimension of " + std::to_string(headDim) + " to rotate");
    spec.rotaryDim = dim;
}

}

/// hunyuan_v1_moe: a longer base, as the dynamic kind has it, but whatever the length.
void stretchByAlpha(ConfigReader& rope, RopeSpec& spec)
{
    const auto alpha = rope.optionalNumber("alpha");
    if (!alpha || *alpha == 0)
        return;
    const auto d = static_cast<double>(spec.rotaryDim);
    if (spec.rotaryDim <= 2)
        return rope.refuse("alpha", "needs more than two rotated dimensions");
    spec.theta = positive(rope, "alpha", spec.theta * std::pow(positive(rope, "alpha", *alpha), d / (d - 2)));
    spec.kind = RopeKind::Default;
}

/// phimoe: scales of cosines and sines in the file, one for sequences up to the original length and one beyond.
void fillMscales(ConfigReader& config, ConfigReader& rope, std::string_view key, RopeSpec& spec)
{
    if (spec.kind != RopeKind::LongRope)
        return config.refuse(key, "phimoe has longrope or no scaling");
    spec.attentionScaling = rope.requiredNumber("short_mscale");
    spec.longAttentionScaling = rope.requiredNumber("long_mscale");
}

RopeSpec parseRope(ConfigReader& config, const ArchSpec& arch, const Family& family, std::int64_t maxPositions)
{
    RopeSpec spec;
    spec.maxPositions = maxPositions;
    spec.rotaryDim = arch.ropeHeadDim();
    spec.interleaved = arch.rope.interleaved;

    auto scaling = config.object("rope_scaling");
    const auto key = scaling && !scaling->value().object()->empty() ? "rope_scaling" : "rope_parameters";
    static const JsonValue kNone{JsonValue::Object{}};
    auto given = config.object(key);
    const auto byFamily = family.defaultRope.empty() ? Expected<JsonValue>(kNone)
                                                     : parsePythonJson(std::string(family.defaultRope), JsonLimits{}, "");
    auto rope = given ? *given : ConfigReader(*byFamily, std::string());
    if (config.failed())
        return spec;
    for (const auto& [name, value] : *rope.value().object()) {
        if (value.object()) {
            config.refuse(std::string(key) + ": " + name.substr(0, 80),
                "parameters per layer type: the reference reads none for " + arch.modelType);
        }
    }

    const auto named = rope.has("rope_type") ? rope.string("rope_type")
        : rope.has("type")                   ? rope.string("type")
                                             : "default";
    const auto kind = named ? kindOf(*named) : std::nullopt;
    if (!kind) {
        config.refuse(key, named ? "unknown rope type '" + named->substr(0, 80) + "'" : "its rope_type is null");
        return spec;
    }
    spec.kind = *kind;

    auto& thetaHolder = rope.has("rope_theta") ? rope : config;
    spec.theta = positive(thetaHolder, "rope_theta", thetaHolder.number("rope_theta", family.defaultRopeTheta));
    if (arch.ropeHeadDim() % 2 != 0) {
        config.refuse(arch.latent ? "qk_rope_head_dim" : "head_dim",
            "is " + std::to_string(arch.ropeHeadDim()) + ", the rotary embedding needs an even one");
    }
    fillPartial(config, rope, spec, arch, family);
    if (arch.latent)
        spec.mscaleAllDim = rope.optionalNumber("mscale_all_dim");
    if (spec.kind == RopeKind::Yarn || spec.kind == RopeKind::LongRope || spec.kind == RopeKind::Llama3) {
        const std::string_view original = "original_max_position_embeddings";
        auto& holder = config.has(original) ? config : rope;
        spec.originalMaxPositions = holder.size(original, spec.maxPositions);
    }
    if (family.ntkAlpha && spec.kind == RopeKind::Dynamic)
        stretchByAlpha(rope, spec);
    if (config.failed() || rope.failed())
        return spec;

    switch (spec.kind) {
    case RopeKind::Default:
        break;
    case RopeKind::Linear:
        spec.factor = positive(rope, "factor", rope.requiredNumber("factor"));
        break;
    case RopeKind::Proportional:
        spec.factor = positive(rope, "factor", rope.number("factor", 1));
        break;
    case RopeKind::Dynamic:
        spec.factor = positive(rope, "factor", rope.requiredNumber("factor"));
        if (spec.rotaryDim <= 2)
            config.refuse("head_dim", "is too small for dynamic rope");
        break;
    case RopeKind::Yarn:
        if (spec.rotaryDim % 2 != 0)
            config.refuse("partial_rotary_factor", "rotates " + std::to_string(spec.rotaryDim) + " dimensions, yarn needs an even number");
        fillYarn(rope, spec);
        break;
    case RopeKind::LongRope:
        fillLongRope(rope, spec);
        break;
    case RopeKind::Llama3:
        fillLlama3(rope, spec);
        break;
    }
    if (family.mscaleByLength && spec.kind != RopeKind::Default)
        fillMscales(config, rope, key, spec);
    if (!std::isfinite(spec.attentionScaling) || !std::isfinite(spec.longAttentionScaling.value_or(1)))
        rope.refuse("attention_factor", "the scale of the rotary embedding is not finite");
    return spec;
}

}
