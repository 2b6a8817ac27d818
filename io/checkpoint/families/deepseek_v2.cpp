// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

/// The reference knows two ways to choose and renormalises in neither, whatever norm_topk_prob says; the model's own
/// code does. No published checkpoint asks for it, so it is refused.
void fillRouter(ConfigReader& config, ArchSpec& arch)
{
    auto& router = arch.router;
    router.fp32Logits = router.fp32Weights = true;
    router.scaling = config.number("routed_scaling_factor", 1);
    const std::string method = config.has("topk_method") ? config.string("topk_method").value_or("null") : "greedy";
    if (method == "group_limited_greedy") {
        router.numGroups = config.size("n_group", 0);
        router.keptGroups = config.size("topk_group", 0);
        for (const auto key : {"n_group", "topk_group"}) {
            if (config.isNull(key))
                config.refuse(key, "is missing, topk_method needs it");
        }
    } else if (method != "greedy") {
        config.refuse("topk_method", "is '" + method.substr(0, 80) + "', greedy or group_limited_greedy was expected");
    }
    expectWord(config, arch, "scoring_func", "softmax");
    if (!config.isNull("norm_topk_prob") && config.boolean("norm_topk_prob", false)) {
        config.refuse("norm_topk_prob",
            "is true: the reference library ignores it, the model's own code does not, so it is not known what is meant");
    }
}

void fillDeepseekV2(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {102400, 4096, 32, 32, 1e-6, 0});
    if (!config.failed() && arch.hiddenSize % arch.numHeads != 0)
        config.refuse("hidden_size", "is no multiple of the heads");
    fillLatent(config, arch, {});
    arch.rope.interleaved = true;
    arch.mlpBias = config.boolean("mlp_bias", false);
    arch.expertIntermediate = config.size("moe_intermediate_size", 1407);
    fillShared(arch, config.integer("n_shared_experts", 2, 0, INT16_MAX), arch.expertIntermediate);
    fillFirstDense(config, arch, 0, config.size("intermediate_size", 11008));
    fillRouter(config, arch);
}

}

Family deepseekV2Family()
{
    Family family;
    family.modelType = "deepseek_v2";
    family.classes = {"DeepseekV2ForCausalLM"};
    family.names.shared = "shared_experts";
    family.fill = fillDeepseekV2;
    family.finish = scaleByMscale;
    family.defaultMaxPositions = 2048;
    family.numExpertsKey = "n_routed_experts";
    family.numExpertsAlias = "num_experts";
    family.defaultNumExperts = 64;
    return family;
}

}
