// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillPhimoe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {32064, 4096, 32, 32, 1e-5, 2});
    // The rule takes two, whatever the file says.
    if (!config.failed() && arch.router.topK != 2)
        config.refuse("num_experts_per_tok", "is " + std::to_string(arch.router.topK) + ", phimoe always takes 2");
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.headBias = config.boolean("lm_head_bias", false);
    if (const auto window = config.optionalInteger("sliding_window", 1, INT32_MAX))
        setWindow(arch, *window);
    arch.normKind = NormKind::LayerNorm;
    arch.expertIntermediate = config.size("intermediate_size", 6400);
    arch.router.score = ScoreFunction::SparseMixer;
    arch.router.jitter = config.number("router_jitter_noise", 0.01);
    if (!(arch.router.jitter >= 0))
        config.refuse("router_jitter_noise", "must not be negative");
}

}

Family phimoeFamily()
{
    Family family;
    family.modelType = "phimoe";
    family.classes = {"PhiMoEForCausalLM", "PhimoeForCausalLM"};
    family.names.moeBlocks = {"block_sparse_moe", "mlp"};
    family.names.router = {"gate", "router"};
    family.names.expertGate = "w1";
    family.names.expertUp = "w3";
    family.names.expertDown = "w2";
    family.fill = fillPhimoe;
    family.defaultRopeTheta = 1000000;
    family.mscaleByLength = true;
    family.defaultMaxPositions = 131072;
    family.numExpertsKey = "num_local_experts";
    family.defaultNumExperts = 16;
    return family;
}

}
