// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

namespace expertscope {

namespace {

void fillDots1(ConfigReader& config, ArchSpec& arch)
{
    fillCommon(config, arch, {152064, 4608, 62, 32, 1e-6, 0});
    fillKvHeads(config, arch, 32);
    fillHeadDim(config, arch, !config.has("head_dim"));
    arch.qkvBias = arch.outputBias = config.boolean("attention_bias", false);
    arch.qkNorm = QkNorm::PerHead;
    const auto window =
        config.has("sliding_window") ? config.optionalInteger("sliding_window", 1, INT32_MAX) : std::optional(4096L);
    const auto firstSliding = config.integer("max_window_layers", 62, INT64_MIN, INT64_MAX);
    fillWindowsByType(config, arch, window, [&](std::size_t layer) {
        return window && static_cast<std::int64_t>(layer) >= firstSliding;
    });
    arch.expertIntermediate = config.size("moe_intermediate_size", 1408);
    if (config.isNull("n_shared_experts"))
        config.refuse("n_shared_experts", "is missing");
    fillShared(arch, config.integer("n_shared_experts", 0, 0, INT16_MAX), arch.expertIntermediate);
    fillFirstDense(config, arch, 0, config.size("intermediate_size", 10944));
    SigmoidRouterDefaults router;
    router.renormalised = false;
    fillSigmoidRouter(config, arch, router);
}

}

Family dots1Family()
{
    Family family;
    family.modelType = "dots1";
    family.classes = {"Dots1ForCausalLM"};
    family.names.shared = "shared_experts";
    family.fill = fillDots1;
    family.defaultMaxPositions = 2048;
    family.numExpertsKey = "n_routed_experts";
    family.numExpertsAlias = "num_local_experts";
    return family;
}

}
