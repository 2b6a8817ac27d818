// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillQwen3Moe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {151936, 2048, 24, 32, 1e-6, 8});
    arch.numKvHeads = config.size("num_key_value_heads", 4);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::PerHead;
    arch.expertIntermediate = config.size("moe_intermediate_size", 768);
    fillDenseLayers(config, arch, config.size("intermediate_size", 6144));
    // One window for all layers: this family's model reads neither max_window_layers nor layer_types.
    if (config.boolean("use_sliding_window", false)) {
        if (!config.has("sliding_window"))
            setWindow(arch, 4096);
        else if (const auto window = config.optionalInteger("sliding_window", 1, INT32_MAX))
            setWindow(arch, *window);
    }
    if (config.boolean("norm_topk_prob", false))
        arch.router.renormalisation = Renormalisation::Sum;
}

}

Family qwen3MoeFamily()
{
    Family family;
    family.modelType = "qwen3_moe";
    family.fill = fillQwen3Moe;
    family.defaultMaxPositions = 32768;
    family.numExpertsKey = "num_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 128;
    return family;
}

}
