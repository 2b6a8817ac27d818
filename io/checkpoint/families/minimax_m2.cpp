// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// What its relatives have and the reference does not read here.
void refuseRelatives(ConfigReader& config, const ArchSpec& arch)
{
    if (!config.isNull("use_qk_norm") && !config.boolean("use_qk_norm", true))
        config.refuse("use_qk_norm", "is false, minimax_m2 normalises queries and keys");
    if (!config.isNull("shared_intermediate_size") && config.integer("shared_intermediate_size", 0, 0, INT32_MAX) != 0)
        config.refuse("shared_intermediate_size", "is not 0, minimax_m2 has no shared expert");
    for (const auto type : config.integers("attn_type_list")) {
        if (type != 1)
            config.refuse("attn_type_list", "asks for linear attention, which is not supported");
    }
    expectWord(config, arch, "scoring_func", "sigmoid");
}

void fillMinimaxM2(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {200064, 3072, 62, 48, 1e-6, 8});
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    arch.headDim = config.size("head_dim", 128);
    arch.qkNorm = QkNorm::FullWidth;
    if (!config.isNull("rotary_dim"))
        arch.rope.partialFactor = config.number("rotary_dim", 0) / static_cast<double>(arch.headDim);
    arch.expertIntermediate = config.size("intermediate_size", 1536);
    arch.router.score = ScoreFunction::Sigmoid;
    arch.router.selectionBias = arch.router.fp32Weights = true;
    arch.router.renormalisation = Renormalisation::Sum;
    arch.nextTokenLayers = config.optionalInteger("num_mtp_modules", 0, 1000).value_or(0);
    refuseRelatives(config, arch);
}

}

Family minimaxM2Family()
{
    Family family;
    family.modelType = "minimax_m2";
    family.classes = {"MiniMaxM2ForCausalLM"};
    family.names.moeBlocks = {"block_sparse_moe", "mlp"};
    family.names.expertGate = "w1";
    family.names.expertUp = "w3";
    family.names.expertDown = "w2";
    family.names.selectionBias = {"e_score_correction_bias"};
    family.fill = fillMinimaxM2;
    family.defaultRopeTheta = 5000000;
    family.partialRotary = PartialRotary::Some;
    family.defaultMaxPositions = 196608;
    family.numExpertsKey = "num_local_experts";
    family.numExpertsAlias = "num_experts";
    family.defaultNumExperts = 256;
    return family;
}

}
