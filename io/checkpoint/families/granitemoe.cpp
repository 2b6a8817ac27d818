// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillGranitemoe(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {32000, 4096, 32, 32, 1e-6, 2});
    fillKvHeads(config, arch);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.attentionScale = config.number("attention_multiplier", 1);
    arch.embeddingMultiplier = config.number("embedding_multiplier", 1);
    arch.residualMultiplier = config.number("residual_multiplier", 1);
    arch.logitsDivisor = config.number("logits_scaling", 1);
    if (arch.logitsDivisor == 0)
        config.refuse("logits_scaling", "must not be 0");
    // The one family with shared experts only adds them.
    if (config.has("shared_intermediate_size") && arch.family == "granitemoeshared") {
        arch.sharedIntermediate = config.integer("shared_intermediate_size", 0, 0, INT32_MAX);
        arch.numShared = 1;
    }
    arch.expertIntermediate = config.size("intermediate_size", 11008);
    arch.router.score = ScoreFunction::Identity;
    arch.router.renormalisation = Renormalisation::SoftmaxOverChosen;
}

Family graniteFamily(std::string_view modelType)
{
    Family family;
    family.modelType = modelType;
    family.names.moeBlocks = {"block_sparse_moe"};
    family.names.router = {"router.layer", "router"};
    family.names.fusedGateUp = {"input_linear.weight", "experts.gate_up_proj"};
    family.names.fusedDown = {"output_linear.weight", "experts.down_proj"};
    family.names.shared = ".shared_mlp";
    family.names.sharedFused = true;
    family.fill = fillGranitemoe;
    family.defaultMaxPositions = 2048;
    family.numExpertsKey = "num_local_experts";
    family.defaultNumExperts = 8;
    return family;
}

}

Family graniteMoeFamily()
{
    return graniteFamily("granitemoe");
}

Family graniteMoeSharedFamily()
{
    return graniteFamily("granitemoeshared");
}

}
