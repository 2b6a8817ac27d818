// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillGlm4Moe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {151552, 4096, 46, 96, 1e-5, 8});
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = config.boolean("attention_bias", false);
    if (config.boolean("use_qk_norm", false))
        arch.qkNorm = QkNorm::PerHead;
    arch.rope.partialFactor = 0.5;
    arch.expertIntermediate = config.size("moe_intermediate_size", 1408);
    fillShared(arch, config.integer("n_shared_experts", 1, 0, INT16_MAX), arch.expertIntermediate);
    fillFirstDense(config, arch, 1, config.size("intermediate_size", 10944));
    fillSigmoidRouter(config, arch, {});
    fillNextTokenLayers(config, arch);
}

}

Family glm4MoeFamily()
{
    Family family;
    family.modelType = "glm4_moe";
    family.classes = {"Glm4MoeForCausalLM"};
    family.names.shared = "shared_experts";
    family.fill = fillGlm4Moe;
    family.partialRotary = PartialRotary::Some;
    family.defaultMaxPositions = 131072;
    family.numExpertsKey = "n_routed_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 128;
    return family;
}

}
