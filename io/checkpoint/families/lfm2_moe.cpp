// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillLfm2Moe(ConfigReader& config, ArchSpec& arch)
{
    CommonDefaults defaults{65536, 2048, 32, 32, 1e-5, 4, true};
    defaults.normEpsilonKey = "norm_eps";
    fillCommon(config, arch, defaults);
    if (config.has("tie_embedding"))
        arch.tiedEmbeddings = config.boolean("tie_embedding", true);
    expectWord(config, arch, "hidden_act", "silu"); // the model's own code has no other
    arch.numKvHeads = config.size("num_key_value_heads", 8);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkNorm = QkNorm::PerHead;
    arch.shortConvolution = ShortConvolution{config.integer("conv_L_cache", 3, 1, 1024), config.boolean("conv_bias", false)};
    fillMixersByType(config, arch, "conv", Mixer::ShortConvolution);
    arch.expertIntermediate = config.size("moe_intermediate_size", 1792);
    const auto denseWidth = config.size("intermediate_size", 7168);
    const auto dense = config.integer("num_dense_layers", 2, 0, INT32_MAX);
    for (std::size_t i = 0; i < arch.layers.size() && static_cast<std::int64_t>(i) < dense; ++i) {
        arch.layers[i].moe = false;
        arch.layers[i].denseIntermediate = denseWidth;
    }
    RouterSpec& router = arch.router;
    router.score = ScoreFunction::Sigmoid;
    router.selectionBias = config.boolean("use_expert_bias", true);
    router.scaling = config.number("routed_scaling_factor", 1);
    if (config.boolean("norm_topk_prob", true)) {
        router.renormalisation = Renormalisation::Sum;
        router.renormEpsilon = 1e-6;
    }
}

}

Family lfm2MoeFamily()
{
    Family family;
    family.modelType = "lfm2_moe";
    family.classes = {"Lfm2MoeForCausalLM"};
    family.names.moeBlocks = {"feed_forward"};
    family.names.expertGate = family.names.denseGate = "w1";
    family.names.expertUp = family.names.denseUp = "w3";
    family.names.expertDown = family.names.denseDown = "w2";
    family.names.dense = {"feed_forward"};
    family.names.selectionBias = {"expert_bias"};
    family.names.attentionNorm = "operator_norm";
    family.names.mlpNorm = "ffn_norm";
    family.names.finalNorm = "embedding_norm";
    family.names.qNorm = "q_layernorm";
    family.names.kNorm = "k_layernorm";
    family.names.attentionOutput = "out_proj";
    family.fill = fillLfm2Moe;
    family.defaultRopeTheta = 1000000;
    family.defaultMaxPositions = 128000;
    family.numExpertsKey = "num_experts";
    family.defaultNumExperts = 32;
    return family;
}

}
