// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// What the models' own code knows and the reference does not read.
void refuseOthers(ConfigReader& config, const ArchSpec& arch)
{
    for (const auto key : {"use_qk_norm", "use_mixed_mlp_moe"}) {
        if (!config.isNull(key) && !config.boolean(key, true))
            config.refuse(key, "is false, hunyuan_v1_moe has it");
    }
    if (!config.isNull("use_cla") && config.boolean("use_cla", false))
        config.refuse("use_cla", "asks for attention across layers, which is not supported");
    if (!config.isNull("num_shared_expert") && config.sizeOfEachLayer("num_shared_expert", 1) != 1)
        config.refuse("num_shared_expert", "is not 1");
    if (!config.isNull("moe_intermediate_size")
        && config.sizeOfEachLayer("moe_intermediate_size", 1) != arch.expertIntermediate)
        config.refuse("moe_intermediate_size", "differs from intermediate_size");
    if (!config.isNull("moe_layer_num_skipped") && config.integer("moe_layer_num_skipped", 0, 0, INT32_MAX) != 0)
        config.refuse("moe_layer_num_skipped", "is not 0: all layers have experts");
}

void fillHunyuanV1Moe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {290943, 4096, 32, 32, 1e-5, 1}, "moe_topk");
    fillKvHeads(config, arch);
    const bool older = config.isNull("head_dim") && !config.isNull("attention_head_dim");
    if (older)
        arch.headDim = config.size("attention_head_dim", 1);
    else
        fillHeadDim(config, arch, config.isNull("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::PerHeadAfterRope;
    arch.expertIntermediate = config.size("intermediate_size", 11008);
    fillShared(arch, 1, arch.expertIntermediate);
    arch.router.fp32Logits = arch.router.fp32Weights = true;
    arch.router.renormalisation = Renormalisation::Sum;
    refuseOthers(config, arch);
}

}

Family hunyuanV1MoeFamily()
{
    Family family;
    family.modelType = "hunyuan_v1_moe";
    family.classes = {"HunYuanMoEV1ForCausalLM"};
    family.names.router = {"gate.wg"};
    family.names.shared = "shared_mlp";
    family.names.qNorm = "query_layernorm";
    family.names.kNorm = "key_layernorm";
    family.fill = fillHunyuanV1Moe;
    family.ntkAlpha = true;
    family.defaultMaxPositions = 2048;
    family.numExpertsKey = "num_experts";
    family.numExpertsAlias = "num_local_experts";
    family.defaultNumExperts = 1;
    return family;
}

}
