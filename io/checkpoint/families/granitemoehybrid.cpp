// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/family.h"

#include "io/checkpoint/config_reader.h"

#include <limits>

namespace expertscope {

namespace {

constexpr std::int64_t kMostOfASpace = 1 << 20;

void fillSpace(ConfigReader& config, ArchSpec& arch)
{
    StateSpace space;
    const auto inner = config.integer("mamba_expand", 2, 1, 1024) * arch.hiddenSize;
    space.heads = config.integer("mamba_n_heads", 128, 1, kMostOfASpace);
    space.groups = config.integer("mamba_n_groups", 1, 1, kMostOfASpace);
    space.stateDim = config.integer("mamba_d_state", 256, 1, kMostOfASpace);
    space.kernel = config.integer("mamba_d_conv", 4, 1, 1024);
    space.convolutionBias = config.boolean("mamba_conv_bias", true);
    space.projectionBias = config.boolean("mamba_proj_bias", false);
    if (config.failed())
        return;
    const std::string_view size = "mamba_d_head";
    if (!config.has(size) || config.isWord(size, "auto"))
        space.headDim = inner / space.heads;
    else
        space.headDim = config.integer(size, 1, 1, kMostOfASpace);
    if (space.heads * space.headDim != inner)
        config.refuse("mamba_n_heads", "is " + std::to_string(space.heads) + ", heads of " + std::to_string(space.headDim)
                + " do not make mamba_expand x hidden_size, " + std::to_string(inner));
    else if (space.heads % space.groups != 0)
        config.refuse("mamba_n_groups",
            "is " + std::to_string(space.groups) + ", which does not divide the " + std::to_string(space.heads) + " heads");
    space.mostStep = std::numeric_limits<double>::infinity();
    if (!config.isNull("time_step_limit")) {
        const auto limits = config.requiredNumbers("time_step_limit");
        if (limits.size() != 2 || !(limits[0] <= limits[1]))
            return config.refuse("time_step_limit", "is not two numbers, the lower one first");
        space.leastStep = limits[0];
        space.mostStep = limits[1];
    }
    arch.stateSpace = space;
}

void fillGraniteHybrid(ConfigReader& config, ArchSpec& arch)
{
    fillGranite(config, arch);
    if (!config.isNull("layers_block_type"))
        config.refuse("layers_block_type", "is an older name of layer_types, which is what is read here");
    fillSpace(config, arch);
    fillMixersByType(config, arch, "linear_attention", Mixer::StateSpace, [](std::size_t) { return true; });
    arch.sharedIntermediate = config.integer("shared_intermediate_size", 1024, 0, INT32_MAX);
    arch.numShared = 1;
    arch.expertIntermediate = config.size("intermediate_size", 11008);
    arch.router.score = ScoreFunction::Identity;
    arch.router.renormalisation = Renormalisation::SoftmaxOverChosen;
}

/// Without position_embedding_type "rope" nothing is rotated.
void dropRope(ConfigReader& config, ArchSpec& arch)
{
    if (config.isWord("position_embedding_type", "rope"))
        return;
    const auto maxPositions = arch.rope.maxPositions;
    arch.rope = RopeSpec();
    arch.rope.maxPositions = maxPositions;
}

}

Family graniteMoeHybridFamily()
{
    Family family = graniteFamily("granitemoehybrid", fillGraniteHybrid);
    family.classes = {"GraniteMoeHybridForCausalLM"};
    family.finish = dropRope;
    return family;
}

}
