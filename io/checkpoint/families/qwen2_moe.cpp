// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// layer_types decides; where the file has none, the reference makes it: every other layer, starting with the first,
/// among the first max_window_layers.
void fillWindows(ConfigReader& config, ArchSpec& arch)
{
    const bool windows = config.boolean("use_sliding_window", false);
    // Missing means 4096, null is an error once a layer needs it.
    const auto window = config.has("sliding_window") ? config.optionalInteger("sliding_window", 0, INT32_MAX) : 4096;
    const auto firstFull = config.integer("max_window_layers", 28, INT64_MIN, INT64_MAX);
    const auto types = config.strings("layer_types");
    for (std::size_t i = 0; i < arch.layers.size() && !config.failed(); ++i) {
        bool sliding = windows && i % 2 == 0 && static_cast<std::int64_t>(i) < firstFull;
        if (types && i < types->size()) {
            const auto& type = (*types)[i];
            sliding = type == "sliding_attention";
            if (!sliding && type != "full_attention" && type != "attention")
                config.refuse(
                    "layer_types[" + std::to_string(i) + "]", "qwen2_moe has no '" + type.substr(0, 80) + "' layers");
        }
        if (!sliding)
            continue;
        if (!windows)
            config.refuse(
                "layer_types[" + std::to_string(i) + "]", "asks for a sliding window, use_sliding_window is false");
        else if (!window || *window < 1)
            config.refuse("sliding_window", "is needed by layer " + std::to_string(i) + " and must be at least 1");
        else
            arch.layers[i].slidingWindow = *window;
    }
}

void fillQwen2Moe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {151936, 2048, 24, 16, 1e-6, 4});
    arch.numKvHeads = config.size("num_key_value_heads", 16);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = config.boolean("qkv_bias", true);
    arch.expertIntermediate = config.size("moe_intermediate_size", 1408);
    arch.sharedIntermediate = config.integer("shared_expert_intermediate_size", 5632, 0, INT32_MAX);
    arch.sharedGated = true;
    fillDenseLayers(config, arch, config.size("intermediate_size", 5632));
    fillWindows(config, arch);
    if (config.boolean("norm_topk_prob", false))
        arch.router.renormalisation = Renormalisation::Sum;
}

}

Family qwen2MoeFamily()
{
    Family family;
    family.modelType = "qwen2_moe";
    family.fill = fillQwen2Moe;
    family.defaultMaxPositions = 32768;
    family.numExpertsKey = "num_experts";
    family.defaultNumExperts = 60;
    return family;
}

}
