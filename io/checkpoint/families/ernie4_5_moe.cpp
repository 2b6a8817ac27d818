// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// Every moe_layer_interval-th layer from moe_layer_start_index to moe_layer_end_index (-1: the last one) has experts.
void fillDenseErnie45Moe(ConfigReader& config, ArchSpec& arch, std::int64_t denseIntermediate)
{
    const auto layers = static_cast<std::int64_t>(arch.layers.size());
    const auto interval = config.integer("moe_layer_interval", 1, 1, INT32_MAX);
    const auto first = config.integer("moe_layer_start_index", 1, INT32_MIN, INT32_MAX);
    auto last = config.integer("moe_layer_end_index", -1, INT32_MIN, INT32_MAX);
    if (last == -1)
        last = layers - 1;
    for (std::int64_t i = 0; i < layers; ++i) {
        if ((i + 1) % interval == 0 && i >= first && i <= last)
            continue;
        arch.layers[static_cast<std::size_t>(i)].moe = false;
        arch.layers[static_cast<std::size_t>(i)].denseIntermediate = denseIntermediate;
    }
}

void fillErnie45Moe(ConfigReader& config, ArchSpec& arch)
{
    CommonDefaults defaults{103424, 2560, 28, 20, 1e-5, 6};
    defaults.tiedEmbeddings = true;
    fillCommon(config, arch, defaults, "moe_k");
    arch.numKvHeads = config.size("num_key_value_heads", 4);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = arch.mlpBias = arch.headBias = config.boolean("use_bias", false);
    arch.rope.interleaved = true;
    arch.expertIntermediate = config.size("moe_intermediate_size", 1536);
    fillShared(arch, config.integer("moe_num_shared_experts", 2, 0, INT16_MAX), arch.expertIntermediate);
    fillDenseErnie45Moe(config, arch, config.size("intermediate_size", 12288));
    auto& router = arch.router;
    router.fp32Logits = router.selectionBias = true;
    router.renormalisation = Renormalisation::Sum;
    router.renormFloor = config.number("moe_norm_min", 1e-12);
    if (!(router.renormFloor >= 0))
        config.refuse("moe_norm_min", "must not be negative");
}

}

Family ernie45MoeFamily()
{
    Family family;
    family.modelType = "ernie4_5_moe";
    family.classes = {"Ernie4_5_MoeForCausalLM"};
    family.names.selectionBias = {"moe_statics.e_score_correction_bias", "gate.moe_statics.e_score_correction_bias"};
    family.names.shared = "shared_experts";
    family.names.leftOut = {"model.mtp_", "mtp_"};
    family.fill = fillErnie45Moe;
    family.defaultRopeTheta = 500000;
    family.defaultMaxPositions = 131072;
    family.numExpertsKey = "moe_num_experts";
    family.numExpertsAlias = "num_experts";
    family.defaultNumExperts = 64;
    return family;
}

}
