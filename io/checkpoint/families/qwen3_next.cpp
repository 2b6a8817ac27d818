// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillQwen3Next(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {151936, 2048, 48, 16, 1e-6, 10});
    arch.numKvHeads = config.size("num_key_value_heads", 2);
    arch.headDim = config.size("head_dim", 256);
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::PerHead;
    arch.gatedAttention = true;
    arch.normKind = NormKind::RmsAroundOne;
    arch.rope.partialFactor = 0.25;
    fillDeltaNet(config, arch);
    arch.expertIntermediate = config.size("moe_intermediate_size", 512);
    arch.sharedIntermediate = config.integer("shared_expert_intermediate_size", 512, 0, INT32_MAX);
    arch.sharedGated = true;
    fillDenseLayers(config, arch, config.size("intermediate_size", 5632));
    if (config.boolean("norm_topk_prob", true))
        arch.router.renormalisation = Renormalisation::Sum;
}

}

Family qwen3NextFamily()
{
    Family family;
    family.modelType = "qwen3_next";
    family.classes = {"Qwen3NextForCausalLM"};
    family.names.leftOut = {"mtp."};
    family.fill = fillQwen3Next;
    family.partialRotary = PartialRotary::Some;
    family.defaultMaxPositions = 32768;
    family.numExpertsKey = "num_experts";
    family.defaultNumExperts = 512;
    return family;
}

}
